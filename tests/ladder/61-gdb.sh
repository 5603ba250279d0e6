#!/bin/bash
# gdb on programs: break, step, look, change, attach.
n() { sed -E 's/0x[0-9a-f]+/ADDR/g; s/(process|Thread|LWP|pid|PID) [0-9]+/\1 N/g; s/\(LWP [0-9]+\)/(LWP)/g; s/Thread ADDR/Thread/; s/(process|LWP) N +/\1 N /' | grep -v '^.Detaching after fork from child'; }
t=$LADDER/target
g() { timeout 60 gdb -nx -q -batch -iex 'set debuginfod enabled off' -ex 'set pagination off' -ex 'set confirm off' -ex 'set width 0' "$@" </dev/null 2>&1 | n; }
echo "--- calls and data"
g -ex 'break factorial if n == 2' -ex run -ex bt -ex 'info args' -ex 'up' -ex 'print n * 2' -ex 'finish' -ex 'continue' --args $t calls
g -ex 'break count' -ex run -ex 'info source' -ex next -ex step -ex next -ex 'info locals' -ex 'print counter' -ex 'print origin' -ex 'ptype origin' -ex 'print &origin.name[2]' -ex 'x/s origin.name' -ex 'print ratio * 2' -ex 'set var counter = 40' -ex 'set var i = 100' -ex continue --args $t calls
g -ex 'tbreak main' -ex run -ex 'info registers rip eflags cs ss' -ex 'stepi' -ex 'nexti' -ex 'print $_siginfo.si_signo' -ex 'print $_siginfo.si_code' -ex 'print $rsp & 15' -ex 'print ((int (*)(void))getpid)() > 0' -ex 'call (int)factorial(6)' -ex 'print sizeof(struct point)' -ex 'info line main' -ex 'x/2i $pc' -ex 'info sharedlibrary' -ex kill --args $t calls
g -ex 'tbreak main' -ex run -ex 'until 96' -ex 'info breakpoints' -ex 'display counter' -ex 'tbreak factorial' -ex c -ex 'return 7' --args $t calls
echo "--- watching"
g -ex 'tbreak main' -ex run -ex 'watch counter' -ex c -ex c -ex c -ex 'info watchpoints' -ex 'delete' -ex c --args $t calls
g -ex 'tbreak main' -ex run -ex 'rwatch origin.x' -ex 'print origin.x' -ex 'awatch counter if counter == 2' -ex c -ex bt -ex 'set can-use-hw-watchpoints 0' -ex delete -ex c --args $t calls
g -ex 'catch syscall write' -ex run -ex 'bt 1' -ex c -ex delete -ex c --args $t calls
g -ex 'starti' -ex 'x/2i $pc' -ex 'stepi 5' -ex 'info proc' -ex 'info auxv' -ex kill /bin/true | grep -v 'AT_RANDOM\|AT_HWCAP\|AT_UID\|AT_SYSINFO\|cmdline\|???\|AT_MINSIG\|AT_RSEQ'
echo "--- signals"
g -ex run -ex bt -ex 'print nowhere' -ex 'print $_siginfo.si_signo' -ex 'print $_siginfo._sifields._sigfault.si_addr' -ex c --args $t crash
g -ex 'handle SIGUSR1 stop print' -ex run -ex 'print $_siginfo._sifields._kill.si_uid' -ex 'break on_signal' -ex c -ex bt -ex finish -ex c --args $t signal
g -ex 'handle SIGUSR1 stop nopass' -ex run -ex c --args $t signal; g -ex 'handle SIGUSR1 nostop noprint pass' -ex run --args $t signal; g -ex 'break main' -ex run -ex 'signal SIGUSR1' --args $t calls; g -ex 'break main' -ex run -ex 'signal SIGKILL' --args $t calls
echo "--- threads"
g -ex 'break thread' -ex run -ex 'print mine' -ex 'delete' -ex c --args $t threads | sed -E 's/(Thread|thread) [0-9.]+/\1 N/; s/mine = [0-9]/mine/; s/arg=.*\)/arg)/; s/= [0-9]+$/= N/' | grep -E 'Breakpoint|mine|counter|= N|exited with' | sort -u
g -ex 'break threads' -ex run -ex 'break 66' -ex c -ex 'info threads' -ex 'thread apply all print 1' -ex 'thread 2' -ex 'delete' -ex c --args $t threads | grep -E '^\$|Switching|exited normally|exited with' | sed -E 's/\[Switching.*/[Switching]/' | sort | uniq -c
echo "--- children"
g -ex 'set follow-fork-mode child' -ex run --args $t child | sort; g -ex 'set follow-fork-mode parent' -ex run --args $t child | sort; g -ex 'catch fork' -ex 'run' -ex 'c' --args $t child | sort; g -ex 'set follow-fork-mode child' -ex 'catch exec' -ex run -ex 'info inferiors' -ex c --args $t child | sort; g -ex 'set detach-on-fork off' -ex run -ex 'info inferiors' -ex 'inferior 2' -ex 'kill inferiors 1 2' --args $t child | sort; g -ex 'set follow-fork-mode child' -ex 'catch vfork' -ex run --args sh -c 'exec /bin/echo sh ran' | sort
echo "--- attach"
$t wait & p=$!; sleep 0.5; g -ex 'bt 1' -ex 'print counter' -ex 'info inferiors' -ex 'set var counter = 9' -ex detach -p $p | grep -v '^\[New\|^warning\|ptrace: \|Symbol\|separate debug'; kill -0 $p; echo "alive $?"; kill -USR1 $p; wait $p; echo "status $?"
($t wait & p=$!; sleep 0.3; g -ex 'gcore core.x' -ex kill -p $p | grep -E 'Saved|killed'; wait $p; echo "status $?") 2>/dev/null; ls core.x; g -ex 'bt 1' -ex 'print origin' $t core.x | grep -E '^\$|^#' ; g -p 999999
setpriv --reuid 1000 --regid 1000 --clear-groups gdb -nx -q -batch -p 1 2>&1 | grep -i 'not permitted' | n
g -ex 'source '$LADDER/gdb_session.py
