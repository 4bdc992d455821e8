/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * spec.c - see spec.h.  Source: the JSON that wabt documents in docs/wast2json.md, and the meaning of
 * the commands from interpreter/README.md of the WebAssembly spec repository.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "edgewasm/guard.h"
#include "edgewasm/wasm.h"
#include "files.h"
#include "json.h"
#include "spec.h"
#include "spectest.h"
#include "steps.h"
#include "values.h"

#define VALUES_MAX 1024 /* arguments or results of one call */
#define WHY_BYTES 512
/* No command of the suite needs a thousandth of it; a wrong loop ends. */
#define FUEL_PER_COMMAND 2000000000u

/* A module that was instantiated, in order of the script.  Kept to its end: others may import from it. */
struct unit {
	struct ew_module *module;
	struct ew_instance *instance;
	void *bytes;
	const struct json_node *name; /* "$m", or NULL */
	struct unit *next;
};

/* A name under which later modules import from it. */
struct registration {
	const struct json_node *as;
	struct unit *unit;
	struct registration *next;
};

struct script {
	const struct spec_options *options;
	struct spec_totals *totals;
	struct json json;
	char *folder;
	const char *source;
	struct ew_alloc alloc;
	struct ew_exec *exec;
	struct spectest spectest;
	struct steps steps; /* of the run at work */
	struct unit *units, **units_end;
	struct unit *current; /* NULL: the last module failed */
	struct registration *registered;
	union ew_value values[VALUES_MAX];
	char why[WHY_BYTES]; /* of the command that runs */
};

static bool fail(struct script *s, const char *fmt, ...) EW_PRINTF(2, 3);
static bool fail(struct script *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->why, sizeof(s->why), fmt, ap);
	va_end(ap);
	return false;
}

static void begin_run(struct script *s)
{
	ew_exec_set_fuel(s->exec, FUEL_PER_COMMAND);
	if (s->options->observe)
		steps_begin(&s->steps, s->exec);
}

/* ---- modules ---- */

static bool same_text(const struct json_node *node, const char *text, size_t len)
{
	return node && node->len == len && memcmp(node->text, text, len) == 0;
}

static struct unit *find_registered(struct script *s, const char *name, size_t len)
{
	for (struct registration *r = s->registered; r; r = r->next)
		if (same_text(r->as, name, len))
			return r->unit;
	return NULL;
}

/* The module of an action or registration: by its "$name", or the last one. */
static struct unit *find_unit(struct script *s, const struct json_node *name)
{
	struct unit *found = NULL;

	if (!name)
		return s->current;
	for (struct unit *u = s->units; u; u = u->next)
		if (u->instance && same_text(u->name, name->text, name->len))
			found = u; /* the last of that name */
	return found;
}

/* Index of an export of any kind. */
static bool find_export(const struct ew_module *m, const char *name, size_t len, uint32_t *index,
			struct ew_extern_type *type)
{
	for (uint32_t i = 0; i < ew_module_export_count(m); i++) {
		if (ew_module_export(m, i, type) == EW_OK && type->name_len == len &&
		    memcmp(type->name, name, len) == 0) {
			*index = i;
			return true;
		}
	}
	return false;
}

/* By index, as names of the suite hold NUL bytes. */
static enum ew_status export_func(struct unit *u, const char *name, size_t len, struct ew_func **out)
{
	struct ew_extern_type type;
	uint32_t index;

	if (!find_export(u->module, name, len, &index, &type))
		return EW_ERR_NOENT;
	return ew_func_at(u->instance, index, out);
}

/* What a name of a registered module is bound to. */
static enum ew_status bind(struct unit *u, const struct ew_extern_type *want, struct ew_import *out)
{
	struct ew_extern_type type;
	enum ew_status status;
	uint32_t index;
	char *name;

