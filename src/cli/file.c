/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/file.h"

#include "base/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PIECE = 65536 };

static int read_all(int fd, struct dm_writer *held)
{
	static uint8_t piece[PIECE];

	for (;;) {
		ssize_t got = read(fd, piece, sizeof(piece));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return 0;
		dm_writer_bytes(held, dm_bytes_of(piece, (size_t)got));
		if (held->failed)
			return -EFBIG;
	}
}

int hw_file_read(const char *path, size_t limit, struct dm_bytes *out, char *why, size_t why_room)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct dm_writer held;
	int error;

	*out = (struct dm_bytes){ 0 };
	dm_writer_init(&held, limit);
	error = fd < 0 ? -errno : read_all(fd, &held);
	if (fd >= 0 && !standard)
		close(fd);
	if (!error) {
		*out = dm_writer_written(&held); /* the writer's buffer changes hands */
		return 0;
	}
	dm_writer_fini(&held);
	if (error == -EFBIG)
		(void)snprintf(why, why_room, "%s is larger than %zu octets", path, limit);
	else
		(void)snprintf(why, why_room, "cannot read %s: %s", path, strerror(-error));
	return error;
}
