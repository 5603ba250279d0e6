#!/bin/dash
# The POSIX shell: expansion, redirection, functions, traps, jobs.
echo "--- words"
a="one two  three"; b=
set -- $a; echo $# "$1" "$3"
echo "${b:-default} ${b:=assigned} ${a%% *} ${a##* } ${#a} ${b:+set}"
( : "${unset_one:?is not set}" ) ; echo "status $?"
echo $((1 + 2 * 3)) $((7 / 2)) $((7 % 4)) $((1 << 10)) $((0x1f)) $((010))
i=0; while [ $i -lt 5 ]; do i=$((i + 1)); [ $i = 3 ] && continue; echo -n "$i "; done; echo
for f in a b c; do case $f in a|b) echo "$f early";; *) echo "$f late";; esac; done
echo "--- globs"
mkdir globs; cd globs; touch a.c b.c .hidden c.h 'with space' '[x]'
echo *; echo *.c; echo [ab].?; echo .h*; echo nothing*; echo '[x]' \[x\]
IFS=:; p=a:b:c; for d in $p; do echo "<$d>"; done; unset IFS
cd ..
echo "--- redirection"
echo one >file; echo two >>file; cat <file; cat <<HERE
here $((40 + 2)) $(echo command)
HERE
cat <<'HERE'
not $expanded
HERE
{ echo out; echo err >&2; } 2>&1 | sort
exec 3>three; echo to three >&3; exec 3>&-; cat three
echo nobody >&9; echo "status $?"
cat </nonexistent; echo "status $?"
echo overwrite >file; (set -C; echo no >file); echo "status $?"; cat file
echo "--- pipes"
seq 1 1000 | grep 7 | wc -l
yes | head -n 3
false | true; echo "status $?"
x=$(printf 'trailing\n\n\n'); echo "<$x>"
echo "--- functions"
fact() { if [ "$1" -le 1 ]; then echo 1; else echo $(($1 * $(fact $(($1 - 1))))); fi; }
fact 10
f() { local v=inner; echo $v "$@"; return 7; }; v=outer; f x 'y z'; echo "$? $v"
echo "--- traps and signals"
sh -c 'trap "echo got TERM" TERM; kill -TERM $$; :'
sh -c 'trap "echo on exit" EXIT; exit 3'; echo "status $?"
sh -c 'trap "echo usr1; exit 5" USR1; kill -USR1 $$; echo after'; echo "status $?"
sh -c 'kill -KILL $$'; echo "status $?"
sh -c 'kill -SEGV $$'; echo "status $?"
sh -c 'trap "" INT; kill -INT $$; echo ignored'
(sleep 100 & kill $!; wait $!; echo "status $?") 2>/dev/null
(exit 4) & wait $!; echo "status $?"
wait 999999; echo "status $?"
echo "--- builtins"
umask; umask 077; touch private; ls -l private | cut -c1-10; umask 022
ulimit -n 64; ulimit -n; sh -c 'ulimit -n'
type cd ls; command -v sh; alias ll='ls -l'; alias ll
eval 'echo eval $((2 * 21))'; (. ./nothing.sh); echo "status $?"
cd /; pwd; cd /usr/../usr/./bin; pwd; cd -; cd /nonexistent; echo "status $?"
getopts ab: o -b value; echo "$o $OPTARG $OPTIND"
readonly r=1; (r=2); echo "status $?"
printf '%s %5d|%-5s|%05.1f %x %c\n' str 42 left 3.14159 255 xyz
test -d / -a ! -f / ; echo $?; [ abc \< abd ]; echo $?; [ 1 -gt 2 ]; echo $?
times | wc -l
nosuchcommand; echo "status $?"
/; echo "status $?"
exec /bin/echo replaced
