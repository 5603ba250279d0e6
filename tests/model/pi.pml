/* SPDX-License-Identifier: MIT */
/* mutants: M_FREE_WORD M_KEEP_TURN M_EXIT_FIRST M_BLIND_WORD */
/*
 * pi.pml - a PI lock: the word in user memory, and what the kernel knows.
 *
 * Mirrors pi_attempt(), take_orphan(), pi_sleep(), pi_give_up(),
 * futex_unlock_pi() and futex_pi_exit() of kernel/proc/futex_pi_lock.c, and
 * release() of futex_robust.c, for one lock.  Priorities do not matter to it:
 * the best waiter is the one with the lowest number.
 *
 * THREADS threads each want the lock ROUNDS times.  They take and give it back
 * in user mode when they can; some waits are given up, some owners die.
 *
 * Checked: nobody has the lock while another has; the kernel's owner is the
 * word's; a lock whose owner died is never refused, for the lock is a robust
 * one; and nobody waits for ever: the only way to stop is that all are done.
 */

#ifndef THREADS
#define THREADS 3
#endif
#define ROUNDS  2

#define TID(v)  ((v) & 3)
#define WAITERS 4
#define DIED    8

byte word = 0;
bool lock = false;             /* futex_pi_lock */
bool exists = false;           /* there is a struct pi_futex */
byte owner = 0;                /* its owner, 0 = it died */
bool waiting[THREADS + 1];
bool granted[THREADS + 1];
bool turn[THREADS + 1];
bool exited[THREADS + 1];
byte inside = 0;               /* threads that have the lock */
byte give_ups = 1;             /* still allowed */
byte deaths = 1;

#define LOCK   atomic { !lock -> lock = true }
#define UNLOCK lock = false

/* An atomic change of the word by who has looked at it before. */
inline change(old, new, ok)
{
	atomic {
#ifdef M_BLIND_WORD
		word = new; ok = true
#else
		if
		:: word == old -> word = new; ok = true
		:: else -> ok = false
		fi
#endif
	}
}

/* The best waiter but `not`, 0 = none; under the lock. */
inline best(not, who)
{
	d_step {
		who = 1;
		do
		:: who > THREADS -> who = 0; break
		:: who <= THREADS && waiting[who] && who != not -> break
		:: else -> who++
		od
	}
}

#define BIT(who) ((who) != 0 -> WAITERS : 0)

inline give_turn(who)
{
	best(0, who);
	if
	:: who != 0 -> turn[who] = true
	:: else -> skip
	fi
}

/* The part of a death that concerns the kernel. */
inline pi_exit(me, who)
{
	LOCK;
	exited[me] = true;
	if
	:: exists && owner == me -> owner = 0; give_turn(who)
	:: else -> skip
	fi;
	UNLOCK
}

/* The robust list's part: mark the word, if it is still ours. */
inline robust_exit(me, v, ok)
{
	do
	:: v = word;
	   if
	   :: TID(v) == me -> change(v, (v & WAITERS) | DIED, ok)
	   :: else -> ok = true
	   fi;
	   if
	   :: ok -> break
	   :: else -> skip
	   fi
	od
}

proctype thread(byte me)
{
	byte v, who, rounds = 0;
	bool ok;

want:
	if
	:: rounds == ROUNDS -> goto end
	:: else -> rounds++
	fi;
	change(0, me, ok);             /* in user mode */
	if
	:: ok -> goto have
	:: else -> skip
	fi;
attempt:
	LOCK;
	v = word;
	assert(TID(v) != me);
	if
	:: !exists && TID(v) == 0 ->
		change(v, me | (v & DIED), ok);
		UNLOCK;
		if
		:: ok -> goto have
		:: else -> goto attempt
		fi
	:: !exists && TID(v) != 0 && exited[TID(v)] ->
		assert(false)          /* ESRCH */
	:: else -> skip
	fi;
	assert(!exists || owner == 0 || TID(v) == owner ||
	       (TID(v) == 0 && (v & DIED)));
	ok = true;
	if
	:: !(v & WAITERS) -> change(v, v | WAITERS, ok)
	:: else -> skip
	fi;
	if
	:: !ok -> UNLOCK; goto attempt
	:: else -> skip
	fi;
	if
	:: !exists -> exists = true; owner = TID(v)
	:: else -> skip
	fi;
	waiting[me] = true;
	turn[me] = (owner == 0);
	UNLOCK;

asleep:
	if
	:: granted[me] ->
		LOCK; UNLOCK;          /* who granted it is through with us */
		granted[me] = false;
		goto have
	:: turn[me] && !granted[me] ->
		LOCK;
		turn[me] = false;
		if
		:: !waiting[me] || owner != 0 -> UNLOCK; goto asleep
		:: else -> skip
		fi;
		v = word;
		best(me, who);
		change(v, me | DIED | BIT(who), ok);
		if
		:: !ok -> turn[me] = true; UNLOCK; goto asleep
		:: else -> skip
		fi;
		waiting[me] = false;
		if
		:: who != 0 -> owner = me
		:: else -> exists = false
		fi;
		UNLOCK;
		goto have
	:: atomic { give_ups > 0 -> give_ups-- };
		LOCK;
		if
		:: !waiting[me] ->     /* granted meanwhile */
			UNLOCK;
			granted[me] = false;
			goto have
		:: else -> skip
		fi;
		waiting[me] = false;
		turn[me] = false;
		best(0, who);
		if
		:: who == 0 -> exists = false; owner = 0
#ifndef M_KEEP_TURN
		:: who != 0 && owner == 0 -> turn[who] = true
#endif
		:: else -> skip
		fi;
		UNLOCK;
		goto want
	fi;

have:
	turn[me] = false;
	inside++;
	assert(inside == 1);
	if
	:: skip
	:: atomic { deaths > 0 -> deaths-- };
		inside--;
#ifdef M_EXIT_FIRST
		pi_exit(me, who);
		robust_exit(me, v, ok);
#else
		robust_exit(me, v, ok);
		pi_exit(me, who);
#endif
		goto end
	fi;
	inside--;
	change(me, 0, ok);             /* in user mode */
	if
	:: ok -> goto want
	:: else -> skip
	fi;
unlock:
	v = word;
	assert(TID(v) == me);
	LOCK;
	if
	:: !exists -> change(v, 0, ok)
	:: else ->
		assert(owner == me);
		best(0, who);
		assert(who != 0);
		waiting[who] = false;
		ok = false;
		{
			byte more;

			best(0, more);
#ifdef M_FREE_WORD
			change(v, 0, ok);
#else
			change(v, who | BIT(more), ok);
#endif
			if
			:: !ok -> waiting[who] = true
			:: ok && more != 0 -> owner = who
			:: else -> exists = false
			fi
		};
		granted[who] = ok
	fi;
	UNLOCK;
	if
	:: ok -> goto want
	:: else -> goto unlock
	fi;
end:
	skip
}

init
{
	byte i = 1;

	atomic {
		do
		:: i <= THREADS -> run thread(i); i++
		:: else -> break
		od
	}
}
