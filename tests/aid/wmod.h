/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * wmod.h - builds small wasm modules, so that a test shows the module it is about.
 *
 *	struct wmod m;
 *
 *	wmod_init(&m);
 *	f = wmod_func(&m, "(ii)i", "", CODE(LOCAL_GET(0), LOCAL_GET(1), 0x6a));
 *	wmod_export(&m, "add", WMOD_FUNC, f);
 *	bytes = wmod_finish(&m, &size);
 *	...
 *	wmod_free(&m);
 *
 * Signatures and locals are written as in wasm.h: i I f F V p x e.  Import functions before defining any:
 * indices are handed out in order.  Nothing is checked: invalid modules are welcome.
 */
#ifndef TESTS_WMOD_H
#define TESTS_WMOD_H

#include <stddef.h>
#include <stdint.h>

/* A growing byte string. */
struct wbytes {
	uint8_t *p;
	size_t len, cap;
};

void wb_free(struct wbytes *b);
void wb_u8(struct wbytes *b, uint8_t v);
void wb_put(struct wbytes *b, const void *bytes, size_t size);
void wb_u32(struct wbytes *b, uint32_t v); /* unsigned LEB128 */
void wb_s32(struct wbytes *b, int32_t v);
void wb_s64(struct wbytes *b, int64_t v);
void wb_f32(struct wbytes *b, float v);
void wb_f64(struct wbytes *b, double v);
void wb_name(struct wbytes *b, const char *name); /* length, then bytes */
/* length, then the bytes of from */
void wb_sized(struct wbytes *b, const struct wbytes *from);
void wb_section(struct wbytes *b, uint8_t id, const struct wbytes *payload);
/* The eight bytes every module begins with. */
void wb_header(struct wbytes *b);

enum { WMOD_FUNC, WMOD_TABLE, WMOD_MEMORY, WMOD_GLOBAL, WMOD_TAG };

/* One section: how many entries, and their bytes. */
struct wsection {
	uint32_t count;
	struct wbytes body;
};

#define WMOD_NO_MAX UINT32_MAX

struct wmod {
	struct wsection types, imports, funcs, tables, memories, tags, globals, exports, elems, codes, datas;
	struct wbytes custom; /* whole sections, written at the end */
	struct wbytes out;
	uint32_t func_count, table_count, memory_count, global_count, tag_count;
	uint32_t start; /* UINT32_MAX: none */
	int data_count;	/* write a data count section */
	char signatures[64][32]; /* of the first types, to find equal ones again */
};

/* Bytes in place: CODE(0x41, 7) stands for two arguments, pointer and size. */
#define CODE(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define NO_CODE NULL, 0

/* Immediates of one byte (-64 to 63; 0 to 127), and padded ones that hold any value. */
#define I32_CONST(n) 0x41, (uint8_t)((n) & 0x7f)
#define I64_CONST(n) 0x42, (uint8_t)((n) & 0x7f)
#define LEB5(n)                                                                                    \
	(uint8_t)((uint32_t)(n) | 0x80), (uint8_t)((uint32_t)(n) >> 7 | 0x80),                     \
		(uint8_t)((uint32_t)(n) >> 14 | 0x80), (uint8_t)((uint32_t)(n) >> 21 | 0x80),      \
		(uint8_t)((uint32_t)(n) >> 28)
#define I32_CONST5(n)                                                                              \
	0x41, (uint8_t)((uint32_t)(n) | 0x80), (uint8_t)((uint32_t)(n) >> 7 | 0x80),               \
		(uint8_t)((uint32_t)(n) >> 14 | 0x80), (uint8_t)((uint32_t)(n) >> 21 | 0x80),      \
		(uint8_t)(((uint32_t)(n) >> 28 | ((uint32_t)(n) >> 31 ? 0x70 : 0)) & 0x7f)
#define LOCAL_GET(n) 0x20, (n)
#define LOCAL_SET(n) 0x21, (n)
#define LOCAL_TEE(n) 0x22, (n)
#define GLOBAL_GET(n) 0x23, (n)
#define GLOBAL_SET(n) 0x24, (n)
#define CALL(n) 0x10, (n)
#define CALL_INDIRECT(type, table) 0x11, (type), (table)
#define BR(n) 0x0c, (n)
#define BR_IF(n) 0x0d, (n)
#define BLOCK(type) 0x02, (type)
#define LOOP(type) 0x03, (type)
#define IF(type) 0x04, (type)
enum { T_VOID = 0x40, T_I32 = 0x7f, T_I64 = 0x7e, T_F32 = 0x7d, T_F64 = 0x7c, T_V128 = 0x7b, T_FUNC = 0x70, T_EXTERN = 0x6f, T_EXN = 0x69 };
enum { OP_UNREACHABLE = 0x00, OP_NOP = 0x01, OP_ELSE = 0x05, OP_END = 0x0b, OP_RETURN = 0x0f,
       OP_DROP = 0x1a, OP_SELECT = 0x1b };

void wmod_init(struct wmod *m);
void wmod_free(struct wmod *m);

/* Index of the signature's type; equal ones are shared.  Up to 31 characters for sharing. */
uint32_t wmod_type(struct wmod *m, const char *signature);
uint32_t wmod_import_func(struct wmod *m, const char *module, const char *name, const char *signature);
uint32_t wmod_import_table(struct wmod *m, const char *module, const char *name, uint8_t type,
			   uint32_t min, uint32_t max);
uint32_t wmod_import_memory(struct wmod *m, const char *module, const char *name, uint32_t min,
			    uint32_t max);
uint32_t wmod_import_global(struct wmod *m, const char *module, const char *name, uint8_t type,
			    int is_mutable);
uint32_t wmod_import_tag(struct wmod *m, const char *module, const char *name, const char *signature);
uint32_t wmod_tag(struct wmod *m, const char *signature);
/* code without the final end, which is added. */
uint32_t wmod_func(struct wmod *m, const char *signature, const char *locals, const uint8_t *code,
		   size_t size);
/* The same with a body as it stands: local declarations, code, end. */
uint32_t wmod_func_raw(struct wmod *m, const char *signature, const uint8_t *body, size_t size);
uint32_t wmod_table(struct wmod *m, uint8_t type, uint32_t min, uint32_t max);
uint32_t wmod_memory(struct wmod *m, uint32_t min, uint32_t max);
/* init without its end. */
uint32_t wmod_global(struct wmod *m, uint8_t type, int is_mutable, const uint8_t *init, size_t size);
void wmod_export(struct wmod *m, const char *name, int kind, uint32_t index);
void wmod_start(struct wmod *m, uint32_t func);
/* Active, table 0, at offset. */
void wmod_elem(struct wmod *m, uint32_t offset, const uint32_t *funcs, uint32_t count);
/* Passive funcref segment. */
void wmod_elem_passive(struct wmod *m, const uint32_t *funcs, uint32_t count);
void wmod_data(struct wmod *m, uint32_t offset, const void *bytes, uint32_t size);
void wmod_data_passive(struct wmod *m, const void *bytes, uint32_t size);
void wmod_custom(struct wmod *m, const char *name, const void *bytes, size_t size);
/* Names of functions 0..count-1 in a name section. */
void wmod_names(struct wmod *m, const char *const *names, uint32_t count);
/* The module, borrowed until wmod_free. */
const uint8_t *wmod_finish(struct wmod *m, size_t *size);

#endif
