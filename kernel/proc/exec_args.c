/* SPDX-License-Identifier: MIT */
#include <linux/auxvec.h>

#include "arch/usercopy.h"
#include "core/random.h"
#include "mm/slab.h"
#include "proc/exec_priv.h"

/*
 * proc/exec_args.c - the first stack of a program (System V AMD64 ABI 3.4.1).
 *
 *	stack_top  8 zero bytes
 *	           file name                    AT_EXECFN
 *	           environment strings          env_start .. env_end
 *	           argument strings             arg_start .. arg_end
 *	           "x86_64", 16 random bytes    AT_PLATFORM, AT_RANDOM
 *	           auxiliary vector
 *	           envp pointers, NULL
 *	           argv pointers, NULL
 *	sp         argc                         16-byte aligned
 *
 * Strings are put from the top down, the last first, so they end up in order.
 * The pointers are then made by walking the strings in the new space: nothing
 * here grows with their number but the stack itself.
 */

#define ARGS_TOTAL_MAX (6UL << 20) /* as Linux: 3/4 of its 8 MiB stack */
#define ARGS_TOTAL_MIN (128UL << 10)
#define STACK_INITIAL  (128UL << 10)
#define SP_RANDOM      8192 /* bytes of chance below the strings */

static const char platform_name[] = "x86_64";

/* Put bytes below sp. */
static int
push_bytes(struct exec *x, const void *bytes, size_t n)
{
	x->sp -= n;
	return vm_space_write(x->space, x->sp, bytes, n) == n ? 0 : -ENOMEM;
}

/* Charge a string and its pointer to the limit. */
static int
charge(struct exec *x, size_t n)
{
	n += sizeof(uint64_t);
	if (n > x->args_left)
		return -E2BIG;
	x->args_left -= n;
	return 0;
}

static int
push_string(struct exec *x, const char *s, size_t len)
{
	int err = charge(x, len + 1);

	return err ? err : push_bytes(x, s, len + 1);
}

/* Longer than a page: rare, through one large buffer. */
static int
push_long_user_string(struct exec *x, const char USER *s)
{
	char *buf = kmalloc(EXEC_STRING_MAX);
	ssize_t len;
	int err;

	if (!buf)
		return -ENOMEM;
	len = copy_string_from_user(buf, s, EXEC_STRING_MAX);
	if (len == -ENAMETOOLONG)
		err = -E2BIG;
	else
		err = len < 0 ? (int)len : push_string(x, buf, (size_t)len);
	kfree(buf);
	return err;
}

static int
push_user_string(struct exec *x, const char USER *s, char *page)
{
	ssize_t len = copy_string_from_user(page, s, PAGE_SIZE);

	if (len == -ENAMETOOLONG)
		return push_long_user_string(x, s);
	return len < 0 ? (int)len : push_string(x, page, (size_t)len);
}

/* The number of strings, -E2BIG when even their pointers are too many. */
static ssize_t
count_strings(const struct exec *x, struct exec_strings s)
{
	const char USER *p;
	ssize_t n = 0;

	if (!s.user) {
		while (s.kernel && s.kernel[n])
			n++;
		return n;
	}
	for (;; n++) {
		if (get_user(p, &s.user[n]))
			return -EFAULT;
		if (!p)
			return n;
		if ((size_t)n > x->args_left / sizeof(p))
			return -E2BIG;
	}
}

/* Strings first .. n - 1, the last one at the highest address. */
static int
push_strings(struct exec *x, struct exec_strings s, ssize_t first, ssize_t n,
	     char *page)
{
	const char USER *p;
	int err = 0;

	while (!err && n-- > first) {
		if (s.user) {
			if (get_user(p, &s.user[n]))
				return -EFAULT;
			err = push_user_string(x, p, page);
		} else {
			err = push_string(x, s.kernel[n], strlen(s.kernel[n]));
		}
		thread_check_preempt();
	}
	return err;
}

