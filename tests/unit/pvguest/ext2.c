/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ext2 against images that mke2fs made, judged by e2fsck.
 * SOURCES: pvguest/kernel/ext2/super.c pvguest/kernel/ext2/alloc.c pvguest/kernel/ext2/inode.c
 * SOURCES: pvguest/kernel/ext2/map.c pvguest/kernel/ext2/dir.c pvguest/kernel/ext2/name.c
 * SOURCES: tests/unit/pvguest/lib/host.c
 */
#include "test.h"

#include "ext2_image.h"

#include "ext2_file.h"

static struct ext2_fs fs;
static struct ext2_inode root;

static int mount_image(bool read_only)
{
	int error;

	fs.now = 1767225600;
	error = ext2_mount(&fs, &image, image.size, read_only);
	return error ?: ext2_inode_read(&fs, EXT2_ROOT_INODE, &root);
}

#define MOUNT(options, kib, prepare)                      \
	do {                                              \
		CHECK(image_make(options, kib, prepare)); \
		CHECK_EQ(mount_image(false), 0);          \
	} while (0)

#define UNMOUNT_CLEAN()                         \
	do {                                    \
		CHECK_EQ(ext2_unmount(&fs), 0); \
		CHECK(image.pages == NULL);     \
		CHECK(image_is_clean());        \
		image_close();                  \
	} while (0)

static int look(struct ext2_inode *dir, const char *name, struct ext2_inode *inode)
{
	uint32_t number;
	int error = ext2_dir_find(&fs, dir, name, strlen(name), &number);

	return error ?: ext2_inode_read(&fs, number, inode);
}

static int make(struct ext2_inode *dir, const char *name, uint32_t mode, struct ext2_inode *inode)
{
	int error = ext2_inode_new(&fs, dir->number, mode, 0, 0, inode);

	if (error)
		return error;
	error = ext2_name_create(&fs, dir, name, strlen(name), inode);
	if (error)
		ext2_inode_release(&fs, inode);
	return error;
}

static int drop(struct ext2_inode *dir, const char *name)
{
	struct ext2_inode inode;
	int error = look(dir, name, &inode) ?:
		ext2_name_unlink(&fs, dir, name, strlen(name), &inode);

	return error || inode.disk.i_links_count ? error : ext2_inode_release(&fs, &inode);
}

static void fill(uint8_t *bytes, size_t length, uint64_t seed)
{
	seed = seed * 2 + 1;
	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(test_random(&seed) >> 32);
}

TEST("files, directories and links that mke2fs put there are read")
{
	static uint8_t bytes[300000], wanted[300000];
	struct ext2_inode dir, inode;
	char target[200];

	MOUNT("-t ext2 -b 1024", 2048,
	      "mkdir $D/dir; head -c 300000 /dev/zero | tr '\\0' x >$D/dir/big;"
	      "echo hello >$D/hello; ln -s hello $D/short;"
	      "ln -s $(head -c 100 /dev/zero | tr '\\0' y) $D/long");
	CHECK_EQ(look(&root, "hello", &inode), 0);
	CHECK_EQ(ext2_inode_size(&fs, &inode), 6);
	CHECK_EQ(file_read(&fs, &inode, 0, bytes, 6), 0);
	CHECK(!memcmp(bytes, "hello\n", 6));
	CHECK_EQ(look(&root, "dir", &dir), 0);
	CHECK_EQ(look(&dir, "big", &inode), 0);
	CHECK_EQ(ext2_inode_size(&fs, &inode), sizeof(bytes));
	CHECK_EQ(file_read(&fs, &inode, 0, bytes, sizeof(bytes)), 0);
	memset(wanted, 'x', sizeof(wanted));
	CHECK(!memcmp(bytes, wanted, sizeof(bytes)));
	CHECK_EQ(look(&root, "short", &inode), 0);
	CHECK(ext2_inode_is_fast_link(&fs, &inode));
	CHECK_EQ(ext2_link_read(&fs, &inode, target, sizeof(target)), 5);
	CHECK(!memcmp(target, "hello", 5));
	CHECK_EQ(look(&root, "long", &inode), 0);
	CHECK(!ext2_inode_is_fast_link(&fs, &inode));
	CHECK_EQ(ext2_link_read(&fs, &inode, target, sizeof(target)), 100);
	CHECK_EQ(look(&root, "none", &inode), -ENOENT);
	UNMOUNT_CLEAN();
}

