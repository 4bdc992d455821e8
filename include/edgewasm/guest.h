/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * guest.h - what a function module may import and what it exports.
 *
 * The guest's side of the contract: include it in C or C++ that is compiled to wasm32, for instance with
 *
 *	clang --target=wasm32 -Os -nostdlib -Wl,--no-entry -Wl,-z,stack-size=4096 -Wl,--strip-all \
 *		-I include -o judge.wasm judge.c
 *
 * It needs no libc.  Compiled for any other machine the functions are plain extern ones, so that a guest's
 * logic can be tested natively.  lib/abi/abi.def is the host's side; a test compares the two.
 *
 * Rules that hold for every edge_v1 function
 *   - Results >= 0 are successes, < 0 one of enum edge_error.
 *   - Pointers are offsets into the caller's memory 0.  A range that is not wholly inside it gives EDGE_FAULT
 *     and nothing has happened.  Strings are UTF-8 with a length, never NUL-terminated.
 *   - The host keeps no guest pointer after the call and never calls a guest's allocator.
 *   - Getters (buf, cap) return the full length of what there is and write nothing when it exceeds cap.
 *   - A function that is imported needs its capability, or the module does not link; EDGE_DENIED comes from a
 *     host that takes one away later or refuses one argument.  EDGE_QUOTA: nothing has happened, try later.
 *   - Work that the host does is paid in fuel: EDGE_FUEL_CALL for each call and one unit for each 16 bytes
 *     moved; inference costs what struct edge_model_info says.
 *
 * Functions are only ever added here; a change of meaning would be import module edge_v2.
 */
#ifndef EDGEWASM_GUEST_H
#define EDGEWASM_GUEST_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__wasm__)
#define EDGE_IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define EDGE_EXPORT(name) __attribute__((export_name(name), visibility("default")))
#else
#define EDGE_IMPORT(module, name)
#define EDGE_EXPORT(name)
#endif

enum edge_error {
	EDGE_OK = 0,
	EDGE_DENIED = -1, /* the host does not allow it (any more) */
	EDGE_INVAL = -2,  /* an argument out of its range */
	EDGE_FAULT = -3,  /* a pointer range outside the guest's memory */
	EDGE_NOENT = -4,  /* no such key, model, event */
	EDGE_TOOBIG = -5, /* larger than the host stores or carries */
	EDGE_AGAIN = -6,  /* nothing there now, or no room now */
	EDGE_QUOTA = -7,  /* the grant for this call or this second is used up */
	EDGE_IO = -8,	  /* the host's storage or device failed */
	EDGE_NOSYS = -9,  /* this host does not offer it */
	EDGE_STALE = -10  /* the handle or event is no longer valid: open it again */
};

#define EDGE_FUEL_CALL 8

/* Bits of edge_capabilities(). */
enum edge_capability {
	EDGE_CAP_LOG = 1 << 0,
	EDGE_CAP_CLOCK = 1 << 1,
	EDGE_CAP_RANDOM = 1 << 2,
	EDGE_CAP_EMIT = 1 << 3,
	EDGE_CAP_RECV = 1 << 4,
	EDGE_CAP_KV_READ = 1 << 5,
	EDGE_CAP_KV_WRITE = 1 << 6,
	EDGE_CAP_METRIC = 1 << 7,
	EDGE_CAP_CONFIG = 1 << 8,
	EDGE_CAP_INFER = 1 << 9,
	EDGE_CAP_INFER_LOAD = 1 << 10,
	EDGE_CAP_STDIO = 1 << 11,
	EDGE_CAP_FS = 1 << 12
};

/* ---- what a module exports -------------------------------------------------------------------- */

/* A function module defines edge_on_event and, if it likes, the other two; this exports them. */

/*
 * `pending` events (>= 1) wait in edge_event_poll.  Return >= 0: all are done.  Return < 0: those not yet
 * acknowledged failed; the host counts them and does not deliver them again.
 */
EDGE_EXPORT("edge_on_event") int32_t edge_on_event(int32_t pending);

/* Called once before the first event, and again after a trap, in a new instance.  < 0 refuses to run. */
EDGE_EXPORT("edge_init") int32_t edge_init(void);

