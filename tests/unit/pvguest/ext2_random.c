/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ext2 beside a model: random operations, then every byte is compared and e2fsck asked.
 * SOURCES: pvguest/kernel/ext2/super.c pvguest/kernel/ext2/alloc.c pvguest/kernel/ext2/inode.c
 * SOURCES: pvguest/kernel/ext2/map.c pvguest/kernel/ext2/dir.c pvguest/kernel/ext2/name.c
 * SOURCES: tests/unit/pvguest/lib/host.c
 */
#include "test.h"

#include "ext2_image.h"

#include "ext2_file.h"

#define NODES	 80
#define FILE_MAX 400000U

/* What a name should lead to. Node 0 is the root; two names of one file share its contents. */
struct contents {
	unsigned int names;
	uint32_t size;
	uint8_t bytes[FILE_MAX];
};

struct node {
	bool used, is_dir;
	int parent;
	char name[32];
	uint32_t number;
	struct contents *contents;
};

static struct node nodes[NODES];
static struct ext2_fs fs;
static uint64_t seed;

static uint32_t pick(uint32_t below)
{
	return (uint32_t)(test_random(&seed) >> 33) % below;
}

static void read_inode(int node, struct ext2_inode *inode)
{
	CHECK_EQ(ext2_inode_read(&fs, nodes[node].number, inode), 0);
}

static int pick_node(bool want_dir)
{
	for (int tries = 0; tries < 200; tries++) {
		int i = (int)pick(NODES);

		if (nodes[i].used && nodes[i].is_dir == want_dir)
			return i;
	}
	return want_dir ? 0 : -1;
}

static int free_node(void)
{
	for (int i = 1; i < NODES; i++)
		if (!nodes[i].used)
			return i;
	return -1;
}

static bool is_below(int node, int above)
{
	for (; node; node = nodes[node].parent)
		if (node == above)
			return true;
	return above == 0;
}

static void forget(int i)
{
	if (nodes[i].contents && !--nodes[i].contents->names)
		free(nodes[i].contents);
	nodes[i] = (struct node){ 0 };
}

static void enter(int i, int parent, bool is_dir, uint32_t number, struct contents *contents)
{
	static unsigned int serial;

	nodes[i] = (struct node){ true, is_dir, parent, "", number, contents };
	snprintf(nodes[i].name, sizeof(nodes[i].name), "%.*s%u", (int)pick(20),
		 "abcdefghijklmnopqrstuvwxyz", serial++);
	if (contents)
		contents->names++;
}

static void do_create(bool is_dir)
{
	int i = free_node(), parent = pick_node(true), error;
	struct ext2_inode dir, inode;

	if (i < 0)
		return;
	read_inode(parent, &dir);
	error = ext2_inode_new(&fs, dir.number, is_dir ? 040755 : 0100644, 0, 0, &inode);
	CHECK(!error || error == -ENOSPC);
	if (error)
		return;
	enter(i, parent, is_dir, inode.number, is_dir ? NULL : calloc(1, sizeof(struct contents)));
	error = ext2_name_create(&fs, &dir, nodes[i].name, strlen(nodes[i].name), &inode);
	if (!error)
		return;
	CHECK_EQ(error, -ENOSPC);
	CHECK_EQ(ext2_inode_release(&fs, &inode), 0);
	forget(i);
}

static void do_link(void)
{
	int i = free_node(), from = pick_node(false), parent = pick_node(true), error;
	struct ext2_inode dir, inode;

	if (i < 0 || from < 0)
		return;
	read_inode(parent, &dir);
	read_inode(from, &inode);
	enter(i, parent, false, inode.number, nodes[from].contents);
	error = ext2_name_link(&fs, &dir, nodes[i].name, strlen(nodes[i].name), &inode);
	CHECK(!error || error == -ENOSPC);
	if (error)
		forget(i);
}

static void do_write(void)
{
	static uint8_t bytes[30000];
	int i = pick_node(false), error;
	uint32_t length = pick(sizeof(bytes)) + 1, offset = pick(FILE_MAX - length);
	struct ext2_inode inode;
	struct contents *c;

	if (i < 0)
		return;
	if (pick(2))
		offset = MIN(offset, nodes[i].contents->size);
	for (uint32_t n = 0; n < length; n++)
		bytes[n] = (uint8_t)test_random(&seed);
	read_inode(i, &inode);
	c = nodes[i].contents;
	error = file_write(&fs, &inode, offset, bytes, length);
	CHECK(!error || error == -ENOSPC);
	/* Of a write that found no room, the file says what came through. */
	if (error)
		CHECK_EQ(file_read(&fs, &inode, 0, c->bytes, c->size), 0);
	else
		memcpy(c->bytes + offset, bytes, length);
	if (!error && offset + length > c->size)
		c->size = offset + length;
}