	if (!find_export(u->module, want->name, want->name_len, &index, &type))
		return EW_ERR_NOENT;
	out->kind = type.kind;
	if (type.kind == EW_EXTERN_FUNC) {
		out->from_instance = true;
		return export_func(u, want->name, want->name_len, &out->u.func);
	}
	name = strndup(want->name, want->name_len);
	if (!name)
		return EW_ERR_NOMEM;
	switch (type.kind) {
	case EW_EXTERN_TABLE: status = ew_table_find(u->instance, name, &out->u.table); break;
	case EW_EXTERN_TAG: status = ew_tag_find(u->instance, name, &out->u.tag); break;
	case EW_EXTERN_MEMORY: status = ew_memory_find(u->instance, name, &out->u.memory); break;
	default: status = ew_global_find(u->instance, name, &out->u.global); break;
	}
	free(name);
	return status;
}

static enum ew_status resolve(void *user, const struct ew_extern_type *want, struct ew_import *out,
			      struct ew_error *err)
{
	struct script *s = user;
	struct unit *u = find_registered(s, want->module, want->module_len);

	(void)err;
	if (u)
		return bind(u, want, out);
	if (want->module_len == 8 && memcmp(want->module, "spectest", 8) == 0)
		return spectest_find(&s->spectest, want, out);
	return EW_ERR_NOENT;
}

/* File names of a script are plain names beside it. */
static void *read_module(struct script *s, const struct json_node *command, size_t *size)
{
	const struct json_node *file = json_get(&s->json, command, "filename");
	char *name, *path;
	void *bytes = NULL;

	if (!file || memchr(file->text, '/', file->len)) {
		fail(s, "the command names no file");
		return NULL;
	}
	name = strndup(file->text, file->len);
	path = name ? path_join(s->folder, name) : NULL;
	if (path)
		bytes = file_read(path, size);
	if (!bytes)
		fail(s, "cannot read %s", path ? path : "the module");
	free(path);
	free(name);
	return bytes;
}

/* How far a module came. */
struct attempt {
	enum ew_status status;
	bool loaded;
	struct ew_error err;
	struct ew_trap trap;
};

/*
 * Load and instantiate the module of a command.  The unit stays in the script whatever happens, as a
 * module that failed may have left its functions in the tables of others.  NULL: the file is not there.
 */
static struct unit *attempt(struct script *s, const struct json_node *command, struct attempt *a)
{
	struct ew_module_config load = {0};
	struct ew_instance_config config = {.struct_bytes = sizeof(config),
					    .exec = s->exec,
					    .resolve = resolve,
					    .resolve_user = s};
	struct unit *u = calloc(1, sizeof(*u));
	size_t size;

	memset(a, 0, sizeof(*a));
	if (!u || !(u->bytes = read_module(s, command, &size))) {
		free(u);
		return NULL;
	}
	*s->units_end = u;
	s->units_end = &u->next;
	load.struct_bytes = sizeof(load);
	load.flags = (s->options->lazy ? EW_MODULE_LAZY : 0) | (s->options->observe ? EW_MODULE_OBSERVE : 0) |
		     (s->options->guard ? EW_MODULE_GUARD : 0);
	load.disable = s->options->disable;
	if (s->options->guard)
		config.guard = ew_guard_alloc();
	a->status = ew_module_load(&u->module, u->bytes, size, &load, &s->alloc, &a->err);
	if (a->status != EW_OK)
		return u;
	a->loaded = true;
	begin_run(s);
	a->status = ew_instance_create(&u->instance, u->module, &config, &s->alloc, &a->trap, &a->err);
	return u;
}

static bool run_module(struct script *s, const struct json_node *command)
{
	struct attempt a;
	struct unit *u = attempt(s, command, &a);

	s->current = NULL;
	if (!u)
		return false;
	if (a.status != EW_OK)
		return fail(s, "module refused: %s: %s%s", ew_status_name(a.status), a.err.text,
			    a.trap.text);
	u->name = json_get(&s->json, command, "name");
	s->current = u;
	return true;
}

static bool run_register(struct script *s, const struct json_node *command)
{
	struct registration *r;
	struct unit *u = find_unit(s, json_get(&s->json, command, "name"));

	if (!u)
		return fail(s, "no such module");
	r = calloc(1, sizeof(*r));
	if (!r)
		return fail(s, "out of memory");
	r->as = json_get(&s->json, command, "as");
	r->unit = u;
	r->next = s->registered; /* a later registration hides an earlier one */
	s->registered = r;
	return true;
}

