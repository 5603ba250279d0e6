#!/bin/bash
# bash: arrays, substitution, processes, coproc, read, printf, history off.
echo "--- arrays"
a=(one 'two words' three); a+=(four); a[9]=nine
echo "${#a[@]} ${!a[*]} ${a[-1]} ${a[@]:1:2}"
declare -A m=([x]=1 [y]=2); m[z]=3
for k in $(printf '%s\n' "${!m[@]}" | sort); do echo "$k=${m[$k]}"; done
unset 'a[1]'; declare -p a
mapfile -t lines < <(seq 5); echo "${lines[*]}"
echo "--- expansion"
s=Hello.World.tar.gz
echo "${s#*.} ${s##*.} ${s%.*} ${s%%.*} ${s/o/0} ${s//o/0} ${s^^} ${s,,} ${s:6:5} ${s: -2}"
echo {1..5} {a..e..2} {01..10..3} pre{x,y}post
echo "$((16#ff)) $((2**31)) $((-7 / 2)) $((i = 5, i++ + ++i)) $((1 ? 2 : 3))"
x=abc; y=x; echo "${!y} ${x@Q} ${x@U}"
[[ abc =~ ^(a)(b.*)$ ]] && echo "${BASH_REMATCH[1]} ${BASH_REMATCH[2]}"
[[ abc == a* && ! -e /nonexistent ]]; echo $?
printf -v out '%q' "it's a \"test\""; echo "$out"
printf '%(%Y-%m-%d %H:%M:%S)T\n' 86400
echo $'tab\there\x41\u00e9'
shopt -s extglob globstar nullglob
mkdir -p d/e/f; touch d/1.c d/e/2.c d/e/f/3.h
echo d/**/*.c; echo d/!(e); echo nope*
echo "--- processes"
diff <(printf '1\n2\n') <(printf '1\n3\n'); echo "status $?"
tee >(tr a-z A-Z >upper) <<<"shout" >/dev/null; sleep 0.3; cat upper
# In a shell of its own: when its end is noticed would number later jobs.
bash -c 'coproc CAT { while read -r l; do echo "echo: $l"; done; }
echo hello >&"${CAT[1]}"; read -r reply <&"${CAT[0]}"; echo "$reply"
eval "exec ${CAT[1]}>&-"; wait; echo "coproc $?"'
set -o pipefail; false | true; echo "pipefail $?"; set +o pipefail
true | false | true; echo "${PIPESTATUS[*]}"
bash -c 'for i in 1 2 3; do (sleep 0.$((2 * i)); exit $i) & done
wait -n; echo "first $?"; wait -n; echo "second $?"; wait; echo "rest $?"'
sleep 60 & p=$!; kill -STOP $p; kill -CONT $p; kill $p; wait $p; echo "status $?"
{ sleep 30 & } ; jobs | sed 's/ *$//'; kill %1; wait %1 2>/dev/null; echo "status $?"
timeout 0.2 bash -c 'while :; do :; done'; echo "status $?"
bash -c 'echo $BASHPID $$' | { read -r one two; [ "$one" = "$two" ] && echo same; }
( echo $BASH_SUBSHELL; ( echo $BASH_SUBSHELL ) )
echo "--- read"
printf 'a:b c:d\n' | { IFS=: read -r x y z; echo "<$x> <$y> <$z>"; }
printf 'abcdef' | { read -r -n 3 x; read -r y; echo "$x $y"; }
read -r -t 0.1 x < <(sleep 2); echo "timeout $(($? > 128))"
while IFS= read -r -d '' f; do echo "<$f>"; done < <(printf 'x\0y z\0')
select x in red green; do echo "$x"; break; done <<<2
echo "--- traps"
trap 'echo "ERR line"' ERR; false; trap - ERR
trap 'echo "exit $?"' EXIT
(trap 'echo child got $1' USR1; kill -USR1 $BASHPID)
f() { trap 'echo returned' RETURN; :; }; f
set -u; (echo "$nothing") 2>&1 | sed 's/^.*: nothing/nothing/'; set +u
{ bash -c 'kill -ABRT $$'; } 2>/dev/null; echo "status $?"
bash -c 'ulimit -c 0; kill -QUIT $$'; echo "status $?"
echo "--- descriptors"
exec {fd}<>both; echo "$((fd >= 10))"; echo text >&$fd; cat both; exec {fd}>&-
echo "to stderr" 2>&1 >/dev/null >&2 | cat
cat 0</etc/hostname
ls /proc/self/fd | wc -l
: >&- ; echo "closed $?"
echo "--- misc"
ulimit -S -n 100; ulimit -Sn; ulimit -t 1000; ulimit -t
type -t ls cd f if; hash -r; enable -n test; type -t test; enable test
set -- -a -b arg rest
while getopts ab: o; do echo "$o ${OPTARG-}"; done; shift $((OPTIND - 1)); echo "$*"
cd /tmp; pushd / >/dev/null; dirs; popd
time_text=$( { time true; } 2>&1 ); echo "$time_text" | grep -c s$
echo "$UID $EUID $PPID" | sed 's/[0-9]*$/N/'
caller; BASH_ENV= env -i /bin/bash --norc -c 'echo "$0 ${#BASH_VERSION}"'
help -s cd | head -n 1
bash -n <<<'if'; echo "syntax $?"
bash -c 'exec -a other bash -c "echo \$0"'
bash <<'IN'
echo "script on stdin: $((6 * 7))"
IN
printf '#!/bin/bash\necho args: "$@"\n' >s.sh; chmod +x s.sh; ./s.sh 1 '2 3'
printf 'echo no magic\n' >n.sh; chmod +x n.sh; ./n.sh
for n in $(seq 300); do : $(:); done; echo "forked 300"
exit 3
