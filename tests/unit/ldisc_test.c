/* SPDX-License-Identifier: MIT */
/* unit: kernel/dev/tty_ldisc.c kernel/dev/tty_ldisc_input.c kernel/dev/tty_ldisc_output.c kernel/lib/string.c */
/*
 * Tables of what goes in and what must come out, and a comparison with a
 * pseudo-terminal of the system the test runs on: random settings and input,
 * the same echo, reads and output.  LDISC_ROUNDS sets how many (default 150),
 * LDISC_SEED where they start.
 */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "dev/tty_ldisc.h"

static struct ldisc ld;
static char echoed[1 << 16];
static size_t echoed_size;

static void
collect(struct ldisc *l, const char *bytes, size_t n)
{
	assert_true(echoed_size + n < sizeof(echoed));
	memcpy(echoed + echoed_size, bytes, n);
	echoed_size += n;
}

static void
begin(void)
{
	ldisc_init(&ld, collect);
	echoed_size = 0;
}

static void
type_bytes(const char *bytes, size_t n)
{
	assert_int_equal(ldisc_input(&ld, bytes, n), n);
}

static void
type(const char *text)
{
	type_bytes(text, strlen(text));
}

static void
expect_echo(const char *text)
{
	echoed[echoed_size] = '\0';
	assert_string_equal(echoed, text);
	echoed_size = 0;
}

/* One read(2) of at most max bytes, as dev/tty.c does it. */
static size_t
read_once(char *buf, size_t max)
{
	bool ended;
	size_t n;

	if (!(ld.termios.c_lflag & ICANON))
		return ldisc_read_raw(&ld, buf, max);
	n = ldisc_read_line(&ld, buf, max, &ended);
	return n;
}

static void
expect_read(size_t max, const char *text)
{
	char buf[8192];
	size_t n;

	assert_true(ldisc_readable(&ld, 1));
	n = read_once(buf, max);
	assert_int_equal(n, strlen(text));
	assert_memory_equal(buf, text, n);
}

/* --- tables --- */

struct sample {
	tcflag_t iflag, oflag, lflag; /* flags to toggle from the defaults */
	const char *input, *echo;
	const char *line; /* what one read gives; NULL = nothing to read */
};

static const struct sample samples[] = {
	{ 0, 0, 0, "ls -l\r", "ls -l\r\n", "ls -l\n" },
	{ 0, 0, 0, "abc", "abc", NULL },
	{ 0, 0, 0, "ab\177c\n", "ab\b \bc\r\n", "ac\n" },
	{ 0, 0, 0, "\177\177x\n", "x\r\n", "x\n" },
	{ 0, 0, 0, "one two\027x\n", "one two\b \b\b \b\b \bx\r\n", "one x\n" },
	{ 0, 0, 0, "a  \027x\n", "a  \b \b\b \b\b \bx\r\n", "x\n" },
	{ 0, 0, 0, "abc\025x\n", "abc\b \b\b \b\b \bx\r\n", "x\n" },
	{ 0, 0, ECHOKE, "abc\025x\n", "abc^U\r\nx\r\n", "x\n" },
	{ 0, 0, ECHOKE | ECHOK, "abc\025x\n", "abc^Ux\r\n", "x\n" },
	{ 0, 0, ECHOE, "ab\177c\n", "ab^?c\r\n", "ac\n" },
	{ 0, 0, ECHOPRT, "ab\177\177c\n", "ab\\ba/c\r\n", "c\n" },
	{ 0, 0, 0, "a\001b\177\177c\n", "a^Ab\b \b\b \b\b \bc\r\n", "ac\n" },
	{ 0, 0, ECHOCTL, "a\001b\n", "a\001b\r\n", "a\001b\n" },
	{ 0, 0, 0, "a\tb\177\177c\n", "a\tb\b \b\b\b\b\b\b\b\bc\r\n", "ac\n" },
	{ 0, 0, 0, "\026\003x\n", "^\b^Cx\r\n", "\003x\n" },
	{ 0, 0, 0, "\026\nx\n", "^\b^Jx\r\n", "\nx\n" },
	{ 0, 0, 0, "ab\022c\n", "ab^R\r\nabc\r\n", "abc\n" },
	{ 0, 0, 0, "ab\004", "ab", "ab" },
	{ 0, 0, 0, "\004", "", "" },
	{ 0, 0, ECHO, "secret\177\n", "", "secre\n" },
	{ 0, 0, ECHO | ECHONL, "secret\n", "\r\n", "secret\n" },
	{ 0, ONLCR, 0, "x\n", "x\n", "x\n" },
	{ 0, OPOST, 0, "x\n", "x\n", "x\n" },
	{ ICRNL, 0, 0, "a\rb\n", "a^Mb\r\n", "a\rb\n" },
	{ IGNCR, 0, 0, "a\rb\n", "ab\r\n", "ab\n" },
	{ ICRNL | INLCR, 0, 0, "a\nb\004", "a^Mb", "a\rb" },
	{ ISTRIP, 0, 0, "\341\n", "a\r\n", "a\n" },
	{ IUTF8, 0, 0, "a\303\251\177b\n", "a\303\251\b \bb\r\n", "ab\n" },
	{ 0, 0, 0, "a\303\251\177b\n", "a\303\251\b \bb\r\n", "a\303b\n" },
	{ 0, 0, 0, "a\023b\021c\n", "abc\r\n", "abc\n" },
	{ 0, 0, 0, "a\023b", "a", NULL },
	{ IXON, 0, 0, "a\023\n", "a^S\r\n", "a\023\n" },
	{ PARMRK, 0, 0, "\377\n", "\377\r\n", "\377\377\n" },
	{ 0, 0, ICANON, "a\177b", "a^?b", "a\177b" },
	{ 0, 0, ICANON, "a\n\r", "a^J\r\n", "a\n\n" },
	{ 0, 0, ISIG, "a\003\n", "a^C\r\n", "a\003\n" },
	{ 0, 0, 0, "abc\003x\n", "abc^Cx\r\n", "x\n" },
	{ 0, 0, NOFLSH, "abc\003x\n", "abc^Cx\r\n", "abcx\n" },
};

