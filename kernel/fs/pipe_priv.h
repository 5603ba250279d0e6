/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/pipe_priv.h - the pipe itself, for pipe.c (moving bytes) and fifo.c
 * (opening and closing).
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
	atomic_uint readers, writers;     /* [L] to change: open ends */
	atomic_uint reader_opens, writer_opens; /* [L] to change: ever opened */
	unsigned files;                         /* [I] open files */
	struct wait_queue read_wait;  /* for bytes, or the last writer */
	struct wait_queue write_wait; /* for room, or the last reader */
	struct wait_queue open_wait;  /* FIFOs: for the other end */
};

struct pipe *pipe_alloc(void); /* NULL: no memory */
void pipe_free(struct pipe *p);
int fifo_open(struct file *f);
void fifo_release(struct file *f);
