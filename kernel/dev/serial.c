/* SPDX-License-Identifier: MIT */
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <asm/termios.h>

#include "arch/io.h"
#include "arch/irq.h"
#include "core/klog.h"
#include "core/random.h"
#include "core/spinlock.h"
#include "dev/console.h"
#include "dev/serial.h"

/*
 * dev/serial.c - the first 16550 serial port.
 *
 * Found by its loopback: a byte sent comes back.  Output is polled: the FIFO
 * takes 16 bytes whenever the transmitter says it is empty.  A line that does
 * not drain (a UART that hangs, flow control by a dead host) is waited for
 * once; from then on bytes are dropped until it moves again, so that a broken
 * port costs output and never the machine.
 *
 * Locking: serial_lock (LOCK_CONSOLE), for at most one FIFO's worth of bytes.
 * Source:  PC16550D data sheet, 8.
 */

enum serial_register {
	REG_DATA = 0, /* receive, transmit; divisor low */
	REG_IER = 1,  /* interrupt enable; divisor high */
	REG_FCR = 2,  /* FIFO control (write) */
	REG_IIR = 2,  /* interrupt identification (read) */
	REG_LCR = 3,  /* line control */
	REG_MCR = 4,  /* modem control */
	REG_LSR = 5,  /* line status */
	REG_MSR = 6,  /* modem status */
};

enum {
	IER_RECEIVE = 0x01,
	FCR_ENABLE_CLEAR = 0x07,
	LCR_8N1 = 0x03,
	LCR_STOP_2 = 0x04,
	LCR_PARITY = 0x08,
	LCR_EVEN = 0x10,
	LCR_STICK = 0x20,
	LCR_BREAK = 0x40,
	LCR_DIVISOR = 0x80,
	MCR_DTR = 0x01,
	MCR_RTS = 0x02,
	MCR_OUT1 = 0x04,
	MCR_OUT2 = 0x08,
	MCR_LOOP = 0x10,
	MCR_READY = 0x0b, /* DTR, RTS, OUT2: the interrupt gate of PCs */
	MCR_LOOPBACK = 0x1e,
	LSR_RECEIVED = 0x01,
	LSR_OVERRUN = 0x02,
	LSR_PARITY = 0x04,
	LSR_FRAMING = 0x08,
	LSR_BREAK = 0x10,
	LSR_EMPTY = 0x20,
	LSR_ALL_SENT = 0x40,
	MSR_CTS = 0x10,
	MSR_DSR = 0x20,
	MSR_RING = 0x40,
	MSR_CARRIER = 0x80,
	IIR_NONE = 0x01,
};

/*
 * A port access takes about a microsecond on real machines; a FIFO at the
 * slowest common rate (9600) drains in 17 ms.
 */
#define DRAIN_POLLS 50000
#define PROBE_POLLS 20000
/* Bytes one interrupt may take in before it gives others a chance. */
#define RECEIVE_MAX 256

static struct spinlock serial_lock = SPINLOCK_INIT(LOCK_CONSOLE, "serial");
static bool present RO_AFTER_BOOT;
static bool stuck;                        /* [serial_lock] it did not drain */
static uint8_t line_control = LCR_8N1;    /* [serial_lock] of REG_LCR */
static uint8_t modem_control = MCR_READY; /* [serial_lock] of REG_MCR */
static struct serial_counts counts;       /* [serial_lock] */
static console_input_fn *input RO_AFTER_BOOT;
static void (*broken)(void) RO_AFTER_BOOT;

static uint8_t
reg_read(enum serial_register r)
{
	return port_in8((uint16_t)(SERIAL_PORT + r));
}

static void
reg_write(enum serial_register r, uint8_t v)
{
	port_out8((uint16_t)(SERIAL_PORT + r), v);
}

static bool
wait_status(uint8_t bits, unsigned polls)
{
	while (polls--) {
		if (reg_read(REG_LSR) & bits)
			return true;
	}
	return false;
}

static void
write_chunk(const char *bytes, size_t n)
{
	if (!wait_status(LSR_EMPTY, stuck ? 1 : DRAIN_POLLS)) {
		stuck = true;
		return;
	}
	stuck = false;
	counts.sent += (uint32_t)n;
	while (n--)
		reg_write(REG_DATA, (uint8_t)*bytes++);
}

