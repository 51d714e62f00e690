/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /proc/sys: parameters of the kernel.
 * Linux man-pages, proc_sys_kernel(5), proc_sys_vm(5).
 */
#include "fs/procfs.h"
#include "lib/errno.h"
#include "lib/klog.h"
#include "lib/random.h"
#include "sys/log.h"
#include "sys/uname.h"

static void procfs_show_ostype(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text, "%s\n", uname_get(UNAME_SYSTEM));
}

static void procfs_show_osrelease(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text, "%s\n", uname_get(UNAME_RELEASE));
}

static void procfs_show_os_version(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text, "%s\n", uname_get(UNAME_VERSION));
}

static void procfs_show_hostname(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text, "%s\n", uname_get(UNAME_NODE));
}

static void procfs_show_domainname(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text, "%s\n", uname_get(UNAME_DOMAIN));
}

static size_t procfs_line(const char *text, size_t length)
{
	return length && text[length - 1] == '\n' ? length - 1 : length;
}

static int procfs_store_hostname(const char *text, size_t length)
{
	return uname_put(UNAME_NODE, text, procfs_line(text, length));
}

static int procfs_store_domainname(const char *text, size_t length)
{
	return uname_put(UNAME_DOMAIN, text, procfs_line(text, length));
}

static void procfs_show_pid_max(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text, "4194304\n");
}

static void procfs_show_printk(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text, "%u\t4\t1\t7\n", klog_console_level);
}

static int procfs_store_printk(const char *text, size_t length)
{
	if (!length || *text < '1' || *text > '8')
		return -EINVAL;
	klog_console_level = (unsigned int)(*text - '0');
	return 0;
}

/* Calls that were missed: not Linux's, ours. */
static void procfs_show_missing(struct text *text, struct proc *proc)
{
	uint32_t count;

	(void)proc;
	text_add(text, "%lu\n", log_missing_total);
	for (size_t i = 0; i < 1024; i++) {
		const char *name = log_missing_at(i, &count);

		if (count)
			text_add(text, "%u %zu %s\n", count, i, name);
	}
}

static void procfs_add_uuid(struct text *text, uint64_t high, uint64_t low)
{
	/* Version 4, variant 1: RFC 4122. */
	high = (high & ~0xf000UL) | 0x4000;
	low = (low & ~(3UL << 62)) | 2UL << 62;
	text_add(text, "%08lx-%04lx-%04lx-%04lx-%012lx\n", high >> 32, high >> 16 & 0xffff,
		 high & 0xffff, low >> 48, low & 0xffffffffffffUL);
}

static void procfs_show_uuid(struct text *text, struct proc *proc)
{
	uint64_t high = random_next();

	(void)proc;
	procfs_add_uuid(text, high, random_next());
}

static void procfs_show_boot_id(struct text *text, struct proc *proc)
{
	static uint64_t id[2];

	(void)proc;
	if (!id[0]) {
		id[0] = random_next() | 1;
		id[1] = random_next();
	}
	procfs_add_uuid(text, id[0], id[1]);
}

static void procfs_show_entropy(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text, "256\n");
}

static void procfs_show_overcommit(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text, "1\n");
}

static const struct procfs_entry procfs_random_entries[] = {
	{ "uuid", .mode = S_IFREG | 0444, .show = procfs_show_uuid },
	{ "boot_id", .mode = S_IFREG | 0444, .show = procfs_show_boot_id },
	{ "entropy_avail", .mode = S_IFREG | 0444, .show = procfs_show_entropy },
	{ "poolsize", .mode = S_IFREG | 0444, .show = procfs_show_entropy },
};

static const struct procfs_table procfs_random_table = {
	procfs_random_entries, ARRAY_SIZE(procfs_random_entries)
};

static const struct procfs_entry procfs_kernel_entries[] = {
	{ "ostype", .mode = S_IFREG | 0444, .show = procfs_show_ostype },
	{ "osrelease", .mode = S_IFREG | 0444, .show = procfs_show_osrelease },
	{ "version", .mode = S_IFREG | 0444, .show = procfs_show_os_version },
	{ "hostname", .mode = S_IFREG | 0644, .show = procfs_show_hostname,
	  .store = procfs_store_hostname },
	{ "domainname", .mode = S_IFREG | 0644, .show = procfs_show_domainname,
	  .store = procfs_store_domainname },
	{ "pid_max", .mode = S_IFREG | 0444, .show = procfs_show_pid_max },
	{ "printk", .mode = S_IFREG | 0644, .show = procfs_show_printk,
	  .store = procfs_store_printk },
	{ "missing_syscalls", .mode = S_IFREG | 0444, .show = procfs_show_missing },
	{ "random", .mode = S_IFDIR | 0555, .table = &procfs_random_table },
};

static const struct procfs_table procfs_kernel_table = {
	procfs_kernel_entries, ARRAY_SIZE(procfs_kernel_entries)
};

static const struct procfs_entry procfs_vm_entries[] = {
	{ "overcommit_memory", .mode = S_IFREG | 0444, .show = procfs_show_overcommit },
};

static const struct procfs_table procfs_vm_table = {
	procfs_vm_entries, ARRAY_SIZE(procfs_vm_entries)
};

/* There is no network: programs that look find no interface. */
static const struct procfs_table procfs_net_table = { NULL, 0 };

static const struct procfs_entry procfs_sys_entries[] = {
	{ "kernel", .mode = S_IFDIR | 0555, .table = &procfs_kernel_table },
	{ "vm", .mode = S_IFDIR | 0555, .table = &procfs_vm_table },
	{ "net", .mode = S_IFDIR | 0555, .table = &procfs_net_table },
};

const struct procfs_table procfs_sys_table = {
	procfs_sys_entries, ARRAY_SIZE(procfs_sys_entries)
};
