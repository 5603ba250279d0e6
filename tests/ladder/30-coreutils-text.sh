#!/bin/sh
# coreutils that read text: each does something real.
seq 1 20 >n; printf 'pear 3\napple 10\nfig 2\napple 1\n' >fruit
echo "--- order"
sort fruit; sort -k2,2n fruit; sort -u -k1,1 fruit; sort -r n | head -n 3
sort -c n; echo "status $?"; seq 50000 | shuf --random-source=/dev/zero | sort -n -S 64K -T . | cksum
sort -m n n | uniq -c | head -n 2; sort fruit | uniq -d -w5
shuf -i 1-10 | sort -n | paste -sd,; shuf -n 2 -e a a a
tsort <<IN
shirt tie
tie jacket
trousers jacket
IN
seq 5 >a; seq 3 8 >b; sort a >sa; sort b >sb; comm sa sb
join sa sb; printf '1 x\n2 y\n' >j1; printf '1 p\n3 q\n' >j2; join -a1 -a2 -e - -o 0,1.2,2.2 j1 j2
echo "--- parts"
head -n 2 n; head -c 5 n; tail -n 2 n; tail -n +19 n; tail -c 4 n; head -n -18 n
cut -d' ' -f2 fruit; cut -c1-3 fruit; cut -b2 fruit; cut -d' ' -f1 --complement fruit
split -l 7 n part.; wc -l part.*; split -b 10 -d n bytes.; ls bytes.* | wc -l; cat part.* | cmp - n 2>/dev/null || cat part.* | cksum
split -n 3 --additional-suffix=.x n third.; ls third.*
csplit -s n /5/ /15/; wc -l xx00 xx01 xx02; csplit n '/nothing/'; echo "status $?"
paste a b; paste -d, -s a; pr -t -3 -l 7 n; pr -h title n | sed 's/^[0-9-]* [0-9:]*/DATE/' | head -n 6
nl fruit; nl -b a -n rz -w 3 fruit; tac a; rev </dev/null
fold -w 10 <<IN
a long line that has to be folded somewhere
IN
fold -s -w 10 <<IN
a long line that has to be folded somewhere
IN
fmt -w 20 <<IN
some words that
are on lines of very different length and will be filled
IN
echo "--- characters"
tr a-z A-Z <fruit; tr -d 0-9 <fruit; tr -s ' ' '\n' <fruit | head -n 3; echo aabbcc | tr -s a-c; tr -cd '[:digit:]\n' <fruit
expand -t 4 <<IN
	a	b
IN
printf '        eight\n    four\n' | unexpand -a | od -c
od -A d -t x1z n | head -n 2; od -t d2 -N 8 n; od -An -c n | head -n 1; printf 'x' | od -t f4 -v 2>&1 | head -n 1
wc n; wc -c <n; wc -m n; wc -L fruit; printf 'é' | wc -mc
cat -A fruit | head -n 1; cat -n a; cat -s <<IN
x


y
IN
cat n - a <<IN | wc -l
between
IN
numfmt --to=iec 1048576 123456; numfmt --from=si 1K 2.5M; numfmt --field=2 --grouping <fruit
ptx -w 40 fruit; echo "--- sums"
md5sum n; sha1sum n; sha224sum n; sha256sum n; sha384sum n; sha512sum n; b2sum n; cksum n; cksum -a sm3 n; sum n; sum -s n; md5sum.textutils n
sha256sum n a b >sums; sha256sum -c sums; echo x >>a; sha256sum -c sums; echo "status $?"
base64 n | tee b64 | head -n 1; base64 -d b64 | cksum; base32 fruit | head -n 1; basenc --base16 fruit; base64 -d <<IN; echo "status $?"
not!base64
IN
echo "--- output"
echo -e 'a\tb\c'; echo; echo -n no newline; echo; printf '%b %s %d %o %#x %e %g|%*d\n' 'a\nb' s 10 8 255 1234.5 0.0001 5 42
printf '%s\n' too many args; printf '%d\n' abc; echo "status $?"; printf '%q\n' "a b"
seq -s, -w 8 11; seq 1 .5 3; seq -f %03g 3; seq 3 -1 1; yes no | head -n 2
expr 6 \* 7; expr length hello; expr hello : 'h\(.*\)o'; expr 1 = 2; echo "status $?"; expr 1 / 0; echo "status $?"
factor 1 97 360 1000000007 18446744073709551557; tee t1 t2 <fruit | wc -l; cmp t1 t2 2>/dev/null; cat t2 | tee -a t1 >/dev/null; wc -l t1
uniq <<IN
a
a
b
a
IN
seq 3 | tee /dev/stderr 2>&1 >/dev/null | cat; (tail -f --pid=$$ n >/dev/null & kill $!; wait $!; echo "status $?") 2>/dev/null
(for i in 1 2 3; do echo line $i; sleep 0.1; done) >grow & tail -n +1 -f --pid=$! -s 0.1 grow; wait
cat nofile; echo "status $?"; cat . ; echo "status $?"; head -n 1 nofile n; wc nofile a; sort nofile; cut -f1 nofile