/* Writes a byte pattern at some places of all levels of the map and reads it back. */
static void check_levels(const char *options)
{
	static const uint64_t places[] = {
		0, 11, 12, 100, 12 + 255, 12 + 256, 70000, 80000, 12 + 256 + 65536, 66000000 / 1024
	};
	uint8_t bytes[64], back[64];
	struct ext2_inode inode;
	uint32_t before;

	MOUNT(options, 4096, NULL);
	before = fs.free_blocks;
	CHECK_EQ(make(&root, "sparse", 0100644, &inode), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++) {
		fill(bytes, sizeof(bytes), i);
		CHECK_EQ(file_write(&fs, &inode, places[i] * 1024 + 1000, bytes, 64), 0);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++) {
		fill(bytes, sizeof(bytes), i);
		CHECK_EQ(file_read(&fs, &inode, places[i] * 1024 + 1000, back, 64), 0);
		CHECK(!memcmp(bytes, back, 64));
	}
	CHECK_EQ(ext2_unmount(&fs), 0);
	CHECK(image_is_clean());
	CHECK_EQ(mount_image(false), 0);
	CHECK_EQ(look(&root, "sparse", &inode), 0);
	CHECK_EQ(file_truncate(&fs, &inode, 80000 * 1024), 0);
	CHECK_EQ(ext2_unmount(&fs), 0);
	CHECK(image_is_clean());
	CHECK_EQ(mount_image(false), 0);
	CHECK_EQ(look(&root, "sparse", &inode), 0);
	CHECK_EQ(file_truncate(&fs, &inode, 12 * 1024), 0);
	CHECK_EQ(drop(&root, "sparse"), 0);
	CHECK_EQ(fs.free_blocks, before);
	UNMOUNT_CLEAN();
}

TEST("blocks behind one, two and three indirect ones are found again and freed")
{
	check_levels("-t ext2 -b 1024");
	check_levels("-t ext2 -b 2048");
	check_levels("-t ext2 -b 4096");
}

TEST("a directory grows over many blocks, is read in any order of removal, and empties")
{
	struct ext2_inode dir, inode;
	char name[300], seen[2000] = { 0 };
	uint64_t position = 0;
	uint32_t number;
	uint8_t type;
	int more, count = 0;

	MOUNT("-t ext2 -b 1024 -N 2500", 8192, NULL);
	CHECK_EQ(make(&root, "d", 040755, &dir), 0);
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "entry-%d-%.*s", i, i % 60,
			 "................................"
			 ".............................................");
		CHECK_EQ(make(&dir, name, 0100600, &inode), 0);
	}
	CHECK_EQ(ext2_name_unlink(&fs, &root, "d", 1, &dir), -ENOTEMPTY);
	/* Removing what was just read must neither hide nor repeat another. */
	while ((more = ext2_dir_read(&fs, &dir, &position, name, &number, &type)) > 0) {
		if (name[0] == '.')
			continue;
		count = atoi(name + 6);
		CHECK_EQ(seen[count]++, 0);
		CHECK_EQ(type, 1);
		if (count % 3)
			CHECK_EQ(drop(&dir, name), 0);
	}
	CHECK_EQ(more, 0);
	for (int i = 0; i < 2000; i++)
		CHECK_EQ(seen[i], 1);
	position = 0;
	while (ext2_dir_read(&fs, &dir, &position, name, &number, &type) > 0)
		if (name[0] != '.')
			CHECK_EQ(drop(&dir, name), 0);
	CHECK_EQ(drop(&root, "d"), 0);
	UNMOUNT_CLEAN();
}