/* Called at the interval that the host has configured. */
EDGE_EXPORT("edge_on_tick") void edge_on_tick(int64_t now_ns);

/* ---- always there ----------------------------------------------------------------------------- */

/* The granted capabilities: bits of enum edge_capability. */
EDGE_IMPORT("edge_v1", "capabilities")
int64_t edge_capabilities(void);

/* Nanoseconds left for this call; 0 when it is over, -1 when there is no deadline. */
EDGE_IMPORT("edge_v1", "deadline_left")
int64_t edge_deadline_left(void);

/* ---- LOG -------------------------------------------------------------------------------------- */

enum edge_log_level {
	EDGE_TRACE = 0,
	EDGE_DEBUG = 1,
	EDGE_INFO = 2,
	EDGE_WARN = 3,
	EDGE_ERROR = 4,
	EDGE_CRITICAL = 5
};

/* One line of text.  Returns 0.  Quota: bytes of text.  INVAL: unknown level. */
EDGE_IMPORT("edge_v1", "log")
int32_t edge_log(int32_t level, const char *text, uint32_t len);

/* ---- CLOCK, RANDOM ---------------------------------------------------------------------------- */

enum edge_clock {
	EDGE_REALTIME = 0, /* ns since 1970-01-01 UTC */
	EDGE_MONOTONIC = 1 /* ns since a start of the host's choice, never steps back */
};

/* Nanoseconds.  NOSYS: the host has no such clock.  INVAL: unknown clock. */
EDGE_IMPORT("edge_v1", "clock_now")
int64_t edge_clock_now(int32_t clock);

/* Fill buf with random bytes.  Returns 0. */
EDGE_IMPORT("edge_v1", "random_fill")
int32_t edge_random_fill(void *buf, uint32_t len);

/* ---- RECV, EMIT ------------------------------------------------------------------------------- */

struct edge_event {
	uint64_t seq;	  /* of the source, grows */
	uint64_t time_ns; /* when the host accepted it */
	uint8_t trace_id[16];
	uint32_t topic_len;
	uint32_t data_len;
	uint32_t flags;	       /* as the sender set them, 16 bits */
	uint32_t content_type; /* the application's number for what data holds; 0: unknown */
};

/*
 * Take the next waiting event: *event is filled, buf receives topic_len bytes of topic and then data_len
 * bytes of data.  Returns topic_len + data_len.  If that exceeds cap, *event is filled, nothing is written
 * to buf and the event stays the next one.  AGAIN: none is waiting.  Events that are emitted afterwards carry
 * this one's trace id.
 */
EDGE_IMPORT("edge_v1", "event_poll")
int32_t edge_event_poll(struct edge_event *event, void *buf, uint32_t cap);

/* An event taken in this call is done, whatever becomes of the rest.  Returns 0.  STALE: not taken, or done. */
EDGE_IMPORT("edge_v1", "event_ack")
int32_t edge_event_ack(uint64_t seq);

/*
 * What is emitted from now on is about this event taken in this call: it carries its trace id, as it does after
 * edge_event_poll for the event that gave.  For guests that take a whole batch before they answer.  Returns 0.
 * STALE: not taken in this call.
 */
EDGE_IMPORT("edge_v1", "event_about")
int32_t edge_event_about(uint64_t seq);

/* The low 16 bits travel unchanged to whoever reads the event; bit 0 has a meaning here. */
enum edge_emit_flag {
	EDGE_EMIT_URGENT = 1 << 0 /* an alert: overtakes telemetry where the host has lanes */
};
#define EDGE_EMIT_CONTENT(type) ((uint32_t)(type) << 16) /* content type, 16 bits */

/*
 * Emit an event.  topic_len 1 to 255.  Returns 0: accepted, whole.  Quotas: events; bytes of topic and data.
 * AGAIN: no room now.  TOOBIG: never fits.  INVAL: empty or long topic.
 */
EDGE_IMPORT("edge_v1", "event_emit")
int32_t edge_event_emit(const char *topic, uint32_t topic_len, const void *data, uint32_t data_len,
			uint32_t flags);

/* ---- KV_READ, KV_WRITE ------------------------------------------------------------------------ */

/* Keys are 1 to 255 bytes (INVAL otherwise) and private to the function unless the host shares them. */

