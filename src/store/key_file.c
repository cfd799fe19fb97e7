/* SPDX-License-Identifier: Apache-2.0 */
#include "store/key_file.h"

#include "store/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuse(struct dm_text *why, int error, const char *doing, const char *path)
{
	dm_text_add(why, "cannot %s the key file %s: %s", doing, path, strerror(-error));
	return error;
}

static int fill(int fd)
{
	uint8_t key[STORE_KEY_SIZE];
	int error = 0;

	if (getrandom(key, sizeof(key), 0) != sizeof(key))
		error = -EIO;
	else if (write(fd, key, sizeof(key)) != sizeof(key))
		error = errno ? -errno : -EIO;
	else if (fsync(fd))
		error = -errno;
	dm_wipe(key, sizeof(key));
	return error;
}

/* Fills a file beside `path` and links it into place: a crash leaves no half of a key. */
static int make_through(const char *beside, const char *path)
{
	int error;
	int fd;

	if (unlink(beside) && errno != ENOENT)
		return -errno;
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	errno = 0;
	error = fill(fd);
	close(fd);
	if (!error && link(beside, path))
		error = -errno;
	unlink(beside);
	return error ? error : store_directory_sync_of(path);
}

int store_key_file_make(const char *path, struct dm_text *why)
{
	char beside[PATH_MAX];
	int error = -ENAMETOOLONG;

	if ((size_t)snprintf(beside, sizeof(beside), "%s.new", path) < sizeof(beside))
		error = make_through(beside, path);
	return error ? refuse(why, error, "make", path) : 0;
}

static int judge(int fd, const char *path, struct dm_text *why)
{
	struct stat status;

	if (fstat(fd, &status))
		return refuse(why, -errno, "look at", path);
	if (!S_ISREG(status.st_mode)) {
		dm_text_add(why, "%s is not a regular file; the key of the store must be one",
		            path);
		return -EINVAL;
	}
	if (status.st_mode & (S_IRWXG | S_IRWXO)) {
		dm_text_add(why, "%s is open to others (mode %04o); chmod 600 %s", path,
		            (unsigned)(status.st_mode & 07777), path);
		return -EACCES;
	}
	if (status.st_size != STORE_KEY_SIZE) {
		dm_text_add(why,
		            "%s holds %lld octets where the key has %d; put the right file back",
		            path, (long long)status.st_size, STORE_KEY_SIZE);
		return -EINVAL;
	}
	return 0;
}

int store_key_file_read(const char *path, uint8_t key[STORE_KEY_SIZE], struct dm_text *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int error;

	if (fd < 0)
		return errno == ENOENT ? -ENOENT : refuse(why, -errno, "open", path);
	error = judge(fd, path, why);
	if (!error && read(fd, key, STORE_KEY_SIZE) != STORE_KEY_SIZE)
		error = refuse(why, -EIO, "read", path);
	close(fd);
	return error;
}

int store_key_file_get(const char *path, bool make, uint8_t key[STORE_KEY_SIZE],
                       struct dm_text *why)
{
	int error = store_key_file_read(path, key, why);

	if (error != -ENOENT)
		return error;
	if (!make) {
		dm_text_add(why,
		            "the key file %s is missing, and without it the keys in the store "
		            "cannot be read; put it back",
		            path);
		return error;
	}
	error = store_key_file_make(path, why);
	return error ? error : store_key_file_read(path, key, why);
}
