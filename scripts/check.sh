#!/bin/bash
# check.sh [--all] [STEP...] - the fast loop: is this fit to be committed?
#
#   format   clang-format changes nothing
#   layers   no file includes one of a layer above
#   headers  every header compiles alone
#   size     no line over 80 columns, no file of the system over 600 lines
#   coverage kernel/syscall/COVERAGE.md is what scripts/coverage.py makes
#   tidy     clang-tidy on files changed since the last commit (--all: on all)
#   unit     the host tests
#   boot     one boot to a shell
#
# Without steps all run, in this order; each says what is wrong, and the last
# line is "N passed, N failed".
set -u
[ "${1:-}" != --help ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 0; }
cd "$(dirname "$0")/.." || exit 1
build=${BUILD:-build}
all=
[ "${1:-}" != --all ] || { all=1; shift; }

sources() {
	git ls-files -- 'kernel/*.[ch]' 'efi-loader/*.[ch]' 'include/*.h' \
		'userspace/init/*.[ch]' 'tests/*.[ch]' |
		while read -r f; do [ ! -f "$f" ] || echo "$f"; done
}

changed() {
	if [ -n "$all" ]; then
		sources
	else
		git diff --name-only HEAD -- '*.c'
		git diff --name-only HEAD~1 HEAD -- '*.c'
	fi | grep '^kernel/.*\.c$' | sort -u |
		while read -r f; do [ ! -f "$f" ] || echo "$f"; done
}

format() {
	sources | xargs clang-format --dry-run -Werror
}

layers() {
	scripts/check-layers.py kernel
}

headers() {
	scripts/check-headers.sh
}

size() {
	local bad
	bad=$(
		sources | grep -v '^tests/' | xargs wc -l |
			awk '$2 != "total" && $1 > 600 {
				print $2 ": " $1 " lines" }'
		# Not the line that names what a test is linked with.
		sources | while read -r f; do
			expand "$f" | awk -v f="$f" '
				FNR == 2 && /^\/\* (unit|fuzz):/ { next }
				length($0) > 80 {
					print f ":" FNR ": " length($0) \
						" columns" }'
		done
	)
	[ -z "$bad" ] || { echo "$bad"; return 1; }
}

coverage() {
	scripts/coverage.py --check
}

tidy() {
	local flags files
	files=$(changed)
	[ -n "$files" ] || return 0
	# Its parser does not know the second flag and complains of the first.
	flags=$(make -s print-kflags | sed 's/ -[^ ]*auto-var-init[^ ]*//g') ||
		return 1
	echo "$files" | xargs -P "$(nproc)" -n 4 sh -c '
		clang-tidy --quiet --warnings-as-errors="*" "$@" \
			-- '"$flags"' 2>/dev/null' sh
}

unit() {
	scripts/unit.sh | grep -v '^ok - '
	return "${PIPESTATUS[0]}"
}

boot() {
	make -s esp guest || return 1
	/usr/bin/python3 -m pytest -q --tb=short -p no:cacheprovider \
		'tests/boot/test_matrix.py::test_machine[plain]'
}

[ $# -gt 0 ] || set -- format layers headers size coverage tidy unit boot
passed=0 failed=0
mkdir -p "$build/logs"
for step in "$@"; do
	case $step in
	format|layers|headers|size|coverage|tidy|unit|boot) ;;
	*) echo "check.sh: unknown step $step; see --help" >&2; exit 2 ;;
	esac
	if "$step" >"$build/logs/check-$step.log" 2>&1; then
		echo "ok - $step"
		passed=$((passed + 1))
	else
		echo "not ok - $step"
		tail -n 60 "$build/logs/check-$step.log"
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