TEST("names of 255 bytes are possible, of 256 not; links of both kinds are made")
{
	struct ext2_inode inode;
	char name[257], target[1025];

	MOUNT("-t ext2 -b 1024", 1024, NULL);
	memset(name, 'n', 256);
	name[256] = '\0';
	CHECK_EQ(make(&root, name, 0100644, &inode), -ENAMETOOLONG);
	name[255] = '\0';
	CHECK_EQ(make(&root, name, 0100644, &inode), 0);
	CHECK_EQ(look(&root, name, &inode), 0);
	memset(target, 't', sizeof(target));
	for (size_t length = 1; length < 1024; length = length == 59 ? 60 : length * 3 / 2 + 1) {
		char link[32];

		snprintf(link, sizeof(link), "link%zu", length);
		CHECK_EQ(ext2_inode_new(&fs, root.number, 0120777, 0, 0, &inode), 0);
		CHECK_EQ(ext2_link_set(&fs, &inode, target, length), 0);
		CHECK_EQ(ext2_name_create(&fs, &root, link, strlen(link), &inode), 0);
		CHECK_EQ(look(&root, link, &inode), 0);
		CHECK_EQ(ext2_link_read(&fs, &inode, name, 10), MIN(length, 10));
	}
	CHECK_EQ(ext2_link_set(&fs, &inode, target, 1024), -ENAMETOOLONG);
	UNMOUNT_CLEAN();
}

TEST("a full file system says ENOSPC, keeps what it has and can be emptied")
{
	static uint8_t bytes[4096];
	struct ext2_inode inode;
	uint32_t before;
	int error = 0;
	uint64_t size;

	MOUNT("-t ext2 -b 1024 -N 32", 512, NULL);
	before = fs.free_blocks;
	CHECK_EQ(make(&root, "big", 0100644, &inode), 0);
	for (size = 0; !error; size += error ? 0 : sizeof(bytes))
		error = file_write(&fs, &inode, size, bytes, sizeof(bytes));
	CHECK_EQ(error, -ENOSPC);
	CHECK(fs.free_blocks < 5);
	CHECK_EQ(file_truncate(&fs, &inode, size), 0);
	CHECK_EQ(ext2_unmount(&fs), 0);
	CHECK(image_is_clean());
	CHECK_EQ(mount_image(false), 0);
	for (int i = 0; !error || i < 100; i++) {
		char name[16];

		snprintf(name, sizeof(name), "f%d", i);
		error = make(&root, name, 0100644, &inode);
		if (error)
			break;
	}
	CHECK_EQ(error, -ENOSPC);
	CHECK_EQ(fs.free_inodes, 0);
	CHECK_EQ(make(&root, "dir", 040755, &inode), -ENOSPC);
	CHECK_EQ(drop(&root, "big"), 0);
	CHECK_EQ(fs.free_blocks, before);
	UNMOUNT_CLEAN();
}

