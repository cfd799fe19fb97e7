/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault_vfs: a file system below SQLite that fails when it is told to.
 *
 * It passes everything on to the real one, and counts writes, truncations and syncs of the database
 * and its journal. From the chosen one on they fail, until the fault is taken away; or the power is
 * cut there: of what was written since the last sync of its file a part chosen by a seed is kept,
 * the rest is as it was, and the process ends at once.
 */
#ifndef TESTS_UNIT_STORE_FAULT_VFS_H
#define TESTS_UNIT_STORE_FAULT_VFS_H

#include <stdbool.h>
#include <stdint.h>

/* Makes it the file system of all databases opened from now on. */
void fault_vfs_install(void);

/* After `operations` more, each fails with `code` (SQLITE_FULL ...) until fault_vfs_mend. */
void fault_vfs_fail_after(int operations, int code);
void fault_vfs_mend(void);
/* Files that are open now fail for ever, as on a file system that went and came again. */
void fault_vfs_lose_open_files(void);
/* Operations since fault_vfs_fail_after or fault_vfs_mend. */
int fault_vfs_operations(void);
/* Syncs since the installation. */
int fault_vfs_syncs(void);

/* After `operations` more the power goes: _exit(FAULT_VFS_POWER_CUT). */
#define FAULT_VFS_POWER_CUT 77
void fault_vfs_cut_power_after(int operations, uint64_t seed);

#endif
