/* SPDX-License-Identifier: MIT */
#include "core/klog.h"

#include "arch/clock.h"
#include "arch/cpu.h"
#include "core/cmdline.h"
#include "core/spinlock.h"
#include "lib/fmt.h"
#include "lib/string.h"

/*
 * core/klog.c - the kernel log.
 *
 * The ring holds whole records: a header, then the text, which may wrap around
 * the end.  Positions are byte counts since boot, taken modulo the size; a new
 * record pushes out as many of the oldest as it needs.
 *
 *	 tail                                   head
 *	  |                                      |
 *	  [hdr|text....][hdr|text][hdr|text......] free
 *	  first_seq                    next_seq - 1
 *
 * Text is formatted straight into the ring under the lock, so a message needs
 * no buffer on the caller's stack.
 *
 * Consoles are fed apart from that: whoever finds nobody feeding them does so
 * until every console has seen the last record; all others just leave their
 * record behind.  So lines come whole and in order, a console is never entered
 * twice, and its lock is taken with no lock of ours held.
 *
 * In a panic both locks are ignored: their holders may have been stopped.
 */

#define RING_SIZE (128UL << 10)
#define TEXT_MAX  KLOG_TEXT_MAX

struct record {
	uint64_t time_ns;
	uint32_t size; /* of the text */
	uint16_t cpu;
	uint16_t priority; /* facility << 3 | level, as syslog(3) */
};
/* Headers are aligned to their size, so they never wrap. */
_Static_assert(sizeof(struct record) == 16, "record header");
_Static_assert(RING_SIZE % sizeof(struct record) == 0, "headers do not wrap");

static struct {
	uint64_t tail, head;          /* byte positions */
	uint64_t first_seq, next_seq; /* records at tail and head */
	uint64_t hint_seq, hint_pos;  /* where the last reader stopped */
	char bytes[RING_SIZE] ALIGNED(16);
} ring; /* [klog_lock] */

static struct spinlock klog_lock = SPINLOCK_INIT(LOCK_KLOG, "klog");
static struct klog_console *consoles;    /* [klog_lock]; write: and feeding */
static atomic_uint console_level = 7;    /* [a] */
static atomic_bool feeding;              /* [a] somebody writes to consoles */
static atomic_bool panicking;            /* [a] */
static _Atomic(klog_notify_fn *) notify; /* [a] */
static char feed_line[TEXT_MAX + 256];   /* [feeding] */

static void feed_consoles(void);

/* --- the ring ------------------------------------------------------------ */

static unsigned long
ring_lock(void) NO_LOCK_ANALYSIS
{
	if (klog_in_panic())
		return irq_save();
	return spin_lock_irq(&klog_lock);
}

static void
ring_unlock(unsigned long irq) NO_LOCK_ANALYSIS
{
	/* A panic may have begun since; then nobody waits for the lock. */
	if (spin_held(&klog_lock))
		spin_unlock_irq(&klog_lock, irq);
	else
		irq_restore(irq);
}

static struct record *
record_at(uint64_t pos)
{
	return (struct record *)(ring.bytes + pos % RING_SIZE);
}

static uint64_t
record_end(uint64_t pos)
{
	uint64_t size = sizeof(struct record) + record_at(pos)->size;

	return pos + ALIGN_UP(size, sizeof(struct record));
}

/* Push out old records until the ring ends at or after `end`. */
static void
make_room(uint64_t end)
{
	while (end - ring.tail > RING_SIZE) {
		ring.tail = record_end(ring.tail);
		ring.first_seq++;
	}
}

/* Append to the record that is being written at head. */
static void
record_append(UNUSED void *arg, const char *bytes, size_t n)
{
	struct record *r = record_at(ring.head);

	n = MIN(n, (size_t)TEXT_MAX - r->size);
	make_room(ring.head + ALIGN_UP(sizeof(*r) + r->size + n, sizeof(*r)));
	for (size_t done = 0; done < n;) {
		uint64_t pos = ring.head + sizeof(*r) + r->size;
		size_t step = MIN(n - done, RING_SIZE - pos % RING_SIZE);

		memcpy(ring.bytes + pos % RING_SIZE, bytes + done, step);
		r->size += (uint32_t)step;
		done += step;
	}
}

static void
record_begin(unsigned priority)
{
	make_room(ring.head + sizeof(struct record));
	*record_at(ring.head) = (struct record){
		.time_ns = clock_now_ns(),
		.cpu = (uint16_t)cpu_id(),
		.priority = (uint16_t)priority,
	};
}

static char
record_byte(uint64_t pos, size_t i)
{
	return ring.bytes[(pos + sizeof(struct record) + i) % RING_SIZE];
}

