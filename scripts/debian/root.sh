#!/bin/bash
# root.sh --output FILE [OPTION...] LIST... - a Debian root as an archive.
#
# debootstrap's minbase, then apt-get for the packages the lists name, without manuals,
# translations and package lists, as an uncompressed newc cpio archive that is
# good for an initramfs and, unpacked, for a chroot.  It is made in a chroot:
# through sudo when not root.
#
#   --output FILE   the archive
#   --once          do nothing if the archive is there
#   --cache DIR     keep downloaded packages here
#   --suite NAME    Debian release (bookworm)
#   --mirror URL    where packages come from (what apt uses for that release)
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 0; }
umask 022

die() {
	echo "root.sh: $*" >&2
	exit 1
}

output= once= cache= suite=bookworm mirror=
arguments=("$@")
while [ $# -gt 0 ]; do
	case $1 in
	--once)
		once=1
		shift
		continue
		;;
	--*) [ $# -ge 2 ] || die "$1 needs a value; see --help" ;;
	esac
	case $1 in
	--output) output=$2 ;;
	--cache) cache=$2 ;;
	--suite) suite=$2 ;;
	--mirror) mirror=$2 ;;
	--*) die "unknown option $1; see --help" ;;
	*) break ;;
	esac
	shift 2
done
[ -n "$output" ] || die "--output is missing"
[ $# -gt 0 ] || die "no list of packages"
[ -z "$once" ] || [ ! -e "$output" ] || exit 0

[ "$(id -u)" = 0 ] || exec sudo "$0" "${arguments[@]}"
PATH=$PATH:/sbin:/usr/sbin

# Where this machine's apt finds the release.
find_mirror() {
	apt-get indextargets --format \
		'$(REPO_URI) $(CODENAME) $(COMPONENT) $(CREATED_BY)' |
		awk -v suite="$suite" '$2 == suite && $3 == "main" &&
			$4 == "Packages" && !n++ { print $1 }'
}

# Not what programs need, and half of the size.
prune() {
	rm -rf "$1"/usr/share/{doc,man,info,locale,lintian,bug,doc-base} \
		"$1"/usr/share/{pixmaps,bash-completion,vim/vim*/doc} \
		"$1"/var/cache/{apt,debconf,man} "$1"/var/lib/apt/lists \
		"$1"/var/log/*.log "$1"/var/log/apt "$1"/debootstrap
	rm -rf "$1"/{dev,proc,sys,run,tmp}
	mkdir -p "$1"/{dev,proc,sys,run,tmp} "$1"/var/{cache,lib}/apt
	chmod 1777 "$1/tmp"
}

# What an installer would have asked.
configure() {
	echo umbra >"$1/etc/hostname"
	printf '127.0.0.1\tlocalhost\n127.0.1.1\tumbra\n' >"$1/etc/hosts"
	rm -f "$1/etc/resolv.conf" "$1/etc/machine-id"
	echo 756d6272610000000000000000000000 >"$1/etc/machine-id"
	ln -sf /proc/mounts "$1/etc/mtab"
	ln -sf /usr/share/zoneinfo/UTC "$1/etc/localtime"
}

pack() {
	(cd "$1" && find . -mindepth 1 -print0 | LC_ALL=C sort -z |
		cpio --null --create --format=newc --reproducible --quiet) >"$2"
}

# What went wrong is at the end of the log.
try() {
	local what=$1
	shift
	"$@" >>"$work/log" 2>&1 && return
	tail -n 30 "$work/log" >&2
	die "$what failed"
}

# debootstrap cannot resolve packages that others provide, apt can.
install_packages() {
	local apt="chroot $root apt-get -q -y -o Dpkg::Use-Pty=0"

	cp -L /etc/resolv.conf "$root/etc/resolv.conf" || :
	apt-config dump | grep ^Acquire:: >"$root/etc/apt/apt.conf.d/99host" || :
	[ -z "$cache" ] || cp -n "$cache"/*.deb "$root/var/cache/apt/archives/"
	export DEBIAN_FRONTEND=noninteractive LC_ALL=C
	try "apt-get update" $apt update
	try "apt-get install" $apt install --no-install-recommends "$@"
	[ -z "$cache" ] ||
		cp -n "$root"/var/cache/apt/archives/*.deb "$cache/"
	rm -f "$root/etc/apt/apt.conf.d/99host" "$root/etc/resolv.conf"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
[ -n "$mirror" ] || mirror=$(find_mirror)
[ -n "$mirror" ] || die "apt knows no mirror of $suite; use --mirror"
options=(--variant=minbase)
if [ -n "$cache" ]; then
	mkdir -p "$cache"
	cache=$(realpath "$cache")
	options+=(--cache-dir="$cache")
fi
try debootstrap debootstrap "${options[@]}" "$suite" "$root" "$mirror"
install_packages $(sed 's/#.*//' "$@")
prune "$root"
configure "$root"
mkdir -p "$(dirname "$output")"
pack "$root" "$output.new"
mv "$output.new" "$output"
