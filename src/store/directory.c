/* SPDX-License-Identifier: Apache-2.0 */
#include "store/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuse(struct dm_text *why, int error, const char *doing, const char *path)
{
	dm_text_add(why, "cannot %s %s: %s", doing, path, strerror(-error));
	return error;
}

int store_directory_make(const char *path, struct dm_text *why)
{
	struct stat status;

	if (mkdir(path, 0700) == 0)
		return 0;
	if (errno != EEXIST)
		return refuse(why, -errno, "make the directory of the store", path);
	if (stat(path, &status))
		return refuse(why, -errno, "look at", path);
	if (S_ISDIR(status.st_mode))
		return 0;
	dm_text_add(why, "%s is not a directory; the store needs one", path);
	return -ENOTDIR;
}

/* The number that the owner wrote into its lock file; 0 when there is none. */
static long owner_of(int fd)
{
	char digits[24] = "";
	ssize_t size = pread(fd, digits, sizeof(digits) - 1, 0);

	return size > 0 ? strtol(digits, NULL, 10) : 0;
}

static int say_owned(const char *path, int fd, struct dm_text *why)
{
	dm_text_add(why, "the store in %s is in use by process %ld; stop it first", path,
	            owner_of(fd));
	return -EBUSY;
}

/* For people only: the lock alone decides, so that a failure here is none. */
static void sign(int fd)
{
	char digits[24];
	int size = snprintf(digits, sizeof(digits), "%ld\n", (long)getpid());
	bool signed_whole = ftruncate(fd, 0) == 0 && pwrite(fd, digits, (size_t)size, 0) == size;

	(void)signed_whole;
}

int store_directory_own(const char *path, int *fd, struct dm_text *why)
{
	char name[PATH_MAX];
	int error;

	if ((size_t)snprintf(name, sizeof(name), "%s/store.lock", path) >= sizeof(name))
		return refuse(why, -ENAMETOOLONG, "open", path);
	*fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0)
		return refuse(why, -errno, "open", name);
	if (flock(*fd, LOCK_EX | LOCK_NB)) {
		error = errno == EWOULDBLOCK ? say_owned(path, *fd, why)
		                             : refuse(why, -errno, "lock", name);
		close(*fd);
		return error;
	}
	sign(*fd);
	return 0;
}

int store_directory_file(const char *path, struct dm_text *why)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return refuse(why, -errno, "open", path);
	close(fd);
	return 0;
}

int store_directory_sync_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *directory =
		slash == path ? strdup("/") : strndup(path, slash ? (size_t)(slash - path) : 0);
	int error = 0;
	int fd;

	if (!directory)
		return -ENOMEM;
	fd = open(*directory ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(directory);
	if (fd < 0)
		return -errno;
	if (fsync(fd))
		error = -errno;
	close(fd);
	return error;
}
