/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order in which the kernel comes to life.
 * SBI specification, "Hart start": what boot.S was given.
 */
#include "boot/main.h"

#include "bench/bench.h"
#include "boot/hart.h"
#include "boot/info.h"
#include "drv/block.h"
#include "drv/console.h"
#include "drv/plic.h"
#include "drv/sbi.h"
#include "drv/timer.h"
#include "drv/virtio.h"
#include "fs/blockdev.h"
#include "fs/cpio.h"
#include "fs/device.h"
#include "fs/path.h"
#include "lib/panic.h"
#include "lib/printf.h"
#include "lib/random.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/map.h"
#include "mm/mm.h"
#include "mm/page.h"
#include "priv/account.h"
#include "priv/priv.h"
#include "priv/probe.h"
#include "priv/root.h"
#include "priv/smp.h"
#include "proc/klock.h"
#include "proc/proc.h"
#include "proc/sched.h"

#define MAIN_ARGS_MAX	64

static char main_init_path[PATH_MAX];

static void main_unpack(void)
{
	uint64_t size = info.initrd_end - info.initrd_start;

	if (info.initrd_start >= info.initrd_end || info.initrd_start < info.memory_start ||
	    info.initrd_end > info.memory_end)
		panic("there is no initrd in the device tree, and no root= names a disk");
	cpio_unpack(phys_to_virt(info.initrd_start), size);
}

/* root=/dev/vda1 rootfstype=ext2 ro: a disk instead of the initrd. */
static void main_mount_root(void)
{
	char type[16] = "ext2", name[BLOCK_NAME_MAX + 8], option[2];
	uint64_t flags = info_option("ro", option, sizeof(option)) ? MS_RDONLY : 0;
	int error;

	if (!info_option("root", name, sizeof(name))) {
		main_unpack();
		return;
	}
	info_option("rootfstype", type, sizeof(type));
	error = blockdev_mount_root(name, type, flags);
	if (error)
		panic("root=%s: cannot be mounted as %s: error %d", name, type, -error);
}

/* init= of the command line, or what Linux would look for in a root that is an archive. */
static void main_choose_init(void)
{
	static const char *const places[] = { "/init", "/sbin/init", "/bin/init", "/bin/sh" };
	struct path path;

	if (info_option("init", main_init_path, sizeof(main_init_path)) && main_init_path[0])
		return;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		string_copy(main_init_path, places[i], sizeof(main_init_path));
		if (!path_find(&mount_root, places[i], true, &path)) {
			path_put(&path);
			break;
		}
	}
}

/* Words that are the kernel's own business, or Linux's. */
static bool main_is_kernel_word(const char *word)
{
	static const char *const words[] = { "init=", "quiet", "console=", "earlycon", "root=",
					     "rootfstype=", "account=" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strncmp(word, words[i], strlen(words[i])))
			return true;
	return false;
}

/* The other words of bootargs become init's arguments. */
static char *const *main_arguments(void)
{
	static char *argv[MAIN_ARGS_MAX + 2];
	static char words[sizeof(info.bootargs)];
	char *p = words;
	size_t count = 0;

	argv[count++] = main_init_path;
	memcpy(words, info.bootargs, sizeof(words));
	while (count <= MAIN_ARGS_MAX) {
		while (*p == ' ')
			*p++ = '\0';
		if (!*p)
			break;
		argv[count] = p;
		count += !main_is_kernel_word(p);
		while (*p && *p != ' ')
			p++;
	}
	argv[count] = NULL;
	return argv;
}

static void main_banner(void)
{
	char quiet[2];

	if (info_option("quiet", quiet, sizeof(quiet)))
		return;
	kprintf("kernel: features %lx, %zu sites, memory %lu MiB, console %s, timer %s, "
		"sbi %lu.%lu, harts %zu\n",
		priv_features, priv_site_count(), (info.memory_end - info.memory_start) >> 20,
		console_has_interrupt() ? "irq" : "poll", timer_has_sstc() ? "sstc" : "sbi",
		sbi_spec_version() >> 24 & 0x7f, sbi_spec_version() & 0xffffff, info.hart_count);
}

/* With several harts the lock is real from here on, and it is the boot hart's. */
static void main_prepare_smp(void)
{
	if (info.hart_count == 1 || !sbi_has_hsm()) {
		info.hart_count = 1;
		return;
	}
	priv_patch_smp();
	klock_enter();
}

/*
 * Called by boot.S at the link address, interrupts off, on the first tables. The order matters:
 * no site may run before it is patched, and none of step 1 before tp is set.
 */
_Noreturn void main_boot(uint64_t hart_id, uint64_t tree_pa, uint64_t features, bool has_strata)
{
	char option[2];
	bool has_info;

	priv_patch(features);
	map_early_window();
	hart_init_boot(hart_id);
	priv_has_strata = has_strata;
	priv_hart_init();
	sbi_probe();
	priv_count_init();
	has_info = info_read(tree_pa, layout_load_pa, hart_id);
	panic_init();
	if (!has_info)
		panic("no device tree, or no memory in it that holds the kernel");
	main_prepare_smp();
	page_init();
	map_init();
	heap_init();
	random_seed(info.seed, info.seed_length);
	timer_init();
	sched_init();
	console_init(info_option("bench", option, sizeof(option)));
	mm_init();
	mount_init();
	main_banner();
	virtio_init();
	main_mount_root();
	device_init();
	blockdev_init();
	account_init(info_option("account", option, sizeof(option)));
	bench_run();
	hart_start_others();
	main_choose_init();
	proc_start_init(main_init_path, main_arguments());
	sched_idle();
}

_Noreturn void main_secondary(void)
{
	priv_hart_init();
	klock_enter();
	root_join();
	timer_init_hart();
	plic_join();
	hart_this->online = true;
	sched_idle();
}
