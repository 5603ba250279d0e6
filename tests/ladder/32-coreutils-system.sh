#!/bin/sh
# coreutils about the system, users, time and processes.
echo "--- names"
uname -s -m -o; arch; hostname; uname -n; hostid | wc -c; nproc | wc -l; nproc --all >/dev/null; echo "status $?"; OMP_NUM_THREADS=3 nproc; tty; echo "status $?"
logname 2>&1 | sed 's/.*: //'; whoami; id; id -u; id -Gn; id nobody; id nosuchuser; echo "status $?"; groups; groups daemon; users; who; pinky -l root | head -n 1; pinky; printenv HOME; printenv NOTHING; echo "status $?"
echo "--- environment"
env -i A=1 B=2 /usr/bin/env | sort; env -u HOME sh -c 'echo ${HOME-unset}'; env -C /usr pwd; env -S 'echo a b'; env nosuchcommand; echo "status $?"; env /; echo "status $?"; env --ignore-signal=INT sh -c 'kill -INT $$; echo alive'; env FOO=bar printenv FOO
echo "--- time"
date -u -d @0 '+%F %T %Z'; date -u -d '2024-02-28 + 2 days' +%F; date -d 'next year' +%Y >/dev/null; echo "status $?"; date -d nonsense; echo "status $?"; date -r /etc/hostname +%Y | wc -c; TZ=Europe/Berlin date -d @1700000000 '+%F %T %z'; date +%s%N | wc -c; date -R -u -d @86400; date -I -u -d @86400
a=$(date +%s%N); sleep 0.2; b=$(date +%s%N); [ $(((b - a) / 1000000)) -ge 200 ] && echo slept; sleep 0.05s 0.05; sleep abc; echo "status $?"
timeout 0.1 sleep 10; echo "status $?"; timeout -s INT 0.1 sleep 10; echo "status $?"; timeout --preserve-status 0.1 sleep 10; echo "status $?"; timeout 5 sh -c 'exit 9'; echo "status $?"; timeout -k 0.5 2 sh -c 'trap "" TERM; sleep 9; sleep 9'; echo "status $?"; timeout --foreground 1 true; echo "status $?"; timeout 1 nosuch; echo "status $?"
echo "--- processes"
nice; nice -n 5 nice; nice -n 25 nice; nice -n 5 sh -c 'nice -n 3 nice'; setpriv --reuid 1000 nice -n -5 nice; nohup sh -c 'echo survived; trap - HUP; kill -HUP $$; echo still' 2>&1; cat nohup.out 2>/dev/null; stdbuf -o0 printf 'a\nb\n' | cat; stdbuf -oL tr a b <<IN
aaa
IN
kill -l TERM; kill -l 9; /bin/kill -l | wc -w; (sleep 60 & /bin/kill -TERM $!; wait $!; echo "status $?") 2>/dev/null; /bin/kill 999999; echo "status $?"; /bin/kill -0 $$; echo "status $?"
true; echo $?; false; echo $?; /bin/true x; echo $?; /bin/false; echo $?; yes | head -c 10 | od -c; true --version | head -n 1; ls --help | head -n 1
stty size; echo "status $?"; stty -a </dev/null; echo "status $?"; [ -n x ]; /usr/bin/[ 1 -eq 1 ]; echo $?; /usr/bin/test 1 -eq 2; echo $?; /bin/echo -n; /bin/pwd | sed 's,.*/,,'; /usr/bin/printf '%s\n' ext