void
serial_write(const char *bytes, size_t n) NO_LOCK_ANALYSIS
{
	if (!present)
		return;
	while (n) {
		size_t chunk = MIN(n, (size_t)SERIAL_FIFO);
		bool locked = !klog_in_panic();
		unsigned long irq = 0;

		if (locked)
			irq = spin_lock_irq(&serial_lock);
		write_chunk(bytes, chunk);
		if (locked)
			spin_unlock_irq(&serial_lock, irq);
		bytes += chunk;
		n -= chunk;
	}
}

static void
log_write(UNUSED struct klog_console *c, const char *bytes, size_t n)
{
	console_write_lines(serial_write, bytes, n);
}

static struct klog_console serial_console = {
	.name = "ttyS0",
	.write = log_write,
};

/* Lines read as all ones where nothing answers. */
static bool
probe(void)
{
	bool found;

	if (reg_read(REG_LSR) == 0xff && reg_read(REG_MSR) == 0xff)
		return false;
	wait_status(LSR_EMPTY, PROBE_POLLS); /* the firmware's last words */
	reg_write(REG_IER, 0);
	reg_write(REG_LCR, LCR_DIVISOR);
	reg_write(REG_DATA, 1); /* 115200 baud */
	reg_write(REG_IER, 0);
	reg_write(REG_LCR, LCR_8N1);
	reg_write(REG_FCR, FCR_ENABLE_CLEAR);
	reg_write(REG_MCR, MCR_LOOPBACK);
	reg_write(REG_DATA, 0xae);
	found = wait_status(LSR_RECEIVED, PROBE_POLLS) &&
		reg_read(REG_DATA) == 0xae;
	reg_write(REG_MCR, MCR_READY);
	return found;
}

void
serial_early_init(void)
{
	present = probe();
	if (present)
		klog_console_add(&serial_console);
}

bool
serial_present(void)
{
	return present;
}

void
serial_set_input(console_input_fn *fn)
{
	input = fn;
}

/* --- the line's settings and signals --- */

unsigned
serial_modem_get(void)
{
	static const uint16_t in[][2] = { { MSR_CTS, TIOCM_CTS },
					  { MSR_DSR, TIOCM_DSR },
					  { MSR_RING, TIOCM_RNG },
					  { MSR_CARRIER, TIOCM_CAR } };
	static const uint16_t out[][2] = { { MCR_DTR, TIOCM_DTR },
					   { MCR_RTS, TIOCM_RTS },
					   { MCR_OUT1, TIOCM_OUT1 },
					   { MCR_OUT2, TIOCM_OUT2 },
					   { MCR_LOOP, TIOCM_LOOP } };
	unsigned long irq = spin_lock_irq(&serial_lock);
	uint8_t msr = reg_read(REG_MSR);
	unsigned bits = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(in); i++)
		bits |= msr & in[i][0] ? in[i][1] : 0u;
	for (unsigned i = 0; i < ARRAY_SIZE(out); i++)
		bits |= modem_control & out[i][0] ? out[i][1] : 0u;
	spin_unlock_irq(&serial_lock, irq);
	return bits;
}

/* OUT2 stays: without it there are no interrupts. */
static uint8_t
modem_bits(unsigned bits)
{
	return (uint8_t)((bits & TIOCM_DTR ? MCR_DTR : 0) |
			 (bits & TIOCM_RTS ? MCR_RTS : 0) |
			 (bits & TIOCM_OUT1 ? MCR_OUT1 : 0) |
			 (bits & TIOCM_LOOP ? MCR_LOOP : 0));
}

void
serial_modem_change(unsigned set, unsigned clear)
{
	unsigned long irq = spin_lock_irq(&serial_lock);

	modem_control |= modem_bits(set);
	modem_control &= (uint8_t)~modem_bits(clear);
	reg_write(REG_MCR, modem_control);
	spin_unlock_irq(&serial_lock, irq);
}

