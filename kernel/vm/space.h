/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * vm/space.h - a user address space: areas over a page-table tree.
 *
 * An area says what should be at an address; the tree says what is there now;
 * vm_fault() makes the second follow the first.  Areas are in a red-black tree
 * by address and merge with equal neighbours.
 *
 * Units:    bytes; all addresses and sizes page-aligned unless said.
 * Locking:  lock (mutex, LOCK_SPACE): areas, tree, brk.  Objects' locks and
 *           frame locks are taken under it.  User memory is never touched
 *           with it held.
 * Context:  may sleep.
 * Errors:   as mmap(2) and friends.  Every call checks first and changes
 *           second: on error nothing has changed.
 * Source:   man 2 mmap, munmap, mprotect, mremap, brk, madvise, mincore.
 */

#include <sys/tree.h>

#include "arch/upcall.h"
#include "sched/mutex.h"
#include "vm/object.h"
#include "vm/tree.h"

enum area_bits {
	AREA_READ = 1 << 0,
	AREA_WRITE = 1 << 1,
	AREA_EXEC = 1 << 2,
	AREA_SHARED = 1 << 3,         /* MAP_SHARED */
	AREA_GROWS_DOWN = 1 << 4,     /* stack */
	AREA_MAY_WRITE = 1 << 5,      /* mprotect may add PROT_WRITE */
	AREA_NO_HUGE = 1 << 6,        /* MADV_NOHUGEPAGE */
	AREA_NO_FORK = 1 << 7,        /* MADV_DONTFORK */
	AREA_STACK = 1 << 8,          /* shown as [stack] */
	AREA_HEAP = 1 << 9,           /* shown as [heap] */
	AREA_VDSO = 1 << 10,          /* shown as [vdso] */
	AREA_NO_RESERVE = 1 << 11,    /* MAP_NORESERVE: may exceed all of RAM */
	AREA_LOCKED = 1 << 13,        /* mlock(2): counted, not dropped */
	AREA_LOCK_ON_FAULT = 1 << 14, /* and not there before it is used */
	AREA_NO_EXEC = 1 << 12,       /* mprotect may not add PROT_EXEC */
};

/* Where a mapping came from, for /proc/PID/maps; fs/ gives the functions. */
struct area_source_ops {
	void (*get)(void *source);
	void (*put)(void *source);
	/* Path as maps shows it, into buf; device and inode numbers. */
	void (*describe)(void *source, char *buf, size_t size, dev_t *dev,
			 ino_t *ino);
};

struct area {
	RB_ENTRY(area) node;      /* [S] */
	vaddr_t start, end;       /* [S] */
	uint64_t gap;             /* [S] free bytes below start, see area.c */
	uint64_t max_gap;         /* [S] largest gap in the subtree */
	unsigned bits;            /* [S] enum area_bits */
	struct vm_object *object; /* [S] NULL = private anonymous */
	uint64_t offset;          /* [S] of start in the object, bytes */
	void *source;             /* [S] struct file, opaque here; or NULL */
	const struct area_source_ops *source_ops;
	struct vm_space *space;     /* [I] while linked */
	struct list_node in_object; /* object->lock: object->areas */
	uint64_t unmap_seq;         /* object->lock: see rmap.c */
	struct area *next_dead;     /* [o] unlinked areas waiting to be freed */
};

struct vm_limits { /* bytes; UINT64_MAX = none */
	uint64_t address_space, data, stack, locked;
};

struct vm_space {
	struct refcount users; /* [a] threads and borrowers */
	struct refcount holds; /* [a] of this structure: all users have
				       one, who walks objects has another */
	struct mutex lock;
	struct tree tree;               /* [S] */
	RB_HEAD(area_tree, area) areas; /* [S] */
	struct area *last_found;        /* [S] cache of the last lookup */
	unsigned area_count;            /* [S] */
	uint64_t mapped_pages;          /* [S] sum over areas */
	uint64_t data_pages;            /* [S] those private and writable */
	uint64_t locked_pages;          /* [S] those of locked areas */
	unsigned lock_future;       /* [S] area bits of new areas: MCL_FUTURE */
	vaddr_t mmap_top;           /* [S] search downward from here */
	vaddr_t mmap_bottom;        /* [S] or upward from here, if not 0 */
	vaddr_t brk_start, brk_end; /* [S] */
	vaddr_t stack_top;          /* [S] */
	vaddr_t arg_start, arg_end, env_start, env_end; /* [S] for /proc */
	vaddr_t auxv_start, auxv_end, start_stack;
	vaddr_t code_start, code_end, data_start, data_end;
	struct vm_limits limits;                     /* [S] */
	_Atomic uint64_t minor_faults, major_faults; /* [a] */
	atomic_uint membarrier; /* [a] registrations, for proc/membarrier.c */
	uint64_t peak_pages;    /* [S] most that were resident at once */
	atomic_uint wx;         /* [a] enum wx_bits: who made the rules, wx.c */
	atomic_bool no_huge;    /* [a] no huge pages at all */
};

