/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The initial file system: a cpio archive in memory.
 * Linux, Documentation/driver-api/early-userspace/buffer-format.rst ("newc").
 */
#ifndef FS_CPIO_H
#define FS_CPIO_H

#include "lib/types.h"

/* Enters all members into the file system; file contents stay in the archive. Their number. */
size_t cpio_unpack(const uint8_t *archive, size_t size);

#endif
