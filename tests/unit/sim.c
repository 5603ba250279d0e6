/* SPDX-License-Identifier: MIT */
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <sanitizer/common_interface_defs.h>

#include "arch/clock.h"
#include "arch/upcall.h"
#include "core/percpu.h"
#include "mm/frame.h"
#include "mm/kmap.h"
#include "mm/slab.h"
#include "sched/runq_priv.h"

/*
 * sim.c - see sim.h.  Two kinds of switches, both between coroutines:
 *
 *	arch_thread_switch()	one CPU goes from one thread to another
 *	hop()			the host goes from one CPU to another
 */

#define CPUS_MAX      8
#define BOOT_STACK    (256UL << 10)
#define TIME_LIMIT_NS (3600 * NSEC_PER_SEC)

struct coroutine {
	ucontext_t context;
	void *stack; /* what the sanitizer must know of it */
	size_t size;
	void *shadow;
	void (*entry)(void *arg);
	void *arg;
};

static struct vcpu {
	struct coroutine *now; /* what it executes when it is its turn */
	struct thread *current;
	struct mmu_context *space;
	uint64_t event_ns;
	bool irqs_off, kicked, halted;
	struct coroutine boot;
	char *percpu;
} vcpus[CPUS_MAX];

static unsigned cpus, here; /* how many; whose turn it is */
static uint64_t now_ns, random_state, first_seed;
static struct coroutine host;
static void (*body)(void);

uintptr_t percpu_offsets[CPU_MAX];
extern char __start_sim_percpu[], __stop_sim_percpu[];

/* --- telling ------------------------------------------------------------- */

void
sim_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n%u CPUs, seed %lu, time %lu, CPU %u\n", cpus,
		first_seed, now_ns, here);
	for (unsigned i = 0; i < cpus; i++)
		fprintf(stderr, "  CPU %u: %s, halted %d, irqs %s\n", i,
			vcpus[i].current ? vcpus[i].current->name : "?",
			vcpus[i].halted, vcpus[i].irqs_off ? "off" : "on");
	abort();
}

NORETURN void
panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	sim_fail(" (panic)");
	abort();
}

bool
panic_in_progress(void)
{
	return false;
}

void
panic_set_thread_name(UNUSED const char *(*fn)(unsigned cpu))
{
}

/* --- coroutines ---------------------------------------------------------- */

uint64_t
sim_random(uint64_t below)
{
	random_state =
		random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (random_state >> 33) % below;
}

static void
go(struct coroutine *from, struct coroutine *to, bool for_ever)
{
	__sanitizer_start_switch_fiber(for_ever ? NULL : &from->shadow,
				       to->stack, to->size);
	swapcontext(&from->context, &to->context);
	__sanitizer_finish_switch_fiber(from->shadow, NULL, NULL);
}

static void
coroutine_main(unsigned high, unsigned low)
{
	struct coroutine *c = (struct coroutine *)((uintptr_t)high << 32 | low);
	const void *old_stack;
	size_t old_size;

	__sanitizer_finish_switch_fiber(NULL, &old_stack, &old_size);
	if (!host.stack) {
		host.stack = (void *)(uintptr_t)old_stack;
		host.size = old_size;
	}
	c->entry(c->arg);
	sim_fail("a coroutine returned");
}

static void
coroutine_init(struct coroutine *c, void *stack, size_t size,
	       void (*entry)(void *arg), void *arg)
{
	uintptr_t p = (uintptr_t)c;

	*c = (struct coroutine){
		.stack = stack, .size = size, .entry = entry, .arg = arg
	};
	getcontext(&c->context);
	c->context.uc_stack.ss_sp = stack;
	c->context.uc_stack.ss_size = size;
	makecontext(&c->context, (void (*)(void))coroutine_main, 2,
		    (unsigned)(p >> 32), (unsigned)p);
}

/* --- CPUs ---------------------------------------------------------------- */

static void
hop(unsigned to)
{
	unsigned from = here;

	if (to == from)
		return;
	here = to;
	go(vcpus[from].now, vcpus[to].now, false);
}