/* What a program has sworn off: prctl(PR_SET_MDWE). */
enum wx_bits {
	WX_REFUSE_EXEC_GAIN = 1 << 0, /* as below, vm_wx_refuses() */
	WX_NO_INHERIT = 1 << 1,       /* but children may do it */
};

/*
 * Is memory of these bits, that were `old` before (the same for a new mapping),
 * refused because it could be written and then run?  -EACCES is the answer to
 * it; it is reported as memory at va.
 */
bool vm_wx_refuses(struct vm_space *s, unsigned old, unsigned bits, vaddr_t va);
/* wx=strict: refuse it to everybody.  How to report a refusal; both at boot. */
void vm_wx_set_strict(void);
void vm_wx_set_report(void (*fn)(vaddr_t va));
/* What a child, or the next program, begins with. */
unsigned vm_wx_inherited(const struct vm_space *s);

/* Settings, each one word: vm/max_map_count, vm/overcommit_memory. */
extern atomic_int vm_areas_max;
extern atomic_int vm_overcommit; /* 1: refuse no size as meaningless */

/* Make the caches; once, before anything else of vm/. */
void vm_init(void);

/* A new, empty space with one user. NULL = no memory. */
struct vm_space *vm_space_create(void);
/* fork(2): areas copied, tree shared copy-on-write. 0, -ENOMEM. */
NODISCARD int vm_space_clone(struct vm_space *src, struct vm_space **out);
void vm_space_get(struct vm_space *s);
void vm_space_put(struct vm_space *s); /* the last tears it down */

/* What to map: the arguments of mmap(2), decoded. */
struct vm_map_request {
	vaddr_t addr; /* hint, or the address if fixed */
	size_t size;
	unsigned bits;            /* enum area_bits */
	struct vm_object *object; /* a reference is taken */
	uint64_t offset;
	void *source; /* a reference is taken with source_ops */
	const struct area_source_ops *source_ops;
	bool fixed;      /* MAP_FIXED: replace what is there */
	bool no_replace; /* MAP_FIXED_NOREPLACE */
	bool populate;   /* fault everything in now */
};
/* -EINVAL, -ENOMEM, -EEXIST, -EPERM (below USER_BOTTOM), -EOVERFLOW. */
NODISCARD int
vm_map(struct vm_space *s, const struct vm_map_request *r, vaddr_t *out);
NODISCARD int vm_unmap(struct vm_space *s, vaddr_t addr, size_t size);
NODISCARD int vm_protect(struct vm_space *s, vaddr_t addr, size_t size,
			 unsigned prot_bits); /* AREA_READ|WRITE|EXEC */
/*
 * flags: MREMAP_* of <linux/mman.h>.  new_addr: in, where to with MREMAP_FIXED;
 * out, if there is no error, where it is now.
 */
NODISCARD int vm_remap(struct vm_space *s, vaddr_t old, size_t old_size,
		       size_t new_size, unsigned flags, vaddr_t *new_addr);
/* advice: MADV_* of <asm-generic/mman-common.h>; -EINVAL unknown. */
NODISCARD int
vm_advise(struct vm_space *s, vaddr_t addr, size_t size, int advice);
/* One byte per page into vec (kernel memory), bit 0 = resident. */
NODISCARD int
vm_mincore(struct vm_space *s, vaddr_t addr, size_t size, uint8_t *vec);
/* -EBUSY: what is locked in memory cannot be read anew (MS_INVALIDATE). */
NODISCARD int
vm_sync(struct vm_space *s, vaddr_t addr, size_t size, bool invalidate);
/*
 * mlock2(2), munlock(2), mlockall(2), munlockall(2).  -EPERM: may lock nothing;
 * -ENOMEM: over RLIMIT_MEMLOCK, or not all mapped, and nothing has changed;
 * -EAGAIN: locked, but there was no memory for all of it.
 */