static void
editing(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct sample *s = &samples[i];
		struct ktermios t;

		begin();
		t = ld.termios;
		t.c_iflag ^= s->iflag;
		t.c_oflag ^= s->oflag;
		t.c_lflag ^= s->lflag;
		ldisc_set_termios(&ld, &t);
		type(s->input);
		expect_echo(s->echo);
		if (s->line)
			expect_read(8192, s->line);
		assert_false(ldisc_readable(&ld, 1));
	}
}

static void
signals(void **state)
{
	begin();
	type("junk\003");
	assert_int_equal(ld.signals, 1u << LDISC_INTR);
	assert_true(ld.flushed);
	ld.signals = 0;
	type("\034\032");
	assert_int_equal(ld.signals, 1u << LDISC_QUIT | 1u << LDISC_SUSP);
	expect_echo("junk^C^\\^Z");
	assert_false(ldisc_readable(&ld, 1));
}

/* A line longer than the reader's buffer comes byte-exact in pieces. */
static void
pieces(void **state)
{
	bool ended;
	char buf[8];

	begin();
	type("hello world\nnext\n");
	assert_int_equal(ldisc_count(&ld), 17);
	expect_read(5, "hello");
	expect_read(5, " worl");
	expect_read(5, "d\n");
	expect_read(5, "next\n");
	assert_false(ldisc_readable(&ld, 1));

	/* An end of file that just fits is not a second, empty line. */
	type("abc\004def\n");
	assert_int_equal(ldisc_count(&ld), 7);
	assert_int_equal(ldisc_read_line(&ld, buf, 3, &ended), 3);
	assert_true(ended);
	expect_read(8, "def\n");
	type("abcd\004");
	assert_int_equal(ldisc_read_line(&ld, buf, 2, &ended), 2);
	assert_false(ended);
	assert_int_equal(ldisc_read_line(&ld, buf, 2, &ended), 2);
	assert_true(ended);
	assert_false(ldisc_readable(&ld, 1));
}

static void
overlong_line(void **state)
{
	static char line[5000], buf[8192];
	size_t n;

	begin();
	memset(line, 'x', sizeof(line));
	type_bytes(line, sizeof(line));
	assert_false(ldisc_readable(&ld, 1));
	type("\n");
	n = read_once(buf, sizeof(buf));
	assert_int_equal(n, 4096);
	assert_int_equal(buf[4095], '\n');
	assert_int_equal(buf[4094], 'x');

	/* Whole lines that nobody reads make the rest wait instead. */
	begin();
	type("first\n");
	n = ldisc_input(&ld, line, sizeof(line));
	assert_int_equal(n, 4095 - 6);
	expect_read(100, "first\n");
	assert_int_equal(ldisc_input(&ld, line, 6), 6);

	/* So do bytes in raw mode. */
	begin();
	ld.termios.c_lflag &= ~(tcflag_t)ICANON;
	assert_int_equal(ldisc_input(&ld, line, sizeof(line)), 4095);
	assert_int_equal(read_once(buf, 100), 100);
	assert_int_equal(ldisc_input(&ld, line, sizeof(line)), 100);
}

