#!/bin/sh
# deps.sh [--print] - install the Debian packages Umbra needs, if missing.
#
# Uses apt-get, through sudo when not root.  On another system it names what is
# missing and stops.  --print lists the packages.
set -eu
[ "${1:-}" != --help ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 0; }
packages="clang lld llvm make gnu-efi linux-libc-dev libbsd-dev
	mtools dosfstools gdisk cpio debootstrap busybox-static console-setup-linux
	qemu-system-x86 ovmf swtpm gdb python3 python3-pytest python3-pexpect
	libcmocka-dev libclang-rt-14-dev spin musl-tools gcc libc6-dev clang-format clang-tidy
	tmux less vim-tiny procps"
[ "${1:-}" != --print ] || { echo $packages; exit 0; }

missing=
for p in $packages; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null |
		grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null; then
	echo "deps.sh: not a Debian system; please install:$missing" >&2
	exit 1
fi
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
echo "deps.sh: installing$missing"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -q >/dev/null ||
	echo "deps.sh: apt-get update failed, trying with the old lists" >&2
$as_root apt-get install -y -q --no-install-recommends $missing >/dev/null