/* ---- values ---- */

/* Externref n of a script is this pointer: 0 is not null. */
static void *extern_number(uint64_t n)
{
	return (void *)(uintptr_t)(n + 1);
}

/* The lanes of a v128: their type's bits; of floats a NaN's value may be a pattern instead. */
static unsigned lane_bits(struct script *s, const struct json_node *v)
{
	static const struct {
		const char *name;
		unsigned bits;
	} lanes[] = {{"i8", 8}, {"i16", 16}, {"i32", 32}, {"i64", 64}, {"f32", 32}, {"f64", 64}};
	const struct json_node *kind = json_get(&s->json, v, "lane_type");

	for (size_t i = 0; i < sizeof(lanes) / sizeof(lanes[0]); i++)
		if (json_is(kind, lanes[i].name))
			return lanes[i].bits;
	fail(s, "lanes of an unknown type");
	return 0;
}

static uint64_t lane_mask(unsigned bits)
{
	return bits == 64 ? UINT64_MAX : (1ull << bits) - 1;
}

static bool lane_number(struct script *s, const struct json_node *text, unsigned bits, uint64_t *out)
{
	char number[32];
	union ew_value v;

	if (text->len >= sizeof(number))
		return fail(s, "value without number");
	memcpy(number, text->text, text->len);
	number[text->len] = '\0';
	if (!value_parse(EW_I64, number, &v))
		return fail(s, "bad number %s", number);
	*out = v.u64 & lane_mask(bits);
	return true;
}

static bool spec_v128(struct script *s, const struct json_node *v, union ew_value *out)
{
	const struct json_node *lane = json_first(&s->json, json_get(&s->json, v, "value"));
	unsigned bits = lane_bits(s, v), at = 0;
	uint64_t number;

	if (bits == 0)
		return false;
	out[0].u64 = out[1].u64 = 0;
	for (; lane && at < 128; lane = json_next(&s->json, lane), at += bits) {
		if (!lane_number(s, lane, bits, &number))
			return false;
		out[at / 64].u64 |= number << at % 64;
	}
	return !lane && at == 128 ? true : fail(s, "a v128 of %u bits", at);
}

/* Floats travel as their bits, in decimal. */
static bool spec_value(struct script *s, const struct json_node *v, uint8_t type, union ew_value *out)
{
	const struct json_node *kind = json_get(&s->json, v, "type");
	const struct json_node *text = json_get(&s->json, v, "value");
	char number[32];

	memset(out, 0, sizeof(*out));
	if (!json_is(kind, type_name(type)))
		return fail(s, "value of type %.*s for a parameter of type %s",
			    kind ? (int)kind->len : 0, kind ? kind->text : "", type_name(type));
	if (type == EW_V128)
		return spec_v128(s, v, out);
	if (!text || text->len >= sizeof(number))
		return fail(s, "value without number");
	if (type == EW_FUNCREF || type == EW_EXNREF)
		return json_is(text, "null") ? true : fail(s, "a %s that is not null", type_name(type));
	if (type == EW_EXTERNREF && json_is(text, "null"))
		return true;
	memcpy(number, text->text, text->len);
	number[text->len] = '\0';
	if (type == EW_I32 || type == EW_F32) {
		if (!value_parse(EW_I32, number, out))
			return fail(s, "bad number %s", number);
		return true;
	}
	if (!value_parse(EW_I64, number, out))
		return fail(s, "bad number %s", number);
	if (type == EW_EXTERNREF)
		out->ref = extern_number(out->u64);
	return true;
}

/* nan:canonical: the quiet bit alone, any sign.  nan:arithmetic: the quiet bit and anything. */
static bool nan_matches(const struct json_node *pattern, uint8_t type, const union ew_value *got)
{
	bool canonical = json_is(pattern, "nan:canonical");

	if (type == EW_F32)
		return canonical ? (got->u32 & 0x7fffffffu) == (0x7f800000u | F32_QUIET)
				 : f32_is_nan(got->u32) && (got->u32 & F32_QUIET);
	return canonical ? (got->u64 & INT64_MAX) == (0x7ff0000000000000u | F64_QUIET)
			 : f64_is_nan(got->u64) && (got->u64 & F64_QUIET);
}

