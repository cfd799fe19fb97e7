/* SPDX-License-Identifier: Apache-2.0 */
#include "base/format.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define DIGITS 20 /* of the largest number */

struct output {
	char *at;
	size_t size;
	size_t room;
	bool failed; /* something does not fit, or is not known here */
};

/* The caller's list, to be moved on from function to function. */
struct arguments {
	va_list list;
};

enum width { INT, LONG, LONG_LONG, SIZE };

static void put(struct output *out, const char *octets, size_t size)
{
	if (out->failed || size >= out->room - out->size) {
		out->failed = true;
		return;
	}
	memcpy(out->at + out->size, octets, size);
	out->size += size;
}

static void put_number(struct output *out, uint64_t number, bool negative)
{
	char digits[DIGITS + 1];
	size_t first = sizeof(digits);

	do {
		digits[--first] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	if (negative)
		digits[--first] = '-';
	put(out, digits + first, sizeof(digits) - first);
}

static void put_signed(struct output *out, struct arguments *arguments, enum width width)
{
	long long number = width == INT    ? va_arg(arguments->list, int)
	                   : width == LONG ? va_arg(arguments->list, long)
	                                   : va_arg(arguments->list, long long);

	if (width == SIZE)
		out->failed = true;
	else if (number < 0)
		put_number(out, 0 - (uint64_t)number, true);
	else
		put_number(out, (uint64_t)number, false);
}

static void put_unsigned(struct output *out, struct arguments *arguments, enum width width)
{
	if (width == INT)
		put_number(out, va_arg(arguments->list, unsigned), false);
	else if (width == LONG)
		put_number(out, va_arg(arguments->list, unsigned long), false);
	else if (width == LONG_LONG)
		put_number(out, va_arg(arguments->list, unsigned long long), false);
	else
		put_number(out, va_arg(arguments->list, size_t), false);
}

/* Of "%.*s" the limit comes first. */
static void put_text(struct output *out, struct arguments *arguments, bool limited)
{
	int limit = limited ? va_arg(arguments->list, int) : -1;
	const char *text = va_arg(arguments->list, const char *);

	if (!text)
		out->failed = true;
	else
		put(out, text, limit < 0 ? strlen(text) : strnlen(text, (size_t)limit));
}

static void put_character(struct output *out, struct arguments *arguments)
{
	char character = (char)va_arg(arguments->list, int);

	if (character)
		put(out, &character, 1);
	else
		out->failed = true;
}

static const char *read_width(const char *format, enum width *width)
{
	*width = INT;
	if (*format == 'z') {
		*width = SIZE;
		return format + 1;
	}
	for (; *format == 'l' && *width < LONG_LONG; format++)
		*width = *width == INT ? LONG : LONG_LONG;
	return format;
}

static void put_argument(struct output *out, struct arguments *arguments, char kind,
                         enum width width)
{
	if (kind == 'u')
		put_unsigned(out, arguments, width);
	else if (kind == 'd' || kind == 'i')
		put_signed(out, arguments, width);
	else if (width != INT)
		out->failed = true;
	else if (kind == 's')
		put_text(out, arguments, false);
	else if (kind == 'c')
		put_character(out, arguments);
	else if (kind == '%')
		put(out, "%", 1);
	else
		out->failed = true;
}

static void put_all(struct output *out, struct arguments *arguments, const char *format)
{
	enum width width;

	while (!out->failed) {
		size_t plain = strcspn(format, "%");

		put(out, format, plain);
		format += plain;
		if (!*format)
			return;
		if (strncmp(format, "%.*s", 4) == 0) {
			put_text(out, arguments, true);
			format += 4;
			continue;
		}
		format = read_width(format + 1, &width);
		put_argument(out, arguments, *format, width);
		format += *format != '\0';
	}
}

int dm_format_plain(char *at, size_t room, const char *format, va_list list)
{
	struct output out = { .at = at, .room = room, .failed = room == 0 || room > INT32_MAX };
	struct arguments arguments;

	va_copy(arguments.list, list);
	put_all(&out, &arguments, format);
	va_end(arguments.list);
	if (out.failed)
		return -1;
	at[out.size] = '\0';
	return (int)out.size;
}
