/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* link.c - abi.def as a table, and the binding of imports to it. */
#include <string.h>
#include "abi/abi.h"

#if EW_CONFIG_ABI

#define ANY_OF 0x80000000u /* in caps: one of the others is enough */
#define ANY(a, b) (ANY_OF | (a) | (b))

enum module { EDGE, WASI, NN };

static const char *const module_names[] = {
	"edge_v1",
	"wasi_snapshot_preview1",
	"wasi_ephemeral_nn",
};

struct entry {
	const char *name, *signature;
	ew_host_fn handler;
	uint32_t caps;
	uint8_t module, name_len;
};

static const struct entry table[] = {
#define FN(module, name, signature, caps, handler)                                                 \
	{#name, signature, handler, caps, module, sizeof(#name) - 1},
#include "abi/abi.def"
#undef FN
};
#define TABLE_COUNT (sizeof(table) / sizeof(table[0]))

static const struct entry *find(const struct ew_extern_type *want)
{
	uint32_t module = 0;

	while (module < 3 && !ewi_name_is(module_names[module], want->module, want->module_len))
		module++;
	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (table[i].module == module && table[i].name_len == want->name_len &&
		    memcmp(table[i].name, want->name, want->name_len) == 0)
			return &table[i];
	return NULL;
}

/* "EMIT", "KV_READ and KV_WRITE", "STDIO or FS": what is asked for, in words. */
static void cap_words(uint32_t caps, char *out, size_t cap)
{
	const char *between = caps & ANY_OF ? " or " : " and ";
	size_t len = 0;

	out[0] = '\0';
	for (uint32_t bits = caps & ~ANY_OF; bits; bits &= bits - 1)
		len += ewi_format(out + len, cap - len, "%s%s", len ? between : "",
				  ew_cap_name(bits & -bits));
}

static bool granted(const struct ew_abi *abi, uint32_t caps)
{
	uint32_t need = caps & ~ANY_OF, have = abi->grant.caps & need;

	return caps & ANY_OF ? have != 0 : have == need;
}

enum ew_status ew_abi_resolve(void *user, const struct ew_extern_type *want, struct ew_import *out,
			      struct ew_error *err)
{
	struct ew_abi *abi = user;
	const struct entry *e;
	char words[64];

	if (want->kind != EW_EXTERN_FUNC)
		return EW_ERR_NOENT;
	e = find(want);
	if (!e)
		return EW_ERR_NOENT;
	if (!granted(abi, e->caps)) {
		cap_words(e->caps & (ANY_OF | ~abi->grant.caps), words, sizeof(words));
		return ewi_error(err, EW_ERR_DENIED, 0,
				 "%s.%s needs capability %s, which was not granted",
				 module_names[e->module], e->name, words);
	}
	memset(out, 0, sizeof(*out));
	out->module = module_names[e->module];
	out->name = e->name;
	out->kind = EW_EXTERN_FUNC;
	out->u.host.signature = e->signature;
	out->u.host.fn = e->handler;
	out->u.host.user = abi;
	return EW_OK;
}

enum ew_status ew_abi_function(uint32_t index, struct ew_abi_function *out)
{
	const struct entry *e;

	if (index >= TABLE_COUNT)
		return EW_ERR_NOENT;
	e = &table[index];
	out->module = module_names[e->module];
	out->name = e->name;
	out->signature = e->signature;
	out->caps = e->caps & ~ANY_OF;
	out->any_cap = (e->caps & ANY_OF) != 0;
	out->implemented = e->handler != ewi_wasi_nosys;
	return EW_OK;
}

#endif
