#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# cross.sh TRIPLET BUILD: runs the test programs of another machine under qemu-user (Debian).
#
# TRIPLET is aarch64-linux-gnu, arm-linux-gnueabihf, s390x-linux-gnu (big-endian) or riscv64-linux-gnu.  cmocka and zlib
# for that machine are unpacked below BUILD, so that nothing foreign is installed; Debian 12 has neither for riscv64, so
# tests/check/cmocka stands in for the one, and the other is left out.  The spec suite is run as well, where it is: its
# scripts are converted here and run there.  The folders in CROSS_ROOMS (default: all rooms of the
# library) are run, without the tests that start other programs of the build, which qemu-user cannot, or bound CPU time, and
# without those named in CROSS_SKIP ("store/test_log_damage": minutes under qemu).

triplet=$1 build=$2
case $triplet in
aarch64-linux-gnu) arch=arm64 qemu=qemu-aarch64 libc=libc6-dev-arm64-cross ;;
arm-linux-gnueabihf) arch=armhf qemu=qemu-arm libc=libc6-dev-armhf-cross ;;
s390x-linux-gnu) arch=s390x qemu=qemu-s390x libc=libc6-dev-s390x-cross ;;
riscv64-linux-gnu) arch= qemu=qemu-riscv64 libc=libc6-dev-riscv64-cross ;;
*) echo "cross.sh: $triplet is not known" >&2; exit 2 ;;
esac
CC=$triplet-gcc NEED="gcc-$triplet:$triplet-gcc $libc:/usr/$triplet/include/stdio.h qemu-user:$qemu" \
	sh tests/check/need.sh cross || exit 1

root=$build/$triplet/root
zlib=1
if [ -z "$arch" ]; then
	zlib=0
	mkdir -p "$root/usr/include" "$root/usr/lib/$triplet"
	cp tests/check/cmocka/cmocka.h "$root/usr/include" &&
		"$triplet-gcc" -O1 -Wall -Wextra -Werror -c -o "$root/cmocka.o" tests/check/cmocka/cmocka.c &&
		"$triplet-ar" rcs "$root/usr/lib/$triplet/libcmocka.a" "$root/cmocka.o" || exit 1
elif [ ! -e "$root/done" ]; then
	state=$(mktemp -d) || exit 1
	trap 'rm -rf "$state"' EXIT
	mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/deb" "$root"
	get() {
		apt-get -qq -o APT::Architecture=$arch -o APT::Architectures=$arch -o Dir::State::Lists="$state/lists" \
			-o Dir::Cache="$state/cache" -o Dir::State::status=/dev/null -o Acquire::Retries=3 "$@"
	}
	# Update complains about sources that do not carry this machine; what counts is the download.
	get update >"$state/log" 2>&1
	(cd "$state/deb" && get download libcmocka0 libcmocka-dev zlib1g zlib1g-dev) >>"$state/log" 2>&1 || {
		cat "$state/log" >&2
		exit 1
	}
	for deb in "$state"/deb/*.deb; do dpkg -x "$deb" "$root" || exit 1; done
	touch "$root/done"
fi

root=$(cd "$root" && pwd)
run="$qemu -L /usr/$triplet -E LD_LIBRARY_PATH=$root/usr/lib/$triplet:$root/lib/$triplet"
set -- BUILD="$build/$triplet" ZLIB=$zlib CC="$triplet-gcc" AR="$triplet-ar" \
	CPPFLAGS="$CPPFLAGS -I$root/usr/include -I$root/usr/include/$triplet" \
	LDFLAGS="-L$root/usr/lib/$triplet -L$root/lib/$triplet -Wl,-rpath-link,$root/lib/$triplet" \
	TEST_RUN="$run"
tests=
for room in ${CROSS_ROOMS:-base wasm tensor event store abi node}; do
	for t in tests/"$room"/test_*.c; do
		case " $CROSS_SKIP " in *" $(echo "${t%.c}" | cut -d / -f 2-) "*) continue ;; esac
		[ -e "$t" ] && ! grep -qE 'run_program\(|CLOCK_PROCESS_CPUTIME_ID' "$t" && tests="$tests $build/$triplet/${t%.c}"
	done
done
# shellcheck disable=SC2086
${MAKE:-make} --no-print-directory "$@" $tests "$build/$triplet/ew-spec" || exit 1
results=$build/$triplet/spec.res
for t in $tests; do results="$results $t.res"; done

# Operators once more on lesser machines: without i8mm, then without dot product, then without NEON (bits of lib/base/cpu.h).
case $triplet in
aarch64-*) masks='0x300 0x100 0x000' ;;
arm-*) masks=0x000 ;;
*) masks= ;;
esac
golden=$build/$triplet/tests/tensor/test_golden
case " $tests " in *" $golden "*) ;; *) masks= ;; esac
for mask in $masks; do
	BUILD="$build/$triplet" TEST_RUN="$run -E EW_CPU_MASK=$mask" sh tests/check/run.sh cmocka "$golden-$mask.res" "$golden"
	read -r _ failed _ <"$golden-$mask.res"
	[ "$failed" = 0 ] || { echo "test_golden fails with EW_CPU_MASK=$mask" >&2; exit 1; }
done
${MAKE:-make} --no-print-directory "$@" check-run RESULTS="$results"