/* The value's full length; written to buf when it fits in cap.  NOENT: no such key. */
EDGE_IMPORT("edge_v1", "kv_get")
int32_t edge_kv_get(const void *key, uint32_t key_len, void *buf, uint32_t cap);

/* Returns 0.  Quota: keys written.  TOOBIG, AGAIN (store full), IO. */
EDGE_IMPORT("edge_v1", "kv_set")
int32_t edge_kv_set(const void *key, uint32_t key_len, const void *value, uint32_t value_len);

/* Returns 0.  NOENT: there was none.  Quota: keys written. */
EDGE_IMPORT("edge_v1", "kv_delete")
int32_t edge_kv_delete(const void *key, uint32_t key_len);

/*
 * Add delta to the 64-bit little-endian integer under the key (a missing one counts as 0), store the sum and
 * write it to *result.  Returns 0.  INVAL: the value is not 8 bytes long, or the sum overflows; nothing is changed.
 * Quota: keys written.
 */
EDGE_IMPORT("edge_v1", "kv_increment")
int32_t edge_kv_increment(const void *key, uint32_t key_len, int64_t delta, int64_t *result);

/* ---- METRIC, CONFIG --------------------------------------------------------------------------- */

enum edge_metric_kind {
	EDGE_COUNTER = 0,  /* add >= 0 */
	EDGE_GAUGE = 1,	   /* add, record sets */
	EDGE_HISTOGRAM = 2 /* record */
};

/*
 * A metric's id, >= 0; the same kind and name give the same id again.  Names are 1 to 63 of [a-zA-Z0-9_:], not
 * beginning with a digit.  INVAL: bad kind or name, or the name is of another kind.  TOOBIG: too many metrics.
 */
EDGE_IMPORT("edge_v1", "metric_define")
int32_t edge_metric_define(int32_t kind, const char *name, uint32_t len);

/* Returns 0.  INVAL: no such id, a histogram, or a negative addition to a counter. */
EDGE_IMPORT("edge_v1", "metric_add")
int32_t edge_metric_add(int32_t id, int64_t delta);

/* Set a gauge, or add one observation to a histogram.  Returns 0.  INVAL: no such id, a counter, or NaN. */
EDGE_IMPORT("edge_v1", "metric_record")
int32_t edge_metric_record(int32_t id, double value);

/* A setting of this function: its full length; written to buf when it fits in cap.  NOENT: not set. */
EDGE_IMPORT("edge_v1", "config_get")
int32_t edge_config_get(const char *key, uint32_t key_len, void *buf, uint32_t cap);

/* ---- INFER ------------------------------------------------------------------------------------ */

/* TensorFlow Lite's numbers. */
enum edge_tensor_type {
	EDGE_FLOAT32 = 0,
	EDGE_INT32 = 2,
	EDGE_UINT8 = 3,
	EDGE_INT64 = 4,
	EDGE_BOOL = 6,
	EDGE_INT16 = 7,
	EDGE_INT8 = 9
};

#define EDGE_RANK_MAX 8

struct edge_model_info {
	uint32_t input_count, output_count;
	uint32_t input_bytes, output_bytes; /* all inputs (outputs) one after the other, in model order */
	uint32_t fuel;			    /* what one edge_infer costs, besides the call and its bytes */
	uint32_t version_len;		    /* for edge_model_version */
};

struct edge_tensor_info {
	uint32_t type; /* enum edge_tensor_type */
	uint32_t bytes;
	float scale; /* real = scale * (q - zero_point); 0 when the tensor is not quantized */
	int32_t zero_point;
	uint32_t rank;
	uint32_t dims[EDGE_RANK_MAX]; /* unused ones are 0 */
};

/*
 * A handle, >= 0, for a model that the host has registered as name, or name@version for exactly that version.
 * Opening it again gives the same handle until the host replaces the model; then the old handle is STALE for
 * good.  NOENT: no such model.
 */
EDGE_IMPORT("edge_v1", "model_open")
int32_t edge_model_open(const char *name, uint32_t len);

/* Returns 0.  STALE: replaced or closed. */
EDGE_IMPORT("edge_v1", "model_info")
int32_t edge_model_info(int32_t model, struct edge_model_info *info);