static void
mode_changes(void **state)
{
	struct ktermios t;

	begin();
	type("one\ntw");
	t = ld.termios;
	t.c_lflag &= ~(tcflag_t)ICANON;
	ldisc_set_termios(&ld, &t);
	assert_int_equal(ldisc_count(&ld), 6);
	expect_read(5, "one\nt");
	t.c_lflag |= ICANON;
	ldisc_set_termios(&ld, &t);
	expect_read(10, "w");
	type("x\n");
	expect_read(10, "x\n");

	/* Stopped output starts again when flow control is switched off. */
	type("\023abc");
	echoed_size = 0;
	t.c_iflag &= ~(tcflag_t)IXON;
	ldisc_set_termios(&ld, &t);
	expect_echo("abc");
}

static void
output(void **state)
{
	char out[64];
	size_t used, n;

	begin();
	n = ldisc_output(&ld, "a\nb", 3, out, sizeof(out), &used);
	assert_int_equal(n, 4);
	assert_int_equal(used, 3);
	assert_memory_equal(out, "a\r\nb", 4);
	ld.termios.c_oflag |= TAB3;
	n = ldisc_output(&ld, "\tx", 2, out, sizeof(out), &used);
	assert_memory_equal(out, "       x", 8);
	assert_int_equal(n, 8);
	/* What may not fit is left. */
	n = ldisc_output(&ld, "xyz", 3, out, 8, &used);
	assert_int_equal(n, 1);
	assert_int_equal(used, 1);
	ld.termios.c_oflag = 0;
	n = ldisc_output(&ld, "\n\n", 2, out, 8, &used);
	assert_memory_equal(out, "\n\n", 2);
}

/* --- against the real thing --- */

static int master = -1, slave = -1;

static void
open_pty(void)
{
	char name[32];
	int zero = 0;
	unsigned n;

	master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK);
	if (master < 0 || ioctl(master, TIOCSPTLCK, &zero) ||
	    ioctl(master, TIOCGPTN, &n))
		return;
	snprintf(name, sizeof(name), "/dev/pts/%u", n);
	slave = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
}

static void
close_pty(void)
{
	close(master);
	close(slave);
	master = slave = -1;
}

/* Everything that comes out of fd until it has been quiet for a while. */
static size_t
drain(int fd, char *buf, size_t size, int quiet_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t n = 0;

	while (poll(&p, 1, quiet_ms) > 0) {
		ssize_t got = read(fd, buf + n, size - n);

		if (got <= 0)
			break;
		n += (size_t)got;
	}
	return n;
}

/* Not IUCLC, OLCUC: Linux changes Latin-1 letters too and so breaks UTF-8. */
static const tcflag_t iflags[] = { ICRNL, IGNCR, INLCR, ISTRIP,
				   IXON,  IXANY, IUTF8, PARMRK };
static const tcflag_t oflags[] = { OPOST, ONLCR, OCRNL, ONOCR, ONLRET, TAB3 };
static const tcflag_t lflags[] = { ICANON, ECHO,    ECHOE,  ECHOK,
				   ECHONL, ECHOCTL, ECHOKE, ECHOPRT,
				   ISIG,   IEXTEN,  NOFLSH };

static tcflag_t
some(tcflag_t flags, const tcflag_t *all, size_t n)
{
	unsigned changes = (unsigned)rand() % 4;

	while (changes--)
		flags ^= all[(size_t)rand() % n];
	return flags;
}

static void
random_termios(struct ktermios *t)
{
	t->c_iflag = some(t->c_iflag, iflags, ARRAY_SIZE(iflags));
	t->c_oflag = some(t->c_oflag, oflags, ARRAY_SIZE(oflags));
	t->c_lflag = some(t->c_lflag, lflags, ARRAY_SIZE(lflags));
	/*
	 * With ECHOPRT Linux counts a column too few for each such character;
	 * and without ECHOCTL, a VLNEXT after an erase makes the next output
	 * begin with its whole echo buffer, zeros included.
	 */
	if (t->c_lflag & ECHOPRT) {
		t->c_iflag &= ~(tcflag_t)IUTF8;
		t->c_lflag |= ECHOCTL;
	}
	/* A flush would race with what the master has not read yet. */
	if (t->c_lflag & ISIG)
		t->c_lflag |= NOFLSH;
	t->c_cc[VEOL] = rand() % 4 ? 0 : ';';
	t->c_cc[VEOL2] = rand() % 4 ? 0 : ':';
	t->c_cc[VMIN] = 1;
	t->c_cc[VTIME] = 0;
}

static void
set_real(const struct ktermios *t)
{
	struct termios k;

	assert_int_equal(ioctl(slave, TCGETS, &k), 0);
	k.c_iflag = t->c_iflag;
	k.c_oflag = t->c_oflag;
	k.c_lflag = t->c_lflag;
	memcpy(k.c_cc, t->c_cc, sizeof(k.c_cc));
	assert_int_equal(ioctl(slave, TCSETS, &k), 0);
}

