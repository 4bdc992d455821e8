/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* format.c - the small formatter: integers and strings into a fixed buffer. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "base/error.h"

struct out {
	char *text;
	size_t cap, len;
};

struct spec {
	int width, precision; /* precision -1: none */
	bool zero;
	int longs; /* l counts 1, ll 2, z 3 */
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->cap)
		o->text[o->len++] = c;
}

static void put_str(struct out *o, const char *s, int precision)
{
	if (!s)
		s = "(null)";
	for (int i = 0; (precision < 0 || i < precision) && s[i]; i++)
		put(o, (unsigned char)s[i] < 0x20 || s[i] == 0x7f ? '?' : s[i]);
}

static void put_uint(struct out *o, uint64_t v, unsigned base, bool negative, const struct spec *sp)
{
	char digits[20]; /* 2^64 - 1 has 20 decimal digits */
	int n = 0;

	do
		digits[n++] = "0123456789abcdef"[v % base];
	while ((v /= base) != 0);
	for (int pad = sp->width - n - negative; !sp->zero && pad > 0; pad--)
		put(o, ' ');
	if (negative)
		put(o, '-');
	for (int pad = sp->width - n - negative; sp->zero && pad > 0; pad--)
		put(o, '0');
	while (n > 0)
		put(o, digits[--n]);
}

/* va_list inside a struct: passing it by pointer is portable only this way. */
struct args {
	va_list ap;
};

static int64_t next_int(struct args *a, const struct spec *sp)
{
	switch (sp->longs) {
	case 0: return va_arg(a->ap, int);
	case 1: return va_arg(a->ap, long);
	case 2: return va_arg(a->ap, long long);
	default: return (int64_t)va_arg(a->ap, size_t);
	}
}

static uint64_t next_uint(struct args *a, const struct spec *sp)
{
	switch (sp->longs) {
	case 0: return va_arg(a->ap, unsigned);
	case 1: return va_arg(a->ap, unsigned long);
	case 2: return va_arg(a->ap, unsigned long long);
	default: return va_arg(a->ap, size_t);
	}
}

static const char *parse_spec(const char *p, struct spec *sp, struct args *a)
{
	*sp = (struct spec){.precision = -1};
	if (*p == '0')
		sp->zero = true, p++;
	for (; *p >= '0' && *p <= '9'; p++)
		sp->width = sp->width * 10 + (*p - '0');
	if (*p == '.' && p[1] == '*')
		sp->precision = va_arg(a->ap, int), p += 2;
	for (; *p == 'l'; p++)
		sp->longs++;
	if (*p == 'z')
		sp->longs = 3, p++;
	return p;
}

static void put_one(struct out *o, char conversion, const struct spec *sp, struct args *a)
{
	int64_t v;

	switch (conversion) {
	case 's': put_str(o, va_arg(a->ap, const char *), sp->precision); break;
	case 'c': put(o, (char)va_arg(a->ap, int)); break;
	case 'u': put_uint(o, next_uint(a, sp), 10, false, sp); break;
	case 'x': put_uint(o, next_uint(a, sp), 16, false, sp); break;
	case 'd':
		v = next_int(a, sp);
		put_uint(o, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10, v < 0, sp);
		break;
	default: put(o, conversion); break;
	}
}

/* A cut in the middle of a UTF-8 sequence takes the whole sequence away. */
static void trim_utf8(struct out *o)
{
	size_t n = o->len, lead = n;

	while (lead > 0 && n - lead < 4 && ((unsigned char)o->text[lead - 1] & 0xc0) == 0x80)
		lead--;
	if (lead > 0) {
		unsigned char c = (unsigned char)o->text[lead - 1];
		size_t need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;

		if (n - (lead - 1) < need)
			o->len = lead - 1;
	}
}

size_t ewi_vformat(char *text, size_t cap, const char *fmt, va_list ap)
{
	struct out o = {text, cap, 0};
	struct args a;
	struct spec sp;

	va_copy(a.ap, ap);
	for (const char *p = fmt; *p; p++) {
		if (*p != '%') {
			put(&o, *p);
			continue;
		}
		p = parse_spec(p + 1, &sp, &a);
		if (!*p)
			break;
		put_one(&o, *p, &sp, &a);
	}
	va_end(a.ap);
	if (o.len + 1 == cap)
		trim_utf8(&o);
	text[o.len] = '\0';
	return o.len;
}

size_t ewi_format(char *text, size_t cap, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	n = ewi_vformat(text, cap, fmt, ap);
	va_end(ap);
	return n;
}
