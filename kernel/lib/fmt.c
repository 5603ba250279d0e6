/* SPDX-License-Identifier: MIT */
#include "lib/fmt.h"
#include "lib/string.h"

/*
 * lib/fmt.c - formatted output.
 *
 * A conversion is parsed into a struct spec, its text made without padding,
 * then put out with sign, prefix, zeros and blanks around it.  Nothing is
 * buffered beyond one number, so there is no limit on the output.
 */

enum spec_flags {
	SPEC_LEFT = 1 << 0,
	SPEC_ZERO = 1 << 1,
	SPEC_PLUS = 1 << 2,
	SPEC_SPACE = 1 << 3,
	SPEC_ALT = 1 << 4,
};

struct spec {
	unsigned flags; /* enum spec_flags */
	int width;      /* least bytes */
	int precision;  /* -1 = not given */
	char length;    /* 'H' = hh, 'h', 'l' = 64 bits (ll z j t), 0 = int */
	char conv;      /* the letter; 0 = the format ended */
};

struct out {
	fmt_sink_fn *sink;
	void *arg;
	size_t sent;
};

/* Enough for 64 bits in octal. */
#define DIGITS_MAX 24

static void
out_bytes(struct out *o, const char *bytes, size_t n)
{
	if (n) {
		o->sink(o->arg, bytes, n);
		o->sent += n;
	}
}

static void
out_repeat(struct out *o, char c, int n)
{
	static const char blanks[] = "                ";
	static const char zeros[] = "0000000000000000";
	const char *chunk = c == '0' ? zeros : blanks;

	while (n > 0) {
		int step = MIN(n, (int)sizeof(blanks) - 1);

		out_bytes(o, chunk, (size_t)step);
		n -= step;
	}
}

static unsigned
flag_of(char c)
{
	switch (c) {
	case '-':
		return SPEC_LEFT;
	case '0':
		return SPEC_ZERO;
	case '+':
		return SPEC_PLUS;
	case ' ':
		return SPEC_SPACE;
	case '#':
		return SPEC_ALT;
	default:
		return 0;
	}
}

/* A number in the format; absurd ones saturate instead of wrapping. */
static int
parse_number(const char **fmt)
{
	int n = 0;

	for (; **fmt >= '0' && **fmt <= '9'; (*fmt)++) {
		if (n < 1000000)
			n = n * 10 + (**fmt - '0');
	}
	return n;
}

static char
parse_length(const char **fmt)
{
	char c = **fmt;

	switch (c) {
	case 'h':
		if (*++*fmt != 'h')
			return 'h';
		++*fmt;
		return 'H';
	case 'l':
		if (*++*fmt == 'l')
			++*fmt;
		return 'l';
	case 'z':
	case 'j':
	case 't':
		++*fmt;
		return 'l';
	default:
		return 0;
	}
}

/* Needs the va_list by address: '*' takes arguments. */
static void
parse_spec(struct spec *s, const char **fmt, va_list *ap)
{
	unsigned flag;

	*s = (struct spec){ .precision = -1 };
	while ((flag = flag_of(**fmt)) != 0) {
		s->flags |= flag;
		++*fmt;
	}
	if (**fmt == '*') {
		++*fmt;
		s->width = va_arg(*ap, int);
		if (s->width < 0) {
			s->flags |= SPEC_LEFT;
			s->width = s->width == INT32_MIN ? 0 : -s->width;
		}
	} else {
		s->width = parse_number(fmt);
	}
	if (**fmt == '.') {
		++*fmt;
		if (**fmt == '*') {
			++*fmt;
			s->precision = va_arg(*ap, int);
			if (s->precision < 0)
				s->precision = -1;
		} else {
			s->precision = parse_number(fmt);
		}
	}
	s->length = parse_length(fmt);
	s->conv = **fmt;
	if (s->conv)
		++*fmt;
}

static int64_t
take_signed(const struct spec *s, va_list *ap)
{
	switch (s->length) {
	case 'l':
		return va_arg(*ap, long long);
	case 'h':
		return (short)va_arg(*ap, int);
	case 'H':
		return (signed char)va_arg(*ap, int);
	default:
		return va_arg(*ap, int);
	}
}

static uint64_t
take_unsigned(const struct spec *s, va_list *ap)
{
	switch (s->length) {
	case 'l':
		return va_arg(*ap, unsigned long long);
	case 'h':
		return (unsigned short)va_arg(*ap, unsigned);
	case 'H':
		return (unsigned char)va_arg(*ap, unsigned);
	default:
		return va_arg(*ap, unsigned);
	}
}

