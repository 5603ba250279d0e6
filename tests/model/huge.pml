/* SPDX-License-Identifier: MIT */
/*
 * huge.pml - three trees hold one 2 MiB block, here of two frames, as huge
 * leaves or as small ones, and break, write and drop it without a common lock.
 * Mirrors kernel/vm/tree_huge.c: huge_get(), huge_put(), huge_break(),
 * huge_exclusive(), and write_leaf() for the frames of a broken block.
 *
 * Safety: who may write a frame in place is the only one that maps it; a frame
 * that somebody maps is not free; when all have dropped it nothing is left.
 *
 * Mutants, -DM_...: each must fail, see run.sh.
 */

#define TREES	3
#define FRAMES	2

byte huge_refs;
byte refs[FRAMES];		/* 0 = free */

bool huge[TREES];		/* maps the block by a huge leaf */
bool small[TREES * FRAMES];	/* maps frame i by a small one */
bool idle[TREES];		/* not inside an operation */
bool leaf_write[TREES];		/* write bit of the huge leaf */

#define held(t, i)	(huge[t] || small[(t) * FRAMES + (i)])
#define others(t, i)	(held((t + 1) % TREES, i) || held((t + 2) % TREES, i))

inline put(i)
{
	d_step {
		assert(refs[i] > 0);
		refs[i]--;
		assert(refs[i] > 0 || !(held(0, i) || held(1, i) || held(2, i)))
	}
}

/* The caller's huge leaf is gone already. */
inline huge_put()
{
#ifdef M_READ_DECIDES
	last = (huge_refs == 1);
	huge_refs--;
#else
	d_step {
		assert(huge_refs > 0);
		last = (huge_refs == 1);
		huge_refs--
	};
#endif
	if
	:: last -> put(0); put(1)
	:: else
	fi
}

inline break_up(t)
{
#ifdef M_ALWAYS_ALONE
	alone = true;
#else
	alone = (huge_refs == 1);
#endif
	if
	:: alone ->
		d_step {
			huge_refs = 0;
			huge[t] = false;
			small[t * FRAMES] = true;
			small[t * FRAMES + 1] = true
		}
	:: else ->
#ifdef M_PUT_FIRST
		huge[t] = false;
		huge_put();
		refs[0]++;
		refs[1]++;
#else
		d_step { assert(refs[0] > 0); refs[0]++ };
		d_step { assert(refs[1] > 0); refs[1]++ };
#endif
		d_step {
			huge[t] = false;
			small[t * FRAMES] = true;
			small[t * FRAMES + 1] = true
		};
#ifndef M_PUT_FIRST
		huge_put()
#endif
	fi;
	leaf_write[t] = false
}

/* In place if alone; else the copy is another frame, not modelled. */
inline write_small(t, i)
{
	if
	:: refs[i] == 1 -> assert(!others(t, i))
	:: else ->
		small[t * FRAMES + i] = false;
		put(i)
	fi
}

/* huge_exclusive() reads one count after the other. */
inline write_huge(t)
{
	alone = (huge_refs == 1);
#ifndef M_HUGE_REFS_ONLY
	alone = alone && (refs[0] == 1);
	alone = alone && (refs[1] == 1);
#endif
	if
	:: alone ->
		leaf_write[t] = true;
		assert(!others(t, 0) && !others(t, 1))
	:: else ->
		break_up(t);
		write_small(t, 1)
	fi
}

proctype tree(byte t)
{
	bool last, alone;
	byte i;

end:	do
	:: atomic { huge[t] -> idle[t] = false };
		if
		:: true -> write_huge(t)
		:: true -> break_up(t)
		:: true ->
			d_step { huge[t] = false; leaf_write[t] = false };
			huge_put()
		:: d_step {
			/* clone: into a tree that does not run yet */
			!huge[(t + 1) % TREES] && idle[(t + 1) % TREES] &&
			!small[(t + 1) % TREES * FRAMES] &&
			!small[(t + 1) % TREES * FRAMES + 1] ->
			leaf_write[t] = false;
			huge_refs++;
			huge[(t + 1) % TREES] = true
		   }
		fi;
		d_step { idle[t] = true; last = 0; alone = 0 }
	:: atomic { small[t * FRAMES] || small[t * FRAMES + 1] ->
		    idle[t] = false };
		i = (small[t * FRAMES] -> 0 : 1);
		if
		:: true -> write_small(t, i)
		:: true -> small[t * FRAMES + i] = false; put(i)
		:: small[t * FRAMES + 1] -> i = 1; write_small(t, i)
		fi;
		d_step { idle[t] = true; i = 0 }
	:: d_step {
		idle[0] && idle[1] && idle[2] ->
		/* Nobody is inside: the counts are what is mapped. */
		assert(huge_refs == huge[0] + huge[1] + huge[2]);
		assert(refs[0] == (huge_refs > 0) + small[0] + small[2] +
		       small[4]);
		assert(refs[1] == (huge_refs > 0) + small[1] + small[3] +
		       small[5]);
		assert(!leaf_write[0] || !(others(0, 0) || others(0, 1)));
		assert(!leaf_write[1] || !(others(1, 0) || others(1, 1)));
		assert(!leaf_write[2] || !(others(2, 0) || others(2, 1)))
	   }
	od
}

init
{
	atomic {
		idle[0] = true;
		idle[1] = true;
		idle[2] = true;
		huge_refs = 1;
		refs[0] = 1;
		refs[1] = 1;
		huge[0] = true;
		leaf_write[0] = true;
		run tree(0);
		run tree(1);
		run tree(2)
	}
}