NODISCARD int
vm_lock(struct vm_space *s, vaddr_t addr, size_t size, bool on_fault);
NODISCARD int vm_unlock(struct vm_space *s, vaddr_t addr, size_t size);
NODISCARD int vm_lock_all(struct vm_space *s, unsigned flags);
void vm_unlock_all(struct vm_space *s);
/* May the running program lock anything at all? */
bool vm_may_lock(const struct vm_space *s);
/* How to ask whether it may go over its limit (CAP_IPC_LOCK); at boot. */
void vm_lock_set_privileged(bool (*fn)(void));
/* brk(2): returns the break that holds afterwards; what is added gets more
 * bits (AREA_EXEC). */
vaddr_t vm_brk(struct vm_space *s, vaddr_t want, unsigned more);

/*
 * Make va accessible, or say why not: -EFAULT (no area: SEGV_MAPERR), -EACCES
 * (SEGV_ACCERR), -ENXIO (beyond the object: SIGBUS), -ENOSPC, -EIO
 * (the object has no page to give: SIGBUS), -ENOMEM.
 * access: enum fault_access.
 */
NODISCARD int vm_fault(struct vm_space *s, vaddr_t va, unsigned access);

/*
 * Copy between kernel memory and another space (procfs, ptrace, exec's
 * stack).  Returns bytes done before the first bad page.
 */
size_t vm_space_read(struct vm_space *s, vaddr_t va, void *dst, size_t n);
size_t
vm_space_write(struct vm_space *s, vaddr_t va, const void *src, size_t n);
/* The same where the program itself may do so (process_vm_readv(2)). */
size_t
vm_space_read_allowed(struct vm_space *s, vaddr_t va, void *dst, size_t n);
size_t vm_space_write_allowed(struct vm_space *s, vaddr_t va, const void *src,
			      size_t n);

/*
 * The frame behind a user address of this space, pinned for key or I/O use;
 * faults it in (for writing if write).  frame_unpin() when done.
 */
NODISCARD int
vm_pin(struct vm_space *s, vaddr_t va, bool write, struct frame **out);
void frame_unpin(struct frame *f);

/*
 * What identifies the memory word at va for a shared futex: object and offset
 * in it, or the space itself and va for private memory.  -EFAULT: no area.
 */
struct vm_word_key {
	uintptr_t owner;
	uint64_t offset;
};
NODISCARD int
vm_word_key(struct vm_space *s, vaddr_t va, struct vm_word_key *out);

/*
 * Walk the areas in order for /proc: the first with end > after, copied out.
 * The copy's source has a reference that vm_area_copy_put() drops; its object
 * is not to be followed.  False at the end.
 */
bool vm_area_next(struct vm_space *s, vaddr_t after, struct area *out);
void vm_area_copy_put(struct area *copy);

/*
 * Say where a part of the space is, prctl(PR_SET_MM): field is the place of one
 * of the addresses in struct vm_space.  mapped: something must be mapped there
 * or above, else -EFAULT.  -EINVAL: not an order that parts can have.
 */
NODISCARD int
vm_set_layout(struct vm_space *s, size_t field, vaddr_t va, bool mapped);

/* What smaps shows of a range, in pages. */
struct vm_range_usage {
	uint64_t resident;
	uint64_t shared_clean, shared_dirty, private_clean, private_dirty;
	uint64_t anonymous, huge;
	uint64_t proportional_4k; /* share of this space, 1/4096 pages */
};
void vm_range_usage(struct vm_space *s, vaddr_t start, vaddr_t end,
		    struct vm_range_usage *out);
/*
 * What pagemap shows of n pages from va on: a word each as proc(5) has it, the
 * frame number in it if with_frames.
 */
void vm_page_words(struct vm_space *s, vaddr_t va, size_t n, bool with_frames,
		   uint64_t *out);

struct vm_usage {
	uint64_t total_pages, resident_pages, shared_pages, text_pages,
		data_pages, stack_pages, peak_pages, shmem_pages, locked_pages;
};
void vm_space_usage(struct vm_space *s, struct vm_usage *out);
/* Only total, resident and peak pages: no walk. */
void vm_space_size(struct vm_space *s, struct vm_usage *out);