static bool v128_matches(struct script *s, const struct json_node *want, const union ew_value *got)
{
	const struct json_node *lane = json_first(&s->json, json_get(&s->json, want, "value"));
	unsigned bits = lane_bits(s, want), at = 0;
	char shown[64];

	if (bits == 0)
		return false;
	value_print(shown, sizeof(shown), EW_V128, got);
	for (; lane && at < 128; lane = json_next(&s->json, lane), at += bits) {
		union ew_value v = {.u64 = got[at / 64].u64 >> at % 64 & lane_mask(bits)};
		uint64_t number;
		bool same;

		if (lane->len > 3 && lane->text[0] == 'n') {
			if (bits == 32)
				v.u32 = (uint32_t)v.u64; /* as a value of that type is kept */
			same = nan_matches(lane, bits == 32 ? EW_F32 : EW_F64, &v);
		} else if (lane_number(s, lane, bits, &number)) {
			same = number == v.u64;
		} else {
			return false;
		}
		if (!same)
			return fail(s, "got %s, want lane %u %.*s", shown, at / bits, (int)lane->len, lane->text);
	}
	return !lane && at == 128 ? true : fail(s, "a v128 of %u bits", at);
}

static bool value_matches(struct script *s, const struct json_node *want, uint8_t type,
			  const union ew_value *got)
{
	const struct json_node *text = json_get(&s->json, want, "value");
	char shown[64];
	union ew_value v;
	bool same;

	if (!json_is(json_get(&s->json, want, "type"), type_name(type)))
		return fail(s, "result of type %s", type_name(type));
	if (type == EW_V128)
		return v128_matches(s, want, got);
	value_print(shown, sizeof(shown), type, got);
	if (!text && (type == EW_FUNCREF || type == EW_EXTERNREF || type == EW_EXNREF)) /* any but null */
		return got->ref ? true : fail(s, "got %s, want not null", shown);
	if ((type == EW_F32 || type == EW_F64) && text && text->len > 3 && text->text[0] == 'n')
		same = nan_matches(text, type, got);
	else if (!spec_value(s, want, type, &v))
		return false;
	else if (type == EW_I32 || type == EW_F32)
		same = v.u32 == got->u32;
	else if (type == EW_I64 || type == EW_F64)
		same = v.u64 == got->u64;
	else
		same = v.ref == got->ref;
	if (!same)
		return fail(s, "got %s, want %.*s", shown, (int)text->len, text->text);
	return true;
}

/* ---- actions ---- */

/* What an action did: a status, and when it is EW_OK values of these types in s->values. */
struct outcome {
	enum ew_status status;
	uint32_t count;
	const uint8_t *types;
	uint8_t global_type;
};

static bool load_args(struct script *s, const struct json_node *args, const uint8_t *types,
		      uint32_t count)
{
	const struct json_node *v = json_first(&s->json, args);
	union ew_value *out = s->values;
	uint32_t i = 0;

	if (values_slots(types, count) > VALUES_MAX)
		return fail(s, "too many parameters");
	for (; v && i < count; v = json_next(&s->json, v), out += value_slots(types[i++]))
		if (!spec_value(s, v, types[i], out))
			return false;
	return !v && i == count ? true : fail(s, "wrong number of arguments");
}

static bool invoke(struct script *s, struct unit *u, const struct json_node *action, struct outcome *o)
{
	const struct json_node *field = json_get(&s->json, action, "field");
	const uint8_t *params;
	uint32_t param_count;
	struct ew_func *f;
	enum ew_status status = export_func(u, field->text, field->len, &f);

	if (status != EW_OK)
		return fail(s, "no function \"%.*s\": %s", (int)field->len, field->text,
			    ew_status_name(status));
	ew_func_type(f, &params, &param_count, &o->types, &o->count);
	if (!load_args(s, json_get(&s->json, action, "args"), params, param_count))
		return false;
	if (values_slots(o->types, o->count) > VALUES_MAX)
		return fail(s, "too many results");
	begin_run(s);
	o->status = ew_call(f, s->values);
	if (o->status == EW_ERR_FUEL || o->status == EW_ERR_INTERRUPT)
		ew_cancel(s->exec);
	return true;
}

