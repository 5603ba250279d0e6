/* SPDX-License-Identifier: MIT */

/*
 * chance.c - random numbers: the kernel's seed and the choice of its slide.
 *
 * Sources are combined by exclusive or, so a bad one cannot spoil a good one:
 * the firmware's generator, RDRAND, and, always, the jitter of the TSC around
 * a call into the firmware.  Jitter alone is believed to be worth one bit in
 * eight samples.  The slide has a number of its own: it can be learnt from
 * addresses, and must tell nothing about the seed.
 */

#include "io.h"
#include "lib/string.h"
#include "loader.h"

#define WORDS          9 /* 64 bytes of seed, one word for the slide */
#define RDRAND_TRIES   10
#define JITTER_SAMPLES 64
#define CPUID_RDRAND   (1U << 30)

_Static_assert((WORDS - 1) * 8 == sizeof(((struct boot_info *)0)->seed),
	       "seed and one word");

static bool
from_firmware(struct loader *l, uint64_t *words)
{
	EFI_GUID guid = EFI_RNG_GUID;
	uint64_t fresh[WORDS] = { 0 };
	struct efi_rng *rng;

	if (EFI_ERROR(l->bs->LocateProtocol(&guid, NULL, (void **)&rng)) ||
	    EFI_ERROR(rng->get_rng(rng, NULL, sizeof(fresh), (UINT8 *)fresh)))
		return false;
	for (size_t i = 0; i < WORDS; i++)
		words[i] ^= fresh[i];
	return true;
}

/*
 * Some processors answer all ones, or the same again, with success after a
 * suspend: equal neighbours are not believed.
 */
static bool
from_rdrand(uint64_t *words)
{
	uint64_t fresh[WORDS];

	if (!(cpu_id(1, 0).ecx & CPUID_RDRAND))
		return false;
	for (size_t i = 0; i < WORDS; i++) {
		unsigned tries = RDRAND_TRIES;

		while (!cpu_rdrand(&fresh[i]) && --tries)
			;
		if (!tries || (i && fresh[i] == fresh[i - 1]))
			return false;
	}
	for (size_t i = 0; i < WORDS; i++)
		words[i] ^= fresh[i];
	return true;
}

/* A bijection that spreads every bit (the finaliser of splitmix64). */
static uint64_t
spread(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static void
from_jitter(struct loader *l, uint64_t *words)
{
	uint64_t pool = (uint64_t)l->info ^ (uint64_t)l->image << 20;

	for (size_t i = 0; i < WORDS; i++) {
		for (unsigned n = 0; n < JITTER_SAMPLES / WORDS + 1; n++) {
			l->bs->Stall(1);
			pool = spread(pool + cpu_tsc());
		}
		words[i] ^= pool;
	}
}

void
chance_collect(struct loader *l)
{
	uint64_t words[WORDS] = { 0 };
	uint32_t bits = JITTER_SAMPLES / 8;

	from_jitter(l, words);
	if (from_rdrand(words))
		bits = 256;
	if (from_firmware(l, words))
		bits = sizeof(l->info->seed) * 8;
	memcpy(l->info->seed, words, sizeof(l->info->seed));
	l->info->seed_quality = bits;
	l->chance = words[WORDS - 1];
}
