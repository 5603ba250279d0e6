#!/bin/bash
# run.sh - check the Promela models with spin, and that their mutants fail.
#
# Prints one line per model and mutant; the exit status is 1 if a true model
# has an error or a mutant has none.  A minute on two free processors.
# BUILD: where to work (build).
set -u
[ "${1:-}" != --help ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 0; }
cd "$(dirname "$0")/../.." || exit 1
models=$PWD/tests/model
work=$(realpath -m "${BUILD:-build}")/model
rm -rf "$work"
mkdir -p "$work"

# check MODEL OPTIONS EXPECTED-ERRORS [CC-OPTIONS]
check() {
	local model=$1 options=$2 expected=$3 cc=${4:-} dir out errors states
	local ends=
	dir=$work/$model${options// /}
	# Where nobody may wait for ever, a stop in the middle is an error.
	[ $model = pi ] || ends=-E
	mkdir -p "$dir"
	out=$(cd "$dir" && spin $options -a "$models/$model.pml" &&
		clang -w -O2 -DSAFETY -DNOCLAIM -DMEMLIM=4000 $cc -o pan pan.c &&
		timeout "${LIMIT:-600}" ./pan -n $ends -m2000000 2>&1)
	errors=$(sed -n 's/.*errors: *\([0-9]*\).*/\1/p' <<<"$out")
	states=$(sed -n 's/ *\([0-9.e+]*\) states, stored.*/\1/p' <<<"$out")
	[ $expected = 1 ] || ! grep -q 'too small\|not completed' <<<"$out" ||
		errors=unfinished
	rm -rf "$dir"
	if [ "${errors:-none}" = "$expected" ]; then
		echo "ok - $model $options ($states states)"
	else
		echo "not ok - $model $options: errors: ${errors:-no result}"
		touch "$work/failed"
	fi
}

# start CHECK-ARGUMENTS: one for each processor at a time.
start() {
	[ "$(jobs -pr | wc -l)" -lt "$(nproc)" ] || wait -n
	check "$@" &
}

model() { start "$1" "${2:-}" 0; }
# Breadth first: a mutant's error is near.
mutant() { start "$1" "$2" 1 -DBFS; }

model cow -DMAP
model cow -DCPUS=2
model cow -DPINS=0
model cow -DPINS=1
model cow "-DPINS=1 -DLIGHT"
mutant cow -DM_CLONE_NO_FLUSH
mutant cow -DM_KEEP_ORIGINAL
mutant cow -DM_REGAIN_SHARED
mutant cow -DM_DROP_FIRST
mutant cow -DM_NODE_BEFORE_FLUSH
mutant cow -DM_FRAME_BEFORE_FLUSH
mutant cow -DM_UNMAP_BEFORE_FLUSH
mutant cow "-DCPUS=2 -DM_STORE_BEFORE_FLUSH"
mutant cow "-DPINS=1 -DM_PIN_SHARED"
mutant cow "-DPINS=0 -DM_CLONE_PINNED"
mutant cow "-DPINS=1 -DLIGHT -DM_REUSE_PINNED"
model huge
mutant huge -DM_READ_DECIDES
mutant huge -DM_ALWAYS_ALONE
mutant huge -DM_PUT_FIRST
mutant huge -DM_HUGE_REFS_ONLY
model pi
mutant pi -DM_FREE_WORD
mutant pi -DM_KEEP_TURN
mutant pi -DM_EXIT_FIRST
mutant pi -DM_BLIND_WORD
wait
[ ! -e "$work/failed" ]
