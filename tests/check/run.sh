#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# run.sh cmocka|lines RESULT COMMAND
#
# Runs a test program (cmocka) or a check script (a line "pass: ...", "FAIL: ..." or "skip: ..." for each
# thing checked), no longer than TEST_TIMEOUT seconds, writes "passed failed skipped" to RESULT, and prints
# one line, and what the program said when anything failed.  A program that dies, hangs, or reports nothing
# counts as one failure more.

kind=$1 result=$2 command=$3
log=${result%.res}.log
[ "$kind" = lines ] && command="sh $command"
# Sanitizer builds: cmocka's own handler must not swallow a crash's report (but guard pages are tested by a handler of the
# test's own); an allocation that is too large is NULL.
case $command in */test_guard | */test_spec) segv=1 ;; *) segv=2 ;; esac
export ASAN_OPTIONS="${ASAN_OPTIONS:-handle_segv=$segv:handle_sigbus=2:handle_sigfpe=2:allocator_may_return_null=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
# Programs that tests start (compilers among them) must not take make's jobserver for theirs.
unset MAKEFLAGS MFLAGS MAKELEVEL
# shellcheck disable=SC2086
timeout -k 5 "${TEST_TIMEOUT:-300}" $TEST_RUN $command >"$log" 2>&1 </dev/null
status=$?

# cmocka ends each group with its sums; "[  FAILED  ] N test(s), listed below:" and the like.
awk -v kind="$kind" -v status=$status '
kind == "cmocka" && /^\[ *(PASSED|FAILED|SKIPPED|ERROR) *\] *[0-9]+ test/ {
	n = $0; sub(/^\[[^]]*\] */, "", n); n += 0
	if (/PASSED/) passed += n; else if (/SKIPPED/) skipped += n; else failed += n
}
kind == "lines" && /^pass: / { passed++ }
kind == "lines" && /^FAIL: / { failed++ }
kind == "lines" && /^skip: / { skipped++ }
END {
	if ((status && !failed) || !(passed + failed + skipped))
		failed++
	print passed + 0, failed + 0, skipped + 0
}' "$log" >"$result.new" && mv "$result.new" "$result"

read -r passed failed skipped <"$result"
name=${command#"$BUILD"/}
case $kind in lines) name=${command##*/} name=${name#check_} name=check-${name%.sh} ;; esac
if [ "$failed" = 0 ]; then
	[ "$skipped" = 0 ] && skips= || skips=", $skipped skipped"
	printf 'ok    %s: %s passed%s\n' "$name" "$passed" "$skips"
	[ "$skipped" = 0 ] || grep -i 'skip' "$log" | grep -v -e '^\[' -e 'SKIPPED TEST' | sort -u | head -n 5 | sed 's/^/        /'
else
	case $status in
	124) why=", stopped after $TEST_TIMEOUT s" ;;
	0 | 1) why= ;;
	*) why=", exit status $status" ;;
	esac
	{
		printf 'FAIL  %s: %s passed, %s failed, %s skipped%s\n' "$name" "$passed" "$failed" "$skipped" "$why"
		if [ "$kind" = lines ]; then grep -v '^pass: ' "$log"; else grep -v -e '^\[ RUN' -e '^\[       OK' "$log"; fi |
			tail -n 60 | sed 's/^/        /'
	} >"$log.said"
	cat "$log.said"
fi
