/* SPDX-License-Identifier: MIT */
/*
 * cow.pml - two trees that share a node and its one page.  Programs run on
 * CPUs that remember translations, and pointers to nodes, in the middle of
 * everything the kernel does for them.  Mirrors kernel/vm/:
 *
 *	own_path()	walk_owned(), node_unshare(), node_copy()
 *	write_fault()	tree_write_fault(), replace_leaf()
 *	clone()		tree_clone(), clone_pinned()
 *	unmap(), map(), pin(), destroy()
 *
 * A page's value is 1 when it is new, and 2 + t after tree t wrote to it.
 * Safety: what a CPU reads is what its own space wrote last; no node or frame
 * is used after it was freed; I/O on a pinned frame sees the page it was
 * pinned for, and when that is gone, nothing new.
 *
 * Options: -DCPUS=2 (for tree 0), -DPINS=t (tree t pins), -DLIGHT (what it
 * finds, by hand, without making it its own), -DMAP (unmapped pages come back).  Mutants, -DM_...: each must fail, see run.sh.
 */

#ifndef CPUS
#define CPUS	1
#endif
#ifndef PINS
#define PINS	2		/* nobody */
#endif

#define NODES	4
#define FRAMES	6
#define NONE	7

byte node_refs[NODES];
byte page[NODES];		/* the frame in its one entry */
bool page_write[NODES];		/* and that entry's write bit */
byte frame_refs[FRAMES], value[FRAMES];

bool live[2];			/* the tree exists */
byte root[2];			/* the node in its root */
bool root_write[2];
byte want[2];			/* what its page must read as */

/* A CPU remembers the node or the page, by tree * CPUS + cpu. */
byte tlb_node[2 * CPUS], tlb_page[2 * CPUS];
bool tlb_write[2 * CPUS];	/* all the way there */

byte pinned;			/* frame in I/O for tree PINS */
bool attached;			/* its page is still mapped */
byte pin_value;			/* if not: what it must hold */

inline alloc_node(x)
{
	x = 0;
	do
	:: node_refs[x] == 0 -> break
	:: else -> x++
	od;
	node_refs[x] = 1
}

inline alloc_frame(x)
{
	x = 0;
	do
	:: frame_refs[x] == 0 -> break
	:: else -> x++
	od;
	frame_refs[x] = 1
}

inline put_frame(x)
{
	assert(frame_refs[x] > 0);
	frame_refs[x]--;
	if
	:: frame_refs[x] == 0 -> value[x] = 0
	:: else
	fi
}

/* The drop is atomic, and then nobody else can reach it. */
inline put_node(x)
{
	assert(node_refs[x] > 0);
	node_refs[x]--;
	if
	:: node_refs[x] == 0 ->
		if
		:: page[x] != NONE -> put_frame(page[x])
		:: else
		fi;
		page[x] = NONE;
		page_write[x] = false
	:: else
	fi
}

inline flush_cpu(c)
{
	d_step {
		tlb_node[c] = NONE;
		tlb_page[c] = NONE;
		tlb_write[c] = false
	}
}

/* One CPU after the other. */
#if CPUS == 1
#define flush(t)	flush_cpu(t)
#else
#define flush(t)	flush_cpu(t * 2); flush_cpu(t * 2 + 1)
#endif

/* The page of an I/O went away. */
inline part(t, x)
{
	if
	:: t == PINS && pinned == x && attached ->
		attached = false;
		pin_value = value[x]
	:: else
	fi
}

inline forget(t, x)
{
	d_step { part(t, x); put_frame(x) }
}

inline set_page(x, w)
{
	d_step { page[n] = x; page_write[n] = w }
}

/* The rule.  n becomes the tree's node, owned. */
inline own_path(t)
{
	n = root[t];
	if
#ifdef M_REGAIN_SHARED
	:: false ->
#else
	:: node_refs[n] > 1 ->
#endif
#ifdef M_DROP_FIRST
		d_step { put_node(n) };
#endif
		d_step {
			alloc_node(m);
			if
			:: page[n] != NONE -> frame_refs[page[n]]++
			:: else
			fi;
			page[m] = page[n];
#ifndef M_KEEP_ORIGINAL
			page_write[n] = false;
#endif
			root[t] = m;
			root_write[t] = true
		};
#ifdef M_NODE_BEFORE_FLUSH
		d_step { put_node(n) };
#endif
		flush(t);
#if !defined(M_NODE_BEFORE_FLUSH) && !defined(M_DROP_FIRST)
		d_step { put_node(n) };
#endif
		n = m
	:: else -> root_write[t] = true
	fi
}

inline replace_leaf(t)
{
#ifdef M_STORE_BEFORE_FLUSH
	set_page(g, true);
	flush(t);
	forget(t, f)
#else
	set_page(NONE, false);
#ifdef M_FRAME_BEFORE_FLUSH
	forget(t, f);
#endif
	flush(t);
	set_page(g, true);
#ifndef M_FRAME_BEFORE_FLUSH
	forget(t, f)
#endif
#endif
}

#ifdef M_REUSE_PINNED
#define pins(x)		(pinned == x)
#else
#define pins(x)		0
#endif

