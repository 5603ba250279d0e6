/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * tree_fake.h - frames for the tests of vm/tree*.c: an allocator that can be
 * told to fail, poisons what is freed, counts what is out and may be called
 * from several threads.
 *
 * The first frames are handed out singly; the rest is blocks of 512.  A block
 * is free again when all its frames are.
 */

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "mm/frame.h"
#include "vm/tree.h"

enum {
	FAKE_SINGLES = 12 * 1024,
	FAKE_BLOCKS = 24,
	FAKE_BLOCK = 512,
	FAKE_FRAMES = FAKE_SINGLES + FAKE_BLOCKS * FAKE_BLOCK,
	FAKE_BASE = 0x20000000, /* physical and host address of frame 0 */
	KERNEL_HALF = 256,      /* first root entry of the kernel's half */
};

struct frame *frame_array;

static pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t fake_free_single[FAKE_SINGLES];
static unsigned fake_free_singles;
static unsigned fake_block_out[FAKE_BLOCKS]; /* frames of it in use */
static unsigned fake_out;                    /* frames in use */
static long fake_fail_after = -1;            /* allocations until one fails */
static unsigned long fake_failures;
static void (*fake_free_hook)(struct frame *f);

static pfn_t
fake_pfn(const struct frame *f)
{
	return frame_pfn(f) - FAKE_BASE / PAGE_SIZE;
}

static void
fake_init(void)
{
	pfn_t first = FAKE_BASE / PAGE_SIZE;
	unsigned i;

	void *p =
		mmap((void *)(uintptr_t)FAKE_BASE, FAKE_FRAMES * PAGE_SIZE,
		     PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	assert(p == (void *)(uintptr_t)FAKE_BASE);
	frame_array = (struct frame *)calloc(FAKE_FRAMES + first,
					     sizeof(struct frame));
	for (i = 0; i < FAKE_FRAMES; i++)
		frame_array[first + i].kind = FRAME_FREE;
	for (i = 0; i < FAKE_SINGLES; i++)
		fake_free_single[i] = (uint32_t)(first + FAKE_SINGLES - 1 - i);
	fake_free_singles = FAKE_SINGLES;
}

static bool
fake_fails(void)
{
	if (fake_fail_after < 0 || fake_fail_after-- > 0)
		return false;
	fake_failures++;
	return true;
}

static void
fake_start(struct frame *f, enum frame_kind kind, unsigned order)
{
	assert(f->kind == FRAME_FREE && refcount_read(&f->refs) == 0);
	f->kind = (uint8_t)kind;
	f->order = (uint8_t)order;
	atomic_store(&f->bits, 0);
	f->owner = NULL;
	refcount_set(&f->refs, 1);
}

struct frame *
frame_alloc(enum frame_kind kind, unsigned flags)
{
	struct frame *f = NULL;

	pthread_mutex_lock(&fake_lock);
	if (fake_free_singles && !fake_fails()) {
		f = frame_from_pfn(fake_free_single[--fake_free_singles]);
		fake_start(f, kind, 0);
		fake_out++;
	}
	pthread_mutex_unlock(&fake_lock);
	if (f && (flags & FRAME_ZERO))
		memset(frame_data(f), 0, PAGE_SIZE);
	return f;
}

void
frame_free(struct frame *f)
{
	assert(f->kind > FRAME_FREE && f->order == 0);
	assert(refcount_read(&f->refs) == 0);
	if (fake_free_hook)
		fake_free_hook(f);
	memset(frame_data(f), 0xdd, PAGE_SIZE);
	pthread_mutex_lock(&fake_lock);
	f->kind = FRAME_FREE;
	if (fake_pfn(f) < FAKE_SINGLES)
		fake_free_single[fake_free_singles++] = (uint32_t)frame_pfn(f);
	else
		fake_block_out[(fake_pfn(f) - FAKE_SINGLES) / FAKE_BLOCK]--;
	fake_out--;
	pthread_mutex_unlock(&fake_lock);
}

struct frame *
frame_alloc_block(enum frame_kind kind, unsigned order, unsigned flags)
{
	struct frame *head = NULL;
	unsigned i;

	assert(order == 9);
	pthread_mutex_lock(&fake_lock);
	for (i = 0; i < FAKE_BLOCKS && fake_block_out[i]; i++)
		;
	if (i < FAKE_BLOCKS && !fake_fails()) {
		head = frame_from_pfn(FAKE_BASE / PAGE_SIZE + FAKE_SINGLES +
				      i * FAKE_BLOCK);
		fake_start(head, kind, order);
		fake_block_out[i] = FAKE_BLOCK;
		fake_out += FAKE_BLOCK;
	}
	pthread_mutex_unlock(&fake_lock);
	return head;
}

void
frame_split_block(struct frame *head, unsigned order)
{
	enum frame_kind kind = head->kind;
	unsigned i;

	assert(head->order == order && refcount_read(&head->refs) == 1);
	head->kind = FRAME_FREE;
	refcount_set(&head->refs, 0);
	for (i = 0; i < 1u << order; i++)
		fake_start(&head[i], kind, 0);
}

void
frame_join_block(struct frame *head, unsigned order)
{
	unsigned i;

	for (i = 0; i < 1u << order; i++) {
		assert(refcount_read(&head[i].refs) == 1);
		assert(head[i].order == 0 && head[i].kind == head->kind);
		if (i) {
			head[i].kind = FRAME_FREE;
			refcount_set(&head[i].refs, 0);
		}
	}
	head->order = (uint8_t)order;
}

void
frame_free_block(struct frame *head, unsigned order)
{
	unsigned i;

	assert(head->order == order && refcount_read(&head->refs) <= 1);
	refcount_set(&head->refs, 0);
	head->order = 0;
	for (i = 0; i < 1u << order; i++) {
		if (fake_free_hook)
			fake_free_hook(&head[i]);
		memset(frame_data(&head[i]), 0xdd, PAGE_SIZE);
	}
	pthread_mutex_lock(&fake_lock);
	head->kind = FRAME_FREE;
	fake_block_out[(fake_pfn(head) - FAKE_SINGLES) / FAKE_BLOCK] = 0;
	fake_out -= FAKE_BLOCK;
	pthread_mutex_unlock(&fake_lock);
}

void
frame_copy(struct frame *dst, const struct frame *src)
{
	memcpy(frame_data(dst), frame_data(src), PAGE_SIZE);
}

static pte_t
kernel_half_entry(unsigned i)
{
	return 0xfee1000000000000 | i;
}

void
mmu_root_init(void *root_node)
{
	pte_t *pte = root_node;
	unsigned i;

	for (i = KERNEL_HALF; i < PTE_PER_NODE; i++)
		pte[i] = kernel_half_entry(i);
}

/* xorshift64: the same run for the same seed. */
static inline uint64_t
fake_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}
