/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>

#include "mm/slab.h"
#include "proc/proc_files_priv.h"

/*
 * proc/proc_maps.c - /proc/PID/maps, smaps and pagemap: a line, a paragraph or
 * a word for each.
 *
 * The cursor of these long files is the address to go on at, so a pass through
 * them costs a lookup an area however the areas change meanwhile.
 */

#define NAME_COLUMN 73
#define PAGE_KIB    (PAGE_SIZE / 1024)

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
put_line(struct proc_text *t, const struct area *a, char *name)
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

/* --- smaps --- */

static void
put_kib(struct proc_text *t, const char *name, uint64_t kib)
{
	proc_printf(t, "%-16s%8lu kB\n", name, (unsigned long)kib);
}

static void
put_usage(struct proc_text *t, const struct vm_range_usage *u, bool locked)
{
	put_kib(t, "Rss:", u->resident * PAGE_KIB);
	put_kib(t, "Pss:", u->proportional_4k * PAGE_KIB / 4096);
	put_kib(t, "Shared_Clean:", u->shared_clean * PAGE_KIB);
	put_kib(t, "Shared_Dirty:", u->shared_dirty * PAGE_KIB);
	put_kib(t, "Private_Clean:", u->private_clean * PAGE_KIB);
	put_kib(t, "Private_Dirty:", u->private_dirty * PAGE_KIB);
	put_kib(t, "Anonymous:", u->anonymous * PAGE_KIB);
	put_kib(t, "AnonHugePages:", u->huge * PAGE_KIB);
	put_kib(t, "Swap:", 0);
	put_kib(t,
		"Locked:", locked ? u->proportional_4k * PAGE_KIB / 4096 : 0);
}

static void
put_flags(struct proc_text *t, unsigned bits)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {
		{ AREA_READ, "rd" },       { AREA_WRITE, "wr" },
		{ AREA_EXEC, "ex" },       { AREA_SHARED, "sh" },
		{ AREA_MAY_WRITE, "mw" },  { AREA_GROWS_DOWN, "gd" },
		{ AREA_NO_RESERVE, "nr" }, { AREA_NO_FORK, "dc" },
		{ AREA_NO_HUGE, "nh" },
	};

	proc_printf(t, "VmFlags:");
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (bits & names[i].bit)
			proc_printf(t, " %s", names[i].name);
	proc_printf(t, " \n");
}

static void
put_paragraph(struct proc_text *t, struct vm_space *s, const struct area *a,
	      char *name)
{
	struct vm_range_usage u;

	put_line(t, a, name);
	put_kib(t, "Size:", (a->end - a->start) / 1024);
	put_kib(t, "KernelPageSize:", PAGE_KIB);
	put_kib(t, "MMUPageSize:", PAGE_KIB);
	vm_range_usage(s, a->start, a->end, &u);
	put_usage(t, &u, a->bits & AREA_LOCKED);
	put_flags(t, a->bits);
}

/* --- a piece of maps or smaps --- */

static void
put_areas(struct proc_text *t, struct vm_space *s, char *name, bool paragraphs)
{
	struct area a;

	while (!proc_text_full(t)) {
		if (!vm_area_next(s, t->cursor, &a)) {
			t->cursor = PROC_TEXT_END;
			return;
		}
		if (paragraphs)
			put_paragraph(t, s, &a, name);
		else
			put_line(t, &a, name);
		t->cursor = a.end;
		vm_area_copy_put(&a);
	}
}

static int
show_areas(pid_t nr, struct proc_text *t, bool paragraphs)
{
	struct proc_subject s;
	char *name;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	name = kmalloc(PATH_MAX);
	if (!name)
		err = -ENOMEM;
	else if (!proc_subject_may_look(&s))
		err = -EACCES;
	else if (s.space)
		put_areas(t, s.space, name, paragraphs);
	else
		t->cursor = PROC_TEXT_END;
	kfree(name);
	proc_subject_put(&s);
	return err;
}

int
proc_show_maps(pid_t nr, struct proc_text *t)
{
	return show_areas(nr, t, false);
}

int
proc_show_smaps(pid_t nr, struct proc_text *t)
{
	return show_areas(nr, t, true);
}

/* From the first area to the end of the last; false: there is none. */
static bool
space_extent(struct vm_space *s, vaddr_t *start, vaddr_t *end)
{
	struct area a;

	if (!vm_area_next(s, 0, &a))
		return false;
	*start = a.start;
	vm_area_copy_put(&a);
	*end = MIN(s->stack_top, USER_TOP);
	return *start < *end;
}

int
proc_show_smaps_rollup(pid_t nr, struct proc_text *t)
{
	struct vm_range_usage u;
	struct proc_subject s;
	vaddr_t start, end;
	int err = proc_subject_get(nr, &s);

	if (err)
		return err;
	if (!proc_subject_may_look(&s)) {
		err = -EACCES;
	} else if (s.space && space_extent(s.space, &start, &end)) {
		vm_range_usage(s.space, 0, USER_TOP, &u);
		proc_printf(t, "%08lx-%08lx ---p 00000000 00:00 0 ",
			    (unsigned long)start, (unsigned long)end);
		proc_printf(t, "%26s%s\n", "", "[rollup]");
		put_usage(t, &u, false);
	}
	proc_subject_put(&s);
	return err;
}

/* --- pagemap --- */

/* Offset and size are of whole words; frame numbers are for root. */
ssize_t
proc_read_pagemap(pid_t nr, char *buf, size_t n, uint64_t pos)
{
	uint64_t last = USER_TOP / PAGE_SIZE * 8;
	struct proc_subject s;
	int err;

	if ((pos | n) & 7)
		return -EINVAL;
	if (pos >= last)
		return 0;
	n = MIN(n, last - pos);
	err = proc_subject_get(nr, &s);
	if (err)
		return err;
	if (!proc_subject_may_look(&s))
		err = -EACCES;
	else if (!s.space)
		n = 0;
	else
		vm_page_words(s.space, pos / 8 * PAGE_SIZE, n / 8,
			      cred_capable(current_task()->cred, CAP_SYS_ADMIN),
			      (uint64_t *)(void *)buf);
	proc_subject_put(&s);
	return err ? err : (ssize_t)n;
}
