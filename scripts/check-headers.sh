#!/bin/bash
# check-headers.sh - every public header of the kernel compiles alone.
#
# Uses the kernel's own flags (make print-kflags).
set -u
[ "${1:-}" != --help ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 0; }
cd "$(dirname "$0")/.." || exit 1
export flags
flags=$(make -s print-kflags) || exit 1
check() {
	echo "#include \"$1\"" |
		eval "clang $flags -Wno-unused-function" \
			-Wno-unused-const-variable -fsyntax-only -x c - ||
		{ echo "$1: does not stand alone"; return 1; }
}
export -f check
# Private ones need not; arch/x86_64/machine/ is the second half of arch/*.h.
find kernel include -name '*.h' ! -name '*_priv.h' ! -path '*/machine/*' |
	sed 's,^kernel/,,; s,^include/,,' | sort |
	xargs -P "$(nproc)" -I{} bash -c 'check {}'