inline write_fault(t)
{
	f = page[n];
	if
	:: f == NONE || page_write[n]
	:: else ->
		if
		:: frame_refs[f] - pins(f) == 1 -> page_write[n] = true
		:: else ->
			d_step { alloc_frame(g); value[g] = value[f] };
			replace_leaf(t)
		fi
	fi
}

inline unmap(t)
{
	f = page[n];
	if
	:: f == NONE
	:: else ->
		set_page(NONE, false);
#ifdef M_UNMAP_BEFORE_FLUSH
		forget(t, f);
		flush(t)
#else
		flush(t);
		forget(t, f)
#endif
	fi
}

inline map(t)
{
	d_step {
		if
		:: page[n] == NONE ->
			alloc_frame(f);
			value[f] = 1;
			want[t] = 1;
			page[n] = f;
			page_write[n] = true
		:: else
		fi
	}
}

inline pin(t)
{
#ifdef M_PIN_SHARED
	n = root[t];
#else
	own_path(t);
#ifndef LIGHT
	write_fault(t);
#endif
#endif
	d_step {
		if
		:: page[n] != NONE ->
			pinned = page[n];
			frame_refs[pinned]++;
			attached = page_write[n];
#ifdef M_PIN_SHARED
			attached = true;
#endif
			pin_value = (attached -> 0 : value[pinned])
		:: else
		fi
	}
}

inline unpin()
{
	d_step {
		put_frame(pinned);
		pinned = NONE;
		attached = false;
		pin_value = 0
	}
}

inline start_child(t, node, write, what)
{
	d_step {
		root[1 - t] = node;
		root_write[1 - t] = write;
		want[1 - t] = what;
		live[1 - t] = true
	}
}

inline clone(t)
{
	n = root[t];
	if
#ifndef M_CLONE_PINNED
	:: t == PINS && pinned != NONE && attached ->
		d_step {
			alloc_node(m);
			alloc_frame(g);
			value[g] = value[pinned];
			page[m] = g;
			page_write[m] = true
		};
		start_child(t, m, true, value[g])
#endif
	:: else ->
		node_refs[n]++;
		root_write[t] = false;
#ifndef M_CLONE_NO_FLUSH
		flush(t);
#endif
		start_child(t, n, false, want[t])
	fi
}

/* The CPUs are loaded with something else first. */
inline destroy(t)
{
	d_step {
		part(t, page[root[t]]);
		live[t] = false;
		want[t] = 0;
		root_write[t] = false
	}
	flush(t);
	d_step {
		put_node(root[t]);
		root[t] = NONE
	}
}

/* Calls and faults of one space: its mutex makes them one at a time. */
proctype kernel(byte t)
{
	byte n, m, f, g;

end:	do
	:: live[t] ->
		if
		:: true ->
			own_path(t);
			if
			:: true -> write_fault(t)
			:: true -> unmap(t)
#ifdef MAP
			:: true -> map(t)
#endif
			fi
		:: t == PINS && pinned == NONE -> pin(t)
		:: t == PINS && pinned != NONE -> unpin()
		:: root[1 - t] == NONE && (1 - t != PINS || pinned == NONE) ->
			clone(t)
		:: t == 1 && live[0] -> destroy(t)
		fi;
		d_step { n = 0; m = 0; f = 0; g = 0 }
	od
}

/* A thread of the program, and what its CPU does behind its back. */
proctype user(byte t; byte c)
{
end:	do
	:: d_step {
		live[t] ->
		tlb_page[c] = NONE;
		tlb_node[c] = root[t];
		tlb_write[c] = root_write[t]
	   }
	:: d_step {
		live[t] ->
		if
		:: tlb_node[c] == NONE ->
			tlb_node[c] = root[t];
			tlb_write[c] = root_write[t]
		:: else
		fi;
		assert(node_refs[tlb_node[c]] > 0);
		tlb_page[c] = page[tlb_node[c]];
		tlb_write[c] = tlb_page[c] != NONE && tlb_write[c] &&
			       page_write[tlb_node[c]];
		tlb_node[c] = NONE
	   }
	:: d_step {
		tlb_page[c] != NONE && live[t] ->
		assert(frame_refs[tlb_page[c]] > 0);
		assert(value[tlb_page[c]] == want[t]);
		if
		:: tlb_write[c] ->
			want[t] = 2 + t;
			value[tlb_page[c]] = 2 + t
		:: else
		fi
	   }
	od
}

proctype device()
{
end:	do
	:: d_step {
		pinned != NONE ->
		assert(frame_refs[pinned] > 0);
		assert(value[pinned] == (attached -> want[PINS] : pin_value))
	   }
	od
}

init
{
	byte i;

	atomic {
		for (i : 0 .. 2 * CPUS - 1) {
			tlb_page[i] = NONE;
			tlb_node[i] = NONE
		}
		for (i : 0 .. NODES - 1) {
			page[i] = NONE
		}
		i = 0;
		pinned = NONE;
		root[1] = NONE;
		node_refs[0] = 1;
		page[0] = 0;
		page_write[0] = true;
		frame_refs[0] = 1;
		value[0] = 1;
		want[0] = 1;
		root_write[0] = true;
		live[0] = true;
		run kernel(0);
		run kernel(1);
		run user(0, 0);
		run user(1, CPUS);
#if CPUS > 1
		run user(0, 1);
#endif
#if PINS < 2
		run device()
#endif
	}
}
