#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# spec.sh: the WebAssembly 2.0 suite by BUILD/ew-spec, started by SPEC_RUN, and once more step by step.  Scripts are
# converted here: another machine's ew-spec under qemu-user need not start anything.

folder=${EW_SHARED:-../shared}/data/spec/core-2.0
[ -d "$folder" ] || { echo "skip: no $folder"; exit 0; }
command -v wast2json >/dev/null || { echo "skip: no wast2json (package wabt)"; exit 0; }
json=$BUILD/spec-json
mkdir -p "$json" || exit 1
find "$folder" -name '*.wast' | while read -r wast; do
	out=$json/$(basename "$wast" .wast).json
	[ -e "$out" ] || wast2json -o "$out" "$wast" || echo "FAIL: wast2json $wast"
done
for option in '' --observe; do
	# shellcheck disable=SC2086
	total=$(timeout "${TEST_TIMEOUT:-300}" $SPEC_RUN "$BUILD/ew-spec" $option "$json" 2>"$json/log" | tee "$json/said" | tail -n 1)
	case $total in
	*" passed, 0 failed, 0 skipped")
		[ "${total%% *}" -gt 52131 ] && echo "pass: ew-spec $option: $total" || echo "FAIL: something was left out: $total" ;;
	*) echo "FAIL: ew-spec $option: $total"; tail -n 20 "$json/said" "$json/log" ;;
	esac
done