static int
push_prefixes(struct exec *x)
{
	int err = 0;

	for (unsigned i = x->prefixes; !err && i-- > 0;)
		err = push_string(x, x->prefix[i], strlen(x->prefix[i]));
	return err;
}

/* argv[0] of a script is not used, but what is wrong with it is told. */
static int
try_first_word(struct exec *x, char *page)
{
	size_t left = x->args_left;
	vaddr_t sp = x->sp;
	int err = push_strings(x, x->argv, 0, 1, page);

	x->sp = sp;
	x->args_left = left;
	return err;
}

static int
push_all_strings(struct exec *x, char *page)
{
	ssize_t argc = count_strings(x, x->argv);
	ssize_t envc = count_strings(x, x->envp);
	struct vm_space *s = x->space;
	/* A script's own path takes the place of argv[0]. */
	ssize_t first = x->is_script ? 1 : 0;
	int err;

	if (argc < 0 || envc < 0)
		return (int)(argc < 0 ? argc : envc);
	err = push_string(x, x->name, strlen(x->name));
	x->execfn = x->sp;
	s->env_end = x->sp;
	if (!err)
		err = push_strings(x, x->envp, 0, envc, page);
	s->env_start = x->sp;
	s->arg_end = x->sp;
	if (!err)
		err = push_strings(x, x->argv, first, argc, page);
	if (!err && first && argc)
		err = try_first_word(x, page);
	x->argc = (uint64_t)MAX(argc - first, 0);
	x->envc = (uint64_t)envc;
	return err;
}

/* The words of scripts come before those of the caller. */
static int
push_first_words(struct exec *x)
{
	int err = push_prefixes(x);

	x->argc += x->prefixes;
	/* An empty argv would make argv[0] the first environment string. */
	if (!err && !x->argc) {
		err = push_string(x, "", 0);
		x->argc = 1;
	}
	x->space->arg_start = x->sp;
	return err;
}

/* --- the tables below the strings --- */

/* Collects words and writes them upward to the new stack. */
struct word_writer {
	struct exec *x;
	vaddr_t at;
	unsigned n;
	uint64_t buf[32];
};

static int
words_flush(struct word_writer *w)
{
	size_t size = w->n * sizeof(uint64_t);

	if (vm_space_write(w->x->space, w->at, w->buf, size) != size)
		return -ENOMEM;
	w->at += size;
	w->n = 0;
	return 0;
}

static int
words_put(struct word_writer *w, uint64_t word)
{
	w->buf[w->n++] = word;
	return w->n == ARRAY_SIZE(w->buf) ? words_flush(w) : 0;
}

/* Pointers to count strings that follow each other from va on, then NULL. */
static int
put_pointers(struct word_writer *w, vaddr_t va, uint64_t count)
{
	char chunk[128];
	int err = 0;

	while (!err && count) {
		bool begins = true;

		err = words_put(w, va);
		while (begins) {
			size_t n = vm_space_read(w->x->space, va, chunk,
						 sizeof(chunk));
			size_t len = strnlen(chunk, n);

			if (!n)
				return -EFAULT;
			va += len;
			begins = len == n;
		}
		va++;
		count--;
	}
	return err ? err : words_put(w, 0);
}

#define AUXV_ENTRIES 21

static NOINLINE int
put_auxv(struct word_writer *w, const struct exec *x)
{
	const struct elf_image *elf = &x->program.elf;
	const struct cred *c = x->cred;
	const uint64_t auxv[AUXV_ENTRIES][2] = {
		{ AT_SYSINFO_EHDR, x->vdso },
		{ AT_HWCAP, cpu_hwcap() },
		{ AT_PAGESZ, PAGE_SIZE },
		{ AT_CLKTCK, 100 },
		{ AT_PHDR, elf->phdr_va ? x->program.bias + elf->phdr_va : 0 },
		{ AT_PHENT, sizeof(Elf64_Phdr) },
		{ AT_PHNUM, elf->phnum },
		{ AT_BASE, x->has_interp ? x->interp.bias : 0 },
		{ AT_FLAGS, 0 },
		{ AT_ENTRY, x->program.bias + elf->entry },
		{ AT_UID, c->user.real },
		{ AT_EUID, c->user.effective },
		{ AT_GID, c->group.real },
		{ AT_EGID, c->group.effective },
		{ AT_SECURE, x->secure },
		{ AT_RANDOM, x->random },
		{ AT_EXECFN, x->execfn },
		{ AT_HWCAP2, cpu_hwcap2() },
		{ AT_PLATFORM, x->platform },
		{ AT_MINSIGSTKSZ, arch_xstate_frame_size() + 1024 },
		{ AT_NULL, 0 },
	};
	int err = 0;

	for (unsigned i = 0; !err && i < AUXV_ENTRIES; i++) {
		err = words_put(w, auxv[i][0]);
		if (!err)
			err = words_put(w, auxv[i][1]);
	}
	return err;
}

