/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar compiler: any text gives a grammar or diagnostics, never neither. What it prints in
 * its own language compiles again, to the same text.
 */
#include "dictc/dictc.h"

#include <stdlib.h>

#define OUTPUT_LIMIT ((size_t)16 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print(const struct dictc_grammar *grammar, enum dictc_format format,
                  struct dm_writer *out)
{
	dm_writer_init(out, OUTPUT_LIMIT);
	dictc_print(grammar, format, "dict/", out);
	if (out->failed)
		abort();
}

static void print_all(const struct dictc_grammar *grammar)
{
	static const enum dictc_format formats[] = {
		DICTC_C_HEADER,
		DICTC_C_TABLES,
		DICTC_OTP,
		DICTC_WIRESHARK,
	};
	struct dm_writer out;

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		print(grammar, formats[i], &out);
		dm_writer_fini(&out);
	}
}

static void expect_same_again(struct dm_bytes text)
{
	struct dictc *dictc = dictc_new(NULL, NULL);
	const struct dictc_grammar *grammar = dictc_compile(dictc, "printed.dia", text);
	struct dm_writer again;

	if (!grammar)
		abort();
	print(grammar, DICTC_DIA, &again);
	if (!dm_bytes_equal(dm_writer_written(&again), text))
		abort();
	dm_writer_fini(&again);
	dictc_free(dictc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dictc *dictc = dictc_new(NULL, NULL);
	const struct dictc_grammar *grammar;
	struct dm_writer text;

	grammar = dictc_compile(dictc, "input.dia", dm_bytes_of(data, size));
	if ((grammar == NULL) != (dictc_diagnostic_count(dictc) > 0))
		abort();
	if (grammar) {
		print_all(grammar);
		print(grammar, DICTC_DIA, &text);
		expect_same_again(dm_writer_written(&text));
		dm_writer_fini(&text);
	}
	dictc_free(dictc);
	return 0;
}