/* Text with an optional prefix (sign, 0x), zeros and blanks. */
static void
out_padded(struct out *o, const struct spec *s, const char *prefix, int zeros,
	   const char *text, size_t n)
{
	int used = (int)strlen(prefix) + zeros + (int)n;
	int pad = s->width - used;

	if (!(s->flags & SPEC_LEFT))
		out_repeat(o, ' ', pad);
	out_bytes(o, prefix, strlen(prefix));
	out_repeat(o, '0', zeros);
	out_bytes(o, text, n);
	if (s->flags & SPEC_LEFT)
		out_repeat(o, ' ', pad);
}

static void
out_number(struct out *o, const struct spec *s, const char *prefix, uint64_t v,
	   unsigned base)
{
	const char *digits =
		s->conv == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[DIGITS_MAX];
	char *p = text + sizeof(text);
	int n, zeros = 0;

	for (; v; v /= base)
		*--p = digits[v % base];
	n = (int)(text + sizeof(text) - p);
	if (s->precision >= 0)
		zeros = s->precision - n;
	else if (n == 0)
		zeros = 1;
	if (base == 8 && (s->flags & SPEC_ALT) && zeros <= 0)
		zeros = 1;
	if (s->precision < 0 && (s->flags & SPEC_ZERO) &&
	    !(s->flags & SPEC_LEFT))
		zeros = MAX(zeros, s->width - n - (int)strlen(prefix));
	out_padded(o, s, prefix, MAX(zeros, 0), p, (size_t)n);
}

static void
out_signed(struct out *o, const struct spec *s, int64_t v)
{
	uint64_t magnitude = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	const char *sign = "";

	if (v < 0)
		sign = "-";
	else if (s->flags & SPEC_PLUS)
		sign = "+";
	else if (s->flags & SPEC_SPACE)
		sign = " ";
	out_number(o, s, sign, magnitude, 10);
}

static void
out_hex(struct out *o, const struct spec *s, uint64_t v)
{
	const char *prefix = "";

	if ((s->flags & SPEC_ALT) && v)
		prefix = s->conv == 'X' ? "0X" : "0x";
	out_number(o, s, prefix, v, 16);
}

/* As glibc shows pointers: 0x1234, and (nil). */
static void
out_pointer(struct out *o, const struct spec *s, const void *p)
{
	if (p)
		out_number(o, s, "0x", (uintptr_t)p, 16);
	else
		out_padded(o, s, "", 0, "(nil)", 5);
}

static void
out_string(struct out *o, const struct spec *s, const char *text)
{
	size_t max = s->precision >= 0 ? (size_t)s->precision : SIZE_MAX;

	if (!text)
		text = "(null)";
	out_padded(o, s, "", 0, text, strnlen(text, max));
}

static void
out_spec(struct out *o, const struct spec *s, va_list *ap)
{
	char c;

	switch (s->conv) {
	case 'd':
	case 'i':
		out_signed(o, s, take_signed(s, ap));
		break;
	case 'u':
		out_number(o, s, "", take_unsigned(s, ap), 10);
		break;
	case 'o':
		out_number(o, s, "", take_unsigned(s, ap), 8);
		break;
	case 'x':
	case 'X':
		out_hex(o, s, take_unsigned(s, ap));
		break;
	case 'p':
		out_pointer(o, s, va_arg(*ap, void *));
		break;
	case 's':
		out_string(o, s, va_arg(*ap, const char *));
		break;
	case 'c':
		c = (char)va_arg(*ap, int);
		out_padded(o, s, "", 0, &c, 1);
		break;
	case '%':
		out_bytes(o, "%", 1);
		break;
	default:
		/* Show what nobody understood instead of hiding it. */
		out_bytes(o, "%?", 2);
		out_bytes(o, &s->conv, s->conv ? 1 : 0);
		break;
	}
}

size_t
fmt_out(fmt_sink_fn *sink, void *arg, const char *fmt, va_list ap)
{
	struct out o = { .sink = sink, .arg = arg };
	struct spec s;
	va_list args;

	va_copy(args, ap);
	while (*fmt) {
		const char *plain = fmt;

		while (*fmt && *fmt != '%')
			fmt++;
		out_bytes(&o, plain, (size_t)(fmt - plain));
		if (!*fmt)
			break;
		fmt++;
		parse_spec(&s, &fmt, &args);
		out_spec(&o, &s, &args);
	}
	va_end(args);
	return o.sent;
}

struct buffer {
	char *at;
	size_t room; /* bytes left, the NUL's place not counted */
};

static void
buffer_sink(void *arg, const char *bytes, size_t n)
{
	struct buffer *b = arg;
	size_t kept = MIN(n, b->room);

	if (!kept)
		return;
	memcpy(b->at, bytes, kept);
	b->at += kept;
	b->room -= kept;
}

int
fmt_buffer(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct buffer b = { buf, size ? size - 1 : 0 };
	size_t n = fmt_out(buffer_sink, &b, fmt, ap);

	if (size)
		*b.at = '\0';
	return (int)MIN(n, (size_t)INT32_MAX);
}
