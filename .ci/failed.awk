# Says what failed in the output of go test, for whoever sees only the end of it:
# each failed test with the first and the last lines that it logged, packages that
# failed or were not built, races and panics. .ci/tested uses it.

function cut(s) { return length(s) > 400 ? substr(s, 1, 400) "…" : s }

# told ends the test, panic or build that was being read.
function told(   i) {
	if (title == "") return
	print title
	for (i = 1; i <= lines; i++) {
		if (i <= first || i > lines - last) print cut(line[i])
		else if (i == first + 1) print "        …"
	}
	title = ""
}

function begin(s) { told(); title = s; lines = 0 }

BEGIN { first = 8; last = 8; print "\n=== WHAT FAILED" }

/^ *--- FAIL: / {
	begin($0)
	for (i = said > 12 ? said - 11 : 1; i <= said; i++) line[++lines] = log_[i] # with -v, what it logged stands before it
	said = 0
	next
}
/^panic: |^fatal error: |^WARNING: DATA RACE|^# / { begin($0); next }
/^FAIL\t|^FAIL$|^ok |^PASS|^exit status |^\?  / { told(); if (/^FAIL\t/) packages[++failed] = $0; said = 0; next }
/^ *(=== |--- )/ { told(); if (/^--- /) said = 0; next }
title != "" { line[++lines] = $0; next }
/^ +[A-Za-z0-9_]+\.go:[0-9]+: / { log_[++said] = $0 }

END {
	told()
	for (i = 1; i <= failed; i++) print packages[i]
}
