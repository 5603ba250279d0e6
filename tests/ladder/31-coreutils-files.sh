#!/bin/bash
# coreutils that change files and folders.
show() { stat -c '%A %h %U:%G %s %F %n' "$@"; }
echo "--- make"
mkdir d d/e; mkdir -p x/y/z; mkdir -m 700 secret; mkdir d; echo "status $?"; mkdir no/parent; echo "status $?"
touch f; touch -d '2020-01-02 03:04:05 UTC' f; stat -c '%y %n' f; touch -r f g; touch -c absent; ls absent; touch -m -t 202101010000 g; stat -c '%x %y' g
mkfifo p; mknod q p; mknod -m 600 zero c 1 5; mknod blk b 7 0; show p q; stat -c '%F %t %T' zero blk; head -c 3 zero; head -c 3 /dev/zero | od -c
mkfifo p; echo "status $?"; (echo through >p &); cat p
ln f hard; ln -s f soft; ln -s nowhere dangling; ln -s loop1 loop2; ln -s loop2 loop1; ln f hard; echo "status $?"
link f hard2; unlink hard2; link f hard; echo "status $?"; unlink d; echo "status $?"
show f hard soft dangling; cat loop1; cat dangling; readlink soft dangling; readlink f; echo "status $?"
readlink -f soft; readlink -e dangling; echo "status $?"; readlink -m a/b/../c; realpath soft x/y/../y; realpath --relative-to=d x/y
echo "--- copy"
echo content >f; cp f copy; cp -p f kept; cp -r x tree; cp -a d soft archive 2>/dev/null; echo "status $?"; mkdir into; cp f g into; ls into
cp -l f linked; stat -c %h f; cp -s "$PWD/f" symlinked; readlink symlinked | xargs basename; cp -u f copy; cp -n f copy; cp --backup=numbered f copy; ls copy*
cp f f; echo "status $?"; cp d f; echo "status $?"; cp nofile f; echo "status $?"; cp -P soft soft2; readlink soft2; cp -L soft deref; show deref
truncate -s 1M sparse; dd if=/dev/urandom of=sparse bs=4k count=2 seek=100 conv=notrunc status=none; cp --sparse=always sparse s2; cmp sparse s2 2>/dev/null; sha256sum <sparse >h1; sha256sum <s2 | diff - h1 && echo same; cp --reflink=auto sparse s3; sha256sum <s3 | diff - h1 && echo same
echo "--- move and remove"
mv copy moved; mv moved into; mv -n f g into; ls into; mv -v into elsewhere; mv nofile x; echo "status $?"; mv x x/y; echo "status $?"; mv -T tree newtree; ls newtree
echo 1 >m1; echo 2 >m2; mv -b m1 m2; cat m2 m2~; mv -t d m2 m2~; ls d; mv d/m2 ./; cat m2
rm nofile; echo "status $?"; rm -f nofile; rm d; echo "status $?"; rmdir d; echo "status $?"; rm -r d; rmdir -p x/y/z; ls x; rm -v g; rm -rf elsewhere newtree; mkdir -p deep/{1,2,3}/{a,b}; touch deep/{1,2,3}/{a,b}/{f,g}; rm -rv deep | sort | head -n 4; ls deep; rm -i f </dev/null; rm ./
mkdir long; cd long; for i in $(seq 60); do mkdir dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd; cd ddd*; done; pwd | wc -c; cd /tmp/ladder/31-coreutils-files.sh; rm -rf long; ls long
echo "--- modes and owners"
umask 022; touch m; for mode in 644 u+x g=u o= a+rwx,o-w +t 4755 2755 g-s u=rw,go=r; do chmod $mode m; stat -c '%a %A' m; done
chmod -v u+x m; chmod --reference=kept m; chmod 999 m; echo "status $?"; chmod u+x nofile; mkdir -p r/s; touch r/s/t; chmod -R go-rwx r; show r r/s r/s/t; chmod 1777 r; show r
chown 1000:1000 m; stat -c %u:%g m; chown nobody m; chown :daemon m; show m; chgrp tty m; chgrp -R 5 r; stat -c %G r/s/t; chown root:root m; chown nosuchuser m; echo "status $?"; chown -R --from=root daemon r; stat -c %U r/s
chmod 4755 m; chown daemon m; stat -c %a m; install -m 640 -o daemon -g tty m inst; show inst; install -d -m 750 in/st; show in/st; install -D kept a/b/c; cat a/b/c; umask 077; touch u; mkdir ud; show u ud; umask 022
chcon -t x m; echo "status $?"; runcon -t x true 2>/dev/null; echo "status $?"
setpriv --reuid 1000 --regid 1000 --clear-groups bash -c 'cat secret/x; touch secret/x; cd secret; touch /tmp/ladder/mine; rm m; echo "status $?"; kill -0 1; echo "status $?"; chown 0 m; chmod 777 m; echo x >m; id'
echo "--- look"
touch -d '2001-02-03 04:05:06' old; ls -l --time-style=long-iso old; ls -a | head -n 2; ls -A | wc -l; ls -1F; ls -R a; ls -d a; ls -ld --time-style=+%Y old; ls -S s2 f | head -n 1; ls -lh sparse | cut -d' ' -f5; ls -s f | wc -w; ls -x a; ls -Q a; ls -t old f | tail -n 1; ls -i f | wc -w; ls nofile; echo "status $?"; dir a; vdir -d --time-style=+ old; ls --color=always a | od -c | head -n 2
dircolors -b | head -c 9; echo; dircolors -p | head -n 1; LS_COLORS='*.x=01' ls --color=always m | od -c | head -n 1
stat -c '%n %s %f %a %h' f; stat -L -c %F soft; stat -f -c '%T %s' . ; stat nofile; echo "status $?"; stat -c %i f . | sort -u | wc -l
du -a --apparent-size a | sort -k2; du -s --apparent-size -B1 kept; du -h nofile; truncate -s 10M big; du big; du --apparent-size big; df . | head -n 1 | tr -s ' '; df -T /proc /sys 2>/dev/null| tr -s ' ' | cut -d' ' -f2; df --output=target . ; df nofile
test -e f -a -f f -a ! -d f && test -L soft -a -p p -a -c zero -a -b blk && test f -nt old -a old -ot f -a f -ef hard && test -s kept -a -r f -a -w f -a ! -x f -a -u m; echo $?; test -k r; echo $?; [ -t 0 ]; echo $?; [ -O f -a -G f ]; echo $?
basename /a/b/c.txt .txt; basename -a a/b c/d; basename -s .c x.c; dirname /a/b/c d; pathchk -p 'bad:name' ; echo "status $?"; pathchk $(printf 'x%.0s' $(seq 300)); echo "status $?"; pwd; cd a/b; pwd -P; cd ../..
mktemp -u | sed 's/[^.]*$/X/'; t=$(mktemp -d ./tmp.XXXX); show $t | sed 's/tmp.*/T/'; rmdir $t; t=$(mktemp); show $t | sed 's/tmp.*/T/'; rm $t; mktemp /nonexistent/XXX; echo "status $?"
echo "--- bytes"
dd if=/dev/zero of=z bs=1k count=3 2>&1 | head -n 2; dd if=z of=z2 bs=512 skip=2 seek=1 count=2 status=none; stat -c %s z2; printf abcdef | dd conv=ucase,swab status=none; echo; dd if=nofile; echo "status $?"; dd if=z of=/dev/full 2>&1 | head -n 1; printf 12345 | dd bs=2 of=o status=none; printf X | dd of=o bs=1 seek=2 conv=notrunc status=none; cat o; echo; dd if=z bs=1k count=1 iflag=fullblock oflag=append conv=notrunc of=o status=none; stat -c %s o
truncate -s 5 t; truncate -s +3 t; truncate -s '<4' t; truncate -s %10 t; stat -c %s t; truncate -r kept t; stat -c %s t; truncate -s -100 t; stat -c %s t; truncate -s 8E t; echo "status $?"
shred -u -n 1 -z z2; ls z2; sync; sync f; sync nofile; echo "status $?"; sync -d f; sync -f .; echo "status $?"; fallocate -l 64K fa; stat -c %s fa; fallocate -p -o 0 -l 4K fa; echo "status $?"
echo x >/dev/full; echo "status $?"; cat /dev/null | wc -c; echo text >append; echo more >>append; wc -l append; : >append; wc -c append; chroot / /bin/echo inside; chroot /nonexistent true; echo "status $?"
