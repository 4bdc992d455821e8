/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* wmod.c - see wmod.h.  Source: WebAssembly core 2.0, chapter 5. */
#include "aid.h"

static void room(struct wbytes *b, size_t more)
{
	if (b->cap - b->len >= more)
		return;
	while (b->cap - b->len < more)
		b->cap = b->cap ? b->cap * 2 : 64;
	b->p = realloc(b->p, b->cap);
	if (!b->p)
		abort(); /* a test machine without memory has nothing to tell */
}

void wb_free(struct wbytes *b)
{
	free(b->p);
	*b = (struct wbytes){0};
}

void wb_u8(struct wbytes *b, uint8_t v)
{
	room(b, 1);
	b->p[b->len++] = v;
}

void wb_put(struct wbytes *b, const void *bytes, size_t size)
{
	if (size == 0)
		return;
	room(b, size);
	memcpy(b->p + b->len, bytes, size);
	b->len += size;
}

void wb_u32(struct wbytes *b, uint32_t v)
{
	for (; v >= 0x80; v >>= 7)
		wb_u8(b, (uint8_t)(v | 0x80));
	wb_u8(b, (uint8_t)v);
}

void wb_s32(struct wbytes *b, int32_t v)
{
	wb_s64(b, v);
}

void wb_s64(struct wbytes *b, int64_t v)
{
	for (;;) {
		uint8_t low = (uint8_t)(v & 0x7f);

		v = v < 0 ? ~(~v >> 7) : v >> 7;
		if ((v == 0 && !(low & 0x40)) || (v == -1 && (low & 0x40))) {
			wb_u8(b, low);
			return;
		}
		wb_u8(b, (uint8_t)(low | 0x80));
	}
}

static void wb_le(struct wbytes *b, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		wb_u8(b, (uint8_t)(v >> (8 * i)));
}

void wb_f32(struct wbytes *b, float v)
{
	uint32_t bits;

	memcpy(&bits, &v, sizeof(bits));
	wb_le(b, bits, 4);
}

void wb_f64(struct wbytes *b, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	wb_le(b, bits, 8);
}

void wb_name(struct wbytes *b, const char *name)
{
	wb_u32(b, (uint32_t)strlen(name));
	wb_put(b, name, strlen(name));
}

void wb_sized(struct wbytes *b, const struct wbytes *from)
{
	wb_u32(b, (uint32_t)from->len);
	wb_put(b, from->p, from->len);
}

void wb_section(struct wbytes *b, uint8_t id, const struct wbytes *payload)
{
	wb_u8(b, id);
	wb_sized(b, payload);
}

void wb_header(struct wbytes *b)
{
	wb_put(b, "\0asm\1\0\0\0", 8);
}

void wmod_init(struct wmod *m)
{
	memset(m, 0, sizeof(*m));
	m->start = UINT32_MAX;
}

void wmod_free(struct wmod *m)
{
	struct wsection *s[] = {&m->types, &m->imports, &m->funcs, &m->tables, &m->memories, &m->tags,
				&m->globals, &m->exports, &m->elems, &m->codes, &m->datas};

	for (size_t i = 0; i < ROWS(s); i++)
		wb_free(&s[i]->body);
	wb_free(&m->custom);
	wb_free(&m->out);
}

static uint8_t type_byte(char c)
{
	switch (c) {
	case 'i': return T_I32;
	case 'I': return T_I64;
	case 'f': return T_F32;
	case 'F': return T_F64;
	case 'V': return T_V128;
	case 'p': return T_FUNC;
	case 'x': return T_EXTERN;
	case 'e': return T_EXN;
	default: fail_msg("no such type letter: %c", c);
	}
	return 0;
}

uint32_t wmod_type(struct wmod *m, const char *signature)
{
	const char *close = strchr(signature, ')');
	uint32_t index = m->types.count;

	assert_true(signature[0] == '(' && close);
	for (uint32_t i = 0; i < index && i < ROWS(m->signatures); i++)
		if (m->signatures[i][0] && strcmp(m->signatures[i], signature) == 0)
			return i;
	if (index < ROWS(m->signatures) && strlen(signature) < sizeof(m->signatures[0]))
		strcpy(m->signatures[index], signature);
	wb_u8(&m->types.body, 0x60);
	wb_u32(&m->types.body, (uint32_t)(close - signature - 1));
	for (const char *p = signature + 1; p < close; p++)
		wb_u8(&m->types.body, type_byte(*p));
	wb_u32(&m->types.body, (uint32_t)strlen(close + 1));
	for (const char *p = close + 1; *p; p++)
		wb_u8(&m->types.body, type_byte(*p));
	m->types.count++;
	return index;
}

