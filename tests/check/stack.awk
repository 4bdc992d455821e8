# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# stack.awk CI-FILE...: worst stack of every function, from gcc's call graphs (-fcallgraph-info=su).
#
#	stack BYTES FUNCTION [*]     * when it also calls through a pointer (allocator, host, kernel)
#	frame BYTES FUNCTION FILE    the function's own frame
#	dynamic FUNCTION             a frame whose size is not known when compiling
#	recursion FUNCTION -> FUNCTION ...
#
# Calls of libc's and the compiler's helpers count as nothing.

function field(line, name,    at) {
	at = index(line, name ": \"")
	if (!at)
		return ""
	line = substr(line, at + length(name) + 3)
	return substr(line, 1, index(line, "\"") - 1)
}

/^node:/ {
	title = field($0, "title")
	label = field($0, "label")
	n = split(label, part, /\\n/)
	# label: name \n file:line:column \n BYTES bytes (kind), the last absent for what is defined elsewhere
	if (n >= 3 && part[3] ~ /bytes/) {
		own[title] = part[3] + 0
		called[title] = part[1]
		file[title] = part[2]
		sub(/:[0-9]+:[0-9]+$/, "", file[title])
		if (part[3] ~ /dynamic/ && part[3] !~ /bounded/)
			print "dynamic " part[1]
	}
}
/^edge:/ {
	from = field($0, "sourcename")
	to = field($0, "targetname")
	if (to == "__indirect_call")
		indirect[from] = 1
	else if (!((from, to) in seen)) {
		seen[from, to] = 1
		callee[from, ++callees[from]] = to
	}
}

# Depth-first; path[] is the call chain, so a function met again on it is recursion.
function worst(f, depth,    i, w, max, g) {
	if (f in done)
		return done[f]
	on_path[f] = 1
	path[depth] = f
	star[f] = f in indirect
	for (i = 1; i <= callees[f]; i++) {
		g = callee[f, i]
		if (!(g in own))
			continue
		if (on_path[g]) {
			recursion(g, depth)
			continue
		}
		w = worst(g, depth + 1)
		if (star[g])
			star[f] = 1
		if (w > max)
			max = w
	}
	on_path[f] = 0
	return done[f] = own[f] + max
}
function recursion(g, depth,    i, text) {
	for (i = depth; path[i] != g; i--)
		;
	text = "recursion"
	for (; i <= depth; i++)
		text = text " " called[path[i]] " ->"
	print text " " called[g]
}
END {
	for (f in own) {
		worst(f, 1)
		print "stack " done[f] " " called[f] (star[f] ? " *" : "")
		print "frame " own[f] " " called[f] " " file[f]
	}
}