/* A newline at the end is the record's own end. */
static void
record_finish(void)
{
	struct record *r = record_at(ring.head);

	while (r->size && record_byte(ring.head, r->size - 1) == '\n')
		r->size--;
	ring.head = record_end(ring.head);
	ring.next_seq++;
}

/* --- writing -------------------------------------------------------------- */

/*
 * Readers are woken only with interrupts on: with them off the caller may hold
 * a lock that waking needs.  Readers look again by themselves now and then.
 */
static void
after_record(void)
{
	klog_notify_fn *fn = atomic_load(&notify);

	feed_consoles();
	if (fn && !klog_in_panic() && irq_enabled())
		fn();
}

void
klog_va(enum klog_level level, const char *fmt, va_list ap)
{
	unsigned long irq = ring_lock();

	record_begin(level & 7u);
	fmt_out(record_append, NULL, fmt, ap);
	record_finish();
	ring_unlock(irq);
	after_record();
}

void
klog(enum klog_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	klog_va(level, fmt, ap);
	va_end(ap);
}

void
klog_write(unsigned priority, const char *bytes, size_t n)
{
	unsigned long irq = ring_lock();

	record_begin(priority);
	record_append(NULL, bytes, n);
	record_finish();
	ring_unlock(irq);
	after_record();
}

/* --- reading -------------------------------------------------------------- */

struct text {
	char *buf;
	size_t size;
	size_t used; /* may pass size: what it would take */
};

static void
text_add(void *arg, const char *bytes, size_t n)
{
	struct text *t = arg;

	if (t->used < t->size)
		memcpy(t->buf + t->used, bytes, MIN(n, t->size - t->used));
	t->used += n;
}

PRINTF(2, 3)
static void
text_format(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fmt_out(text_add, t, fmt, ap);
	va_end(ap);
}

/* Line by line, each with the prefix; on consoles without the "<6>". */
static void
format_syslog(struct text *t, uint64_t pos, bool with_level)
{
	const struct record *r = record_at(pos);
	bool at_start = true;

	for (size_t i = 0; i <= r->size; i++) {
		char c = '\n';

		if (i < r->size)
			c = record_byte(pos, i);
		if (at_start && with_level)
			text_format(t, "<%u>", r->priority);
		if (at_start)
			text_format(t, "[%5llu.%06llu] ",
				    r->time_ns / NSEC_PER_SEC,
				    r->time_ns % NSEC_PER_SEC / NSEC_PER_USEC);
		text_add(t, &c, 1);
		at_start = c == '\n';
	}
}

static void
format_kmsg(struct text *t, uint64_t pos, uint64_t seq)
{
	const struct record *r = record_at(pos);

	text_format(t, "%u,%llu,%llu,-;", r->priority, (unsigned long long)seq,
		    r->time_ns / NSEC_PER_USEC);
	for (size_t i = 0; i < r->size; i++) {
		uint8_t c = (uint8_t)record_byte(pos, i);

		if (c < ' ' || c >= 127 || c == '\\')
			text_format(t, "\\x%02x", c);
		else
			text_add(t, (const char *)&c, 1);
	}
	text_add(t, "\n", 1);
}

/* Where record seq is, seq being kept.  Readers mostly go one by one. */
static uint64_t
find_record(uint64_t seq)
{
	uint64_t at = ring.first_seq, pos = ring.tail;

	if (ring.hint_seq >= at && ring.hint_seq <= seq) {
		at = ring.hint_seq;
		pos = ring.hint_pos;
	}
	for (; at < seq; at++)
		pos = record_end(pos);
	ring.hint_seq = seq;
	ring.hint_pos = pos;
	return pos;
}

ssize_t
klog_read(uint64_t *seq, enum klog_format how, char *buf, size_t size)
{
	struct text t = { .buf = buf, .size = size };
	unsigned long irq = ring_lock();
	uint64_t want = MAX(*seq, ring.first_seq);
	uint64_t pos;

	if (want < ring.next_seq) {
		pos = find_record(want);
		if (how == KLOG_SYSLOG)
			format_syslog(&t, pos, true);
		else
			format_kmsg(&t, pos, want);
	}
	ring_unlock(irq);
	if (t.used > size)
		return -EINVAL;
	if (t.used)
		*seq = want + 1;
	return (ssize_t)t.used;
}

uint64_t
klog_first_seq(void)
{
	unsigned long irq = ring_lock();
	uint64_t seq = ring.first_seq;

	ring_unlock(irq);
	return seq;
}

uint64_t
klog_next_seq(void)
{
	unsigned long irq = ring_lock();
	uint64_t seq = ring.next_seq;

	ring_unlock(irq);
	return seq;
}

size_t
klog_size(void)
{
	return RING_SIZE;
}

/* --- consoles ------------------------------------------------------------- */

