/* SPDX-License-Identifier: MIT */
#include "arch/usercopy.h"
#include "proc/futex_priv.h"

/*
 * proc/futex_op.c - FUTEX_WAKE_OP: change one word, wake on two.
 */

static int
op_apply(uint32_t op, uint32_t old, uint32_t *new)
{
	uint32_t arg = op >> 12 & 0xfff;

	if (op >> 28 & FUTEX_OP_OPARG_SHIFT)
		arg = 1u << (arg & 31);
	else
		arg = (uint32_t)((int32_t)(arg << 20) >> 20);
	switch (op >> 28 & 7) {
	case FUTEX_OP_SET:
		*new = arg;
		return 0;
	case FUTEX_OP_ADD:
		*new = old + arg;
		return 0;
	case FUTEX_OP_OR:
		*new = old | arg;
		return 0;
	case FUTEX_OP_ANDN:
		*new = old & ~arg;
		return 0;
	case FUTEX_OP_XOR:
		*new = old ^ arg;
		return 0;
	default:
		return -ENOSYS;
	}
}

static int
op_compare(uint32_t op, uint32_t value, bool *out)
{
	int32_t arg = (int32_t)(op << 20) >> 20, v = (int32_t)value;

	switch (op >> 24 & 15) {
	case FUTEX_OP_CMP_EQ:
		*out = v == arg;
		return 0;
	case FUTEX_OP_CMP_NE:
		*out = v != arg;
		return 0;
	case FUTEX_OP_CMP_LT:
		*out = v < arg;
		return 0;
	case FUTEX_OP_CMP_LE:
		*out = v <= arg;
		return 0;
	case FUTEX_OP_CMP_GT:
		*out = v > arg;
		return 0;
	case FUTEX_OP_CMP_GE:
		*out = v >= arg;
		return 0;
	default:
		return -ENOSYS;
	}
}

/* *word = op(*word), atomically; the old value and the comparison's result. */
static int
op_execute(uint32_t USER *word, uint32_t op, bool *hit)
{
	uint32_t old, new, seen;
	int err;

	err = get_user(old, word);
	while (!err) {
		err = op_apply(op, old, &new);
		if (err)
			return err;
		seen = old;
		err = user_cmpxchg_u32(word, &seen, new);
		if (!err && seen == old)
			return op_compare(op, old, hit);
		old = seen;
	}
	return err;
}

int
futex_wake_op(uint32_t USER *a, uint32_t USER *b, unsigned wake_a,
	      unsigned wake_b, uint32_t op, bool private)
{
	struct vm_word_key key;
	bool hit = false;
	int err, n;

	err = futex_key(a, private, &key);
	if (!err)
		err = futex_key(b, private, &key);
	/* The modification may come before the wakes: they find it done. */
	if (!err)
		err = op_execute(b, op, &hit);
	if (err)
		return err;
	n = futex_wake(a, wake_a, FUTEX_BITSET_MATCH_ANY, private);
	if (n < 0 || !hit)
		return n;
	err = futex_wake(b, wake_b, FUTEX_BITSET_MATCH_ANY, private);
	return err < 0 ? err : n + err;
}
