/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/pipe_priv.h - the pipe itself, for pipe.c (moving bytes), fifo.c (opening
 * and closing) and pipe_splice.c (from and to other files).
 */

#include "fs/file.h"
#include "mm/frame.h"

#define PIPE_SPARES 2

struct pipe_slot {
	struct frame *frame; /* owned */
	unsigned off, len;   /* bytes not read yet */
	bool packet;         /* O_DIRECT: one read takes it, and no more */
};

/* L is the pipe's lock, I the lock of its inode. */
struct pipe {
	struct mutex lock;
	struct pipe_slot *ring;           /* [L] */
	atomic_uint slots;                /* [L] to change */
	atomic_uint head, tail;           /* [L] to change; only grow */
	struct frame *spare[PIPE_SPARES]; /* [L] free frames kept at hand */
	atomic_uint reserved; /* [L] to change: slots promised to a splice */
	atomic_bool held;     /* [L] to change: a splice writes the oldest slot
				 elsewhere; readers wait, for it stays until
				 the splice knows what was taken */
	atomic_uint readers, writers;           /* [L] to change: open ends */
	atomic_uint reader_opens, writer_opens; /* [L] to change: ever opened */
	unsigned files;                         /* [I] open files */
	struct wait_queue read_wait;  /* for bytes, or the last writer */
	struct wait_queue write_wait; /* for room, or the last reader */
	struct wait_queue open_wait;  /* FIFOs: for the other end */
};

struct pipe *pipe_alloc(void); /* NULL: no memory */
void pipe_free(struct pipe *p);

static inline struct pipe_slot *
pipe_slot_at(struct pipe *p, unsigned n)
{
	return &p->ring[n & (p->slots - 1)];
}

static inline bool
pipe_empty(const struct pipe *p)
{
	return p->head == p->tail;
}

static inline bool
pipe_full(const struct pipe *p)
{
	return p->head - p->tail + p->reserved >= p->slots;
}

/* Is there something to read, or nothing to wait for? */
static inline bool
pipe_readable(const struct pipe *p)
{
	return !p->held && (!pipe_empty(p) || p->writers == 0);
}

static inline bool
pipe_writable(const struct pipe *p)
{
	return !pipe_full(p) || p->readers == 0;
}

/* -ERESTARTSYS or 0; the caller has to look again. */
NODISCARD int pipe_wait_readable(struct pipe *p);
NODISCARD int pipe_wait_writable(struct pipe *p);
/* After bytes or room came, with no lock held. */
void pipe_wake_readers(struct pipe *p);
void pipe_wake_writers(struct pipe *p);
/* A slot has been read. */
void pipe_leave_frame(struct pipe *p, struct frame *f) REQUIRES(p->lock);
/* What fits, without waiting; 0 = full, -EPIPE = nobody reads. */
ssize_t pipe_write_some(struct pipe *p, struct uio *u, bool packet);
int fifo_open(struct file *f);
void fifo_release(struct file *f);
