/* SPDX-License-Identifier: MIT */
#include "proc/proc_files_priv.h"

/*
 * proc/proc_fdinfo.c - /proc/PID/fdinfo/N: offset and flags of an open file,
 * and what its kind adds (file_ops.info).
 */

static int
put_info(struct fd_table *files, int fd, struct proc_text *t)
{
	struct file *f = fd_get(files, fd);
	bool cloexec = false;

	if (!f)
		return -ENOENT;
	(void)fd_get_cloexec(files, fd, &cloexec);
	proc_printf(t, "pos:\t%lu\nflags:\t0%o\nmnt_id:\t%u\nino:\t%lu\n",
		    (unsigned long)__atomic_load_n(&f->pos, __ATOMIC_RELAXED),
		    atomic_load(&f->flags) | (cloexec ? O_CLOEXEC : 0),
		    file_mount_id(f),
		    f->inode ? (unsigned long)f->inode->ino : 0);
	if (f->ops->info)
		f->ops->info(f, t);
	file_put(f);
	return 0;
}

int
proc_show_fd_info(pid_t nr, int fd, struct proc_text *t)
{
	struct fd_table *files;
	struct proc_subject s;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	files = proc_subject_files(&s);
	if (!proc_subject_may_look(&s))
		err = -EACCES;
	else
		err = files ? put_info(files, fd, t) : -ENOENT;
	if (files)
		fd_table_drop(files);
	proc_subject_put(&s);
	return err;
}