static bool get(struct script *s, struct unit *u, const struct json_node *action, struct outcome *o)
{
	const struct json_node *field = json_get(&s->json, action, "field");
	char *name = strndup(field->text, field->len);
	struct ew_global *g;
	enum ew_status status = name ? ew_global_find(u->instance, name, &g) : EW_ERR_NOMEM;

	free(name);
	if (status != EW_OK)
		return fail(s, "no global \"%.*s\": %s", (int)field->len, field->text,
			    ew_status_name(status));
	o->global_type = (uint8_t)ew_global_type(g, NULL);
	o->types = &o->global_type;
	o->count = 1;
	if (o->global_type == EW_V128)
		ew_global_get_v128(g, s->values);
	else
		s->values[0] = ew_global_get(g);
	return true;
}

/* False: the action could not be tried at all. */
static bool act(struct script *s, const struct json_node *command, struct outcome *o)
{
	const struct json_node *action = json_get(&s->json, command, "action");
	struct unit *u = find_unit(s, json_get(&s->json, action, "module"));
	const struct json_node *kind = json_get(&s->json, action, "type");

	memset(o, 0, sizeof(*o));
	if (!u)
		return fail(s, "no module to act on");
	if (!json_get(&s->json, action, "field"))
		return fail(s, "an action without a name");
	if (json_is(kind, "invoke"))
		return invoke(s, u, action, o);
	if (json_is(kind, "get"))
		return get(s, u, action, o);
	return fail(s, "unknown action");
}

/* "trap: integer overflow" and the like, for messages. */
static const char *ended(struct script *s, enum ew_status status)
{
	if (status == EW_ERR_TRAP)
		return ew_exec_trap(s->exec)->text;
	return ew_status_name(status);
}

static bool run_action(struct script *s, const struct json_node *command)
{
	struct outcome o;

	if (!act(s, command, &o))
		return false;
	return o.status == EW_OK ? true : fail(s, "ended with %s", ended(s, o.status));
}

/* One result that may be any of these: where a proposal leaves the choice to the machine. */
static bool either_matches(struct script *s, const struct json_node *either, const struct outcome *o)
{
	const struct json_node *want = json_first(&s->json, either);

	if (o->count != 1)
		return fail(s, "%" PRIu32 " results", o->count);
	fail(s, "either of nothing");
	for (; want; want = json_next(&s->json, want))
		if (value_matches(s, want, o->types[0], s->values))
			return true;
	return false; /* why the last did not match */
}

static bool run_assert_return(struct script *s, const struct json_node *command)
{
	const struct json_node *either = json_get(&s->json, command, "either"), *want;
	const union ew_value *got = s->values;
	struct outcome o;
	uint32_t i = 0;

	if (!act(s, command, &o))
		return false;
	if (o.status != EW_OK)
		return fail(s, "ended with %s", ended(s, o.status));
	if (either)
		return either_matches(s, either, &o);
	want = json_first(&s->json, json_get(&s->json, command, "expected"));
	for (; want && i < o.count; want = json_next(&s->json, want), got += value_slots(o.types[i++]))
		if (!value_matches(s, want, o.types[i], got))
			return false;
	if (want || i != o.count)
		return fail(s, "%" PRIu32 " results", o.count);
	return true;
}

/* Either may say more than the other: "uninitialized element" and "uninitialized element 2". */
static bool text_matches(const struct json_node *want, const char *got)
{
	size_t n = strlen(got);

	if (!want)
		return false;
	return memcmp(want->text, got, n < want->len ? n : want->len) == 0 && n > 0;
}