TEST("renaming moves files and directories, replaces and exchanges")
{
	struct ext2_inode a, b, file, other, sub;
	struct ext2_end from, to;
	uint32_t number;

	MOUNT("-t ext2", 4096, NULL);
	CHECK_EQ(make(&root, "a", 040755, &a), 0);
	CHECK_EQ(make(&root, "b", 040755, &b), 0);
	CHECK_EQ(make(&a, "file", 0100644, &file), 0);
	CHECK_EQ(make(&b, "other", 0100644, &other), 0);
	CHECK_EQ(make(&a, "sub", 040755, &sub), 0);
	from = (struct ext2_end){ &a, "file", 4, &file };
	to = (struct ext2_end){ &b, "other", 5, &other };
	CHECK_EQ(ext2_name_rename(&fs, &from, &to), 0);
	CHECK_EQ(other.disk.i_links_count, 0);
	CHECK_EQ(ext2_inode_release(&fs, &other), 0);
	CHECK_EQ(ext2_dir_find(&fs, &a, "file", 4, &number), -ENOENT);
	CHECK_EQ(ext2_dir_find(&fs, &b, "other", 5, &number), 0);
	CHECK_EQ(number, file.number);
	from = (struct ext2_end){ &a, "sub", 3, &sub };
	to = (struct ext2_end){ &b, "moved", 5, NULL };
	CHECK_EQ(ext2_name_rename(&fs, &from, &to), 0);
	CHECK_EQ(a.disk.i_links_count, 2);
	CHECK_EQ(b.disk.i_links_count, 3);
	CHECK_EQ(ext2_dir_find(&fs, &sub, "..", 2, &number), 0);
	CHECK_EQ(number, b.number);
	from = (struct ext2_end){ &b, "moved", 5, &sub };
	to = (struct ext2_end){ &root, "a", 1, &a };
	CHECK_EQ(ext2_name_exchange(&fs, &from, &to), 0);
	CHECK_EQ(ext2_dir_find(&fs, &root, "a", 1, &number), 0);
	CHECK_EQ(number, sub.number);
	UNMOUNT_CLEAN();
}

TEST("a file that goes when the clock is at 0 is gone for e2fsck, too")
{
	struct ext2_inode file;

	MOUNT("-t ext2", 1024, NULL);
	fs.now = 0;
	CHECK_EQ(make(&root, "early", 0100644, &file), 0);
	CHECK_EQ(drop(&root, "early"), 0);
	UNMOUNT_CLEAN();
}

TEST("what is not known is refused by name, and is readable if only writing needs it")
{
	CHECK(image_make("-t ext4", 8192, NULL));
	CHECK_EQ(mount_image(false), -EINVAL);
	CHECK(strstr(fs.reason, "extent") && strstr(fs.reason, "64bit"));
	CHECK(image_make("-t ext2 -O metadata_csum,^resize_inode", 1024, "echo x >$D/x"));
	CHECK_EQ(mount_image(false), -EROFS);
	CHECK(strstr(fs.reason, "metadata_csum"));
	CHECK_EQ(mount_image(true), 0);
	CHECK(image_make("-t ext2", 1024, NULL));
	image.bytes[1024 + 56] = 0;
	CHECK_EQ(mount_image(true), -EINVAL);
	CHECK_STR(fs.reason, "no ext2 superblock");
	image.size = 1500;
	CHECK_EQ(mount_image(true), -EINVAL);
	image_close();
}

TEST("revision 0 is read and written; a read-only mount changes no byte")
{
	struct ext2_inode inode;
	uint8_t *copy;

	MOUNT("-t ext2 -r 0 -O none", 1024, "echo old >$D/old");
	CHECK_EQ(look(&root, "old", &inode), 0);
	CHECK_EQ(make(&root, "new", 040755, &inode), 0);
	CHECK_EQ(ext2_inode_set_size(&fs, &inode, 1UL << 31), -EFBIG);
	CHECK_EQ(ext2_unmount(&fs), 0);
	CHECK(image_is_clean());
	copy = malloc(image.size);
	memcpy(copy, image.bytes, image.size);
	CHECK_EQ(mount_image(true), 0);
	CHECK_EQ(look(&root, "new", &inode), 0);
	CHECK_EQ(ext2_sync(&fs) ?: ext2_unmount(&fs), 0);
	CHECK(!memcmp(copy, image.bytes, image.size));
	free(copy);
	image_close();
}