/*
 * The next line for c into feed_line: its size, 0 if there is none left, or
 * SIZE_MAX if it is not for consoles.
 */
static size_t
next_line(struct klog_console *c)
{
	/* A newline's place is kept for a line that does not fit. */
	struct text t = { .buf = feed_line, .size = sizeof(feed_line) - 1 };
	unsigned long irq = ring_lock();
	uint64_t pos;

	c->seq = MAX(c->seq, ring.first_seq);
	if (c->seq < ring.next_seq) {
		pos = find_record(c->seq++);
		if ((record_at(pos)->priority & 7) <
		    atomic_load(&console_level))
			format_syslog(&t, pos, false);
		else
			t.used = SIZE_MAX;
	}
	ring_unlock(irq);
	if (t.used > t.size && t.used != SIZE_MAX) {
		feed_line[t.size] = '\n';
		t.used = sizeof(feed_line);
	}
	return t.used;
}

static struct klog_console *
first_console(void)
{
	unsigned long irq = ring_lock();
	struct klog_console *c = consoles;

	ring_unlock(irq);
	return c;
}

/* Needs the turn (feeding), which also keeps the list from losing members. */
static void
feed_all(void)
{
	size_t n;

	for (struct klog_console *c = first_console(); c; c = c->next) {
		while ((n = next_line(c)) != 0) {
			if (n != SIZE_MAX && (!c->muted || klog_in_panic()))
				c->write(c, feed_line, n);
		}
	}
}

static bool
consoles_behind(void)
{
	unsigned long irq = ring_lock();
	bool behind = false;

	for (struct klog_console *c = consoles; c; c = c->next)
		behind |= c->seq < ring.next_seq;
	ring_unlock(irq);
	return behind;
}

static void
feed_consoles(void)
{
	if (klog_in_panic()) {
		feed_all();
		return;
	}
	/*
	 * Who finds the turn taken leaves; so who gives it up must look again
	 * for what was left meanwhile.
	 */
	do {
		if (atomic_exchange(&feeding, true))
			return;
		feed_all();
		atomic_store(&feeding, false);
	} while (consoles_behind());
}

/* console=NAME[,OPTIONS]; tty0, tty1 ... all mean the screen. */
static bool
names_console(const char *value, const char *name)
{
	size_t n = 0;

	if (str_starts(name, "tty0"))
		return str_starts(value, "tty") && value[3] >= '0' &&
		       value[3] <= '9';
	while (value[n] && value[n] != ',')
		n++;
	return n == strlen(name) && strncmp(value, name, n) == 0;
}

/* Without any console= all are wanted. */
static bool
console_wanted(const char *name)
{
	const char *value;
	unsigned n = 0;

	while ((value = cmdline_get_nth("console", n)) != NULL) {
		if (names_console(value, name))
			return true;
		n++;
	}
	return n == 0;
}

void
klog_select_consoles(void)
{
	for (struct klog_console *c = first_console(); c; c = c->next)
		c->muted = !console_wanted(c->name);
}

void
klog_console_add(struct klog_console *c)
{
	unsigned long irq;

	c->muted = !console_wanted(c->name);
	irq = ring_lock();
	c->seq = ring.first_seq;
	c->next = consoles;
	consoles = c;
	ring_unlock(irq);
	feed_consoles();
}

#define CONSOLES_SHOWN 8

void
klog_each_console(void (*fn)(void *arg, const char *name, bool first),
		  void *arg)
{
	const char *names[CONSOLES_SHOWN];
	unsigned long irq = ring_lock();
	unsigned n = 0;

	for (const struct klog_console *c = consoles; c && n < CONSOLES_SHOWN;
	     c = c->next)
		if (!c->muted)
			names[n++] = c->name;
	ring_unlock(irq);
	for (unsigned i = 0; i < n; i++)
		fn(arg, names[i], i == 0);
}

void
klog_console_remove(struct klog_console *c)
{
	struct klog_console **p;
	unsigned long irq;

	while (atomic_exchange(&feeding, true))
		cpu_relax();
	irq = ring_lock();
	for (p = &consoles; *p && *p != c; p = &(*p)->next)
		;
	if (*p)
		*p = c->next;
	ring_unlock(irq);
	atomic_store(&feeding, false);
	feed_consoles();
}

void
klog_set_console_level(unsigned level)
{
	atomic_store(&console_level, level);
}

unsigned
klog_console_level(void)
{
	return atomic_load(&console_level);
}

void
klog_set_notify(klog_notify_fn *fn)
{
	atomic_store(&notify, fn);
}

void
klog_panic_mode(void)
{
	atomic_store(&panicking, true);
}

bool
klog_in_panic(void)
{
	return atomic_load_explicit(&panicking, memory_order_relaxed);
}
