#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# check: licence lines, file and function length, nothing that prints or ends the process in lib/

files=$(git ls-files 2>/dev/null | grep -E '\.(c|h|def|sh|awk|S|ld|mk|py)$')
[ -n "$files" ] || files=$(find lib include examples bench tests pkgconfig -regex '.*\.\(c\|h\|def\|sh\|awk\|S\|ld\|mk\|py\)')

say() # WHAT OFFENDERS
{
	if [ -z "$2" ]; then echo "pass: $1"; else
		echo "FAIL: $1:"; echo "$2" | sed 's/^/    /'; fi
}

say "the top level holds what the design names" "$(git ls-files 2>/dev/null | cut -d / -f 1 | sort -u | grep -v '^\.' |
	grep -vxE 'Makefile|README.md|LICENSE|lib|include|examples|bench|tests|pkgconfig')"
say "every source names its licence in its first lines" "$(for f in $files; do
	[ -e "$f" ] || continue
	head -n 4 "$f" | grep -q 'SPDX-License-Identifier: MIT' || echo "$f"; done)"
say "no file over 900 lines" "$(for f in $files; do
	[ -e "$f" ] && n=$(wc -l <"$f") && [ "$n" -gt 900 ] && echo "$f: $n"; done)"
say "no function over 80 lines" "$(awk '
	FNR == 1 { start = 0; wide = 0 }
	/^[a-zA-Z].*\(/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
	# The interpreter loop holds every handler; one line excuses it.
	/check_style: long/ { wide = 1 }
	/^\{/ { start = FNR }
	/^\}/ { if (start && FNR - start - 1 > 80 && !wide) print FILENAME ":" start ": " name " " FNR - start - 1
		start = 0; wide = 0 }' $(find lib include -name '*.[ch]'))"
say "lib/ never prints, exits or aborts" "$(grep -nE '(^|[^a-zA-Z0-9_>.])(printf|fprintf|puts|putchar|fputs|exit|_exit|abort|assert|getenv|time|clock|clock_gettime|rand|random|pthread_create)[ ]?\(' \
	$(find lib -name '*.[ch]') | grep -vE ':[0-9]+:[ \t]*(\*|/\*|//)')"
say "no names of machines or people's folders" "$(grep -nE '(^|[^a-z/])/(home|work|root|tmp/b-[a-z]+)/' $files /dev/null | grep -v check_style.sh)"
exit 0
