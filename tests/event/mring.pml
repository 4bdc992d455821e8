/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * mring.pml - lib/event/mring.h as a model, every interleaving: two producers that claim by compare-and-swap, write, commit
 * or abort, or die there, and a consumer that releases, zeroes, tells, and dies behind each store.  Room is N grains; a record
 * is its frame and payload that looks like a frame.
 *
 * Shown: no two claims overlap, nor do they touch what the consumer has; the consumer takes nothing for a frame that is
 * none, gets each committed record in the order of claiming and finds it unchanged; free grains are 0.
 * TOLD_LATE lets head_told lag, as it does in a larger room.
 */
#define N 4
#ifndef CLAIMS
#define CLAIMS 3
#endif
#define PRODUCERS 2
#define BUSY 16
#define PAD 32
#define SKIP 64
#define JUNK 1

byte room[N];
byte owner[N]; /* ghost: 0 free, else who may write there: producer + 1, or 9 for the consumer */
byte tail_at, tail_lap, tail_seq; /* one word: always read and swapped together */
byte head_at, head_lap;		  /* one word */
byte told_at, told_lap;		  /* one word */
byte to_at, to_lap;		  /* release_to */
byte claimed, ended, deaths;

/* Grains from the place a to b, modulo 2 N. */
#define DISTANCE(al, aa, bl, ba) ((ba + N * (al != bl) - aa + 2 * N) % (2 * N))

active [PRODUCERS] proctype producer()
{
	byte at, lap, seq, h_at, h_lap, size, pad, used, place, i, end;

again:	do
	:: atomic { claimed >= CLAIMS -> break }
	:: atomic { /* what is left of the last round tells no states apart */
			claimed < CLAIMS -> at = tail_at; lap = tail_lap; seq = tail_seq;
			h_at = 0; h_lap = 0; size = 0; pad = 0; used = 0; place = 0; i = 0; end = 0
		};
		atomic {
			if :: size = 1 :: size = 2 fi;
			pad = (size > N - at -> N - at : 0)
		};
		atomic {
			h_at = told_at; h_lap = told_lap;
			used = DISTANCE(h_lap, h_at, lap, at)
		};
		if
		:: used <= N && pad + size < N - used
		:: else ->
			atomic {
				h_at = head_at; h_lap = head_lap;
				used = DISTANCE(h_lap, h_at, lap, at)
			};
			if
			:: used <= N && pad + size < N - used
			:: else -> goto again /* full, or the tail has moved */
			fi
		fi;
		atomic {
			end = at + pad + size;
			if
			:: tail_at == at && tail_lap == lap && tail_seq == seq && claimed < CLAIMS ->
				tail_at = (end >= N -> end - N : end);
				tail_lap = (end >= N -> 1 - lap : lap);
				tail_seq++;
				claimed++;
				i = 0;
				do /* what was claimed was nobody's, and all zeros */
				:: i < pad + size ->
					assert(owner[(at + i) % N] == 0 && room[(at + i) % N] == 0);
					owner[(at + i) % N] = _pid + 1;
					i++
				:: else -> break
				od
			:: else -> goto again
			fi
		};
		place = (pad > 0 -> 0 : at);
		if :: deaths < 1 -> deaths++; goto dead :: true fi; /* nothing is written yet */
		if
		:: pad > 0 -> d_step { assert(owner[at] == _pid + 1); room[at] = PAD + pad }
		:: else
		fi;
		d_step { assert(owner[place] == _pid + 1); room[place] = BUSY + size };
		if
		:: size == 2 -> d_step { assert(owner[place + 1] == _pid + 1); room[place + 1] = JUNK }
		:: else
		fi;
		if
		:: room[place] = size
		:: room[place] = SKIP + size
		:: deaths < 1 -> deaths++; goto dead
		fi
	od;
dead:	atomic {
		at = 0; lap = 0; seq = 0; h_at = 0; h_lap = 0; size = 0; pad = 0; used = 0; place = 0; i = 0; end = 0;
		ended++
	}
}

/* Producers know of the release under way. */
#define TOLD (told_at == to_at && told_lap == to_lap)

/* What the consumer had is nobody's, from the first word on that says so. */
inline free()
{
	i = 0;
	do
	:: i < size -> owner[(at + i) % N] = 0; i++
	:: else -> break
	od
}

active proctype consumer()
{
	byte at, lap, frame, size, i, left, n;

	do
	:: head_at == tail_at && head_lap == tail_lap && ended == PRODUCERS -> break
	:: else ->
		at = head_at; lap = head_lap;
		frame = room[at];
		if
		:: frame == 0 || (frame & BUSY) ->
			/* recover_producers(), when nobody else is at work */
			if
			:: ended == PRODUCERS && !(head_at == tail_at && head_lap == tail_lap) ->
				frame = room[at];
				left = DISTANCE(head_lap, head_at, tail_lap, tail_at);
				if
				:: frame == 0 ->
					n = 0;
					do
					:: n < left && at + n < N && room[at + n] == 0 -> n++
					:: else -> break
					od;
					room[at] = SKIP + n
				:: (frame & BUSY) -> room[at] = SKIP + (frame & 3)
				:: else
				fi
			:: else
			fi;
			goto next
		:: else
		fi;
		atomic { /* reading on, event after event, it never comes past the tail */
			i = at; n = 0;
			do
			:: room[i] == 0 || (room[i] & BUSY) || n > N -> break
			:: else -> n = n + (room[i] & 7); i = (i + (room[i] & 7)) % N
			od;
			assert(n <= DISTANCE(head_lap, head_at, tail_lap, tail_at));
			i = 0; n = 0
		};
		size = frame & 7; /* a whole room is never padding */
		assert(size >= 1 && size <= 4);
		assert((frame & (PAD | SKIP)) || size <= 2);
		atomic {
			i = 0;
			do /* it is the consumer's now */
			:: i < size -> assert(owner[(at + i) % N] != 0); owner[(at + i) % N] = 9; i++
			:: else -> break
			od
		};
		if :: frame == 2 -> assert(room[at + 1] == JUNK) :: else fi;
		assert(room[at] == frame);
		/* release: where it goes, zeros, then the room is free; begun again after a death */
		to_lap = (at + size >= N -> 1 - lap : lap);
		to_at = (at + size >= N -> at + size - N : at + size);
zero:		i = (TOLD -> size : 0); /* what was told is the producers' */
		do
		:: i < size ->
			d_step { assert(owner[(at + i) % N] == 9); room[(at + i) % N] = 0 };
			i++;
			if :: deaths < 2 -> deaths++; goto zero :: true fi
		:: else -> break
		od;
		if
		:: atomic { !TOLD -> free(); told_at = to_at; told_lap = to_lap }
		:: TOLD
#ifdef TOLD_LATE
		:: !TOLD && DISTANCE(told_lap, told_at, to_lap, to_at) < N - 1
#endif
		fi;
		if :: deaths < 2 -> deaths++; goto zero :: true fi;
		atomic {
			if :: !TOLD -> free() :: else fi;
			head_at = to_at; head_lap = to_lap
		};
next:		atomic { at = 0; lap = 0; frame = 0; size = 0; i = 0; left = 0; n = 0 }
	od;
	assert(tail_seq == claimed)
}
