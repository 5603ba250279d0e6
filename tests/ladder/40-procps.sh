#!/bin/bash
# procps: what processes and the machine look like.  Numbers become N.
n() { sed -E 's/[0-9]+(\.[0-9]+)?/N/g; s/N+/N/g; s/ +/ /g; s/^ //; s/ $//'; }
cp /bin/sleep ladder-nap
./ladder-nap 1000 & one=$!
./ladder-nap 2000 & two=$!
setpriv --reuid 1000 --regid 1000 --clear-groups /bin/sleep 3000 & three=$!
nice -n 7 ./ladder-nap 4000 & four=$!
sleep 0.5
echo "--- ps"
ps -o comm= -p $one,$two; ps -o args= -p $two; ps -o user=,ruser=,uid=,group= -p $three; ps -o ni=,pri= -p $four
ps -o stat= -p $one; kill -STOP $one; sleep 0.2; ps -o stat= -p $one; kill -CONT $one; sleep 0.2; ps -o s= -p $one
ps -o ppid= -p $one | sed "s/ *$$/PARENT/"; ps -o pgid=,sid= -p $one | wc -w; ps -o tty= -p $one; ps -o nlwp= -p $one
ps -o wchan= -p $one | wc -l; ps -o vsz=,rss= -p $one | n; ps -o etime=,time= -p $one | n; ps -o lstart= -p $one | wc -w; ps -o cmd= --pid $two
ps -p 999999; echo "status $?"; ps -C ladder-nap -o pid= | wc -l; ps -u 1000 -o comm=; ps --ppid $$ -o comm= | sort | uniq -c | grep nap | n
ps -e -o pid=,comm= | grep -c ladder-nap; ps aux | head -n 1; ps -ef | head -n 1; ps -ef | grep -c '[l]adder-nap'; ps ax -o pid | n | sort -u; ps -T -p $one | wc -l
ps -eLf | head -n 1; ps l | head -n 1; ps f -o comm -p $one | tail -n 1; ps -o %cpu=,%mem= -p $one | n; ps -o psr=,cls=,rtprio= -p $one | n; ps --forest -e -o comm= | grep -c nap
ps -o blocked=,ignored=,caught= -p $two; ps -o pid,bogus -p 1; echo "status $?"; ps -p $$ -o comm=; ps -o label= -p $one | wc -l; ps -o cgroup= -p $one | wc -l
echo "--- pgrep, pkill"
pgrep ladder-nap | wc -l; pgrep -c ladder-nap; pgrep -f 'nap 2000' | wc -l; pgrep -l -f 'nap 2000' | n; pgrep -u 1000 -x sleep | wc -l; pgrep -n ladder-nap | grep -c "^$four$"; pgrep -o ladder-nap | grep -c "^$one$"; pgrep -P $$ -c ladder-nap; pgrep nosuchthing; echo "status $?"; pgrep -a ladder-nap | cut -d' ' -f2-; pgrep -v -x nosuch | wc -l | n; pidof ladder-nap | wc -w
pkill -STOP -f 'nap 2000'; sleep 0.2; ps -o s= -p $two; pkill -CONT -f 'nap 2000'; pkill -0 ladder-nap; echo "status $?"; pkill -U 1000 sleep; wait $three; echo "status $?"; pkill -e -f 'nap 4000' | n; wait $four; echo "status $?"; skill -TERM -p $one 2>/dev/null; wait $one; echo "status $?"
(sleep 3; kill $two) & pidwait -f 'nap 2000'; echo "status $?"; wait $two 2>/dev/null; echo "status $?"; snice +3 $$ ; nice; kill -l | head -n 1; /bin/kill -L | head -n 2
echo "--- maps"
(cd /usr; exec sleep 500) & s=$!; sleep 0.3
pwdx $s | n; pmap $s | sed -n '1s/.*: *//p'; pmap $s | grep -q 'libc.so' && pmap $s | grep -q stack; echo "has both $?"; pmap $s | tail -n 1 | n; pmap -x $s | sed -n 2p; pmap -x $s | tail -n 1 | n; pmap -X $s | sed -n 2p | grep -c Rss; pmap -d $s | tail -n 1 | n; pmap 999999; echo "status $?"; pmap $s | awk '/libc.so/ {print $3}' | sort -u; kill $s
echo "--- machine"
free | sed -n 1p; free -m | awk 'NR > 1 {print $1, ($2 >= $3 + 0)}'; free -w | n; free -b -t | tail -n 1 | n; free -h | sed -n 1p; free -s 0.1 -c 2 | grep -c Mem
uptime | sed -E 's/^ [0-9:]+ up .*,( +[0-9]+ users?,)? +load/TIME up load/' | n; uptime -p | grep -c ^up; uptime -s | n; vmstat | head -n 2; vmstat 1 2 | wc -l; vmstat -s | n | sort | head -n 30; vmstat -f | n; w -h; w | tail -n 1; w -V | n
cat /proc/loadavg | n; awk '/^(MemTotal|MemFree|MemAvailable|Buffers|Cached|SwapTotal|SwapFree|Shmem|Slab):/ {print $1, $3}' /proc/meminfo; grep -c '^cpu[0-9]' /proc/stat | grep -c "^$(nproc)$"; awk '/^(cpu|ctxt|btime|processes|procs_running|procs_blocked|intr|softirq) ?/ {print $1}' /proc/stat | grep -v 'cpu[0-9]'; cut -d' ' -f1 /proc/uptime | n
sysctl kernel.ostype kernel.hostname; sysctl -n kernel.pid_max | n; sysctl -a 2>/dev/null | grep -c '^kernel' | awk '{print $1 > 5}'; sysctl nosuch.thing; echo "status $?"; sysctl -w kernel.hostname=ladder; uname -n; sysctl -q -w kernel.hostname=umbra; sysctl -n vm.overcommit_memory fs.file-max | n; sysctl -w kernel.ostype=x; echo "status $?"
echo "--- top and friends"
top -b -n 1 | sed -n 7p; top -b -n 1 -p $$ | tail -n 1 | awk '{print $2, $8, $12}'; top -b -n 2 -d 0.2 | grep -c '^top -'; top -b -n 1 | sed -n '2s/:.*//p;3s/:.*//p;4s/:.*//p;5s/:.*//p'; top -b -n 1 -o %MEM -w 200 -u nobody | wc -l; top -v | n; top -b -n 1 -H -p $$ | sed -n 2p | cut -d: -f1; top --nosuch 2>&1 | head -n 1
timeout 1 watch -n 0.5 true 2>&1 | head -c 5 | n; timeout 0.3 tload 2>/dev/null | wc -c | n; slabtop -o 2>/dev/null | head -n 1 | cut -d/ -f1
