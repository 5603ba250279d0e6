#!/bin/bash
# guest.sh SECONDS NAME... - run session scripts, one after the other.
#
# The same on Linux and in Umbra: each gets an empty folder, the environment of
# a login, no input, and a file for its output, so that what it writes does not
# depend on who else writes.  The output comes out between two marks:
#
#	=== begin NAME
#	=== end NAME STATUS
here=$(dirname "$(realpath "$0")")
limit=$1
shift
umask 022
ulimit -n 1024 -c 0
mkdir -p /tmp/ladder
for name; do
	work=/tmp/ladder/$name
	mkdir -p "$work"
	cd "$work" || exit 1
	echo "=== begin $name"
	env -i PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/root \
		USER=root LOGNAME=root SHELL=/bin/bash TERM=linux \
		LC_ALL=C.UTF-8 TZ=UTC LADDER="$here" \
		setsid -w timeout -k 5 "$limit" "$here/$name" \
		</dev/null >"/tmp/ladder/$name.out" 2>&1
	status=$?
	# A file that does not end in a newline must not swallow the mark.
	cat "/tmp/ladder/$name.out"
	printf '\n=== end %s %d\n' "$name" $status
	cd /
	rm -rf "$work"
done
