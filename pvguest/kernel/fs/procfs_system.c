/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of /proc that are not a process's: memory, time, devices, mounts.
 * Linux man-pages, proc(5), proc_meminfo(5), slabinfo(5).
 */
#include "boot/info.h"
#include "drv/timer.h"
#include "fs/buffer.h"
#include "fs/device.h"
#include "fs/ext2_node.h"
#include "fs/kmsg.h"
#include "fs/procfs.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/map.h"
#include "mm/page.h"
#include "priv/priv.h"
#include "proc/load.h"
#include "proc/proc.h"
#include "proc/sched.h"
#include "sys/uname.h"

#define PROCFS_NS_PER_TICK	10000000UL
#define PROCFS_KIB_PER_PAGE	(PAGE_SIZE / 1024)

static void procfs_add_memory(struct text *text, const char *name, uint64_t pages)
{
	text_add(text, "%s:%*s%8lu kB\n", name, (int)(15 - strlen(name)), "",
		 pages * PROCFS_KIB_PER_PAGE);
}

/* Where all pages are; what has no other name is memory of programs that no file has. */
static void procfs_show_meminfo(struct text *text, struct proc *proc)
{
	uint64_t total = page_total_count(), free = page_free_count();
	uint64_t cached = inode_cached_pages(), shared = inode_memory_pages();
	uint64_t buffers = buffer_page_count(), dirty = ext2_data_dirty_count();
	uint64_t slab = heap_page_count(), stacks = proc_stack_pages(), named;

	(void)proc;
	named = free + cached + buffers + slab + stacks + map_table_pages;
	procfs_add_memory(text, "MemTotal", total);
	procfs_add_memory(text, "MemFree", free);
	procfs_add_memory(text, "MemAvailable",
			  free + buffers + cached - MIN(shared + dirty, cached));
	procfs_add_memory(text, "Buffers", buffers);
	procfs_add_memory(text, "Cached", cached);
	procfs_add_memory(text, "SwapCached", 0);
	procfs_add_memory(text, "Active", total - free);
	procfs_add_memory(text, "Inactive", 0);
	procfs_add_memory(text, "SwapTotal", 0);
	procfs_add_memory(text, "SwapFree", 0);
	procfs_add_memory(text, "Dirty", dirty);
	procfs_add_memory(text, "Writeback", 0);
	procfs_add_memory(text, "AnonPages", total - MIN(named, total));
	procfs_add_memory(text, "Mapped", 0);
	procfs_add_memory(text, "Shmem", shared);
	procfs_add_memory(text, "Slab", slab);
	procfs_add_memory(text, "KernelStack", stacks);
	procfs_add_memory(text, "PageTables", map_table_pages);
}

/* The heap by sizes, in Linux's format; "kmalloc-4k" is all that has pages of its own. */
static void procfs_show_slabinfo(struct text *text, struct proc *proc)
{
	struct heap_usage usage;

	(void)proc;
	text_add(text, "slabinfo - version: 2.1\n# name            <active_objs> <num_objs> "
		 "<objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> "
		 "<sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	for (size_t i = 0; heap_usage_at(i, &usage); i++) {
		size_t unit = usage.object_bytes < 1024 ? 1 : 1024;
		size_t each = PAGE_SIZE / usage.object_bytes;
		char name[24];

		printf_format(name, sizeof(name), "kmalloc-%zu%s", usage.object_bytes / unit,
			      unit == 1 ? "" : "k");
		text_add(text, "%-17s %6zu %6zu %6zu %4zu    1 : tunables 0 0 0 : slabdata "
			 "%6zu %6zu 0\n", name, usage.used, usage.all, usage.object_bytes, each,
			 usage.all / each, usage.all / each);
	}
}

static uint64_t procfs_now_ticks(void)
{
	return timer_now_ns() / PROCFS_NS_PER_TICK;
}

static void procfs_show_stat(struct text *text, struct proc *proc)
{
	uint64_t busy = timer_ticks_to_ns(load_busy_ticks()) / PROCFS_NS_PER_TICK;
	uint64_t all = procfs_now_ticks() * load_hart_count();
	uint64_t idle = all > busy ? all - busy : 0;
	struct load_count count;

	(void)proc;
	load_count(&count);
	text_add(text, "cpu  %lu 0 0 %lu 0 0 0 0 0 0\n", busy, idle);
	for (size_t i = 0; i < load_hart_count(); i++)
		text_add(text, "cpu%zu %lu 0 0 %lu 0 0 0 0 0 0\n", i, busy / load_hart_count(),
			 idle / load_hart_count());
	text_add(text, "btime %lu\nprocesses %lu\nprocs_running %u\nprocs_blocked 0\n",
		 (timer_real_ns() - timer_now_ns()) / 1000000000, load_forks, count.running);
}

