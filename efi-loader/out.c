/* SPDX-License-Identifier: MIT */

/*
 * out.c - words for a person: on the firmware's console and on COM1.
 *
 * Where the firmware's console already goes to a serial port (OVMF, servers),
 * COM1 is left to it while boot services live, or each line would come twice.
 */

#include "out.h"

#include "io.h"
#include "lib/fmt.h"
#include "lib/string.h"

#define COM1        0x3f8
#define COM_LCR     3 /* line control */
#define COM_MCR     4 /* modem control */
#define COM_LSR     5 /* line status */
#define COM_SCRATCH 7
#define LSR_EMPTY   0x20
#define SEND_TRIES  100000 /* about 0.1 s: a byte takes 87 us at 115200 */

static EFI_SYSTEM_TABLE *system_table;
static bool console;
static bool serial;

static bool serial_present(void);
static bool console_is_serial(EFI_BOOT_SERVICES *bs);
static bool path_has_uart(EFI_DEVICE_PATH *path);

void
out_init(EFI_SYSTEM_TABLE *st)
{
	system_table = st;
	console = st->ConOut != NULL;
	serial = serial_present() &&
		 !(console && console_is_serial(st->BootServices));
}

void
out_leave_console(void)
{
	console = false;
	serial = serial_present();
}

/* An absent port reads all ones; the scratch register tells the rest. */
static bool
serial_present(void)
{
	if (io_in8(COM1 + COM_LSR) == 0xff)
		return false;
	io_out8(COM1 + COM_SCRATCH, 0x5a);
	if (io_in8(COM1 + COM_SCRATCH) != 0x5a)
		return false;
	io_out8(COM1 + COM_SCRATCH, 0xa5);
	return io_in8(COM1 + COM_SCRATCH) == 0xa5;
}

static bool
console_is_serial(EFI_BOOT_SERVICES *bs)
{
	EFI_GUID out_device = EFI_CONSOLE_OUT_DEVICE_GUID;
	EFI_GUID device_path = EFI_DEVICE_PATH_PROTOCOL_GUID;
	EFI_HANDLE *handles = NULL;
	EFI_DEVICE_PATH *path;
	bool found = false;
	UINTN n = 0;

	if (EFI_ERROR(bs->LocateHandleBuffer(ByProtocol, &out_device, NULL, &n,
					     &handles)))
		return false;
	for (UINTN i = 0; i < n && !found; i++) {
		if (!EFI_ERROR(bs->HandleProtocol(handles[i], &device_path,
						  (void **)&path)))
			found = path_has_uart(path);
	}
	bs->FreePool(handles);
	return found;
}

/* UEFI 2.10, 10.3.4.15: a UART node in the device path. */
static bool
path_has_uart(EFI_DEVICE_PATH *path)
{
	while (path->Type != 0x7f) {
		UINTN length = DevicePathNodeLength(path);

		if (path->Type == MESSAGING_DEVICE_PATH &&
		    path->SubType == MSG_UART_DP)
			return true;
		if (length < sizeof(*path))
			return false;
		path = (EFI_DEVICE_PATH *)((char *)path + length);
	}
	return false;
}

static void
serial_byte(char c)
{
	for (unsigned i = 0; i < SEND_TRIES; i++) {
		if (io_in8(COM1 + COM_LSR) & LSR_EMPTY) {
			io_out8(COM1, (uint8_t)c);
			return;
		}
		__builtin_ia32_pause();
	}
	serial = false; /* flow control, or no port after all */
}

/* In pieces: OutputString() is slow, whatever its length. */
static void
console_text(const char *bytes, size_t n)
{
	CHAR16 wide[32];

	while (n) {
		size_t step = MIN(n, ARRAY_SIZE(wide) - 1);

		for (size_t i = 0; i < step; i++)
			wide[i] = (uint8_t)bytes[i] < 0x80 ? (CHAR16)bytes[i]
							   : '?';
		wide[step] = 0;
		system_table->ConOut->OutputString(system_table->ConOut, wide);
		bytes += step;
		n -= step;
	}
}

static void
out_sink(void *arg, const char *bytes, size_t n)
{
	if (console)
		console_text(bytes, n);
	for (size_t i = 0; serial && i < n; i++)
		serial_byte(bytes[i]);
}

static void
out_line(const char *prefix, const char *fmt, va_list ap)
{
	out_sink(NULL, prefix, strlen(prefix));
	fmt_out(out_sink, NULL, fmt, ap);
	out_sink(NULL, "\r\n", 2);
}

void
say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	out_line("umbra: ", fmt, ap);
	va_end(ap);
}

EFI_STATUS
fail(EFI_STATUS status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	out_line("umbra: error: ", fmt, ap);
	va_end(ap);
	return status;
}

const char *
status_text(EFI_STATUS status)
{
	static const struct {
		EFI_STATUS status;
		const char *text;
	} words[] = {
		{ EFI_LOAD_ERROR, "load error" },
		{ EFI_INVALID_PARAMETER, "invalid parameter" },
		{ EFI_UNSUPPORTED, "unsupported" },
		{ EFI_BUFFER_TOO_SMALL, "buffer too small" },
		{ EFI_DEVICE_ERROR, "device error" },
		{ EFI_OUT_OF_RESOURCES, "out of memory" },
		{ EFI_VOLUME_CORRUPTED, "volume corrupted" },
		{ EFI_NO_MEDIA, "no media" },
		{ EFI_MEDIA_CHANGED, "media changed" },
		{ EFI_NOT_FOUND, "not found" },
		{ EFI_ACCESS_DENIED, "access denied" },
		{ EFI_TIMEOUT, "timeout" },
		{ EFI_SECURITY_VIOLATION, "security violation" },
		{ EFI_CRC_ERROR, "CRC error" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (words[i].status == status)
			return words[i].text;
	}
	return "error";
}