static uint8_t
line_bits(unsigned cflag)
{
	uint8_t bits = (uint8_t)((cflag & CSIZE) >> 4); /* 5 to 8: 0 to 3 */

	if (cflag & CSTOPB)
		bits |= LCR_STOP_2;
	if (cflag & PARENB)
		bits |= cflag & PARODD ? LCR_PARITY : LCR_PARITY | LCR_EVEN;
	if (cflag & CMSPAR)
		bits |= LCR_STICK;
	return bits;
}

_Static_assert(CS6 == 1 << 4 && CSIZE == 3 << 4, "sizes are 0 to 3 from bit 4");

void
serial_configure(unsigned cflag, unsigned baud)
{
	unsigned divisor = baud ? SERIAL_BASE_BAUD / baud : 0;
	unsigned long irq = spin_lock_irq(&serial_lock);

	wait_status(LSR_ALL_SENT, DRAIN_POLLS);
	line_control = (line_control & LCR_BREAK) | line_bits(cflag);
	if (divisor) {
		reg_write(REG_LCR, line_control | LCR_DIVISOR);
		reg_write(REG_DATA, (uint8_t)divisor);
		reg_write(REG_IER, (uint8_t)(divisor >> 8));
	}
	reg_write(REG_LCR, line_control);
	if (divisor)
		modem_control |= MCR_DTR | MCR_RTS;
	else
		modem_control &= (uint8_t) ~(MCR_DTR | MCR_RTS);
	reg_write(REG_MCR, modem_control);
	spin_unlock_irq(&serial_lock, irq);
}

void
serial_send_break(bool on)
{
	unsigned long irq = spin_lock_irq(&serial_lock);

	wait_status(LSR_ALL_SENT, DRAIN_POLLS);
	line_control = on ? line_control | LCR_BREAK
			  : line_control & (uint8_t)~LCR_BREAK;
	reg_write(REG_LCR, line_control);
	spin_unlock_irq(&serial_lock, irq);
}

bool
serial_all_sent(void)
{
	return reg_read(REG_LSR) & LSR_ALL_SENT;
}

void
serial_get_counts(struct serial_counts *out)
{
	unsigned long irq = spin_lock_irq(&serial_lock);

	*out = counts;
	spin_unlock_irq(&serial_lock, irq);
}

void
serial_set_break(void (*fn)(void))
{
	broken = fn;
}

/* --- receiving --- */

static void
count_received(uint8_t status)
{
	unsigned long irq = spin_lock_irq(&serial_lock);

	counts.received++;
	counts.breaks += !!(status & LSR_BREAK);
	counts.overruns += !!(status & LSR_OVERRUN);
	counts.parity += !!(status & LSR_PARITY);
	counts.framing += !!(status & LSR_FRAMING) && !(status & LSR_BREAK);
	spin_unlock_irq(&serial_lock, irq);
}

/* A break arrives as a NUL that is none. */
static void
receive(UNUSED void *arg)
{
	char bytes[SERIAL_FIFO];
	size_t n = 0;

	for (unsigned i = 0; i < RECEIVE_MAX; i++) {
		uint8_t status = reg_read(REG_LSR);

		if (!(status & LSR_RECEIVED) || status == 0xff)
			break;
		count_received(status);
		bytes[n] = (char)reg_read(REG_DATA);
		if (!(status & LSR_BREAK))
			n++;
		if (n == sizeof(bytes) || (n && (status & LSR_BREAK))) {
			input(bytes, n);
			n = 0;
		}
		if ((status & LSR_BREAK) && broken)
			broken();
	}
	if (n)
		input(bytes, n);
	/*
	 * If bytes are left, the line is still up and would make no new edge:
	 * lower and raise it.
	 */
	reg_write(REG_IER, 0);
	reg_write(REG_IER, IER_RECEIVE);
	random_mix_event(SERIAL_IRQ);
}

void
serial_irq_init(void)
{
	int err;

	if (!present || !input)
		return;
	err = irq_attach_isa(SERIAL_IRQ, receive, NULL);
	if (err) {
		klog(KLOG_WARNING, "serial: no interrupt, no input: %d", err);
		return;
	}
	/* Raises an interrupt at once for what is in the FIFO already. */
	reg_write(REG_IER, IER_RECEIVE);
}