/* Input (output = 0) or output (output = 1) number index.  Returns 0.  INVAL: no such tensor. */
EDGE_IMPORT("edge_v1", "model_tensor")
int32_t edge_model_tensor(int32_t model, int32_t output, uint32_t index,
			  struct edge_tensor_info *info);

/* The version's text, full length; written when it fits. */
EDGE_IMPORT("edge_v1", "model_version")
int32_t edge_model_version(int32_t model, char *buf, uint32_t cap);

/*
 * Run the model: in_len must be input_bytes; output_bytes are written to out and returned.  in and out must
 * not overlap.  INVAL: wrong in_len, overlap.  TOOBIG: cap below output_bytes.  Quota: inferences.
 *
 * Where the host has registered the model for batches of up to m windows: in_len may be n * input_bytes, n up to m.
 * Every input then holds n windows, one after the other, and so does every output: n * output_bytes in all, as n
 * runs would give them.  One call, one run; n inferences, n times the fuel.
 */
EDGE_IMPORT("edge_v1", "infer")
int32_t edge_infer(int32_t model, const void *in, uint32_t in_len, void *out, uint32_t cap);

/* ---- kernels on the guest's own tensors (INFER) ------------------------------------------------ */

/*
 * A window that slides over pictures, [batches][in_h][in_w][in_c] of int8 to [batches][out_h][out_w][out_c] of int8.
 * A dense layer is one of 1 x 1: batches its rows, in_c its depth, out_c its units.
 *   sizes   from batches to dil_w 1 to 65535; products of sizes below 2^32, 2^28 multiply-accumulates a call
 *   pad     rows and columns before the picture, below k_h and k_w; behind it as many as are needed, but every
 *	     window begins above its end
 *   groups  1: each output sees all channels; n: those of its group; 0: depthwise, out_c / in_c outputs for each
 *   zero points, and the range that outputs are clamped to: -128 to 127
 */
struct edge_window {
	uint32_t batches, in_h, in_w, in_c;
	uint32_t out_h, out_w, out_c;
	uint32_t k_h, k_w;
	uint32_t stride_h, stride_w, dil_h, dil_w;
	int32_t pad_h, pad_w;
	uint32_t groups; /* of edge_tensor_conv */
	int32_t in_zero, out_zero, out_min, out_max; /* pools: of these the range only */
};

/*
 * CONV_2D and DEPTHWISE_CONV_2D of TensorFlow Lite, bit for bit, by the host's vector instructions:
 *	out = clamp(out_zero + requant(bias[o] + sum of (in - in_zero) * w))
 * w is [out_c][k_h][k_w][in_c / groups], depthwise [k_h][k_w][out_c]; bias may be 0.  scales are out_c multipliers (of 31
 * bits), then out_c shifts (-31 to 30; to the left): a real scale s is multiplier * 2^(shift - 31).  out must not overlap what is
 * read.  Returns 0.  INVAL: a size, zero point or scale out of its range, overlap.  TOOBIG: more than a call may do.
 * Costs one unit of fuel for each 16 multiply-accumulates.
 */
EDGE_IMPORT("edge_v1", "tensor_conv")
int32_t edge_tensor_conv(const struct edge_window *window, const int8_t *in, const int8_t *w, const int32_t *bias,
			 const int32_t *scales, int8_t *out);

/* AVERAGE_POOL_2D (max = 0) and MAX_POOL_2D (max = 1): out_c is in_c, dil 1; up to 65535 taps.  Else as above. */
EDGE_IMPORT("edge_v1", "tensor_pool")
int32_t edge_tensor_pool(const struct edge_window *window, uint32_t max, const int8_t *in, int8_t *out);

/* ---- wasi-nn (INFER; load: INFER_LOAD) -------------------------------------------------------- */

/* errno of wasi_ephemeral_nn: positive, unlike the above. */
enum edge_nn_errno {
	EDGE_NN_OK = 0,
	EDGE_NN_INVALID_ARGUMENT = 1,
	EDGE_NN_INVALID_ENCODING = 2,
	EDGE_NN_MISSING_MEMORY = 3, /* also: a pointer outside the memory */
	EDGE_NN_BUSY = 4,	    /* also: a quota is used up */
	EDGE_NN_RUNTIME_ERROR = 5,
	EDGE_NN_UNSUPPORTED = 6,
	EDGE_NN_TOO_LARGE = 7,
	EDGE_NN_NOT_FOUND = 8
};

