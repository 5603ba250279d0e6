#!/bin/bash
# initramfs.sh --output FILE [OPTION...] - make the root file system archive.
#
# An uncompressed newc cpio archive with Debian's static busybox, a link for
# each of its applets, /etc with users and init's units, and the folders a
# system mounts on.  Or, with --base, another root's archive first and, in a
# second one behind it, what is added.  The same input gives the same bytes:
# sorted names, no times, owner root.
#
#   --output FILE        the archive
#   --files "A:B C:D"    put host file or folder A at B of the guest, ...;
#                        may be repeated; a link is followed
#   --base FILE          an archive that is a whole root, instead of busybox
#   --units DIR          unit files (userspace/init/units)
#   --busybox FILE       another busybox ("" for none)
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 0; }
cd "$(dirname "$0")/.."
umask 022

die() {
	echo "initramfs.sh: $*" >&2
	exit 1
}

output= files= base= units=userspace/init/units busybox=/bin/busybox
while [ $# -gt 0 ]; do
	[ $# -ge 2 ] || die "$1 needs a value; see --help"
	case $1 in
	--output) output=$2 ;;
	--files) files="$files $2" ;;
	--base) base=$2 ;;
	--units) units=$2 ;;
	--busybox) busybox=$2 ;;
	*) die "unknown option $1; see --help" ;;
	esac
	shift 2
done
[ -n "$output" ] || die "--output is missing"

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

# add HOST GUEST: a file keeps its mode, a folder brings all it has.
add() {
	local to=$root/${2#/}
	[ -e "$1" ] || die "$1: no such file or folder"
	mkdir -p "$(dirname "$to")"
	if [ -d "$1" ]; then
		mkdir -p "$to"
		cp -R --preserve=mode,links "$1/." "$to/"
	else
		[ "${2%/}" = "$2" ] || to=$to$(basename "$1")
		mkdir -p "$(dirname "$to")"
		cp -L --preserve=mode "$1" "$to"
	fi
}

skeleton() {
	mkdir -p "$root"/{bin,sbin,usr/bin,usr/sbin,lib,lib64,etc/umbra,proc} \
		"$root"/{sys,dev,run,tmp,root,home,mnt,var/log,var/tmp}
	chmod 1777 "$root/tmp" "$root/var/tmp"
	chmod 700 "$root/root"
	echo 'root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/:/bin/false
nobody:x:65534:65534:nobody:/:/bin/false' >"$root/etc/passwd"
	echo 'root:x:0:
daemon:x:1:
tty:x:5:
disk:x:6:
nogroup:x:65534:' >"$root/etc/group"
	echo umbra >"$root/etc/hostname"
	echo /bin/sh >"$root/etc/shells"
	echo 'export PATH=/bin:/sbin:/usr/bin:/usr/sbin
PS1="\\w \\$ "' >"$root/etc/profile"
	ln -s /proc/mounts "$root/etc/mtab"
}

# The applets where busybox says they belong.
applets() {
	local name
	install -m 755 "$1" "$root/bin/busybox"
	for name in $("$1" --list-full); do
		[ -e "$root/$name" ] || [ -L "$root/$name" ] ||
			ln -s /bin/busybox "$root/$name"
	done
}

if [ -n "$base" ]; then
	mkdir -p "$root/etc/umbra"
else
	skeleton
fi
if [ -z "$base" ] && [ -n "$busybox" ]; then
	[ -x "$busybox" ] || die "$busybox: missing (package busybox-static)"
	applets "$busybox"
fi
if [ -d "$units" ]; then
	for unit in "$units"/*; do
		[ ! -f "$unit" ] || install -m 644 "$unit" "$root/etc/umbra/"
	done
fi
for pair in $files; do
	case $pair in
	?*:/?*) add "${pair%%:*}" "${pair#*:}" ;;
	*) die "$pair: not HOST:/GUEST" ;;
	esac
done

find "$root" -exec touch -h -d @0 {} +
mkdir -p "$(dirname "$output")"
case $output in /*) ;; *) output=$PWD/$output ;; esac
pack() {
	(cd "$root" && find . -mindepth 1 -print0 | LC_ALL=C sort -z |
		cpio --null --create --format=newc --reproducible \
			--owner=0:0 --quiet)
}
{
	[ -z "$base" ] || cat "$base"
	pack
} >"$output.new"
mv "$output.new" "$output"
