/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as an ext2 image: it is read, written and emptied; only errors come of what is broken.
 * SOURCES: pvguest/kernel/ext2/super.c pvguest/kernel/ext2/alloc.c pvguest/kernel/ext2/inode.c
 * SOURCES: pvguest/kernel/ext2/map.c pvguest/kernel/ext2/dir.c pvguest/kernel/ext2/name.c
 * SOURCES: tests/unit/pvguest/lib/host.c
 */
#include "pvguest/fake_buffer.h"

#include "pvguest/ext2_file.h"

#define IMAGE_BYTES (256U << 10)
#define NAMES_MAX   200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t bytes[8192];

/* What every program could do with one inode. */
static void visit_inode(struct ext2_fs *fs, struct ext2_inode *dir, const char *name,
			uint32_t number)
{
	struct ext2_inode inode;

	if (ext2_inode_read(fs, number, &inode))
		return;
	switch (inode.disk.i_mode & EXT2_IFMT) {
	case EXT2_IFLNK:
		ext2_link_read(fs, &inode, (char *)bytes, sizeof(bytes));
		break;
	case EXT2_IFREG:
		file_read(fs, &inode, 0, bytes, sizeof(bytes));
		file_read(fs, &inode, 5000000, bytes, 100);
		file_write(fs, &inode, 20000, bytes, 5000);
		file_truncate(fs, &inode, 300);
		break;
	default:
		break;
	}
	if (number % 2 && !ext2_name_unlink(fs, dir, name, strlen(name), &inode) &&
	    !inode.disk.i_links_count)
		ext2_inode_release(fs, &inode);
}

/* Reads a directory and visits what it holds; depth bounds directories in each other. */
static void visit_dir(struct ext2_fs *fs, uint32_t number, unsigned int depth)
{
	char name[EXT2_NAME_MAX + 1];
	uint64_t position = 0;
	struct ext2_inode dir;
	uint32_t found;
	uint8_t type;

	if (ext2_inode_read(fs, number, &dir) || (dir.disk.i_mode & EXT2_IFMT) != EXT2_IFDIR)
		return;
	for (int i = 0;
	     i < NAMES_MAX && ext2_dir_read(fs, &dir, &position, name, &found, &type) > 0; i++) {
		uint32_t again;

		ext2_dir_find(fs, &dir, name, strlen(name), &again);
		if (depth && found != number)
			visit_dir(fs, found, depth - 1);
		if (name[0] != '.' && found != number)
			visit_inode(fs, &dir, name, found);
	}
}

static void change(struct ext2_fs *fs)
{
	struct ext2_inode root, inode;

	if (ext2_inode_read(fs, EXT2_ROOT_INODE, &root))
		return;
	for (unsigned int i = 0; i < 3; i++) {
		uint32_t mode = i ? EXT2_IFREG : EXT2_IFDIR;
		char name[2] = { (char)('1' + i), 0 };

		if (ext2_inode_new(fs, root.number, mode | 0600, 0, 0, &inode))
			continue;
		if (ext2_name_create(fs, &root, name, 1, &inode))
			ext2_inode_release(fs, &inode);
		else if (i)
			file_write(fs, &inode, i * 70000UL, bytes, 3000);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct block_device device = { .size = IMAGE_BYTES };
	struct ext2_fs fs = { .now = 1 };

	device.bytes = calloc(1, IMAGE_BYTES);
	memcpy(device.bytes, data, MIN(size, IMAGE_BYTES));
	if (!ext2_mount(&fs, &device, device.size, false) ||
	    !ext2_mount(&fs, &device, device.size, true)) {
		visit_dir(&fs, EXT2_ROOT_INODE, 4);
		if (!fs.read_only)
			change(&fs);
		ext2_unmount(&fs);
	}
	if (device.pages)
		abort();
	free(device.bytes);
	return 0;
}
