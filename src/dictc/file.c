/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int fd, uint8_t *buffer, size_t room, size_t *size)
{
	*size = 0;
	while (*size < room) {
		ssize_t got = read(fd, buffer + *size, room - *size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return 0;
		*size += (size_t)got;
	}
	return 0;
}

int dictc_file_read(const char *path, struct dm_arena *arena, size_t limit, struct dm_bytes *text)
{
	uint8_t *buffer = dm_arena_take(arena, limit + 1);
	size_t size;
	int error;
	int fd;

	if (!buffer)
		return -ENOMEM;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	error = read_all(fd, buffer, limit + 1, &size);
	close(fd);
	*text = dm_bytes_of(buffer, size);
	return error;
}

static int write_all(int fd, struct dm_bytes text)
{
	while (text.size > 0) {
		ssize_t put = write(fd, text.at, text.size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		text = dm_bytes_of(text.at + put, text.size - (size_t)put);
	}
	return 0;
}

/* mkstemp makes files that only the owner reads; a result is as open as any other new file. */
static int open_up(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	return fchmod(fd, 0666 & ~mask) == 0 ? 0 : -errno;
}

static int write_temporary(int fd, struct dm_bytes text)
{
	int error = write_all(fd, text);

	if (error == 0)
		error = open_up(fd);
	if (close(fd) != 0 && error == 0)
		error = -errno;
	return error;
}

int dictc_file_write(const char *path, struct dm_bytes text)
{
	char *temporary = NULL;
	int error;
	int fd;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0) {
		error = -errno;
		free(temporary);
		return error;
	}
	error = write_temporary(fd, text);
	if (error == 0 && rename(temporary, path) != 0)
		error = -errno;
	if (error != 0)
		unlink(temporary);
	free(temporary);
	return error;
}
