/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_wasi.c - arguments, environment, clocks, random, stdio, exit, and what answers ENOSYS: lib/abi/wasi.c. */
#include "arun.h"

#define WASI "wasi_snapshot_preview1"

/* errno */
enum { SUCCESS = 0, BADF = 8, DQUOT = 19, W_INVAL = 28, W_IO = 29, W_NOSYS = 52, SPIPE = 70 };

static struct {
	char out[2][256];
	size_t out_len[2];
	const char *in;
	size_t most; /* bytes a write or read takes at once */
	uint64_t clock[2];
	enum ew_status status;
	uint32_t calls;
} world;

static enum ew_status do_write(void *user, int fd, const void *bytes, size_t len, size_t *done)
{
	size_t n = len < world.most ? len : world.most;

	(void)user;
	world.calls++;
	if (world.status != EW_OK)
		return world.status;
	memcpy(world.out[fd - 1] + world.out_len[fd - 1], bytes, n);
	world.out_len[fd - 1] += n;
	*done = n;
	return EW_OK;
}

static enum ew_status do_read(void *user, int fd, void *buf, size_t cap, size_t *done)
{
	size_t n = strlen(world.in);

	(void)user;
	assert_int_equal(fd, 0);
	world.calls++;
	if (world.status != EW_OK)
		return world.status;
	n = n < cap ? n : cap;
	n = n < world.most ? n : world.most;
	memcpy(buf, world.in, n);
	world.in += n;
	*done = n;
	return EW_OK;
}

static enum ew_status do_clock(void *user, uint32_t id, uint64_t *ns)
{
	(void)user;
	*ns = world.clock[id];
	return world.status;
}

static enum ew_status do_random(void *user, void *out, size_t bytes)
{
	(void)user;
	memset(out, 0x77, bytes);
	return world.status;
}

static void begin(struct arun *r)
{
	memset(&world, 0, sizeof(world));
	world.most = SIZE_MAX;
	world.in = "";
	arun_init(r);
	r->config.grant.caps = EW_CAP_STDIO | EW_CAP_CLOCK | EW_CAP_RANDOM;
	r->host.write = do_write;
	r->host.read = do_read;
	r->host.clock = do_clock;
	r->host.random = do_random;
}

static void arguments_and_environment(void **state)
{
	static const char *const args[] = {"prog", "-v", ""};
	static const char *const vars[] = {"HOME=/", "LANG=C"};
	struct arun r;

	(void)state;
	begin(&r);
	r.config.args = args;
	r.config.arg_count = 3;
	r.config.environ_pairs = vars;
	r.config.environ_count = 2;
	arun_open(&r, WASI, "args_sizes_get", "args_get", "environ_sizes_get", "environ_get");
	assert_int_equal(arun_i32(&r, 0, 4), SUCCESS);
	assert_int_equal(arun_le32(&r, 0), 3);
	assert_int_equal(arun_le32(&r, 4), 9);
	arun_pick(&r, "args_get");
	assert_int_equal(arun_i32(&r, 16, 100), SUCCESS);
	assert_int_equal(arun_le32(&r, 16), 100);
	assert_int_equal(arun_le32(&r, 20), 105);
	assert_int_equal(arun_le32(&r, 24), 108);
	check_mem("args", arun_mem(&r, 100, 10), "prog\0-v\0\0\0", 10);
	arun_pick(&r, "environ_sizes_get");
	assert_int_equal(arun_i32(&r, 0, 4), SUCCESS);
	assert_int_equal(arun_le32(&r, 0), 2);
	assert_int_equal(arun_le32(&r, 4), 14);
	arun_pick(&r, "environ_get");
	assert_int_equal(arun_i32(&r, 16, 200), SUCCESS);
	check_mem("environ", arun_mem(&r, 200, 14), "HOME=/\0LANG=C\0", 14);
	assert_int_equal(arun_le32(&r, 20), 207);
	arun_close(&r);
	/* A host that gives none. */
	begin(&r);
	arun_open(&r, WASI, "args_sizes_get", "args_get");
	assert_int_equal(arun_i32(&r, 0, 4), SUCCESS);
	assert_int_equal(arun_le32(&r, 0), 0);
	assert_int_equal(arun_le32(&r, 4), 0);
	arun_pick(&r, "args_get");
	assert_int_equal(arun_i32(&r, PAGE, PAGE), SUCCESS);
	arun_close(&r);
}

