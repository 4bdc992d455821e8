/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_monkey.c - every function with arguments out of a hat, for as long as EW_MONKEY_CALLS says (default
 * 200,000), on one world: nothing crashes, nothing leaks, the run never ends but by proc_exit, and the same seed
 * gives the same answers.  Arguments are mostly small numbers, addresses around the edges of memory, and results
 * of earlier calls, so that the calls get somewhere.
 */
#include "arun.h"
#include "tiny_model.h"

#define FUNCS 80

static const char *const args[] = {"monkey", "-x"};
static const struct ew_abi_preopen preopens[] = {{"/d", NULL}};

/* A file system that says yes to everything. */
static uint16_t fs_open(void *user, void *dir, const char *path, uint32_t flags, void **file, enum ew_fs_kind *kind)
{
	(void)user, (void)dir, (void)flags;
	*file = NULL;
	*kind = path[0] & 1 ? EW_FS_FILE : EW_FS_DIR;
	return 0;
}

static uint16_t fs_read(void *user, void *file, uint64_t offset, void *buf, size_t cap, size_t *done)
{
	(void)user, (void)file;
	memset(buf, (int)offset, cap);
	*done = cap;
	return 0;
}

static uint16_t fs_write(void *user, void *file, uint64_t offset, const void *bytes, size_t len, size_t *done)
{
	(void)user, (void)file, (void)offset, (void)bytes;
	*done = len;
	return 0;
}

static uint16_t fs_stat(void *user, void *file, struct ew_fs_stat *out)
{
	(void)user, (void)file;
	out->size = 123;
	return 0;
}

static uint16_t fs_list(void *user, void *dir, uint64_t index, char *name, size_t cap, size_t *len,
			struct ew_fs_stat *out)
{
	(void)user, (void)dir, (void)out;
	*len = index < 50 ? (size_t)snprintf(name, cap, "file-%u", (unsigned)index) : 0;
	return 0;
}

static enum ew_status do_write(void *user, int fd, const void *bytes, size_t len, size_t *done)
{
	(void)user, (void)fd, (void)bytes;
	*done = len;
	return EW_OK;
}

static enum ew_status do_read(void *user, int fd, void *buf, size_t cap, size_t *done)
{
	(void)user, (void)fd;
	memset(buf, 'r', cap);
	*done = cap;
	return EW_OK;
}

static enum ew_status do_random(void *user, void *out, size_t bytes)
{
	(void)user;
	memset(out, 9, bytes);
	return EW_OK;
}

static enum ew_status do_clock(void *user, uint32_t id, uint64_t *ns)
{
	(void)user;
	*ns = id;
	return EW_OK;
}

static enum ew_status config_get(void *user, const char *key, size_t key_len, const void **value, size_t *len)
{
	(void)user, (void)key;
	*value = "0123456789";
	*len = key_len % 11;
	return EW_OK;
}

static enum ew_status metric_define(void *user, uint32_t kind, const char *name, size_t len, uint32_t *id)
{
	(void)user, (void)kind, (void)name;
	*id = (uint32_t)len;
	return EW_OK;
}

static int64_t draw(uint64_t *seed, const int64_t *before)
{
	uint64_t n = noise(seed);

	switch (n % 8) {
	case 0:
	case 1:
	case 2: return (int64_t)(n >> 8 & 15);
	case 3: return (int64_t)(n >> 8 & 1023);
	case 4: return (int64_t)(n >> 8 & 0xffff);
	case 5: return (int64_t)PAGE - (int64_t)(n >> 8 & 63);
	case 6: return before[n >> 8 & 7];
	default: return (int64_t)noise(seed);
	}
}

struct guest {
	struct ew_module *module;
	struct ew_instance *instance;
	struct ew_func *func;
	struct wmod m;
	char name[32];
};

/* One module for each function, and all of them on one ABI and one memory. */
static uint32_t open_guests(struct arun *r, struct guest *guests, struct ew_memory *memory)
{
	struct ew_import import = {.module = "m", .name = "m", .kind = EW_EXTERN_MEMORY, .u.memory = memory};
	struct ew_instance_config c = {.struct_bytes = sizeof(c), .resolve = ew_abi_resolve, .resolve_user = r->abi,
				       .exec = r->exec, .imports = &import, .import_count = 1};
	struct ew_abi_function f;
	uint32_t n = 0;

	for (uint32_t i = 0; ew_abi_function(i, &f) == EW_OK; i++) {
		struct guest *g = &guests[n++];
		const uint8_t *bytes;
		size_t size;

		assert_true(n < FUNCS);
		snprintf(g->name, sizeof(g->name), "%s", f.name);
		wmod_init(&r->m);
		wmod_import_func(&r->m, f.module, f.name, f.signature);
		wmod_import_memory(&r->m, "m", "m", 1, 1);
		arun_thunk(r, f.name, f.signature, 0);
		bytes = wmod_finish(&r->m, &size);
		if (ew_module_load(&g->module, bytes, size, NULL, &r->mem.alloc, &r->err) != EW_OK ||
		    ew_instance_create(&g->instance, g->module, &c, &r->mem.alloc, NULL, &r->err) != EW_OK ||
		    ew_func_find(g->instance, f.name, f.signature, &g->func) != EW_OK)
			fail_msg("%s: %s", f.name, r->err.text);
		g->m = r->m;
	}
	return n;
}

