#!/bin/bash
# debug.sh [OPTION...] - gdb on a running Umbra, with symbols and commands.
#
# Joins a machine that `make run QEMU=--gdb` started in another terminal; if
# none listens, it starts one itself, stopped before its first instruction,
# whose console is the socket build/debug.sock:
#	scripts/qemu.py --connect build/debug.sock		(Ctrl-] leaves)
# In gdb: `continue`, Ctrl-C, then umbra-symbols, umbra-ps, umbra-cpus,
# umbra-log ...; `help user-defined` and scripts/gdb/umbra.py list them all.
#
#   --port N       of the gdb server (1234)
#   --build DIR    where the files are (build)
#   --run          do not stop a machine of our own before it boots
#   --ex COMMAND   give gdb a command; may be repeated
#   --batch        leave gdb after the commands
#   -- OPTION...   options of qemu.py for a machine of our own
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 0; }
cd "$(dirname "$0")/.."

port=1234 build=build stop=--wait
gdb_args=()
while [ $# -gt 0 ]; do
	case $1 in
	--port) port=$2; shift ;;
	--build) build=$2; shift ;;
	--run) stop= ;;
	--ex) gdb_args+=(-ex "$2"); shift ;;
	--batch) gdb_args+=(-batch) ;;
	--) shift; break ;;
	*) echo "debug.sh: unknown option $1; see --help" >&2; exit 2 ;;
	esac
	shift
done

# Looked up, not tried: a connection would stop the machine.
listens() {
	grep -q "$(printf ':%04X 00000000:0000 0A' "$port")" /proc/net/tcp
}

export UMBRA_BUILD=$build UMBRA_SERIAL_LOG=$build/serial.log
if ! listens; then
	UMBRA_SERIAL_LOG=$build/debug.log
	rm -f "$build/debug.sock" "$build/debug.log"
	# Its own session: Ctrl-C in gdb is not for QEMU.
	setsid scripts/qemu.py --esp "$build/esp" --gdb "$port" $stop \
		--console "$build/debug.sock" --log "$build/debug.log" "$@" &
	qemu=$!
	trap 'kill $qemu 2>/dev/null || true' EXIT
	for _ in $(seq 100); do
		! listens || break
		kill -0 $qemu 2>/dev/null || exit 1
		sleep 0.1
	done
	echo "console: scripts/qemu.py --connect $build/debug.sock"
fi

symbols=()
[ ! -f "$build/kernel.debug" ] || symbols=("$build/kernel.debug")
gdb -q -iex 'set architecture i386:x86-64' -iex 'set pagination off' \
	-iex "add-auto-load-safe-path $PWD" "${symbols[@]}" \
	-ex 'source scripts/gdb/umbra.py' \
	-ex "target remote 127.0.0.1:$port" -ex umbra-symbols "${gdb_args[@]}"
