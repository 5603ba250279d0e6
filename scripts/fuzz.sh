#!/bin/bash
# fuzz.sh [-r RUNS] [-t SECONDS] [NAME...] - fuzz parsers on the host.
#
# A fuzzer is tests/fuzz/NAME_fuzz.c; its second line, "/* fuzz: FILE... */",
# names the sources it is linked with.  Built with libFuzzer, ASan and UBSan.
# Without -t each gets RUNS inputs (30000), always the same ones: a smoke test.
# With -t each is run for so long, with inputs that differ each time; what was
# learnt is kept in build/fuzz/NAME.corpus and is where the next run begins.
# What fails is printed whole, with the input's file.
set -u
[ "${1:-}" != --help ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 0; }
cd "$(dirname "$0")/.." || exit 1
build=${BUILD:-build}
out=$build/fuzz
runs=30000 seconds=
while getopts r:t: option; do
	case $option in
	r) runs=$OPTARG ;;
	t) seconds=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))

# one NAME: build and run it; prints a line.
one() {
	local name=$1 test=tests/fuzz/$1_fuzz.c exe=$out/$1 log=$out/$1.log
	local sources status=0 how=() begun
	begun=$(date +%s%N)
	sources=$(sed -n '2s,^/\* fuzz: *\(.*\) *\*/$,\1,p' "$test")
	if [ -n "$seconds" ]; then
		mkdir -p "$out/$name.corpus"
		how=(-max_total_time="$seconds" "$out/$name.corpus")
	else
		how=(-seed=1 -runs="$runs")
	fi
	clang -std=gnu17 -g -O1 -Wall -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -DUMBRA_HOST_TEST -DDEBUG_KERNEL=1 \
		-Itests/unit/fake -Itests/unit -Ikernel -Iinclude \
		-idirafter "$build/sysinc" -o "$exe" "$test" \
		${sources:-} >"$log" 2>&1 || status=build
	if [ $status = 0 ]; then
		timeout -k 5 $((${seconds:-120} + 60)) "$exe" -timeout=20 \
			-max_len=4096 -artifact_prefix="$out/$name-" \
			"${how[@]}" >>"$log" 2>&1 || status=$?
	fi
	case $status in
	0)	echo "ok - fuzz $name ($((($(date +%s%N) - begun) /
			1000000)) ms)"
		return 0 ;;
	build)	echo "not ok - fuzz $name does not build" ;;
	*)	echo "not ok - fuzz $name (status $status)" ;;
	esac
	tail -n 60 "$log" | sed 's/^/    /'
	return 1
}
export -f one
export out build runs seconds

mkdir -p "$out"
[ -e "$build/sysinc" ] || scripts/sysinc.sh "$build/sysinc" || exit 1
if [ $# = 0 ]; then
	set -- $(ls tests/fuzz/*_fuzz.c | sed 's,.*/,,; s,_fuzz\.c$,,')
fi
printf '%s\n' "$@" | xargs -P "$(nproc)" -I{} bash -c 'one {} >"$out/{}.result"'
cat $(printf "$out/%s.result " "$@")
passed=$(cat $(printf "$out/%s.result " "$@") | grep -c '^ok - ')
failed=$(($# - passed))
echo "fuzz: $passed passed, $failed failed"
[ $failed = 0 ]