static void clocks(void **state)
{
	static const struct row {
		const char *name;
		int64_t id;
		enum ew_status status;
		int32_t want;
		uint64_t ns;
	} rows[] = {
		{"realtime", 0, EW_OK, SUCCESS, 111},
		{"monotonic", 1, EW_OK, SUCCESS, 222},
		{"process time is the monotonic one", 2, EW_OK, SUCCESS, 222},
		{"thread time likewise", 3, EW_OK, SUCCESS, 222},
		{"no fifth", 4, EW_OK, W_INVAL, 0},
		{"none", -1, EW_OK, W_INVAL, 0},
		{"not here", 0, EW_ERR_UNSUPPORTED, W_NOSYS, 0},
		{"broken", 0, EW_ERR_STATE, BADF, 0},
	};
	struct arun r;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		begin(&r);
		world.clock[0] = 111;
		world.clock[1] = 222;
		world.status = rows[i].status;
		arun_open(&r, WASI, "clock_time_get", "clock_res_get");
		check_int(rows[i].name, arun_i32(&r, rows[i].id, 1000, 8), rows[i].want);
		check_int(rows[i].name, arun_le64(&r, 8), rows[i].ns);
		arun_pick(&r, "clock_res_get");
		check_int(rows[i].name, arun_i32(&r, rows[i].id, 24), rows[i].want);
		check_int(rows[i].name, arun_le64(&r, 24), rows[i].want == SUCCESS);
		arun_close(&r);
	}
	begin(&r);
	r.host.clock = NULL;
	arun_open(&r, WASI, "clock_time_get");
	assert_int_equal(arun_i32(&r, 0, 0, 8), W_NOSYS);
	arun_close(&r);
}

static void random_and_yield(void **state)
{
	struct arun r;

	(void)state;
	begin(&r);
	arun_open(&r, WASI, "random_get", "sched_yield");
	assert_int_equal(arun_i32(&r, 8, 2), SUCCESS);
	check_mem("random", arun_mem(&r, 7, 4), "\0ww\0", 4);
	assert_int_equal(arun_i32(&r, PAGE, 0), SUCCESS);
	world.status = EW_ERR_IO;
	assert_int_equal(arun_i32(&r, 8, 2), W_IO);
	arun_pick(&r, "sched_yield");
	assert_int_equal(arun_i32(&r, 0), SUCCESS);
	arun_close(&r);
	begin(&r);
	r.host.random = NULL;
	arun_open(&r, WASI, "random_get");
	assert_int_equal(arun_i32(&r, 8, 2), W_NOSYS);
	arun_close(&r);
}

static void exit_ends_the_run_with_its_code(void **state)
{
	static const uint32_t codes[] = {0, 1, 42, 255, 0xffffffff};
	struct arun r;

	(void)state;
	begin(&r);
	arun_open(&r, WASI, "proc_exit");
	for (size_t i = 0; i < ROWS(codes); i++) {
		arun_call(&r, (const int64_t[]){codes[i]});
		check_status("exit", r.status, EW_ERR_EXIT);
		check_int("exit", ew_abi_exit_code(r.abi), codes[i]);
	}
	ew_abi_reset(r.abi);
	assert_int_equal(ew_abi_exit_code(r.abi), 0);
	arun_close(&r);
}

static void absent_functions_say_so(void **state)
{
	struct ew_abi_function f;
	uint32_t absent = 0;

	(void)state;
	for (uint32_t i = 0; ew_abi_function(i, &f) == EW_OK; i++) {
		const char *names[2] = {f.name, NULL};
		const int64_t zeros[16] = {0};
		struct arun r;

		if (f.implemented)
			continue;
		absent++;
		check_str(f.name, f.module, WASI);
		begin(&r);
		arun_open_list(&r, WASI, names);
		arun_call(&r, zeros);
		check_status(f.name, r.status, EW_OK);
		check_int(f.name, r.values[0].i32, W_NOSYS);
		arun_close(&r);
	}
	assert_int_equal(absent, 14);
}

/* ---- stdio ------------------------------------------------------------------------------------ */

/* An iovec list at 0: "hello, " and "world\n" lie at 100 and 200. */
static void put_iovs(struct arun *r)
{
	arun_put32(r, 0, 100);
	arun_put32(r, 4, 7);
	arun_put32(r, 8, 300);
	arun_put32(r, 12, 0);
	arun_put32(r, 16, 200);
	arun_put32(r, 20, 6);
	arun_put(r, 100, "hello, ");
	arun_put(r, 200, "world\n");
}