static bool
pending(const struct vcpu *v)
{
	return v->kicked || v->event_ns <= now_ns;
}

static void
take_interrupts(void)
{
	while (!vcpus[here].irqs_off && pending(&vcpus[here])) {
		struct vcpu *v = &vcpus[here];

		v->irqs_off = true;
		v->halted = false;
		if (v->kicked) {
			v->kicked = false;
			upcall_reschedule();
		} else {
			v->event_ns = NEVER;
			upcall_timer();
		}
		/* Handlers do not switch threads, so this is the same CPU. */
		vcpus[here].irqs_off = false;
	}
}

void
sim_point(void)
{
	now_ns += sim_random(100);
	take_interrupts();
	if (sim_random(4) == 0)
		hop((unsigned)sim_random(cpus));
	take_interrupts();
	if (now_ns > TIME_LIMIT_NS)
		sim_fail("the run does not end");
}

static bool
all_halted(void)
{
	for (unsigned i = 0; i < cpus; i++) {
		if (!vcpus[i].halted || pending(&vcpus[i]))
			return false;
	}
	return true;
}

/* Nobody has anything to do: let time pass until the next event. */
static void
sleep_all(void)
{
	uint64_t next_ns = NEVER;

	for (unsigned i = 0; i < cpus; i++)
		next_ns = MIN(next_ns, vcpus[i].event_ns);
	if (next_ns == NEVER)
		sim_fail("a wake-up was lost: all CPUs sleep for ever");
	now_ns = MAX(now_ns, next_ns);
}

void
cpu_idle(void)
{
	vcpus[here].irqs_off = false;
	vcpus[here].halted = true;
	while (vcpus[here].halted) {
		if (all_halted())
			sleep_all();
		if (!pending(&vcpus[here]))
			hop((unsigned)sim_random(cpus));
		take_interrupts();
	}
}

unsigned
cpu_id(void)
{
	sim_point();
	return here;
}

unsigned
cpu_count(void)
{
	return cpus;
}

void
cpu_relax(void)
{
	sim_point();
	hop((unsigned)sim_random(cpus));
}

void
irq_disable(void)
{
	sim_point();
	vcpus[here].irqs_off = true;
}

void
irq_enable(void)
{
	vcpus[here].irqs_off = false;
	sim_point();
}

bool
irq_enabled(void)
{
	return !vcpus[here].irqs_off;
}

unsigned long
irq_save(void)
{
	unsigned long was;

	sim_point();
	was = vcpus[here].irqs_off;
	vcpus[here].irqs_off = true;
	return was;
}

void
irq_restore(unsigned long was)
{
	vcpus[here].irqs_off = was;
	sim_point();
}

uint64_t
cycles(void)
{
	return now_ns;
}

struct thread *
current_thread(void)
{
	return vcpus[here].current;
}

void
set_current_thread(struct thread *t)
{
	vcpus[here].current = t;
}

uintptr_t
percpu_offset(void)
{
	return percpu_offsets[here];
}

uint64_t
clock_now_ns(void)
{
	return ++now_ns;
}

void
clock_event_set(uint64_t deadline_ns)
{
	vcpus[here].event_ns = deadline_ns;
}

void
smp_kick(unsigned cpu)
{
	vcpus[cpu].kicked = true;
	sim_point();
}

void
mmu_switch(struct mmu_context *prev, struct mmu_context *next)
{
	SIM_CHECK(vcpus[here].space == prev);
	SIM_CHECK(vcpus[here].irqs_off);
	vcpus[here].space = next;
}

/* --- threads ------------------------------------------------------------- */

void
arch_thread_init(struct arch_thread *at, void *stack_top,
		 void (*entry)(void *arg), void *arg)
{
	/* Room is left above for the user frame and below for the guard. */
	size_t size = KERNEL_STACK_SIZE / 2;
	char *stack = (char *)stack_top - size;

	/* At the lowest end, so that it goes with the stack. */
	at->coroutine = (struct coroutine *)(void *)(stack - size / 2);
	coroutine_init(at->coroutine, stack, size, entry, arg);
	at->running = false;
}