static bool check_trap(struct script *s, const struct json_node *command, enum ew_status status,
		       const struct ew_trap *trap)
{
	const struct json_node *want = json_get(&s->json, command, "text");
	int len = want ? (int)want->len : 0;

	if (status != EW_ERR_TRAP)
		return fail(s, "ended with %s, want trap \"%.*s\"", ew_status_name(status), len,
			    len ? want->text : "");
	if (!text_matches(want, ew_trap_text(trap->code)))
		return fail(s, "trapped with \"%s\", want \"%.*s\"", ew_trap_text(trap->code), len,
			    len ? want->text : "");
	return true;
}

static bool run_assert_trap(struct script *s, const struct json_node *command)
{
	struct outcome o;

	if (!act(s, command, &o))
		return false;
	return check_trap(s, command, o.status, ew_exec_trap(s->exec));
}

static bool run_assert_exception(struct script *s, const struct json_node *command)
{
	struct outcome o;

	if (!act(s, command, &o))
		return false;
	if (o.status == EW_ERR_TRAP && ew_exec_trap(s->exec)->code == EW_TRAP_EXCEPTION)
		return true;
	return fail(s, "ended with %s, want an exception that nobody catches", ended(s, o.status));
}

static bool run_assert_exhaustion(struct script *s, const struct json_node *command)
{
	struct outcome o;

	if (!act(s, command, &o))
		return false;
	if (o.status == EW_ERR_TRAP && ew_exec_trap(s->exec)->code == EW_TRAP_STACK)
		return true;
	return fail(s, "ended with %s, want the stack exhausted", ended(s, o.status));
}

/* ---- refusals ---- */

/*
 * A module that must not load.  Which of the two classes it is in depends on where an engine looks first
 * (a reader that validates as it decodes may meet the invalid part before the malformed one), so the
 * class counts only with --strict.  What a later proposal made valid is refused by its name instead.
 */
static bool run_assert_refused(struct script *s, const struct json_node *command, enum ew_status class)
{
	const struct json_node *text = json_get(&s->json, command, "text");
	struct attempt a;
	int len = text ? (int)text->len : 0;

	if (!attempt(s, command, &a))
		return false;
	if (a.loaded)
		return fail(s, "accepted, want %s \"%.*s\"", ew_status_text(class), len,
			    len ? text->text : "");
	if (a.status == EW_ERR_UNSUPPORTED && s->options->disable && strstr(a.err.text, "disabled"))
		return true;
	if (a.status != EW_ERR_MALFORMED && a.status != EW_ERR_INVALID)
		return fail(s, "refused with %s: %s", ew_status_name(a.status), a.err.text);
	if (a.status != class && s->options->strict)
		return fail(s, "refused with %s: %s, want %s \"%.*s\"", ew_status_name(a.status),
			    a.err.text, ew_status_text(class), len, len ? text->text : "");
	return true;
}

static bool run_assert_malformed(struct script *s, const struct json_node *command)
{
	return run_assert_refused(s, command, EW_ERR_MALFORMED);
}

static bool run_assert_invalid(struct script *s, const struct json_node *command)
{
	return run_assert_refused(s, command, EW_ERR_INVALID);
}

static bool run_assert_unlinkable(struct script *s, const struct json_node *command)
{
	struct attempt a;

	if (!attempt(s, command, &a))
		return false;
	if (!a.loaded)
		return fail(s, "refused before linking: %s: %s", ew_status_name(a.status), a.err.text);
	return a.status == EW_ERR_UNLINKABLE ? true : fail(s, "linking gave %s", ew_status_name(a.status));
}

static bool run_assert_uninstantiable(struct script *s, const struct json_node *command)
{
	struct attempt a;

	if (!attempt(s, command, &a))
		return false;
	if (!a.loaded)
		return fail(s, "refused before linking: %s: %s", ew_status_name(a.status), a.err.text);
	return check_trap(s, command, a.status, &a.trap);
}

/* ---- the list of commands ---- */

