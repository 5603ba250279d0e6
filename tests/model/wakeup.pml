/* SPDX-License-Identifier: MIT */
/* mutants: MUTANT_CHECK_FIRST MUTANT_EARLY_UNLOCK MUTANT_NO_RECHECK MUTANT_IGNORE_CURRENT MUTANT_STALE_STATE MUTANT_LATE_OWNER MUTANT_IDLE_WINDOW MUTANT_NO_PROD */
/*
 * wakeup.pml - sleeping, waking, switching and stealing of one thread.
 *
 * Mirrors thread_sleep_begin(), thread_sleep(), thread_wake() and wake_up() of
 * kernel/sched/sleep.c, switch_away() and switch_finish() of switch.c,
 * runq_lock_of() of runq.c, place_thread() and place_pull() of place.c, and
 * sched_idle_loop() of idle.c.
 *
 * Two CPUs execute either their idle thread or the one thread T, which waits
 * ROUNDS times for a condition.  Two wakers stand for interrupts and other
 * CPUs: they make the condition true and wake T, on its old CPU or on another.
 *
 * Checked: T's stack is never in use twice; T is never on two queues, nor on
 * one while it runs; and no wake-up is lost: the only way to stop is that T
 * has seen the condition ROUNDS times.
 *
 * As it stands it has 5 million states; 4 rounds (34 million) pass as well.
 */

#define ROUNDS 2
#define CPUS   2

#define READY 0
#define SLEEP 1

byte state = READY;
byte owner = 0;            /* t->cpu: whose queue T belongs to */
bool condition = false;
byte seen = 0;             /* times T saw the condition */
byte made = 0;             /* times a waker made it true */

bool lock[CPUS];
bool queued[CPUS];         /* T waits on that queue */
bool current_is_t[CPUS];   /* rq->current, else the idle thread */
bool resched[CPUS];
bool kicked[CPUS];         /* an interrupt is pending */
byte stacks = 0;           /* CPUs that use T's stack */
byte spare = 2;            /* wake-ups and looks without need, still allowed */

#define LOCK(c)   atomic { !lock[c] -> lock[c] = true }
#define UNLOCK(c) lock[c] = false

/* runq_add(): queue T on CPU c, whose lock is held, and prod that CPU. */
inline add(c)
{
	assert(lock[c]);
	assert(!queued[0] && !queued[1]);
	assert(!current_is_t[0] && !current_is_t[1]);
	queued[c] = true;
#ifndef MUTANT_NO_PROD
	resched[c] = true;
	kicked[c] = true
#endif
}

/* runq_lock_of(): on return c is the owner and locked. */
inline lock_owner(c)
{
	do
	:: c = owner;
	   LOCK(c);
#ifdef MUTANT_NO_RECHECK
	   break
#else
	   if
	   :: owner == c -> break
	   :: else -> UNLOCK(c)
	   fi
#endif
	od
}

/* thread_wake(), wake_up(), place_thread() */
inline wake(c, to)
{
	lock_owner(c);
	if
	:: state == READY -> UNLOCK(c)
	:: else ->
		state = READY;
		if
#ifndef MUTANT_IGNORE_CURRENT
		:: current_is_t[c] -> UNLOCK(c)
#endif
		:: else ->
			if
			:: to = 0
			:: to = 1
			fi;
			if
			:: to == c -> add(c); UNLOCK(c)
			:: else ->
#ifdef MUTANT_LATE_OWNER
				UNLOCK(c);
				LOCK(to);
				add(to);
				UNLOCK(to);
				owner = to
#else
				owner = to;
				UNLOCK(c);
				LOCK(to);
				add(to);
				UNLOCK(to)
#endif
			fi
		fi
	fi
}

active [2] proctype waker()
{
	byte c, to;

	do
	:: atomic {
		made < ROUNDS && !condition && made == seen ->
		made++;
		condition = true
	   };
	   wake(c, to)
	:: atomic { made < ROUNDS && spare > 0 -> spare-- };
	   wake(c, to)                      /* for no reason */
	:: made == ROUNDS -> break
	od
}

/* place_pull(): CPU me, its queue locked, takes T from the other one. */
inline pull(me, got)
{
	got = false;
	if
	:: atomic { !lock[1 - me] -> lock[1 - me] = true };  /* try */
	   if
	   :: queued[1 - me] ->
		queued[1 - me] = false;
		owner = me;
		got = true
	   :: else -> skip
	   fi;
	   UNLOCK(1 - me)
	:: skip                             /* it was taken, or not tried */
	fi
}

/* The idle thread's way through switch_away(). */
inline idle_schedule(me, got)
{
	LOCK(me);
	resched[me] = false;
	got = queued[me];
	if
	:: got -> queued[me] = false
	:: else ->
		pull(me, got)
	fi;
	if
	:: got ->
		current_is_t[me] = true;
		stacks++;
		assert(stacks == 1)
	:: else -> skip
	fi;
	UNLOCK(me)
}

/* T's way through switch_away(): block, or go on if a waker came in time. */
inline t_schedule(me, blocked)
{
#ifdef MUTANT_STALE_STATE
	blocked = (state == SLEEP);
	LOCK(me);
#else
	LOCK(me);
	blocked = (state == SLEEP);
#endif
	if
	:: blocked ->
		current_is_t[me] = false;
#ifdef MUTANT_EARLY_UNLOCK
		UNLOCK(me);
		stacks--
#else
		stacks--;                   /* arch_thread_switch() is over */
		UNLOCK(me)
#endif
	:: else -> UNLOCK(me)
	fi
}

proctype cpu(byte me)
{
	bool here, sees;

	if
	:: current_is_t[me] -> goto run_t
	:: else -> goto idle
	fi;
idle:
	if
	:: kicked[me] -> kicked[me] = false /* interrupts are on here */
	:: skip
	fi;
	/* interrupts off: from here on a kick stays pending */
	if
	:: resched[me] -> goto look
	:: atomic { spare > 0 -> spare-- }; goto look
	:: else -> skip
	fi;
#ifdef MUTANT_IDLE_WINDOW
	if
	:: kicked[me] -> kicked[me] = false
	:: skip
	fi;
#endif
	if                                  /* sti; hlt */
	:: kicked[me] -> kicked[me] = false; goto idle
	:: seen == ROUNDS -> goto end
	fi;
look:
	idle_schedule(me, here);
	if
	:: here -> goto run_t
	:: else -> goto idle
	fi;
run_t:
	/* T's code: wait_event(), until it has seen enough */
	if
	:: seen == ROUNDS -> goto end
	:: else -> skip
	fi;
#ifdef MUTANT_CHECK_FIRST
	sees = condition;
	state = SLEEP;
#else
	state = SLEEP;
	sees = condition;
#endif
	if
	:: sees ->
		state = READY;
		condition = false;
		seen++;
		goto run_t
	:: else -> skip
	fi;
	t_schedule(me, sees);
	if
	:: sees -> goto idle                /* this CPU goes on without T */
	:: else -> goto run_t
	fi;
end:
	skip
}

init
{
	current_is_t[0] = true;
	stacks = 1;
	atomic {
		run cpu(0);
		run cpu(1)
	}
}
