/* SPDX-License-Identifier: MIT */
#include "firmware/power.h"

#include "arch/clock.h"
#include "arch/cpu.h"
#include "arch/io.h"
#include "arch/power.h"
#include "arch/smp.h"
#include "core/klog.h"
#include "firmware/aml_s5.h"
#include "firmware/efi_runtime.h"
#include "firmware/fadt.h"
#include "mm/kmap.h"

/*
 * firmware/power.c - the ends of the machine.
 *
 * Some machines hang in ACPI's S5, some in EFI's ResetSystem, so each way gets
 * its chance and a bounded time before the next is tried.  Registers in memory
 * are mapped while booting: at the end nothing can be allocated.
 *
 * Source: ACPI 6.5, 4.8.3.2 (PM1 control), 4.8.3.7 (sleep control), 4.8.3.6
 * (reset register), 5.2.9 (SMI command).
 */

#define PM1_SCI_ENABLE    (1u << 0)
#define PM1_SLEEP_SHIFT   10
#define PM1_SLEEP_MASK    (7u << PM1_SLEEP_SHIFT)
#define PM1_SLEEP_ENABLE  (1u << 13)
#define SLEEP_TYPE_SHIFT  2
#define SLEEP_TYPE_ENABLE (1u << 5)

#define WAIT_ENABLE_NS (300 * NSEC_PER_MSEC)
#define WAIT_POWER_NS  (1000 * NSEC_PER_MSEC)
#define WAIT_RESET_NS  (200 * NSEC_PER_MSEC)

/* A register we can write at any time: a port, or mapped memory. */
struct fixed_register {
	uint16_t port; /* 0 = none */
	void *memory;  /* NULL = none */
};

/* All set by power_init(). */
static struct fixed_register pm1a RO_AFTER_BOOT, pm1b RO_AFTER_BOOT;
static struct fixed_register sleep_control RO_AFTER_BOOT;
static struct fixed_register reset RO_AFTER_BOOT;
static uint8_t sleep_a RO_AFTER_BOOT, sleep_b RO_AFTER_BOOT;
static bool have_s5 RO_AFTER_BOOT;

BOOT_CODE static struct fixed_register
prepare(struct acpi_address a)
{
	struct fixed_register r = { 0 };

	if (a.address == 0)
		return r;
	if (a.space == ACPI_IO && a.address <= UINT16_MAX)
		r.port = (uint16_t)a.address;
	else if (a.space == ACPI_MEMORY)
		r.memory = kmap_physical(a.address, sizeof(uint32_t),
					 KMAP_UNCACHED);
	return r;
}

static bool
exists(const struct fixed_register *r)
{
	return r->port || r->memory;
}

static uint16_t
read16(const struct fixed_register *r)
{
	return r->port ? port_in16(r->port) : mmio_read16(r->memory);
}

static void
write16(const struct fixed_register *r, uint16_t value)
{
	if (r->port)
		port_out16(r->port, value);
	else
		mmio_write16(r->memory, value);
}

static void
write8(const struct fixed_register *r, uint8_t value)
{
	if (r->port)
		port_out8(r->port, value);
	else
		mmio_write8(r->memory, value);
}

BOOT_CODE static bool
find_s5_in(const struct acpi_header *h)
{
	const uint8_t *code = (const uint8_t *)(h + 1);

	return aml_find_s5(code, h->length - sizeof(*h), &sleep_a, &sleep_b);
}

BOOT_CODE static bool
find_s5(void)
{
	const struct acpi_header *h = acpi_table("DSDT", 0);
	unsigned n;

	if (h && find_s5_in(h))
		return true;
	for (n = 0; (h = acpi_table("SSDT", n)); n++) {
		if (find_s5_in(h))
			return true;
	}
	return false;
}

BOOT_CODE void
power_init(void)
{
	const struct fadt *f = fadt_get();

	if (!f)
		return;
	have_s5 = find_s5();
	if (!have_s5)
		klog(KLOG_WARNING, "power: the firmware defines no \\_S5");
	if (f->flags & FADT_HW_REDUCED) {
		sleep_control = prepare(f->sleep_control);
	} else {
		pm1a = prepare(
			fadt_register(&f->x_pm1a_control, f->pm1a_control));
		pm1b = prepare(
			fadt_register(&f->x_pm1b_control, f->pm1b_control));
	}
	if (f->flags & FADT_RESET_SUPPORTED)
		reset = prepare(f->reset);
}

/* Sleep bits work in ACPI mode only; UEFI machines usually are in it. */
static void
enter_acpi_mode(void)
{
	const struct fadt *f = fadt_get();
	uint64_t end = clock_now_ns() + WAIT_ENABLE_NS;

	if (!f->smi_command || !f->acpi_enable ||
	    (read16(&pm1a) & PM1_SCI_ENABLE))
		return;
	port_out8((uint16_t)f->smi_command, f->acpi_enable);
	while (!(read16(&pm1a) & PM1_SCI_ENABLE) && clock_now_ns() < end)
		cpu_relax();
}

static uint16_t
pm1_value(const struct fixed_register *r, uint8_t type)
{
	uint32_t value = read16(r) & ~(PM1_SLEEP_MASK | PM1_SLEEP_ENABLE);

	return (uint16_t)(value | (uint32_t)type << PM1_SLEEP_SHIFT);
}

/* First the type in both halves, then the order: the spec wants two writes. */
static void
acpi_off(void)
{
	uint16_t a, b = 0;

	if (have_s5 && exists(&sleep_control)) {
		write8(&sleep_control, (uint8_t)(sleep_a << SLEEP_TYPE_SHIFT |
						 SLEEP_TYPE_ENABLE));
		clock_delay_ns(WAIT_POWER_NS);
	}
	if (!have_s5 || !exists(&pm1a))
		return;
	enter_acpi_mode();
	a = pm1_value(&pm1a, sleep_a);
	write16(&pm1a, a);
	if (exists(&pm1b)) {
		b = pm1_value(&pm1b, sleep_b);
		write16(&pm1b, b);
	}
	write16(&pm1a, (uint16_t)(a | PM1_SLEEP_ENABLE));
	if (exists(&pm1b))
		write16(&pm1b, (uint16_t)(b | PM1_SLEEP_ENABLE));
	clock_delay_ns(WAIT_POWER_NS);
}

static void
alone(void)
{
	irq_disable();
	smp_stop_others();
}

NORETURN void
power_off(void)
{
	klog(KLOG_NOTICE, "power: off");
	alone();
	acpi_off();
	efi_reset_system(EFI_RESET_SHUTDOWN);
	power_halt();
}

NORETURN void
power_restart(void)
{
	klog(KLOG_NOTICE, "power: restart");
	alone();
	efi_reset_system(EFI_RESET_COLD);
	if (exists(&reset)) {
		write8(&reset, fadt_get()->reset_value);
		clock_delay_ns(WAIT_RESET_NS);
	}
	arch_reset();
}

NORETURN void
power_halt(void)
{
	alone();
	klog(KLOG_EMERG, "power: halted; it is safe to turn off the machine");
	cpu_stop();
}
