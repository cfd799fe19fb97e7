/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/fault_vfs.h"

#include "tests/unit/base/check.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fault_file {
	sqlite3_file base;
	bool watched; /* the database or its journal */
	int generation;
	sqlite3_file *real;
};

/* A write or truncation that no sync has made durable yet. */
struct change {
	struct change *next, *previous;
	sqlite3_file *file;
	sqlite3_int64 offset, size_before, size_after;
	int size; /* 0: a truncation */
	uint8_t *before, *after;
};

static sqlite3_vfs vfs;
static sqlite3_vfs *real_vfs;
static sqlite3_io_methods methods;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static int countdown = -1, code_to_give, operations, syncs, generation;
static bool power;
static uint64_t power_seed;
static struct change *first, *last;

static sqlite3_file *real(sqlite3_file *file)
{
	return ((struct fault_file *)(void *)file)->real;
}

static sqlite3_int64 size_of(sqlite3_file *file)
{
	sqlite3_int64 size = 0;

	file->pMethods->xFileSize(file, &size);
	return size;
}

static void forget(struct change *change)
{
	*(change->previous ? &change->previous->next : &first) = change->next;
	*(change->next ? &change->next->previous : &last) = change->previous;
	free(change->before);
	free(change->after);
	free(change);
}

static void forget_of(sqlite3_file *file)
{
	struct change *next;

	for (struct change *change = first; change; change = next) {
		next = change->next;
		if (change->file == file)
			forget(change);
	}
}

static struct change *remember(sqlite3_file *file, const void *octets, int size,
                               sqlite3_int64 offset)
{
	struct change *change = calloc(1, sizeof(*change));

	change->file = file;
	change->offset = offset;
	change->size = size;
	change->size_before = size_of(file);
	if (size) {
		change->before = calloc(1, (size_t)size);
		file->pMethods->xRead(file, change->before, size, offset);
		change->after = malloc((size_t)size);
		memcpy(change->after, octets, (size_t)size);
	}
	change->previous = last;
	*(last ? &last->next : &first) = change;
	last = change;
	return change;
}

static void put(const struct change *change, bool back)
{
	sqlite3_file *file = change->file;

	if (change->size)
		file->pMethods->xWrite(file, back ? change->before : change->after, change->size,
		                       change->offset);
	if (back || !change->size)
		file->pMethods->xTruncate(file, back ? change->size_before : change->size_after);
}

/* Everything not synced back in reverse order, then some of it again in order. */
static _Noreturn void cut_power(void)
{
	for (struct change *change = last; change; change = change->previous)
		put(change, true);
	for (struct change *change = first; change; change = change->next) {
		if (next_random(&power_seed) % 2)
			put(change, false);
	}
	_exit(FAULT_VFS_POWER_CUT);
}

/* The code that this operation shall give; SQLITE_OK: do it. Called with the mutex held. */
static int judge(const struct fault_file *file)
{
	if (!file->watched)
		return SQLITE_OK;
	if (file->generation != generation)
		return SQLITE_IOERR_WRITE;
	operations++;
	if (countdown > 0)
		countdown--;
	if (countdown != 0)
		return SQLITE_OK;
	if (power)
		cut_power();
	return code_to_give;
}

static int fault_close(sqlite3_file *file)
{
	sqlite3_file *inner = real(file);
	int code = SQLITE_OK;

	pthread_mutex_lock(&mutex);
	forget_of(inner);
	pthread_mutex_unlock(&mutex);
	if (inner->pMethods)
		code = inner->pMethods->xClose(inner);
	free(inner);
	return code;
}

static int fault_read(sqlite3_file *file, void *at, int size, sqlite3_int64 offset)
{
	return real(file)->pMethods->xRead(real(file), at, size, offset);
}

static int fault_write(sqlite3_file *file, const void *at, int size, sqlite3_int64 offset)
{
	struct fault_file *mine = (void *)file;
	int code;

	pthread_mutex_lock(&mutex);
	code = judge(mine);
	if (code == SQLITE_OK && power && mine->watched)
		remember(mine->real, at, size, offset);
	if (code == SQLITE_OK)
		code = mine->real->pMethods->xWrite(mine->real, at, size, offset);
	pthread_mutex_unlock(&mutex);
	return code;
}

static int fault_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct fault_file *mine = (void *)file;
	int code;

	pthread_mutex_lock(&mutex);
	code = judge(mine);
	if (code == SQLITE_OK && power && mine->watched)
		remember(mine->real, NULL, 0, 0)->size_after = size;
	if (code == SQLITE_OK)
		code = mine->real->pMethods->xTruncate(mine->real, size);
	pthread_mutex_unlock(&mutex);
	return code;
}