static void writing_gathers(void **state)
{
	struct arun r;

	(void)state;
	begin(&r);
	arun_open(&r, WASI, "fd_write");
	put_iovs(&r);
	assert_int_equal(arun_i32(&r, 1, 0, 3, 64), SUCCESS);
	assert_int_equal(arun_le32(&r, 64), 13);
	assert_string_equal(world.out[0], "hello, world\n");
	assert_int_equal(world.calls, 2); /* nothing for the empty one */
	assert_int_equal(arun_i32(&r, 2, 16, 1, 64), SUCCESS);
	assert_string_equal(world.out[1], "world\n");
	assert_int_equal(arun_i32(&r, 1, PAGE, 0, 64), SUCCESS);
	assert_int_equal(arun_le32(&r, 64), 0);
	/* A short write ends the call with what was done. */
	world.most = 5;
	assert_int_equal(arun_i32(&r, 1, 0, 3, 64), SUCCESS);
	assert_int_equal(arun_le32(&r, 64), 5);
	/* Broken at once is an error; broken later is what was done until then. */
	world.status = EW_ERR_IO;
	arun_put32(&r, 64, 99);
	assert_int_equal(arun_i32(&r, 1, 0, 3, 64), W_IO);
	assert_int_equal(arun_le32(&r, 64), 99);
	arun_close(&r);
}

static void reading_scatters(void **state)
{
	struct arun r;

	(void)state;
	begin(&r);
	arun_open(&r, WASI, "fd_read");
	put_iovs(&r);
	world.in = "0123456789abcdef";
	assert_int_equal(arun_i32(&r, 0, 0, 3, 64), SUCCESS);
	assert_int_equal(arun_le32(&r, 64), 13);
	check_mem("first", arun_mem(&r, 100, 7), "0123456", 7);
	check_mem("second", arun_mem(&r, 200, 6), "789abc", 6);
	assert_int_equal(arun_i32(&r, 0, 0, 3, 64), SUCCESS);
	assert_int_equal(arun_le32(&r, 64), 3);
	assert_int_equal(arun_i32(&r, 0, 0, 3, 64), SUCCESS);
	assert_int_equal(arun_le32(&r, 64), 0); /* end of file */
	world.status = EW_ERR_IO;
	assert_int_equal(arun_i32(&r, 0, 0, 3, 64), W_IO);
	world.status = EW_OK;
	/* Input that overwrites the list itself: the next entry is what it then says, checked. */
	world.in = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
	arun_put32(&r, 0, 8);
	arun_put32(&r, 4, 8);
	arun_put32(&r, 8, 100);
	arun_put32(&r, 12, 4);
	assert_int_equal(arun_i32(&r, 0, 0, 2, 64), SUCCESS);
	assert_int_equal(arun_le32(&r, 64), 8);
	arun_close(&r);
}

static void wrong_descriptors(void **state)
{
	struct arun r;

	(void)state;
	begin(&r);
	arun_open(&r, WASI, "fd_write", "fd_read", "fd_close", "fd_seek", "fd_prestat_get", "fd_pread",
		  "fd_tell");
	put_iovs(&r);
	assert_int_equal(arun_i32(&r, 0, 0, 1, 64), BADF); /* writing to stdin */
	assert_int_equal(arun_i32(&r, 3, 0, 1, 64), BADF);
	assert_int_equal(arun_i32(&r, -1, 0, 1, 64), BADF);
	arun_pick(&r, "fd_read");
	assert_int_equal(arun_i32(&r, 1, 0, 1, 64), BADF);
	arun_pick(&r, "fd_seek");
	assert_int_equal(arun_i32(&r, 1, 0, 0, 64), SPIPE);
	assert_int_equal(arun_i32(&r, 3, 0, 0, 64), BADF);
	arun_pick(&r, "fd_tell");
	assert_int_equal(arun_i32(&r, 0, 64), SPIPE);
	arun_pick(&r, "fd_pread");
	assert_int_equal(arun_i32(&r, 0, 0, 1, 0, 64), SPIPE);
	arun_pick(&r, "fd_prestat_get");
	for (int fd = 0; fd < 5; fd++)
		assert_int_equal(arun_i32(&r, fd, 64), BADF);
	arun_pick(&r, "fd_close");
	assert_int_equal(arun_i32(&r, 3), BADF);
	assert_int_equal(arun_i32(&r, 1), SUCCESS);
	assert_int_equal(arun_i32(&r, 1), BADF);
	arun_pick(&r, "fd_write");
	assert_int_equal(arun_i32(&r, 1, 0, 1, 64), BADF);
	assert_int_equal(arun_i32(&r, 2, 0, 1, 64), SUCCESS);
	ew_abi_reset(r.abi);
	assert_int_equal(arun_i32(&r, 1, 0, 1, 64), SUCCESS);
	arun_close(&r);
	/* FS alone links fd_write, and stdio is not there. */
	begin(&r);
	r.config.grant.caps = EW_CAP_FS;
	arun_open(&r, WASI, "fd_write", "fd_fdstat_get");
	assert_int_equal(arun_i32(&r, 1, 0, 0, 64), BADF);
	arun_pick(&r, "fd_fdstat_get");
	assert_int_equal(arun_i32(&r, 1, 0), BADF);
	arun_close(&r);
	/* Granted, and nobody to write to. */
	begin(&r);
	r.host.write = NULL;
	r.host.read = NULL;
	arun_open(&r, WASI, "fd_write", "fd_read");
	assert_int_equal(arun_i32(&r, 1, 0, 0, 64), W_NOSYS);
	arun_pick(&r, "fd_read");
	assert_int_equal(arun_i32(&r, 0, 0, 0, 64), W_NOSYS);
	arun_close(&r);
}