static const struct {
	const char *type;
	bool (*run)(struct script *s, const struct json_node *command);
} commands[] = {
	{"module", run_module},
	{"register", run_register},
	{"action", run_action},
	{"assert_return", run_assert_return},
	{"assert_trap", run_assert_trap},
	{"assert_exhaustion", run_assert_exhaustion},
	{"assert_exception", run_assert_exception},
	{"assert_malformed", run_assert_malformed},
	{"assert_invalid", run_assert_invalid},
	{"assert_unlinkable", run_assert_unlinkable},
	{"assert_uninstantiable", run_assert_uninstantiable},
};

static bool run_command(struct script *s, const struct json_node *command)
{
	const struct json_node *type = json_get(&s->json, command, "type");

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (json_is(type, commands[i].type))
			return commands[i].run(s, command);
	return fail(s, "unknown command %.*s", type ? (int)type->len : 0, type ? type->text : "");
}

static void run_all(struct script *s)
{
	const struct json_node *c =
		json_first(&s->json, json_get(&s->json, s->json.nodes, "commands"));
	const struct json_node *type;

	for (; c; c = json_next(&s->json, c)) {
		if (json_is(json_get(&s->json, c, "module_type"), "text")) {
			s->totals->text++;
			continue;
		}
		if (run_command(s, c)) {
			s->totals->passed++;
			continue;
		}
		type = json_get(&s->json, c, "type");
		s->totals->failed++;
		printf("%s:%" PRIu32 ": %.*s: %s\n", s->source,
		       json_u32(json_get(&s->json, c, "line")), type ? (int)type->len : 0,
		       type ? type->text : "", s->why);
	}
}

static void release(struct script *s)
{
	while (s->registered) {
		struct registration *next = s->registered->next;

		free(s->registered);
		s->registered = next;
	}
	for (struct unit *u = s->units; u; u = u->next)
		if (u->instance)
			ew_instance_destroy(u->instance);
	if (s->exec)
		ew_exec_destroy(s->exec);
	spectest_deinit(&s->spectest);
	while (s->units) {
		struct unit *next = s->units->next;

		ew_module_free(s->units->module);
		free(s->units->bytes);
		free(s->units);
		s->units = next;
	}
}

/* What cannot be run at all is one failure. */
static void broken(struct spec_totals *totals, const char *path, const char *why)
{
	printf("%s:1: %s\n", path, why);
	totals->failed++;
}

static char *source_name(const struct json *j, const char *path)
{
	const struct json_node *source = json_get(j, j->nodes, "source_filename");
	char *name = source ? strndup(source->text, source->len) : strdup(path_base(path));
	char *base = name ? strdup(path_base(name)) : NULL;

	free(name);
	return base;
}

static void run_parsed(struct script *s, const char *path)
{
	struct spec_totals before = *s->totals;
	char *source = source_name(&s->json, path);
	const char *slash = strrchr(path, '/');

	s->source = source ? source : path;
	s->folder = slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
	s->alloc = ew_alloc_libc();
	if (!s->folder || ew_exec_create(&s->exec, NULL, &s->alloc) != EW_OK ||
	    spectest_init(&s->spectest, s->options->guard, &s->alloc) != EW_OK)
		broken(s->totals, s->source, "out of memory");
	else if (!json_get(&s->json, s->json.nodes, "commands"))
		broken(s->totals, s->source, "no commands: not what wast2json writes");
	else
		run_all(s);
	if (s->steps.wrong)
		broken(s->totals, s->source, "steps that do not follow from one another");
	release(s);
	if (s->options->verbose)
		printf("%s: %lu passed, %lu failed\n", s->source, s->totals->passed - before.passed,
		       s->totals->failed - before.failed);
	free(s->folder);
	free(source);
}

void spec_run(const char *json_path, const struct spec_options *options, struct spec_totals *totals)
{
	size_t size;
	char *text = file_read(json_path, &size);
	struct script *s = calloc(1, sizeof(*s));

	if (!text || !s) {
		broken(totals, json_path, "cannot be read");
	} else {
		s->options = options;
		s->totals = totals;
		s->units_end = &s->units;
		if (json_parse(&s->json, text, size))
			run_parsed(s, json_path);
		else
			broken(totals, json_path, s->json.error);
		json_free(&s->json);
	}
	free(s);
	free(text);
}