static int fault_sync(sqlite3_file *file, int flags)
{
	struct fault_file *mine = (void *)file;
	int code;

	pthread_mutex_lock(&mutex);
	code = judge(mine);
	if (code == SQLITE_OK) {
		code = mine->real->pMethods->xSync(mine->real, flags);
		forget_of(mine->real);
		syncs++;
	}
	pthread_mutex_unlock(&mutex);
	return code;
}

static int fault_file_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return real(file)->pMethods->xFileSize(real(file), size);
}

static int fault_lock(sqlite3_file *file, int level)
{
	return real(file)->pMethods->xLock(real(file), level);
}

static int fault_unlock(sqlite3_file *file, int level)
{
	return real(file)->pMethods->xUnlock(real(file), level);
}

static int fault_check(sqlite3_file *file, int *out)
{
	return real(file)->pMethods->xCheckReservedLock(real(file), out);
}

static int fault_control(sqlite3_file *file, int operation, void *argument)
{
	return real(file)->pMethods->xFileControl(real(file), operation, argument);
}

static int fault_sector_size(sqlite3_file *file)
{
	return real(file)->pMethods->xSectorSize(real(file));
}

static int fault_characteristics(sqlite3_file *file)
{
	return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static int fault_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
	return real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
}

static int fault_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
	return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}

static void fault_shm_barrier(sqlite3_file *file)
{
	real(file)->pMethods->xShmBarrier(real(file));
}

static int fault_shm_unmap(sqlite3_file *file, int remove)
{
	return real(file)->pMethods->xShmUnmap(real(file), remove);
}

static int read_number(const int *number)
{
	int value;

	pthread_mutex_lock(&mutex);
	value = *number;
	pthread_mutex_unlock(&mutex);
	return value;
}

static int fault_open(sqlite3_vfs *self, const char *name, sqlite3_file *file, int flags, int *out)
{
	struct fault_file *mine = (void *)file;
	int code;

	(void)self;
	*mine = (struct fault_file){ 0 };
	mine->generation = read_number(&generation);
	mine->watched = flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL);
	mine->real = calloc(1, (size_t)real_vfs->szOsFile);
	code = real_vfs->xOpen(real_vfs, name, mine->real, flags, out);
	if (code == SQLITE_OK)
		mine->base.pMethods = &methods;
	else
		free(mine->real);
	return code;
}

void fault_vfs_install(void)
{
	real_vfs = sqlite3_vfs_find(NULL);
	vfs = *real_vfs;
	vfs.zName = "fault";
	vfs.szOsFile = sizeof(struct fault_file);
	vfs.xOpen = fault_open;
	methods = (sqlite3_io_methods){
		.iVersion = 2,
		.xClose = fault_close,
		.xRead = fault_read,
		.xWrite = fault_write,
		.xTruncate = fault_truncate,
		.xSync = fault_sync,
		.xFileSize = fault_file_size,
		.xLock = fault_lock,
		.xUnlock = fault_unlock,
		.xCheckReservedLock = fault_check,
		.xFileControl = fault_control,
		.xSectorSize = fault_sector_size,
		.xDeviceCharacteristics = fault_characteristics,
		.xShmMap = fault_shm_map,
		.xShmLock = fault_shm_lock,
		.xShmBarrier = fault_shm_barrier,
		.xShmUnmap = fault_shm_unmap,
	};
	assert_int_equal(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
}

static void set(int after, int code, bool cut)
{
	pthread_mutex_lock(&mutex);
	countdown = after;
	code_to_give = code;
	power = cut;
	operations = 0;
	pthread_mutex_unlock(&mutex);
}

void fault_vfs_fail_after(int after, int code)
{
	set(after + 1, code, false);
}

void fault_vfs_mend(void)
{
	set(-1, SQLITE_OK, false);
}

void fault_vfs_lose_open_files(void)
{
	pthread_mutex_lock(&mutex);
	generation++;
	pthread_mutex_unlock(&mutex);
}

void fault_vfs_cut_power_after(int after, uint64_t seed)
{
	power_seed = seed;
	set(after + 1, SQLITE_OK, true);
}

int fault_vfs_operations(void)
{
	return read_number(&operations);
}

int fault_vfs_syncs(void)
{
	return read_number(&syncs);
}