TEST("the superblock says whether the file system was unmounted in order")
{
	struct ext2_super *super;

	MOUNT("-t ext2", 1024, NULL);
	super = (struct ext2_super *)(image.bytes + EXT2_SUPER_OFFSET);
	CHECK_EQ(super->s_state & EXT2_STATE_VALID, 0);
	CHECK_EQ(ext2_unmount(&fs), 0);
	CHECK_EQ(super->s_state & EXT2_STATE_VALID, EXT2_STATE_VALID);
	CHECK_EQ(mount_image(true), 0);
	CHECK_EQ(ext2_make_writable(&fs), 0);
	CHECK_EQ(super->s_state & EXT2_STATE_VALID, 0);
	UNMOUNT_CLEAN();
}

TEST("a file of 5 GiB with a hole has its size, and losing it gives everything back")
{
	struct ext2_inode inode;
	uint32_t before;
	char back[4];

	MOUNT("-t ext2 -b 4096", 4096, NULL);
	before = fs.free_blocks;
	CHECK_EQ(make(&root, "huge", 0100644, &inode), 0);
	CHECK_EQ(file_write(&fs, &inode, 5UL << 30, "tail", 4), 0);
	CHECK_EQ(look(&root, "huge", &inode), 0);
	CHECK_EQ(ext2_inode_size(&fs, &inode), (5UL << 30) + 4);
	CHECK_EQ(file_read(&fs, &inode, 5UL << 30, back, 4), 0);
	CHECK(!memcmp(back, "tail", 4));
	CHECK_EQ(ext2_unmount(&fs), 0);
	CHECK(image_is_clean());
	CHECK_EQ(mount_image(false), 0);
	CHECK_EQ(drop(&root, "huge"), 0);
	CHECK_EQ(fs.free_blocks, before);
	UNMOUNT_CLEAN();
}

TEST("a block of extended attributes that two files share loses one user")
{
	struct ext2_inode a, b;
	struct ext2_xattr *xattr;
	uint32_t block, before;

	MOUNT("-t ext2 -b 1024 -O ^ext_attr", 1024, NULL);
	before = fs.free_blocks;
	CHECK_EQ(make(&root, "a", 0100644, &a), 0);
	CHECK_EQ(make(&root, "b", 0100644, &b), 0);
	CHECK_EQ(ext2_alloc_block(&fs, 0, &block), 0);
	xattr = (struct ext2_xattr *)(image.bytes + block * 1024UL);
	*xattr = (struct ext2_xattr){ EXT2_XATTR_MAGIC, 2 };
	a.disk.i_file_acl = b.disk.i_file_acl = block;
	a.disk.i_blocks = b.disk.i_blocks = 2;
	CHECK_EQ(ext2_inode_write(&fs, &a) ?: ext2_inode_write(&fs, &b), 0);
	CHECK_EQ(drop(&root, "a"), 0);
	CHECK_EQ(xattr->h_refcount, 1);
	CHECK_EQ(fs.free_blocks, before - 1);
	CHECK_EQ(drop(&root, "b"), 0);
	CHECK_EQ(fs.free_blocks, before);
	UNMOUNT_CLEAN();
}

TEST("an error of the disk at any read is reported, and nothing is left open")
{
	struct ext2_inode inode;
	int error;

	MOUNT("-t ext2 -b 1024", 1024, "mkdir $D/d; echo x >$D/d/x");
	for (uint64_t n = 1; n < 60; n++) {
		struct ext2_inode dir = { 0 };

		image.reads_until_error = n;
		error = look(&root, "d", &dir)				   ?:
		make(&dir, "new", 0100644, &inode)	   ?:
		file_write(&fs, &inode, 300000, "text", 4) ?:
		file_truncate(&fs, &inode, 0)		   ?:
		drop(&dir, "new");
		CHECK(image.pages == NULL);
		CHECK(!error || error == -EIO || error == -ENOENT);
		image.reads_until_error = 0;
		if (!look(&root, "d", &dir))
			drop(&dir, "new");
	}
	CHECK_EQ(error, 0);
	image_close();
}