static void limits(struct wbytes *b, uint32_t min, uint32_t max)
{
	wb_u8(b, max != WMOD_NO_MAX);
	wb_u32(b, min);
	if (max != WMOD_NO_MAX)
		wb_u32(b, max);
}

static struct wbytes *import(struct wmod *m, const char *module, const char *name, uint8_t kind)
{
	struct wbytes *b = &m->imports.body;

	m->imports.count++;
	wb_name(b, module);
	wb_name(b, name);
	wb_u8(b, kind);
	return b;
}

uint32_t wmod_import_func(struct wmod *m, const char *module, const char *name, const char *signature)
{
	uint32_t type = wmod_type(m, signature);

	wb_u32(import(m, module, name, WMOD_FUNC), type);
	return m->func_count++;
}

uint32_t wmod_import_table(struct wmod *m, const char *module, const char *name, uint8_t type,
			   uint32_t min, uint32_t max)
{
	struct wbytes *b = import(m, module, name, WMOD_TABLE);

	wb_u8(b, type);
	limits(b, min, max);
	return m->table_count++;
}

uint32_t wmod_import_memory(struct wmod *m, const char *module, const char *name, uint32_t min,
			    uint32_t max)
{
	limits(import(m, module, name, WMOD_MEMORY), min, max);
	return m->memory_count++;
}

uint32_t wmod_import_global(struct wmod *m, const char *module, const char *name, uint8_t type,
			    int is_mutable)
{
	struct wbytes *b = import(m, module, name, WMOD_GLOBAL);

	wb_u8(b, type);
	wb_u8(b, is_mutable ? 1 : 0);
	return m->global_count++;
}

uint32_t wmod_import_tag(struct wmod *m, const char *module, const char *name, const char *signature)
{
	uint32_t type = wmod_type(m, signature);
	struct wbytes *b = import(m, module, name, WMOD_TAG);

	wb_u8(b, 0);
	wb_u32(b, type);
	return m->tag_count++;
}

uint32_t wmod_tag(struct wmod *m, const char *signature)
{
	wb_u8(&m->tags.body, 0);
	wb_u32(&m->tags.body, wmod_type(m, signature));
	m->tags.count++;
	return m->tag_count++;
}

uint32_t wmod_func_raw(struct wmod *m, const char *signature, const uint8_t *body, size_t size)
{
	wb_u32(&m->funcs.body, wmod_type(m, signature));
	m->funcs.count++;
	wb_u32(&m->codes.body, (uint32_t)size);
	wb_put(&m->codes.body, body, size);
	m->codes.count++;
	return m->func_count++;
}

uint32_t wmod_func(struct wmod *m, const char *signature, const char *locals, const uint8_t *code,
		   size_t size)
{
	struct wbytes b = {0};
	uint32_t index;

	wb_u32(&b, (uint32_t)strlen(locals));
	for (const char *p = locals; *p; p++) {
		wb_u8(&b, 1);
		wb_u8(&b, type_byte(*p));
	}
	wb_put(&b, code, size);
	wb_u8(&b, OP_END);
	index = wmod_func_raw(m, signature, b.p, b.len);
	wb_free(&b);
	return index;
}

uint32_t wmod_table(struct wmod *m, uint8_t type, uint32_t min, uint32_t max)
{
	wb_u8(&m->tables.body, type);
	limits(&m->tables.body, min, max);
	m->tables.count++;
	return m->table_count++;
}

uint32_t wmod_memory(struct wmod *m, uint32_t min, uint32_t max)
{
	limits(&m->memories.body, min, max);
	m->memories.count++;
	return m->memory_count++;
}

uint32_t wmod_global(struct wmod *m, uint8_t type, int is_mutable, const uint8_t *init, size_t size)
{
	wb_u8(&m->globals.body, type);
	wb_u8(&m->globals.body, is_mutable ? 1 : 0);
	wb_put(&m->globals.body, init, size);
	wb_u8(&m->globals.body, OP_END);
	m->globals.count++;
	return m->global_count++;
}