static void procfs_show_uptime(struct text *text, struct proc *proc)
{
	uint64_t now = procfs_now_ticks();
	uint64_t busy = timer_ticks_to_ns(load_busy_ticks()) / PROCFS_NS_PER_TICK;
	uint64_t idle = now * load_hart_count() > busy ? now * load_hart_count() - busy : 0;

	(void)proc;
	text_add(text, "%lu.%02lu %lu.%02lu\n", now / 100, now % 100, idle / 100, idle % 100);
}

static void procfs_show_loadavg(struct text *text, struct proc *proc)
{
	struct load_count count;
	uint64_t loads[3];

	(void)proc;
	load_count(&count);
	load_average(loads);
	for (size_t i = 0; i < 3; i++)
		text_add(text, "%lu.%02lu ", loads[i] >> LOAD_SHIFT,
			 ((loads[i] & ((1UL << LOAD_SHIFT) - 1)) * 100) >> LOAD_SHIFT);
	text_add(text, "%u/%u %d\n", count.running, count.all, count.last_pid);
}

static void procfs_show_cpuinfo(struct text *text, struct proc *proc)
{
	(void)proc;
	for (size_t i = 0; i < load_hart_count(); i++)
		text_add(text, "processor\t: %zu\nhart\t\t: %lu\nisa\t\t: rv64imafdc\n"
			 "mmu\t\t: sv39\n\n", i, load_hart_id(i));
}

static void procfs_show_version(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text, "%s version %s (pvguest) %s\n", uname_get(UNAME_SYSTEM),
		 uname_get(UNAME_RELEASE), uname_get(UNAME_VERSION));
}

static void procfs_show_bootargs(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text, "%s\n", info.bootargs);
}

static void procfs_show_filesystems(struct text *text, struct proc *proc)
{
	const struct file_system *type;

	(void)proc;
	for (size_t i = 0; (type = super_type_at(i)) != NULL; i++)
		text_add(text, "%s\t%s\n", type->needs_device ? "" : "nodev", type->name);
}

static void procfs_show_devices(struct text *text, struct proc *proc)
{
	struct list *pos;

	(void)proc;
	text_add(text, "Character devices:\n  1 mem\n  4 ttyS\n  5 /dev/tty\n  5 /dev/console\n"
		 "\nBlock devices:\n");
	LIST_FOR_EACH (pos, &device_list) {
		const struct device *device = LIST_ENTRY(pos, struct device, link);

		if ((device->mode & S_IFMT) == S_IFBLK && !DEVICE_MINOR(device->number))
			text_add(text, "%3u virtblk\n", DEVICE_MAJOR(device->number));
	}
}

static void procfs_show_partitions(struct text *text, struct proc *proc)
{
	struct list *pos;

	(void)proc;
	text_add(text, "major minor  #blocks  name\n\n");
	LIST_FOR_EACH (pos, &device_list) {
		const struct device *device = LIST_ENTRY(pos, struct device, link);

		if ((device->mode & S_IFMT) == S_IFBLK)
			text_add(text, "%4u  %7u %10lu %s\n", DEVICE_MAJOR(device->number),
				 DEVICE_MINOR(device->number), device->size >> 10, device->name);
	}
}

static void procfs_show_interrupts(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text, "     ");
	for (size_t i = 0; i < load_hart_count(); i++)
		text_add(text, "       CPU%zu", i);
	text_add(text, "\nIPI: ");
	for (size_t i = 0; i < load_hart_count(); i++)
		text_add(text, " %10lu", hart_all[i]->ipi_count);
	text_add(text, "  Software interrupts\n");
}

static void procfs_add_options(struct text *text, const struct mount *mount)
{
	static const struct {
		uint64_t flag;
		const char *text;
	} words[] = {
		{ MS_NOSUID, ",nosuid" }, { MS_NODEV, ",nodev" }, { MS_NOEXEC, ",noexec" },
		{ MS_SYNCHRONOUS, ",sync" }, { MS_NOATIME, ",noatime" },
		{ MS_NODIRATIME, ",nodiratime" },
	};

	text_add(text, mount->flags & MS_RDONLY || mount->super->read_only ? "ro" : "rw");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (mount->flags & words[i].flag)
			text_add(text, "%s", words[i].text);
	if (!(mount->flags & MS_NOATIME))
		text_add(text, ",relatime");
}

