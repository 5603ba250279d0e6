#!/bin/sh
# sysinc.sh DIR - make the kernel's private system include folder.
#
# The kernel is built with -nostdinc: it may see the Linux UAPI headers
# (linux-libc-dev), sys/tree.h and sys/queue.h (libbsd-dev) and the compiler's
# freestanding headers, and nothing else of the host.
set -eu
[ "${1:-}" != --help ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 0; }
dir=$1
multiarch=/usr/include/x86_64-linux-gnu
rm -rf "$dir"
mkdir -p "$dir/sys" "$dir/bsd/sys"
ln -s /usr/include/linux "$dir/linux"
ln -s /usr/include/asm-generic "$dir/asm-generic"
ln -s $multiarch/asm "$dir/asm"
# Their one outside need, __unused, is also a field of struct stat.
: >"$dir/bsd/sys/cdefs.h"
for h in tree queue; do
	sed 's/\<__unused\>/__attribute__((__unused__))/g' \
		"/usr/include/bsd/sys/$h.h" >"$dir/sys/$h.h"
done
for h in "$(clang -print-resource-dir)"/include/std*.h \
	"$(clang -print-resource-dir)"/include/__stddef*.h; do
	[ ! -f "$h" ] || ln -s "$h" "$dir/${h##*/}"
done
