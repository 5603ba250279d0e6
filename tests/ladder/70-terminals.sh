#!/bin/bash
# Programs on a terminal: tmux is the screen that shows what they draw.
export TERM=linux
T="tmux -L ladder -f /dev/null"
keys() { $T send-keys "$@"; }
# Wait until the screen shows something.
until_shown() {
	for try in $(seq 600); do
		$T capture-pane -p | grep -q -- "$1" && return
		sleep 0.1
	done
	echo "never shown: $1"
	$T capture-pane -p
}
screen() { $T capture-pane -p | sed 's/ *$//' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'; }
# Wait until the shell asks for a line, after something else was shown.
until_prompt() {
	until_shown "$1"
	for try in $(seq 600); do
		[ "$(screen | tail -n 1)" = '$' ] && return
		sleep 0.1
	done
	echo "no prompt after: $1"
}
seq -f 'line %g' 200 >lines
$T new-session -d -x 80 -y 24 'PS1="\$ " exec bash --norc --noprofile -i' || exit 1
$T set-option -g status off; $T resize-window -x 80 -y 24 2>/dev/null
until_shown '^\$'
echo "--- shell"
keys 'echo $((6*7)) $COLUMNS $LINES; stty size' Enter; until_shown '^24 80'; screen
keys 'clear' Enter; sleep 0.5; keys 'ech' ; keys 'o completed' Left Left BSpace Home; keys C-e Enter; until_shown '^comple'; screen
keys 'clear' Enter; sleep 0.5; keys 'cat' Enter; sleep 0.5; keys 'typed' Enter; keys C-c; until_prompt '\^C'; keys 'echo after $?' Enter; until_shown '^after'; screen
echo "--- job control"
keys 'clear' Enter; sleep 0.5; keys 'sleep 1000' Enter; sleep 0.5; keys C-z; until_shown Stopped; keys 'bg; jobs' Enter; until_shown Running; keys 'fg' Enter; sleep 0.5; keys C-c; until_prompt '\^C'; keys 'echo fg $?' Enter; until_shown '^fg'; screen
keys 'clear' Enter; sleep 0.5; keys 'sleep 500 | sleep 600 & kill %1; wait; echo waited' Enter; until_shown '^waited'; screen | grep -v Terminated | sed 's/\] [0-9]*$/] PID/'
keys 'clear' Enter; sleep 0.5; keys 'cat & sleep 0.5; jobs; kill %1' Enter; until_shown '^\[1\].*cat'; keys 'echo end' Enter; until_shown '^end'; screen | sed 's/\] [0-9]*$/] PID/' | head -n 3
keys 'clear' Enter; sleep 0.5; keys 'stty tostop; (sleep 0.3; echo hidden) & sleep 1; jobs; kill %%; stty -tostop; echo end' Enter; until_shown '^end'; screen | grep -v 'Terminated *cat' | sed 's/\] [0-9]*$/] PID/; s/^\[1\]./[1]/'
echo "--- less"
keys 'clear' Enter; sleep 0.5; keys 'less lines' Enter; until_shown 'line 23'; screen | tail -n 3; keys Space; until_shown 'line 46'; keys '/line 150' Enter; until_shown '^line 172'; screen | head -n 2; keys G; until_shown 'line 200'; keys g; until_shown '^line 1$'; keys '10j'; until_shown 'line 33'; screen | sed -n '1p;$p'; keys q; until_shown '^\$ *$'
echo "--- vi"
keys 'clear' Enter; sleep 0.3; keys 'vi new' Enter; until_shown 'New File'; keys i 'first line' Enter 'second' Escape; sleep 0.5; keys yyp; keys ':%s/second/2nd/g' Enter; sleep 0.5; keys ggO 'top' Escape; sleep 0.5; screen; keys ':wq' Enter; sleep 1; cat new
keys 'clear' Enter; sleep 0.3; keys 'vi lines' Enter; until_shown '^line 23'; keys 100G dd C-f; sleep 0.5; screen | head -n 2; keys ':q!' Enter; sleep 0.5
echo "--- size"
$T resize-window -x 100 -y 30; sleep 0.5; keys 'clear' Enter; sleep 0.5; keys 'stty size; echo $COLUMNS $LINES' Enter; until_shown '^30 100'; screen; keys 'clear; less lines' Enter; until_shown 'line 29'; $T resize-window -x 80 -y 10; sleep 1; screen | tail -n 2; keys q; until_shown '^\$ *$'; $T resize-window -x 80 -y 24; sleep 0.5
echo "--- top, watch"
keys 'clear; top -d 1' Enter; until_shown 'PID USER'; until_shown ' bash$'; screen | sed -n 7p; keys q; until_shown '^\$ *$'; keys 'clear; watch -t -n 1 echo watched' Enter; until_shown '^watched'; screen; keys C-c; sleep 0.5
echo "--- windows"
$T new-window 'cat'; $T list-windows | wc -l; keys 'in cat' Enter; until_shown 'in cat'; keys C-d; sleep 0.5; $T list-windows | wc -l; $T split-window 'read x; exit'; $T list-panes | wc -l; keys Enter; sleep 0.5; $T list-panes | wc -l; $T list-sessions -F '#{session_windows} #{session_attached}'
keys 'clear; tty | sed s/[0-9]*$//; who am i; mesg' Enter; sleep 1; screen; $T kill-server; sleep 0.3; $T list-sessions 2>&1 | sed 's/on .*//'
echo "--- script"
script -qec 'test -t 0 && test -t 1 && echo terminal' /dev/null </dev/null | tr -d '\r'; script -q -T times -c 'echo timed; sleep 0.2; echo again' log >/dev/null </dev/null; scriptreplay -T times -O log -d 10 2>/dev/null | tr -d '\r' | grep -E 'timed|again'