/* Where it is mounted, escaped; false if the reader cannot see it. */
static bool procfs_add_point(struct text *text, const struct mount *mount)
{
	struct path root = { (struct mount *)mount, mount->root };
	char *buf = heap_alloc(PATH_MAX);
	bool visible = (mount->point.mount || mount == mount_root.mount) && buf &&
		       path_of(&root, buf, PATH_MAX) > 0 && buf[0] == '/';

	if (visible)
		text_add_escaped(text, buf);
	heap_free(buf);
	return visible;
}

void procfs_show_mounts(struct text *text, struct proc *proc)
{
	struct list *pos;

	(void)proc;
	LIST_FOR_EACH (pos, &mount_list) {
		const struct mount *mount = LIST_ENTRY(pos, struct mount, link);
		size_t begin = text->length;

		text_add_escaped(text, mount->source);
		text_add(text, " ");
		if (!procfs_add_point(text, mount)) {
			text->length = begin;
			continue;
		}
		text_add(text, " %s ", mount->super->type->name);
		procfs_add_options(text, mount);
		text_add(text, " 0 0\n");
	}
}

void procfs_show_mountinfo(struct text *text, struct proc *proc)
{
	struct list *pos;

	(void)proc;
	LIST_FOR_EACH (pos, &mount_list) {
		const struct mount *mount = LIST_ENTRY(pos, struct mount, link);
		const struct dentry *root = mount->root;
		size_t begin = text->length;

		text_add(text, "%d %d %u:%u /%s ", mount->id,
			 mount->point.mount ? mount->point.mount->id : mount->id,
			 DEVICE_MAJOR(mount->super->number), DEVICE_MINOR(mount->super->number),
			 root == mount->super->root ? "" : root->name);
		if (!procfs_add_point(text, mount)) {
			text->length = begin;
			continue;
		}
		text_add(text, " ");
		procfs_add_options(text, mount);
		text_add(text, " - %s ", mount->super->type->name);
		text_add_escaped(text, mount->source);
		text_add(text, mount->super->read_only ? " ro\n" : " rw\n");
	}
}

/* ---- links ---- */

static void procfs_link_self(struct text *text, struct proc *proc, int number)
{
	(void)proc;
	(void)number;
	text_add(text, "%d", proc_current->leader->pid);
}

static void procfs_link_thread(struct text *text, struct proc *proc, int number)
{
	(void)proc;
	(void)number;
	text_add(text, "%d/task/%d", proc_current->leader->pid, proc_current->pid);
}

static void procfs_link_mounts(struct text *text, struct proc *proc, int number)
{
	(void)proc;
	(void)number;
	text_add(text, "self/mounts");
}

static void procfs_link_net(struct text *text, struct proc *proc, int number)
{
	(void)proc;
	(void)number;
	text_add(text, "sys/net");
}

/* ---- the table ---- */

static const struct procfs_entry procfs_system_entries[] = {
	{ "self", .mode = S_IFLNK | 0777, .link = procfs_link_self },
	{ "thread-self", .mode = S_IFLNK | 0777, .link = procfs_link_thread },
	{ "mounts", .mode = S_IFLNK | 0777, .link = procfs_link_mounts },
	{ "net", .mode = S_IFLNK | 0777, .link = procfs_link_net },
	{ "meminfo", .mode = S_IFREG | 0444, .show = procfs_show_meminfo },
	{ "slabinfo", .mode = S_IFREG | 0400, .show = procfs_show_slabinfo },
	{ "stat", .mode = S_IFREG | 0444, .show = procfs_show_stat },
	{ "uptime", .mode = S_IFREG | 0444, .show = procfs_show_uptime },
	{ "loadavg", .mode = S_IFREG | 0444, .show = procfs_show_loadavg },
	{ "cpuinfo", .mode = S_IFREG | 0444, .show = procfs_show_cpuinfo },
	{ "version", .mode = S_IFREG | 0444, .show = procfs_show_version },
	{ "cmdline", .mode = S_IFREG | 0444, .show = procfs_show_bootargs },
	{ "filesystems", .mode = S_IFREG | 0444, .show = procfs_show_filesystems },
	{ "devices", .mode = S_IFREG | 0444, .show = procfs_show_devices },
	{ "partitions", .mode = S_IFREG | 0444, .show = procfs_show_partitions },
	{ "interrupts", .mode = S_IFREG | 0444, .show = procfs_show_interrupts },
	{ "kmsg", .mode = S_IFREG | 0400, .ops = &kmsg_proc_ops },
	{ "sys", .mode = S_IFDIR | 0555, .table = &procfs_sys_table },
};

const struct procfs_table procfs_system_table = {
	procfs_system_entries, ARRAY_SIZE(procfs_system_entries)
};
