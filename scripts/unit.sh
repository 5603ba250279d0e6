#!/bin/bash
# unit.sh [-j N] [NAME...] - build and run the host unit tests.
#
# A test is tests/unit/NAME_test.c; its second line, "/* unit: FILE... */", names
# the sources it is linked with; @GROUP stands for those that tests/unit/groups
# lists under that name.  Everything is built with ASan and UBSan.
# Without names all tests run.  What fails is printed whole, the closing line is
# "unit: N passed, N failed", and the exit status tells the same.  A test that
# takes longer than LIMIT seconds (120) has failed.
set -u
[ "${1:-}" != --help ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 0; }
cd "$(dirname "$0")/.." || exit 1
build=${BUILD:-build}
out=$build/unit
jobs=$(nproc)
if [ "${1:-}" = -j ]; then
	jobs=$2
	shift 2
fi

# words TEST: its second line, with all groups replaced by what they stand for.
words() {
	sed -n '2s,^/\* unit: *\(.*\) *\*/$,\1,p' "$1" | awk '
		function put(word,  i, part, n) {
			if (word !~ /^@/) {
				print word
				return
			}
			if (!(word in group) || ++deep > 9) {
				print "no-such-group:" word
				return
			}
			n = split(group[word], part, " ")
			for (i = 1; i <= n; i++)
				put(part[i])
			deep--
		}
		FNR == NR && /^@/ { name = $1; group[name] = " " }
		FNR == NR && /^\t/ { group[name] = group[name] " " $0 }
		FNR != NR { for (w = 1; w <= NF; w++) put($w) }
	' tests/unit/groups -
}

# one NAME: build and run it; leaves NAME.log and prints a line.
one() {
	local name=$1 test=tests/unit/$1_test.c exe=$out/$1 log=$out/$1.log
	local sources status=0 spent begun
	begun=$(date +%s%N)
	sources=$(words "$test")
	clang -std=gnu17 -g -O1 -Wall -fsanitize=address,undefined \
		-fno-sanitize-recover=all -DUMBRA_HOST_TEST -DDEBUG_KERNEL=1 \
		-Itests/unit/fake -Itests/unit -Ikernel -Iinclude \
		-idirafter "$build/sysinc" -o "$exe" "$test" \
		${sources:-} -lcmocka >"$log" 2>&1 || status=build
	if [ $status = 0 ]; then
		ASAN_OPTIONS=detect_stack_use_after_return=1 \
			timeout -k 5 "${LIMIT:-120}" "$exe" >>"$log" 2>&1 ||
			status=$?
	fi
	spent=$((($(date +%s%N) - begun) / 1000000))
	case $status in
	0)	echo "ok - $name ($spent ms)"
		return 0 ;;
	build)	echo "not ok - $name does not build" ;;
	124)	echo "not ok - $name hangs" ;;
	*)	echo "not ok - $name (status $status)" ;;
	esac
	sed 's/^/    /' "$log"
	return 1
}
export -f one words
export out build

mkdir -p "$out"
[ -e "$build/sysinc" ] || scripts/sysinc.sh "$build/sysinc" || exit 1
if [ $# = 0 ]; then
	set -- $(ls tests/unit/*_test.c | sed 's,.*/,,; s,_test\.c$,,')
fi
printf '%s\n' "$@" | xargs -P "$jobs" -I{} bash -c 'one {} >"$out/{}.result"'
cat $(printf "$out/%s.result " "$@")
passed=$(cat $(printf "$out/%s.result " "$@") | grep -c '^ok - ')
failed=$(($# - passed))
echo "unit: $passed passed, $failed failed"
[ $failed = 0 ]