static int
put_tables(struct exec *x)
{
	struct word_writer w = { .x = x };
	uint64_t words;
	int err;

	words = 1 + (x->argc + 1) + (x->envc + 1) + 2 * AUXV_ENTRIES;
	if (exec_randomizes(x))
		x->sp -= random_below(SP_RANDOM);
	x->sp = ALIGN_DOWN(x->sp - words * sizeof(uint64_t), 16);
	w.at = x->sp;
	err = words_put(&w, x->argc);
	if (!err)
		err = put_pointers(&w, x->space->arg_start, x->argc);
	if (!err)
		err = put_pointers(&w, x->space->env_start, x->envc);
	if (!err)
		err = put_auxv(&w, x);
	x->space->auxv_start = x->sp + (words - 2 * AUXV_ENTRIES) * 8;
	x->space->auxv_end = x->space->auxv_start + AUXV_ENTRIES * 16;
	x->space->start_stack = x->sp;
	return err ? err : words_flush(&w);
}

static int
put_random_and_platform(struct exec *x)
{
	uint8_t bytes[16];
	int err;

	err = push_bytes(x, platform_name, sizeof(platform_name));
	x->platform = x->sp;
	random_bytes(bytes, sizeof(bytes));
	if (!err)
		err = push_bytes(x, bytes, sizeof(bytes));
	x->random = x->sp;
	return err;
}

static int
map_stack(struct exec *x)
{
	struct vm_map_request r = {
		.addr = x->space->stack_top - STACK_INITIAL,
		.size = STACK_INITIAL,
		.bits = AREA_READ | AREA_WRITE | AREA_MAY_WRITE |
			AREA_GROWS_DOWN | AREA_STACK | AREA_NO_HUGE,
		.fixed = true,
	};
	vaddr_t got;

	return vm_map(x->space, &r, &got);
}

/* Programs that ask for it (PT_GNU_STACK) may execute their stack. */
static int
make_stack_executable(struct exec *x)
{
	vaddr_t top = x->space->stack_top, start;
	struct area a;

	if (!vm_area_next(x->space, top - PAGE_SIZE, &a))
		return -ENOMEM;
	start = a.start;
	vm_area_copy_put(&a);
	return vm_protect(x->space, start, top - start,
			  AREA_READ | AREA_WRITE | AREA_EXEC);
}

int
exec_push_strings(struct exec *x)
{
	uint64_t quarter = x->space->limits.stack / 4;
	char *page;
	int err;

	x->args_left = MIN(quarter, ARGS_TOTAL_MAX);
	x->args_left = MAX(x->args_left, ARGS_TOTAL_MIN);
	err = map_stack(x);
	if (err)
		return err;
	page = kmalloc(PAGE_SIZE);
	if (!page)
		return -ENOMEM;
	x->sp = x->space->stack_top - 8;
	err = push_all_strings(x, page);
	kfree(page);
	return err;
}

int
exec_finish_stack(struct exec *x)
{
	int err = push_first_words(x);

	if (!err)
		err = put_random_and_platform(x);
	if (!err)
		err = put_tables(x);
	if (!err && x->program.elf.has_stack && x->program.elf.exec_stack)
		err = make_stack_executable(x);
	return err;
}
