/* SPDX-License-Identifier: MIT */
#include <linux/fcntl.h>
#include <linux/mount.h>
#include <umbra/boot.h>

#include "arch/clock.h"
#include "arch/cpu.h"
#include "arch/mmu.h"
#include "core/cmdline.h"
#include "core/klog.h"
#include "core/panic.h"
#include "core/wallclock.h"
#include "dev/chardev.h"
#include "dev/console.h"
#include "dev/tty.h"
#include "fs/devfs/devfs.h"
#include "fs/devpts/devpts.h"
#include "fs/file.h"
#include "fs/locks.h"
#include "fs/path.h"
#include "fs/procfs/procfs.h"
#include "fs/sysfs/sysfs.h"
#include "init/boot_priv.h"
#include "lib/errno.h"
#include "net/socket.h"
#include "proc/futex.h"
#include "proc/process.h"
#include "proc/vdso.h"
#include "syscall/trace.h"
#include "vm/space.h"

/*
 * init/userland.c - from a running machine to PID 1: memory objects, file
 * systems, devices, the root file system, the first process.
 *
 * It runs in a thread of its own, since file systems may sleep.
 */

static const char *const default_inits[] = { "/init",     "/sbin/init",
					     "/etc/init", "/bin/init",
					     "/bin/sh",   NULL };

BOOT_CODE static void
start_devices(void)
{
	mem_devices_init(); /* null, zero, random ... */
	tty_devices_init(); /* terminals on serial and screen */
	serial_irq_init();  /* ... and their input */
	i8042_init();
	devfs_init();  /* /dev shows them all */
	devpts_init(); /* /dev/ptmx, and what /dev/pts will be */
}

/* The file init.elf of the loader becomes /init, unless there is one. */
BOOT_CODE static void
install_init(struct fs_context *fs, const struct boot_module *m)
{
	struct walk w = { .fs = fs, .cred = &cred_root };
	struct file *f;
	ssize_t n;
	int err;

	if (!m->base)
		return;
	err = path_open(&w, "/init", O_WRONLY | O_CREAT | O_EXCL, 0755, &f);
	if (err == -EEXIST)
		return;
	if (!err) {
		n = file_write_kernel(f, phys_to_virt(m->base), m->size, 0);
		file_put(f);
		err = n == (ssize_t)m->size ? 0 : n < 0 ? (int)n : -ENOSPC;
	}
	if (err)
		klog(KLOG_ERR, "boot: cannot make /init of init.elf (error %d)",
		     -err);
}

BOOT_CODE static void
mount_dev(struct fs_context *fs)
{
	struct walk w = { .fs = fs, .cred = &cred_root };
	int err = path_mkdir(&w, "/dev", 0755);

	if (!err || err == -EEXIST)
		err = path_mount(&w, "devtmpfs", "/dev", "devtmpfs", 0, "");
	if (err)
		klog(KLOG_ERR, "boot: cannot mount /dev (error %d)", -err);
}

BOOT_CODE static struct fs_context *
build_root(const struct boot_info *bi)
{
	const struct boot_module *m = &bi->initramfs;
	struct fs_context *fs;
	unsigned entries = 0;

	if (mount_root(&fs))
		panic("boot: no memory for the root file system");
	if (m->base)
		entries = initramfs_unpack(fs, phys_to_virt(m->base), m->size);
	klog(KLOG_INFO, "boot: initramfs: %u entries of %lu KiB", entries,
	     (unsigned long)(m->size / 1024));
	install_init(fs, &bi->init);
	mount_dev(fs);
	return fs;
}

static const char *const *
init_paths(void)
{
	static const char *asked[2];

	asked[0] = cmdline_get("init");
	return asked[0] && asked[0][0] ? asked : default_inits;
}

void
start_userland(void *arg)
{
	const struct boot_info *bi = arg;
	struct fs_context *fs;

	if (!wallclock_set_boot_time(&bi->time, cycles(), clock_cycles_hz()))
		klog(KLOG_WARNING, "boot: the time of day is unknown");
	vm_init(); /* address spaces */
	wallclock_watch_init();
	fs_init(); /* names, tmpfs, pipes */
	start_devices();
	procfs_init();     /* /proc */
	sysfs_init();      /* /sys */
	file_locks_init(); /* /proc/locks */
	net_init();        /* sockets */
	process_init();    /* processes, signals, job control */
	futex_init();
	vdso_init();           /* the clock without a system call */
	procfs_process_init(); /* ... /proc knows them */
	syscall_trace_init();  /* strace= */
	fs = build_root(bi);   /* initramfs, /init, /dev */
	boot_finish(bi);       /* read-only, memory given back */
	boot_run_tests();      /* ktest= */
	process_start_init(init_paths(), fs); /* PID 1 */
	fs_context_put(fs);
	thread_exit();
}