static uint64_t play(uint64_t seed, uint32_t calls)
{
	static struct guest guests[FUNCS];
	struct arun r;
	static struct tiny model;
	struct ew_memory *memory = NULL;
	int64_t before[8] = {0};
	uint64_t digest = 14695981039346656037u;
	_Alignas(8) uint8_t event[2][80] = {{0}};
	const struct ew_event *offered[2] = {(void *)event[0], (void *)event[1]};
	uint8_t states[2], *ring_memory = malloc(ew_ring_size(65536));
	uint32_t count;

	arun_init(&r);
	tiny_fc(&model, 1);
	r.config.grant.caps = EW_CAP_ALL;
	r.config.grant.quota[EW_QUOTA_LOG_BYTES].per_call = 100000;
	r.config.args = args;
	r.config.arg_count = 2;
	r.config.preopens = preopens;
	r.config.preopen_count = 1;
	r.fs.open = fs_open, r.fs.read = fs_read, r.fs.write = fs_write, r.fs.stat = fs_stat, r.fs.list = fs_list;
	r.host.read = do_read, r.host.write = do_write, r.host.random = do_random, r.host.clock = do_clock;
	r.host.config_get = config_get, r.host.metric_define = metric_define;
	((struct ew_event *)(void *)event[0])->data_bytes = 30;
	((struct ew_event *)(void *)event[1])->topic_bytes = 3;
	if (ew_ring_init(ring_memory, ew_ring_size(65536), NULL, &r.config.out) != EW_OK ||
	    ew_kv_ram_create(NULL, &r.mem.alloc, &r.config.kv) != EW_OK ||
	    ew_models_create(&r.config.models, &r.mem.alloc) != EW_OK ||
	    ew_models_put(r.config.models, "\x01", "1", model.bytes, model.size, 0, NULL) != EW_OK ||
	    ew_abi_create(&r.abi, &r.config, &r.mem.alloc, &r.err) != EW_OK ||
	    ew_exec_create(&r.exec, NULL, &r.mem.alloc) != EW_OK ||
	    ew_memory_create(&memory, 1, 1, &r.mem.alloc) != EW_OK)
		fail_msg("no world: %s", r.err.text);
	wmod_free(&r.m);
	memset(guests, 0, sizeof(guests));
	count = open_guests(&r, guests, memory);
	for (uint32_t i = 0; i < calls; i++) {
		struct guest *g = &guests[noise(&seed) % count];
		const struct ew_event *out;
		int64_t a[10];

		if (i % 64 == 0) {
			ew_abi_begin(r.abi, i, 0);
			ew_abi_offer(r.abi, offered, states, 2);
			memset(ew_memory_span(memory, 0, 64), (int)(i / 64) & 3, 64);
			while (ew_ring_peek(r.config.out, &out) == EW_OK)
				ew_ring_release(r.config.out, 1);
		}
		for (int k = 0; k < 10; k++)
			a[k] = draw(&seed, before);
		r.func = g->func;
		ew_exec_set_fuel(r.exec, 1u << 30);
		arun_call(&r, a);
		if (r.status != EW_OK && !(r.status == EW_ERR_EXIT && strcmp(g->name, "proc_exit") == 0))
			fail_msg("call %u: %s ended the run with %s", i, g->name, ew_status_name(r.status));
		before[i & 7] = r.values[0].i64;
		digest = (digest ^ r.values[0].u64) * 1099511628211u;
	}
	for (uint32_t i = 0; i < count; i++) {
		ew_instance_destroy(guests[i].instance);
		ew_module_free(guests[i].module);
		wmod_free(&guests[i].m);
	}
	ew_memory_destroy(memory);
	wmod_init(&r.m);
	ew_kv_destroy(r.config.kv);
	free(ring_memory);
	arun_close(&r);
	return digest;
}

static void anything_goes(void **state)
{
	const char *calls = getenv("EW_MONKEY_CALLS");
	uint32_t n = calls ? (uint32_t)strtoul(calls, NULL, 10) : 200000;

	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++)
		play(seed, n / 4);
}

static void the_same_seed_gives_the_same_answers(void **state)
{
	(void)state;
	assert_true(play(77, 5000) == play(77, 5000));
	assert_true(play(77, 5000) != play(78, 5000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(anything_goes),
		cmocka_unit_test(the_same_seed_gives_the_same_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
