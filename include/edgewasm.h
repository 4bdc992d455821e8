/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * edgewasm.h - all of the library, and the promises that hold for every function of it.
 *
 *	status.h  what functions return            event.h  rings, batches, token buckets
 *	alloc.h   where memory comes from          store.h  what survives: storage.h, log.h, kv.h
 *	config.h  switches and limits              abi.h    what guests may import, and grants
 *	wasm.h    modules, instances, calls        node.h   functions by name, fed and watched
 *	debug.h   guests step by step, listings    watch.h  drift, votes, samples
 *	model.h   neural networks                  sign.h   whose modules are accepted
 *	                                           guest.h  the guest's side (compiled to wasm32)
 *
 * NULL.     Pointers MUST NOT be NULL unless the function says so.  Destroy and free functions, and struct
 *           ew_error pointers, take NULL everywhere.
 * Aliasing. Output pointers MUST NOT overlap other arguments.
 * Memory.   Everything comes from the struct ew_alloc given at creation and goes back to it.  Where a function
 *           does not say that it allocates, it does not.
 * Threads.  No mutable globals, no locks, no thread-local storage: objects that share nothing may be used from any
 *           threads.  One object is used by one thread at a time, except where its header says otherwise
 *           (modules, models, both ends of a ring, ew_exec_interrupt).
 * World.    The library never prints, exits, aborts, makes a thread, opens a socket, reads a clock or entropy.  Time
 *           and everything else that differs between two runs is handed in by the host.
 * Configs.  Structs that begin with struct_bytes: set it to their sizeof and leave what you do not need at zero.
 *           Programs built against an older header keep working.
 * Borrowed. A pointer given out is borrowed until the next call that changes its object, unless said otherwise.
 */
#ifndef EDGEWASM_H
#define EDGEWASM_H

#include "edgewasm/abi.h"
#include "edgewasm/alloc.h"
#include "edgewasm/config.h"
#include "edgewasm/debug.h"
#include "edgewasm/event.h"
#include "edgewasm/guard.h"
#include "edgewasm/journal.h"
#include "edgewasm/queue.h"
#include "edgewasm/model.h"
#include "edgewasm/node.h"
#include "edgewasm/sign.h"
#include "edgewasm/snapshot.h"
#include "edgewasm/state.h"
#include "edgewasm/status.h"
#include "edgewasm/store.h"
#include "edgewasm/trace.h"
#include "edgewasm/uplink.h"
#include "edgewasm/wasm.h"
#include "edgewasm/watch.h"

#endif