static void do_truncate(void)
{
	int i = pick_node(false);
	struct ext2_inode inode;
	struct contents *c;
	uint32_t size;

	if (i < 0)
		return;
	c = nodes[i].contents;
	size = pick(3) ? pick(c->size + 1) : pick(FILE_MAX);
	read_inode(i, &inode);
	CHECK_EQ(file_truncate(&fs, &inode, size), 0);
	if (size < c->size)
		memset(c->bytes + size, 0, FILE_MAX - size);
	c->size = size;
}

/* A name goes; the last one takes the inode with it. */
static void do_unlink(bool is_dir)
{
	int i = pick_node(is_dir), error;
	struct ext2_inode dir, inode;
	bool empty = true;

	if (i <= 0)
		return;
	for (int j = 1; j < NODES; j++)
		empty &= !nodes[j].used || nodes[j].parent != i;
	read_inode(nodes[i].parent, &dir);
	read_inode(i, &inode);
	error = ext2_name_unlink(&fs, &dir, nodes[i].name, strlen(nodes[i].name), &inode);
	CHECK_EQ(error, is_dir && !empty ? -ENOTEMPTY : 0);
	if (error)
		return;
	if (!inode.disk.i_links_count)
		CHECK_EQ(ext2_inode_release(&fs, &inode), 0);
	forget(i);
}

static void do_rename(void)
{
	int i = pick_node(pick(2)), parent = pick_node(true), error;
	struct ext2_inode from_dir, to_dir, inode;
	char name[32];
	struct ext2_end from, to;

	if (i <= 0 || is_below(parent, i))
		return;
	read_inode(nodes[i].parent, &from_dir);
	read_inode(parent, &to_dir);
	read_inode(i, &inode);
	snprintf(name, sizeof(name), "r%s", nodes[i].name);
	name[20] = '\0';
	for (int j = 1; j < NODES; j++)
		if (nodes[j].used && nodes[j].parent == parent && !strcmp(nodes[j].name, name))
			return;
	from = (struct ext2_end){ &from_dir, nodes[i].name, strlen(nodes[i].name), &inode };
	to = (struct ext2_end){ nodes[i].parent == parent ? &from_dir : &to_dir, name, strlen(name),
				NULL };
	error = ext2_name_rename(&fs, &from, &to);
	CHECK(!error || error == -ENOSPC);
	if (error)
		return;
	nodes[i].parent = parent;
	strcpy(nodes[i].name, name);
}

static void compare(void)
{
	static uint8_t bytes[FILE_MAX];

	for (int i = 1; i < NODES; i++) {
		struct ext2_inode dir, inode;
		uint32_t number = 0;

		if (!nodes[i].used)
			continue;
		read_inode(nodes[i].parent, &dir);
		CHECK_EQ(ext2_dir_find(&fs, &dir, nodes[i].name, strlen(nodes[i].name), &number),
			 0);
		CHECK_EQ(number, nodes[i].number);
		read_inode(i, &inode);
		if (nodes[i].is_dir)
			continue;
		CHECK_EQ(ext2_inode_size(&fs, &inode), nodes[i].contents->size);
		CHECK_EQ(inode.disk.i_links_count, nodes[i].contents->names);
		CHECK_EQ(file_read(&fs, &inode, 0, bytes, nodes[i].contents->size), 0);
		CHECK(!memcmp(bytes, nodes[i].contents->bytes, nodes[i].contents->size));
	}
}

static void step(void)
{
	switch (pick(10)) {
	case 0:
	case 1:
		do_create(false);
		break;
	case 2:
		do_create(true);
		break;
	case 3:
		do_link();
		break;
	case 4:
	case 5:
	case 6:
		do_write();
		break;
	case 7:
		do_truncate();
		break;
	case 8:
		do_unlink(pick(3) == 0);
		break;
	default:
		do_rename();
		break;
	}
}

static void mount_again(void)
{
	CHECK_EQ(ext2_mount(&fs, &image, image.size, false), 0);
}

static void run(const char *options, unsigned int kib, unsigned int rounds)
{
	CHECK(image_make(options, kib, NULL));
	fs.now = 1767225600;
	seed = 0x9e3779b97f4a7c15UL + kib;
	memset(nodes, 0, sizeof(nodes));
	nodes[0] = (struct node){ true, true, 0, "", EXT2_ROOT_INODE, NULL };
	for (unsigned int round = 0; round < rounds; round++) {
		mount_again();
		for (int i = 0; i < 300; i++)
			step();
		compare();
		CHECK(image.pages == NULL);
		CHECK_EQ(ext2_unmount(&fs), 0);
		CHECK(fs.corrupt == NULL);
		CHECK(image_is_clean());
	}
	for (int i = 1; i < NODES; i++)
		if (nodes[i].used)
			forget(i);
	image_close();
}

TEST("after random operations e2fsck finds nothing, and every byte is where a model has it")
{
	run("-t ext2 -b 1024", 16384, 6);
	run("-t ext2 -b 2048 -g 512", 8192, 4);
	run("-t ext2 -b 4096 -I 256", 16384, 4);
}

TEST("the same holds where there is never enough room")
{
	run("-t ext2 -b 1024 -N 64", 2048, 6);
	run("-t ext2 -b 4096 -N 64", 2048, 4);
}