static void stdio_looks_like_a_terminal(void **state)
{
	struct arun r;

	(void)state;
	begin(&r);
	arun_open(&r, WASI, "fd_fdstat_get", "fd_filestat_get", "fd_fdstat_set_flags", "fd_sync");
	for (int fd = 0; fd < 3; fd++) {
		memset(arun_mem(&r, 0, 24), 0xa5, 24);
		arun_pick(&r, "fd_fdstat_get");
		assert_int_equal(arun_i32(&r, fd, 0), SUCCESS);
		assert_int_equal(arun_mem(&r, 0, 1)[0], 2);
		assert_int_equal(arun_le64(&r, 8), fd ? 1 << 6 : 1 << 1);
		assert_int_equal(arun_le64(&r, 16), 0);
		arun_pick(&r, "fd_filestat_get");
		memset(arun_mem(&r, 0, 64), 0xa5, 64);
		assert_int_equal(arun_i32(&r, fd, 0), SUCCESS);
		assert_int_equal(arun_mem(&r, 16, 1)[0], 2);
		assert_int_equal(arun_le64(&r, 32), 0);
		arun_pick(&r, "fd_fdstat_set_flags");
		assert_int_equal(arun_i32(&r, fd, 4), SUCCESS);
		arun_pick(&r, "fd_sync");
		assert_int_equal(arun_i32(&r, fd), W_INVAL);
	}
	arun_pick(&r, "fd_fdstat_get");
	assert_int_equal(arun_i32(&r, 3, 0), BADF);
	arun_close(&r);
}

static void lists_of_up_to_1024_buffers(void **state)
{
	struct arun r;

	(void)state;
	begin(&r);
	arun_open(&r, WASI, "fd_write");
	assert_int_equal(arun_i32(&r, 1, 0, 1024, PAGE - 4), SUCCESS);
	assert_int_equal(arun_i32(&r, 1, 0, 1025, PAGE - 4), W_INVAL);
	/* Lengths that add up to more than a result can say: every one inside, together 2^31. */
	arun_close(&r);
	begin(&r);
	r.pages = 64; /* 4 MiB, 512 times = 2 GiB */
	arun_open(&r, WASI, "fd_write");
	for (uint32_t i = 0; i < 512; i++) {
		arun_put32(&r, 8 * i, 0);
		arun_put32(&r, 8 * i + 4, 64 * PAGE);
	}
	assert_int_equal(arun_i32(&r, 1, 0, 512, 8192), W_INVAL);
	assert_int_equal(world.calls, 0);
	arun_close(&r);
}

static void printing_has_a_quota(void **state)
{
	struct arun r;

	(void)state;
	begin(&r);
	r.config.grant.quota[EW_QUOTA_LOG_BYTES].per_call = 20;
	arun_open(&r, WASI, "fd_write");
	put_iovs(&r);
	assert_int_equal(arun_i32(&r, 1, 0, 3, 64), SUCCESS);
	assert_int_equal(arun_i32(&r, 1, 0, 3, 64), DQUOT);
	assert_int_equal(world.out_len[0], 13);
	assert_int_equal(arun_i32(&r, 1, 0, 1, 64), SUCCESS); /* 7 more: exactly 20 */
	assert_int_equal(arun_i32(&r, 1, 0, 1, 64), DQUOT);
	arun_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_and_environment),
		cmocka_unit_test(clocks),
		cmocka_unit_test(random_and_yield),
		cmocka_unit_test(exit_ends_the_run_with_its_code),
		cmocka_unit_test(absent_functions_say_so),
		cmocka_unit_test(writing_gathers),
		cmocka_unit_test(reading_scatters),
		cmocka_unit_test(wrong_descriptors),
		cmocka_unit_test(stdio_looks_like_a_terminal),
		cmocka_unit_test(lists_of_up_to_1024_buffers),
		cmocka_unit_test(printing_has_a_quota),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