void
arch_thread_adopt(struct arch_thread *at)
{
	at->coroutine = vcpus[here].now;
	at->running = true;
}

void
arch_thread_switch(struct arch_thread *prev, struct arch_thread *next,
		   UNUSED void *stack_top)
{
	struct thread *dying = (struct thread *)prev;

	SIM_CHECK(vcpus[here].irqs_off);
	SIM_CHECK(prev->running && !next->running);
	SIM_CHECK(prev->coroutine == vcpus[here].now);
	prev->running = false;
	next->running = true;
	vcpus[here].now = next->coroutine;
	go(prev->coroutine, next->coroutine, dying->state == THREAD_DEAD);
}

/* Memory is on a list, so that a run may end with threads alive. */
struct block {
	struct list_node link;
	char bytes[] ALIGNED(64);
};

static struct list_node blocks = LIST_INIT(blocks);

void *
kmalloc(size_t size)
{
	struct block *b = calloc(1, sizeof(*b) + size);

	list_push_back(&blocks, &b->link);
	return b->bytes;
}

void
kfree(void *p)
{
	struct block *b = container_of(p, struct block, bytes);

	list_remove(&b->link);
	free(b);
}

void *
kmap_stack_alloc(size_t size)
{
	return kmalloc(size);
}

void
kmap_stack_free(void *stack, UNUSED size_t size)
{
	SIM_CHECK(!vcpus[here].irqs_off);
	kfree(stack);
}

void
kmap_stacks_free(void *first, size_t size)
{
	void *next;

	for (; first; first = next) {
		next = *(void **)first;
		kmap_stack_free(first, size);
	}
}

bool
frame_idle_zero(void)
{
	sim_point();
	return sim_random(4) == 0;
}

void
sim_user(uint64_t ns)
{
	now_ns += ns;
	sim_point();
	if (thread_should_resched(current_thread()))
		schedule();
}

uint64_t
sim_now(void)
{
	return now_ns;
}

/* --- a run --------------------------------------------------------------- */

/* Copies of the variables, redzones of the sanitizer included. */
__attribute__((no_sanitize("address"))) static void
copy_raw(char *dst, const char *src, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((volatile char *)dst)[i] = src[i];
}

static void
finish(UNUSED void *arg)
{
	body();
	/* The list of dead stacks outlives the run: leave it empty. */
	while (stack_reap())
		;
	go(vcpus[here].now, &host, true);
}

static void
boot_cpu(void *arg)
{
	unsigned cpu = (unsigned)(uintptr_t)arg;

	if (cpu > 0) {
		sched_init_cpu();
	} else {
		sched_init(NULL);
		SIM_CHECK(kthread_start("body", finish, NULL));
	}
	sched_idle_loop();
}

static void
make_cpu(unsigned i)
{
	size_t size = (size_t)(__stop_sim_percpu - __start_sim_percpu);
	struct vcpu *v = &vcpus[i];

	*v = (struct vcpu){ .event_ns = NEVER, .irqs_off = true };
	v->percpu = aligned_alloc(4096, ALIGN_UP(size, 4096UL));
	copy_raw(v->percpu, __start_sim_percpu, size);
	percpu_offsets[i] =
		(uintptr_t)v->percpu - (uintptr_t)__start_sim_percpu;
	coroutine_init(&v->boot, aligned_alloc(4096, BOOT_STACK), BOOT_STACK,
		       boot_cpu, (void *)(uintptr_t)i);
	v->now = &v->boot;
}

void
sim_run(unsigned count, uint64_t seed, void (*what)(void))
{
	cpus = count;
	first_seed = random_state = seed;
	now_ns = 1;
	here = 0;
	body = what;
	atomic_store(&sched_online, 0);
	atomic_store(&sched_idle, 0);
	for (unsigned i = 0; i < cpus; i++)
		make_cpu(i);
	go(&host, vcpus[0].now, false);
	for (unsigned i = 0; i < cpus; i++) {
		free(vcpus[i].boot.stack);
		free(vcpus[i].percpu);
	}
	while (!list_empty(&blocks))
		kfree(list_first(&blocks, struct block, link)->bytes);
}