/* The standard has no int8: int8 tensors travel as U8, raw bytes; int16 likewise, 2 bytes each. */
enum edge_nn_type {
	EDGE_NN_F16 = 0,
	EDGE_NN_F32 = 1,
	EDGE_NN_F64 = 2,
	EDGE_NN_U8 = 3,
	EDGE_NN_I32 = 4,
	EDGE_NN_I64 = 5
};

#define EDGE_NN_TFLITE 4 /* encoding */

struct edge_nn_tensor {
	const uint32_t *dims;
	uint32_t dims_len;
	uint32_t type; /* enum edge_nn_type in the low byte, the others 0 */
	const void *data;
	uint32_t data_len;
};

struct edge_nn_builder {
	const void *bytes;
	uint32_t len;
};

EDGE_IMPORT("wasi_ephemeral_nn", "load")
int32_t edge_nn_load(const struct edge_nn_builder *builders, uint32_t count, uint32_t encoding,
		     uint32_t target, uint32_t *graph);
EDGE_IMPORT("wasi_ephemeral_nn", "load_by_name")
int32_t edge_nn_load_by_name(const char *name, uint32_t len, uint32_t *graph);
EDGE_IMPORT("wasi_ephemeral_nn", "init_execution_context")
int32_t edge_nn_init_execution_context(uint32_t graph, uint32_t *context);
EDGE_IMPORT("wasi_ephemeral_nn", "set_input")
int32_t edge_nn_set_input(uint32_t context, uint32_t index, const struct edge_nn_tensor *tensor);
EDGE_IMPORT("wasi_ephemeral_nn", "compute")
int32_t edge_nn_compute(uint32_t context);
EDGE_IMPORT("wasi_ephemeral_nn", "get_output")
int32_t edge_nn_get_output(uint32_t context, uint32_t index, void *out, uint32_t cap,
			   uint32_t *written);

/* ---- helpers ---------------------------------------------------------------------------------- */

static inline uint32_t edge_strlen(const char *text)
{
	uint32_t n = 0;

	while (text[n])
		n++;
	return n;
}

static inline int32_t edge_log_str(int32_t level, const char *text)
{
	return edge_log(level, text, edge_strlen(text));
}

static inline int32_t edge_emit_str(const char *topic, const void *data, uint32_t data_len,
				    uint32_t flags)
{
	return edge_event_emit(topic, edge_strlen(topic), data, data_len, flags);
}

/*
 * Run a model by name and survive its replacement: *handle begins as -1 and is opened when needed.  A model
 * that was replaced by one of other sizes gives INVAL or TOOBIG, as edge_infer does.
 */
static inline int32_t edge_infer_named(int32_t *handle, const char *name, const void *in,
				       uint32_t in_len, void *out, uint32_t cap)
{
	int32_t rc = EDGE_STALE;

	if (*handle >= 0)
		rc = edge_infer(*handle, in, in_len, out, cap);
	if (rc != EDGE_STALE)
		return rc;
	*handle = edge_model_open(name, edge_strlen(name));
	if (*handle < 0)
		return *handle;
	return edge_infer(*handle, in, in_len, out, cap);
}

/* What the host reads and writes: these sizes never change. */
#if defined(__wasm32__)
#if defined(__cplusplus)
#define EDGE_SIZE(type, bytes) static_assert(sizeof(struct type) == (bytes), #type)
#else
#define EDGE_SIZE(type, bytes) _Static_assert(sizeof(struct type) == (bytes), #type)
#endif
EDGE_SIZE(edge_event, 48);
EDGE_SIZE(edge_model_info, 24);
EDGE_SIZE(edge_tensor_info, 52);
EDGE_SIZE(edge_window, 80);
EDGE_SIZE(edge_nn_tensor, 20);
EDGE_SIZE(edge_nn_builder, 8);
#undef EDGE_SIZE
#endif

#ifdef __cplusplus
}
#endif
#endif
