/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * ring.pml - edgewasm/ring.h as a model, every interleaving: one producer that claims batches of one or two records,
 * wraps, aborts and dies at any store (its successor recovers), and one consumer that reads, dies before it
 * releases, and comes back.  Room is N words; a record is its frame and payload that looks like a frame.
 *
 * Shown: the consumer takes nothing for a frame that is none, gets each committed record once and in order,
 * whole, and finds it unchanged until it releases it; nothing that is committed is lost when somebody dies.
 * Every shared access is one step, in the order of the program: what the release and acquire orders keep.
 */
#ifndef N
#define N 5
#endif
#define EVENTS 5 /* committed in a run */
#define PAD 16
#define JUNK 1 /* as payload: a frame of one word, if one were to believe it */

byte room[N];
byte head;	   /* the consumer's */
byte number[N];	   /* ghost: which event begins at this word */
byte committed;	   /* ghost: how many frames have been published */
byte taken;	   /* ghost: how many have been released */
byte deaths;

active proctype producer()
{
	byte at, open, openframe, count, seen, size, place, i, end, again;

life:	do
	:: committed >= EVENTS -> break
	:: committed < EVENTS ->
		atomic { count = 0; open = at; openframe = 0; seen = 0; size = 0; place = 0 };
		do
		:: count < 2 && committed + count < EVENTS ->
			if :: size = 1 :: size = 2 fi; /* N / 2 is the largest */
			seen = head;
			/* find_room() */
			if
			:: at < seen && at + size < seen -> place = at
			:: at >= seen && at + size < N -> place = at
			:: at >= seen && at + size == N && seen > 0 -> place = at
			:: at >= seen && at + size >= N && !(at + size == N && seen > 0) && size < seen -> place = 0
			:: else -> break /* full */
			fi;
			if
			:: place != at -> /* padding, the first frame of the batch or hidden behind it */
				if
				:: at == open && count == 0 -> openframe = PAD
				:: else -> room[at] = PAD
				fi;
				room[place] = size
			:: place == at && at == open && count == 0 -> openframe = size
			:: else -> room[place] = size
			fi;
			number[place] = committed + count;
			if :: size == 2 -> room[place + 1] = JUNK :: else fi;
			at = (place + size == N -> 0 : place + size);
			count++;
			if :: deaths < 2 -> deaths++; goto died :: true fi
		:: count > 0 -> break
		od;
		if
		:: count > 0 ->
			room[at] = 0;
			if :: deaths < 2 -> deaths++; goto died :: true fi;
			atomic { room[open] = openframe; committed = committed + count };
			if :: deaths < 2 -> deaths++; goto died :: true fi
		:: else
		fi
	od;
	goto done;
died:	/* ew_ring_recover(): the frames from the consumer's head on are all it trusts */
	at = head;
	do
	:: room[at] == 0 -> break
	:: room[at] == PAD -> at = 0
	:: else -> at = (at + room[at] == N -> 0 : at + room[at])
	od;
	room[at] = 0; /* it is, unless the memory was damaged */
	goto life;
done:	skip
}

active proctype consumer()
{
	byte at, frame, k, first, n;

	do
	:: taken == EVENTS -> break
	:: taken < EVENTS ->
		at = head; n = 0;
		do
		:: n < 2 ->
			frame = room[at];
			if
			:: frame == 0 -> break
			:: frame == PAD -> at = 0; frame = room[0]; assert(frame == 1 || frame == 2)
			:: else
			fi;
			assert(frame == 1 || frame == 2);
			assert(number[at] == taken + n && taken + n < committed);
			if :: frame == 2 -> assert(room[at + 1] == JUNK) :: else fi;
			at = (at + frame == N -> 0 : at + frame);
			n++
		:: n > 0 -> break
		od;
		if
		:: n > 0 -> /* still what it was? then release */
			first = (room[head] == PAD -> 0 : head);
			assert(number[first] == taken);
			if
			:: atomic { head = at; taken = taken + n }
			:: skip /* died: the next one gets the same */
			fi
		:: else
		fi
	od
}
