/* SPDX-License-Identifier: MIT */
#include "mm/slab.h"
#include "proc/proc_files_priv.h"

/*
 * proc/proc_maps.c - /proc/PID/maps: a line per area.
 */

#define NAME_COLUMN 73

static const char *
special_name(const struct area *a)
{
	if (a->bits & AREA_STACK)
		return "[stack]";
	if (a->bits & AREA_HEAP)
		return "[heap]";
	if (a->bits & AREA_VDSO)
		return a->bits & AREA_EXEC ? "[vdso]" : "[vvar]";
	return "";
}

static void
put_area(struct proc_text *t, const struct area *a, char *name)
{
	size_t line = t->len;
	dev_t dev = 0;
	ino_t ino = 0;

	strlcpy(name, special_name(a), PATH_MAX);
	if (a->source)
		a->source_ops->describe(a->source, name, PATH_MAX, &dev, &ino);
	proc_printf(t, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ",
		    (unsigned long)a->start, (unsigned long)a->end,
		    a->bits & AREA_READ ? 'r' : '-',
		    a->bits & AREA_WRITE ? 'w' : '-',
		    a->bits & AREA_EXEC ? 'x' : '-',
		    a->bits & AREA_SHARED ? 's' : 'p', (unsigned long)a->offset,
		    dev_major(dev), dev_minor(dev), (unsigned long)ino);
	while (name[0] && t->len - line < NAME_COLUMN && !t->failed)
		proc_write(t, " ", 1);
	proc_printf(t, "%s\n", name);
}

int
proc_show_maps(pid_t nr, struct proc_text *t)
{
	struct proc_subject s;
	vaddr_t after = 0;
	struct area a;
	char *name;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	name = kmalloc(PATH_MAX);
	if (!name)
		err = -ENOMEM;
	else if (!proc_subject_may_look(&s))
		err = -EACCES;
	while (!err && s.space && vm_area_next(s.space, after, &a)) {
		put_area(t, &a, name);
		after = a.end;
		vm_area_copy_put(&a);
	}
	kfree(name);
	proc_subject_put(&s);
	return err;
}
