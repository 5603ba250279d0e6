#!/bin/bash
# strace: traced programs behave, and what is said of them is the same.
n() { sed -E 's/0x[0-9a-f]+/ADDR/g; s/[0-9]+/N/g; s/N+/N/g; s/ +/ /g'; }
masked() { sed -E 's/0x[0-9a-f]+/ADDR/g; s/getrandom\("[^"]*"/getrandom("BYTES"/; s/(set_tid_address\(ADDR\) *=) [0-9]+/\1 PID/; s/(getpid\(\) *=) [0-9]+/\1 PID/; s/rlim_cur=[^}]*/LIMITS/; s/SIGCHLD, si_code=([A-Z_]*), si_pid=[0-9]+, si_uid=0, si_status=([^,]*), si_utime=[^,]*, si_stime=[^}]*/SIGCHLD \1 \2/; s/, si_pid=[0-9]+//; s/(newfstatat\(1, .*st_size)=[0-9]+/\1=SIZE/; s/\{stx_mask=[^}]*\}/{STATX}/; s/pipe:\[[0-9]+\]/pipe:[N]/g; s/makedev\([^)]*\)/makedev()/; s/Process [0-9]+/Process N/; s/(S_IFDIR.*st_size)=[0-9]+/\1=SIZE/; s/ +=/ =/'; }
echo "--- a program, whole"
strace -o out /bin/true; echo "status $?"; masked <out
strace -o out /bin/echo hello world; masked <out | tail -n 8
strace -o out cat /etc/hostname /nonexistent; echo "status $?"; grep -v mmap out | masked | tail -n 25
echo "--- what to trace"
strace -e trace=%file ls / 2>&1 >/dev/null | masked | tail -n 6; strace -e trace=openat,close -y cat /etc/hostname 2>&1 | masked | tail -n 6; strace -e trace=write -s 4 -x echo longer 2>&1; strace -qq -e trace=exit_group true; strace -e trace=%process sh -c 'exit 3' 2>&1 | masked; strace -e trace=none false; echo "status $?"
strace -e trace=%desc -P /etc/hostname cat /etc/hostname 2>&1 | masked; strace -e raw=read -e trace=read cat /etc/hostname 2>&1 | n | tail -n 3; strace -v -e trace=uname uname -s 2>&1 | wc -l; strace -i -e trace=exit_group true 2>&1 | sed 's/^\[[0-9a-f]*\]/[IP]/' | head -n 1; strace -r -e trace=exit_group true 2>&1 | n; strace -T -e trace=close true 2>&1 | n | sort -u; strace -tt -e trace=exit_group true 2>&1 | n
echo "--- counting"
strace -c -o out cat /etc/hostname; awk 'NR > 2 && NF > 3 {print $4, $NF}' out | sort -k2 | head -n 20; strace -c -f sh -c 'true; /bin/true' 2>&1 | tail -n 1 | n; strace -w -c true 2>&1 | head -n 1
echo "--- children and threads"
strace -f -o out sh -c '/bin/echo one; /bin/echo two | cat'; grep -c 'execve(' out; grep -E 'write\(1' out | sed 's/^[0-9]* *//; s/[ )]*<unf.*//; s/) *=.*//' | sort; cut -d' ' -f1 out | sort -u | wc -l; strace -ff -o sep sh -c '/bin/true; /bin/true; exit 5'; echo "status $?"; ls sep.* | wc -l; strace -q -f -e trace=clone,clone3,fork,vfork sh -c '(exit 3); wait' 2>&1 | grep -c 'exited with'
strace -f -o out python3 -c 'import threading; t = [threading.Thread(target=print, args=(i,)) for i in range(5)]; [x.start() for x in t]; [x.join() for x in t]' | sort; grep -c 'clone3(' out; cut -d' ' -f1 out | sort -u | wc -l
echo "--- signals"
strace -e trace=none sh -c 'kill -TERM $$' 2>&1 | masked; echo "status ${PIPESTATUS[0]}"; strace -e trace=none -e signal=USR1 sh -c 'trap "echo trapped" USR1; kill -USR1 $$' 2>&1 | masked; strace -e trace=rt_sigaction,rt_sigreturn,kill sh -c 'trap : USR1; kill -USR1 $$' 2>&1 | masked | sed 's/kill([0-9]*/kill(PID/'; strace -e trace=none sh -c 'kill -STOP $$' 2>&1 | masked & sleep 1; pkill -CONT -x sh; wait; { strace -o out sh -c 'kill -SEGV $$'; } 2>/dev/null; echo "status $?"; masked <out | tail -n 1; strace -qq -e trace=%signal timeout 0.1 sleep 5 2>&1 | grep -c 'si_signo=SIGALRM'
echo "--- attaching"
sleep 100 & p=$!; sleep 0.3; timeout 4 strace -p $p -o out 2>&1 | masked; echo "status ${PIPESTATUS[0]}"; masked <out; kill -0 $p; echo "alive $?"; (timeout 20 strace -f -p $p 2>&1 | masked | n) & sleep 4; kill $p; wait; strace -p 999999 2>&1 | n; strace -p $$ -p 1 -e trace=none true 2>&1 | head -c 0; setpriv --reuid 1000 --regid 1000 --clear-groups strace -p $$ 2>&1 | n
strace -D -o out true; sleep 0.5; tail -n 1 out; strace /nonexistent; echo "status $?"; strace -o /nonexistent/x true; echo "status $?"; setpriv --reuid 1000 --regid 1000 --clear-groups strace -qq -e trace=none id -u
echo "--- tampering"
strace -qq -e trace=none -e inject=openat:error=ENOENT:when=3+ cat /etc/hostname; echo "status $?"; strace -qq -e trace=getpid,getuid -e inject=getuid:retval=77 id -u 2>&1 | grep -v context; { strace -o out -e trace=write -e inject=write:signal=USR1 echo x; } 2>/dev/null; echo "status $?"; strace -e trace=close -e inject=close:delay_enter=1000:when=1 true 2>&1 | tail -n 1 | masked; strace --seccomp-bpf -f -e trace=exit_group true 2>&1 | tail -n 2
