/* SPDX-License-Identifier: MIT */
#include "core/random.h"

#include "arch/cpu.h"
#include "core/spinlock.h"
#include "lib/chacha20.h"
#include "lib/string.h"

/*
 * core/random.c - random bytes.
 *
 * All secrecy lies in one 256-bit key.  Every use runs the cipher once under
 * it: the first half of the block becomes the next key, the second half a key
 * for this request alone, from which its bytes are made outside the lock.  So
 * somebody who reads the key later cannot go back to what was handed out, and
 * two requests never share a key.
 *
 * Stirring in 16 bytes makes the next key the cipher's output for them under
 * the present key: input an enemy chooses tells him nothing and cannot undo
 * what is already in, because the key is not his.
 */

static struct spinlock random_lock = SPINLOCK_INIT(LOCK_RANDOM, "random");
static uint8_t random_key[CHACHA20_KEY]; /* [random_lock] */
static unsigned random_bits;             /* [random_lock] believed, capped */
static atomic_bool random_is_ready;      /* [a] random_bits reached 256 */
static _Atomic uint64_t last_event;      /* [a] cycles() at the last one */
static _Atomic uint64_t last_delta;      /* [a] and its distance */

/* A store the compiler cannot drop because the buffer is dead afterwards. */
static void
forget(void *p, size_t n)
{
	memset(p, 0, n);
	__asm__ volatile("" : : "r"(p) : "memory");
}

static void
stir_locked(const uint8_t input[CHACHA20_INPUT]) REQUIRES(random_lock)
{
	uint8_t block[CHACHA20_BLOCK];

	chacha20_block(block, random_key, input);
	memcpy(random_key, block, CHACHA20_KEY);
	forget(block, sizeof(block));
}

static void
credit_locked(unsigned bits) REQUIRES(random_lock)
{
	random_bits = MIN(random_bits + MIN(bits, 256u), 256u);
	if (random_bits == 256)
		atomic_store_explicit(&random_is_ready, true,
				      memory_order_release);
}

static void
mix(const void *data, size_t n, unsigned bits)
{
	const uint8_t *p = data;
	unsigned long irq = spin_lock_irq(&random_lock);

	while (n) {
		uint8_t input[CHACHA20_INPUT] = { 0 };
		size_t step = MIN(n, sizeof(input));

		memcpy(input, p, step);
		stir_locked(input);
		p += step;
		n -= step;
	}
	credit_locked(bits);
	spin_unlock_irq(&random_lock, irq);
}

void
random_mix(const void *data, size_t n)
{
	uint64_t when = cycles();

	mix(&when, sizeof(when), 0);
	mix(data, n, 0);
}

/*
 * One bit is believed of an event whose distance from the last differs from
 * the distance before: a clock that ticks in step with events gives nothing.
 */
void
random_mix_event(uint32_t what)
{
	uint64_t now = cycles();
	uint64_t before = atomic_exchange(&last_event, now);
	uint64_t delta = now - before;
	uint64_t data[2] = { now, what };

	mix(data, sizeof(data),
	    delta != atomic_exchange(&last_delta, delta) ? 1 : 0);
}

void
random_init(const uint8_t *seed, size_t size, unsigned quality_bits)
{
	uint64_t word[4] = { 0 };
	unsigned words = 0;

	mix(seed, size, quality_bits);
	while (words < ARRAY_SIZE(word) && cpu_random(&word[words]))
		words++;
	mix(word, sizeof(word), words * 64);
	word[0] = cycles();
	mix(word, sizeof(word[0]), 0);
	forget(word, sizeof(word));
}

/* A key nobody else has or will have. */
static void
take_key(uint8_t key[CHACHA20_KEY])
{
	static const uint8_t input[CHACHA20_INPUT];
	uint8_t block[CHACHA20_BLOCK];
	unsigned long irq = spin_lock_irq(&random_lock);

	chacha20_block(block, random_key, input);
	memcpy(random_key, block, CHACHA20_KEY);
	spin_unlock_irq(&random_lock, irq);
	memcpy(key, block + CHACHA20_KEY, CHACHA20_KEY);
	forget(block, sizeof(block));
}

void
random_bytes(void *out, size_t n)
{
	uint8_t key[CHACHA20_KEY], block[CHACHA20_BLOCK];
	uint64_t input[2] = { 0 };
	uint8_t *p = out;

	take_key(key);
	if (n <= sizeof(key)) {
		memcpy(out, key, n);
		forget(key, sizeof(key));
		return;
	}
	while (n) {
		size_t step = MIN(n, sizeof(block));

		chacha20_block(block, key, (const uint8_t *)input);
		input[0]++;
		memcpy(p, block, step);
		p += step;
		n -= step;
	}
	forget(key, sizeof(key));
	forget(block, sizeof(block));
}

uint64_t
random_u64(void)
{
	uint64_t v;

	random_bytes(&v, sizeof(v));
	return v;
}

/* Values past the last whole multiple of limit would favour small results. */
uint64_t
random_below(uint64_t limit)
{
	uint64_t excess, v;

	if (limit <= 1)
		return 0;
	excess = (0 - limit) % limit;
	do
		v = random_u64();
	while (v < excess);
	return v % limit;
}

bool
random_ready(void)
{
	return atomic_load_explicit(&random_is_ready, memory_order_acquire);
}
