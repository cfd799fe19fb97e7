/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the minimal and the maximal example of every message into a folder, one file each, named
 * after the command: seeds for the fuzzers, and octets for foreign decoders to look at.
 *
 * usage: message-seeds FOLDER
 */
#include "message_dictionary.h"

#include <stdio.h>

#define MESSAGE_LIMIT ((size_t)1 << 20)

static bool write_file(const char *folder, const char *name, bool maximal, struct dm_bytes octets)
{
	char path[4096];
	FILE *file;
	size_t written;

	snprintf(path, sizeof(path), "%s/%s-%s", folder, name, maximal ? "maximal" : "minimal");
	file = fopen(path, "wb");
	if (!file)
		return false;
	written = fwrite(octets.at, 1, octets.size, file);
	return fclose(file) == 0 && written == octets.size;
}

static bool write_example(const char *folder, const struct dm_command *command, bool maximal)
{
	struct dm_writer out;
	bool well;

	dm_writer_init(&out, MESSAGE_LIMIT);
	well = dm_example(message_dictionary(), command, maximal, &out) == 0 &&
	       write_file(folder, command->abbreviation, maximal, dm_writer_written(&out));
	dm_writer_fini(&out);
	if (!well)
		fprintf(stderr, "message-seeds: no example of %s\n", command->name);
	return well;
}

int main(int argc, char **argv)
{
	bool well = argc == 2;

	for (size_t g = 0; well && g < message_grammar_count; g++) {
		const struct dm_grammar *grammar = message_grammars[g];

		for (size_t i = 0; i < grammar->command_count; i++) {
			well = write_example(argv[1], grammar->commands[i], false) && well;
			well = write_example(argv[1], grammar->commands[i], true) && well;
		}
	}
	return well ? 0 : 1;
}