static size_t
random_input(char *buf, size_t max)
{
	static const char special[] = "\177\177\177\025\027\022\026\004\003"
				      "\034\032\021\023\r\n\n\t\t\b;:  a_1A"
				      "\303\251\342\202\254\001\033";
	size_t n = (size_t)rand() % max + 1;

	for (size_t i = 0; i < n; i++)
		buf[i] = rand() % 2 ? special[(size_t)rand() %
					      (sizeof(special) - 1)]
				    : (char)('a' + rand() % 26);
	return n;
}

static void
report(const char *what, const char *bytes, size_t n)
{
	fprintf(stderr, "%s \"", what);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr,
			bytes[i] >= ' ' && bytes[i] < 127 ? "%c" : "\\%03o",
			(uint8_t)bytes[i]);
	fprintf(stderr, "\"\n");
}

static void
same(const char *what, const char *ours, size_t n, const char *real, size_t m,
     unsigned round)
{
	if (n == m && !memcmp(ours, real, n))
		return;
	fprintf(stderr, "round %u: %s differs: i %o o %o l %o\n", round, what,
		ld.termios.c_iflag, ld.termios.c_oflag, ld.termios.c_lflag);
	report("ours", ours, n);
	report("real", real, m);
	fail();
}

/* The same reads on both until there is nothing left. */
static void
compare_reads(unsigned round)
{
	for (;;) {
		size_t max = (size_t)rand() % 12 + 1;
		char ours[16], real[16];
		ssize_t m = read(slave, real, max);
		size_t n = 0;

		if (ldisc_readable(&ld, 1)) {
			n = read_once(ours, max);
			assert_int_not_equal(m, -1);
		} else {
			assert_int_equal(m, -1);
			return;
		}
		same("read", ours, n, real, (size_t)m, round);
	}
}

static void
compare_output(unsigned round)
{
	char text[24], ours[512], real[512];
	size_t used, n, m, len = random_input(text, sizeof(text));

	if (ld.stopped)
		return;
	n = ldisc_output(&ld, text, len, ours, sizeof(ours), &used);
	assert_int_equal(used, len);
	assert_int_equal(write(slave, text, len), len);
	m = drain(master, real, sizeof(real), 0);
	same("output", ours, n, real, m, round);
}

/*
 * Linux works on what is typed, and puts echo out, some time later: wait until
 * it has come as far as we are, or will not.
 */
static size_t
settle(char *echo, size_t size, size_t have)
{
	size_t done = 0;
	int waiting = 0;

	for (unsigned i = 0; i < 400; i++) {
		done += drain(master, echo + done, size - done, i ? 5 : 0);
		ioctl(slave, FIONREAD, &waiting);
		if (have + done >= echoed_size &&
		    (size_t)waiting == ldisc_count(&ld))
			break;
	}
	return done;
}

/*
 * Type the same on both sides.  A stop would hold back the echo of what came
 * just before, so that has to be out first.
 */
static size_t
type_both(const char *input, size_t n, char *echo, size_t size)
{
	size_t at = 0, done = 0;

	while (at < n) {
		size_t end = at + 1;

		while (end < n && input[end] != '\023' &&
		       input[end - 1] != '\023')
			end++;
		type_bytes(input + at, end - at);
		assert_int_equal(write(master, input + at, end - at), end - at);
		done += settle(echo + done, size - done, done);
		at = end;
	}
	/* ... and what should not have come has had its time. */
	return done + drain(master, echo + done, size - done, 3);
}

static void
one_round(unsigned round)
{
	char input[40], real[4096];
	struct ktermios t;
	size_t n, m;

	begin();
	t = ld.termios;
	random_termios(&t);
	ldisc_set_termios(&ld, &t);
	set_real(&t);
	for (unsigned step = 0; step < 3; step++) {
		n = random_input(input, sizeof(input));
		echoed_size = 0;
		m = type_both(input, n, real, sizeof(real));
		if (echoed_size != m || memcmp(echoed, real, m))
			report("input", input, n);
		same("echo", echoed, echoed_size, real, m, round);
		if (rand() % 2)
			compare_reads(round);
		compare_output(round);
	}
	compare_reads(round);
}

static void
like_linux(void **state)
{
	const char *rounds = getenv("LDISC_ROUNDS"), *seed;
	unsigned n = rounds ? (unsigned)atoi(rounds) : 150;

	open_pty();
	if (slave < 0)
		skip();
	close_pty();
	seed = getenv("LDISC_SEED");
	for (unsigned i = 0; i < n; i++) {
		srand(i + (seed ? (unsigned)atoi(seed) : 0));
		open_pty();
		one_round(i);
		close_pty();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(editing),      cmocka_unit_test(signals),
		cmocka_unit_test(pieces),       cmocka_unit_test(overlong_line),
		cmocka_unit_test(mode_changes), cmocka_unit_test(output),
		cmocka_unit_test(like_linux),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
