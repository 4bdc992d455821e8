#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# check: make install (PREFIX, DESTDIR) gives a program all it needs to link, and uninstall leaves nothing

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
say() { if [ "$1" = 0 ]; then echo "pass: $2"; else echo "FAIL: $2"; [ -e "$dir/log" ] && tail -n 20 "$dir/log"; fi; }

nm -u "$BUILD/libedgewasm.so" | grep -q __asan_init && { echo "skip: installing a sanitizer build"; exit 0; }
MAKEFLAGS= $MAKE BUILD="$BUILD" CC="$CC" PREFIX=/opt/ew DESTDIR="$dir/root" install >"$dir/log" 2>&1
say $? "make install"
root=$dir/root/opt/ew
for f in include/edgewasm.h include/edgewasm/wasm.h lib/libedgewasm.a lib/libedgewasm.so lib/libedgewasm.so.0 \
	"lib/libedgewasm.so.$VERSION" lib/pkgconfig/edgewasm.pc bin/ew-run share/man/man1/ew-run.1 share/man/man3/libedgewasm.3; do
	[ -e "$root/$f" ] || { echo "FAIL: $f is not installed"; continue; }
done
[ "$(find "$dir/root" -path "$root" -prune -o -type f -print)" = "" ]
say $? "nothing outside PREFIX"
grep -q "$dir" "$root/lib/pkgconfig/edgewasm.pc"
[ $? = 1 ]
say $? "edgewasm.pc names PREFIX, not DESTDIR"

cat >"$dir/a.c" <<'C'
#include <edgewasm.h>
#include <stdio.h>
#include <string.h>
int main(void)
{
	static const unsigned char empty[] = { 0, 'a', 's', 'm', 1, 0, 0, 0 };
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_module *module;

	if (ew_module_load(&module, empty, sizeof(empty), NULL, &alloc, NULL) != EW_OK)
		return 1;
	ew_module_free(module);
	return strcmp(ew_status_name(EW_OK), "EW_OK") != 0;
}
C
value() { sed -n "s/^$1: *//p" "$root/lib/pkgconfig/edgewasm.pc" | sed -e "s|\${includedir}|$root/include|g" -e "s|\${libdir}|$root/lib|g"; }
# shellcheck disable=SC2046
$CC $(value Cflags) -o "$dir/shared" "$dir/a.c" $(value Libs) >"$dir/log" 2>&1 && LD_LIBRARY_PATH=$root/lib "$dir/shared"
say $? "a program built with edgewasm.pc runs with the shared library"
# shellcheck disable=SC2046
$CC $(value Cflags) -o "$dir/static" "$dir/a.c" "$root/lib/libedgewasm.a" $(value Libs.private) >"$dir/log" 2>&1 && "$dir/static"
say $? "and with the static one"
if command -v pkg-config >/dev/null; then
	[ "$(PKG_CONFIG_PATH=$root/lib/pkgconfig pkg-config --modversion edgewasm)" = "$VERSION" ]
	say $? "pkg-config reads edgewasm.pc"
fi

MAKEFLAGS= $MAKE BUILD="$BUILD" CC="$CC" PREFIX=/opt/ew DESTDIR="$dir/root" uninstall >"$dir/log" 2>&1
[ -z "$(find "$dir/root" ! -type d)" ]
say $? "make uninstall leaves no file"
exit 0
