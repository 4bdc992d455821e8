# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# total.awk RESULT...: adds up "passed failed skipped" files, names those with failures; fails if there are any.
{ passed += $1; failed += $2; skipped += $3 }
$2 { sub(/\.res$/, "", FILENAME); print "failed: " FILENAME " (" $2 ")" }
END {
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
	exit failed > 0 || !(passed + skipped)
}
