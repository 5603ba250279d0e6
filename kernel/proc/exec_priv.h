/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/exec_priv.h - the stages of execve(2) and what they hand on.
 *
 *	exec.c       finds the program, runs the stages, commits
 *	exec_script.c reads "#!" lines
 *	exec_load.c  maps ELF segments into the new space
 *	exec_args.c  builds the new stack: strings, auxv, pointers
 *
 * Everything before the commit works on a space nobody runs on, so an error
 * leaves the caller as it was.
 */

#include "lib/elf.h"
#include "proc/exec_script.h"
#include "proc/process_priv.h"

#define EXEC_DEPTH_MAX  5 /* scripts whose interpreter is a script */
#define EXEC_STRING_MAX (32 * PAGE_SIZE) /* MAX_ARG_STRLEN */

/* One file to be mapped: the program or its PT_INTERP. */
struct exec_file {
	struct file *file;
	bool running; /* inode_run_begin() is ours to end */
	char head[EXEC_HEAD_SIZE];
	size_t head_size;
	struct elf_image elf;
	void *phdrs;   /* kmalloc'd, elf.phdrs points here */
	uint64_t bias; /* run address minus file address */
};

struct exec {
	struct walk walk;
	char name[PATH_MAX]; /* as the caller called it: AT_EXECFN */
	char comm[16];       /* what the process is called from then on */
	bool unreachable;    /* name is of a descriptor that will be closed */
	struct exec_strings argv, envp;
	struct exec_file program, interp;
	bool has_interp;

	/* #! scripts: words put before the caller's argv[1..] */
	char *prefix[2 * EXEC_DEPTH_MAX + 1];
	unsigned prefixes; /* 0: argv is used from argv[0] on */

	struct vm_space *space; /* new */
	struct cred *cred;      /* new */
	bool secure;            /* AT_SECURE: privileges were gained */
	unsigned personality;   /* of the new program */
	bool is_script;         /* the file that was asked for */
	bool unreadable;        /* the caller may run it, but not read it */
	struct fd_table *files; /* new, if the old one is shared */
	struct signal_handlers *handlers; /* new, if the old are shared */

	/* exec_args.c */
	vaddr_t sp;       /* grows down while strings are put */
	size_t args_left; /* bytes still allowed: else E2BIG */
	uint64_t argc, envc;
	vaddr_t execfn, random, platform;
	vaddr_t vdso; /* 0 = none */
};

/* exec_load.c */
NODISCARD int exec_parse(struct exec_file *f);
NODISCARD int
exec_read_interp_name(struct exec_file *f, char *buf, size_t size);
NODISCARD int exec_map(struct exec *x, struct exec_file *f, vaddr_t base);
void exec_layout(struct exec *x); /* mmap_top, stack_top, limits */
bool exec_randomizes(const struct exec *x);
vaddr_t exec_pie_base(const struct exec *x);
/* Where to put a thing of that many bytes beside the program. */
vaddr_t exec_beside(const struct exec *x, size_t size);
void exec_set_brk(struct exec *x);
void exec_file_put(struct exec_file *f);

/* exec_args.c: the strings come first, the tables when all is known. */
NODISCARD int exec_push_strings(struct exec *x);
NODISCARD int exec_finish_stack(struct exec *x);
