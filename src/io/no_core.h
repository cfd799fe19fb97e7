/* SPDX-License-Identifier: Apache-2.0 */
/*
 * no_core: a process that holds keys leaves no image of its memory behind (MH07).
 *
 * Neither in a core file nor with a handler of core dumps, and no other process of its user may
 * attach to it. So no secret needs to be marked one by one.
 */
#ifndef HW_IO_NO_CORE_H
#define HW_IO_NO_CORE_H

/* For the process and, but for the second half, for what it starts. */
void hw_no_core(void);

#endif