void wmod_export(struct wmod *m, const char *name, int kind, uint32_t index)
{
	wb_name(&m->exports.body, name);
	wb_u8(&m->exports.body, (uint8_t)kind);
	wb_u32(&m->exports.body, index);
	m->exports.count++;
}

void wmod_start(struct wmod *m, uint32_t func)
{
	m->start = func;
}

static void func_list(struct wbytes *b, const uint32_t *funcs, uint32_t count)
{
	wb_u32(b, count);
	for (uint32_t i = 0; i < count; i++)
		wb_u32(b, funcs[i]);
}

void wmod_elem(struct wmod *m, uint32_t offset, const uint32_t *funcs, uint32_t count)
{
	wb_u8(&m->elems.body, 0);
	wb_u8(&m->elems.body, 0x41);
	wb_s32(&m->elems.body, (int32_t)offset);
	wb_u8(&m->elems.body, OP_END);
	func_list(&m->elems.body, funcs, count);
	m->elems.count++;
}

void wmod_elem_passive(struct wmod *m, const uint32_t *funcs, uint32_t count)
{
	wb_u8(&m->elems.body, 1);
	wb_u8(&m->elems.body, 0); /* funcref */
	func_list(&m->elems.body, funcs, count);
	m->elems.count++;
}

void wmod_data(struct wmod *m, uint32_t offset, const void *bytes, uint32_t size)
{
	wb_u8(&m->datas.body, 0);
	wb_u8(&m->datas.body, 0x41);
	wb_s32(&m->datas.body, (int32_t)offset);
	wb_u8(&m->datas.body, OP_END);
	wb_u32(&m->datas.body, size);
	wb_put(&m->datas.body, bytes, size);
	m->datas.count++;
}

void wmod_data_passive(struct wmod *m, const void *bytes, uint32_t size)
{
	wb_u8(&m->datas.body, 1);
	wb_u32(&m->datas.body, size);
	wb_put(&m->datas.body, bytes, size);
	m->datas.count++;
	m->data_count = 1;
}

void wmod_custom(struct wmod *m, const char *name, const void *bytes, size_t size)
{
	struct wbytes b = {0};

	wb_name(&b, name);
	wb_put(&b, bytes, size);
	wb_section(&m->custom, 0, &b);
	wb_free(&b);
}

void wmod_names(struct wmod *m, const char *const *names, uint32_t count)
{
	struct wbytes map = {0}, b = {0};

	wb_u32(&map, count);
	for (uint32_t i = 0; i < count; i++) {
		wb_u32(&map, i);
		wb_name(&map, names[i]);
	}
	wb_u8(&b, 1); /* function names */
	wb_sized(&b, &map);
	wmod_custom(m, "name", b.p, b.len);
	wb_free(&map);
	wb_free(&b);
}

static void section(struct wmod *m, uint8_t id, const struct wsection *s)
{
	struct wbytes b = {0};

	if (s->count == 0)
		return;
	wb_u32(&b, s->count);
	wb_put(&b, s->body.p, s->body.len);
	wb_section(&m->out, id, &b);
	wb_free(&b);
}

static void section_u32(struct wmod *m, uint8_t id, uint32_t v)
{
	struct wbytes b = {0};

	wb_u32(&b, v);
	wb_section(&m->out, id, &b);
	wb_free(&b);
}

const uint8_t *wmod_finish(struct wmod *m, size_t *size)
{
	m->out.len = 0;
	wb_header(&m->out);
	section(m, 1, &m->types);
	section(m, 2, &m->imports);
	section(m, 3, &m->funcs);
	section(m, 4, &m->tables);
	section(m, 5, &m->memories);
	section(m, 13, &m->tags);
	section(m, 6, &m->globals);
	section(m, 7, &m->exports);
	if (m->start != UINT32_MAX)
		section_u32(m, 8, m->start);
	section(m, 9, &m->elems);
	if (m->data_count)
		section_u32(m, 12, m->datas.count);
	section(m, 10, &m->codes);
	section(m, 11, &m->datas);
	wb_put(&m->out, m->custom.p, m->custom.len);
	*size = m->out.len;
	return m->out.p;
}
