#!/bin/bash
# image.sh ESP-FOLDER IMAGE - make a disk image to write to a stick.
#
# GPT with one EFI system partition, FAT32, holding the folder's files; as
# large as they need and 16 MiB to spare (FAT32 wants 36 MiB at least).  Needs
# no root.  Write it with: dd if=build/umbra.img of=/dev/sdX bs=4M
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 0; }
[ $# = 2 ] || { echo "usage: image.sh ESP-FOLDER IMAGE" >&2; exit 2; }
esp=$1 image=$2
[ -d "$esp" ] || { echo "image.sh: $esp: no such folder" >&2; exit 1; }
PATH=$PATH:/sbin:/usr/sbin

mib=$(($(du -sk --apparent-size "$esp" | cut -f1) / 1024 + 16))
[ $mib -ge 36 ] || mib=36
new=$image.new
trap 'rm -f "$new"' EXIT
rm -f "$new"
# One MiB before the partition for alignment, one behind for the second GPT.
truncate -s $((mib + 2))M "$new"
sgdisk --clear --new=1:1M:+${mib}M --typecode=1:ef00 \
	--change-name=1:umbra "$new" >/dev/null
mformat -i "$new@@1M" -F -T $((mib * 2048)) -h 16 -s 63 -H 2048 \
	-v UMBRA ::
for entry in "$esp"/*; do
	mcopy -i "$new@@1M" -s -Q -m "$entry" ::
done
mv "$new" "$image"
