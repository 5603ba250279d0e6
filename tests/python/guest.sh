#!/bin/bash
# guest.sh SECONDS MODULE... - run modules of Python's own tests, one by one.
#
# The same on Linux and in Umbra: each gets an empty folder, the environment of
# a login, no input, and a session with no terminal.  What comes out:
#
#	=== begin MODULE
#	ok|skip|fail TEST [: WHY]	one line a test, see report.py
#	    ...				the end of the log, when something failed
#	=== end MODULE STATUS
here=$(dirname "$(realpath "$0")")
limit=$1
shift
umask 022
ulimit -n 1024 -c 0
for module; do
	work=/tmp/python/$module
	mkdir -p "$work"
	cd "$work" || exit 1
	echo "=== begin $module"
	# The tests' own limit first: it tells where each thread is.
	env -i PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/root \
		USER=root LOGNAME=root SHELL=/bin/bash TERM=linux \
		LC_ALL=C.UTF-8 TZ=UTC \
		setsid -w timeout -k 5 "$limit" \
		python3 -m test --timeout "$((limit / 2))" \
		--junit-xml "$work.xml" "$module" \
		</dev/null >"$work.log" 2>&1
	status=$?
	python3 "$here/report.py" "$work.xml"
	[ $status = 0 ] || tail -n 300 "$work.log" | sed 's/^/    /'
	printf '\n=== end %s %d\n' "$module" $status
	cd /
	rm -rf "$work"
done
