/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which tree of the archive a VM is made of, the first time and again. boot/vms.c.
 * SOURCES: hypervisor/boot/vms.c hypervisor/boot/cpio.c
 */
#include <riscv/layout.h>
#include "boot/boot.h"
#include "boot/cpio.h"
#include "boot/host_disks.h"
#include "boot/seed.h"
#include "boot/vm_dt.h"
#include "boot/vm_images.h"
#include "hart/firmware.h"
#include "hart/hart.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "mode/mode.h"
#include "test.h"
#include "vdev/vdev.h"
#include "vm/mode.h"
#include "vm/vconsole.h"

static char archive[4096];
static size_t archive_size;
static struct vm vm;
static struct mode_ops mode;
static struct vm_memory memory;
static struct vcpu *no_vcpus[1];
static const void *built_from, *loaded_from;

struct list_head vm_list;
struct spinlock vm_list_lock;
struct hart hart_boot;
struct hart **harts;
unsigned hart_count = 1;

/* ---- The rest of the hypervisor: a good tree begins with "good" ---- */

int vm_dt_parse(const void *fdt, size_t size, const char *name, struct vm_config *out, char *why,
		size_t why_size)
{
	(void)size;
	*out = (struct vm_config){ 0 };
	snprintf(out->name, sizeof(out->name), "%s", name);
	snprintf(why, why_size, "not a device tree");
	return memcmp(fdt, "good", 4) == 0 ? 0 : -EINVAL;
}

void vm_config_free(struct vm_config *config)
{
	(void)config;
}

const struct mode_ops *mode_find(enum vm_mode wanted, enum vm_world world, const char **why)
{
	(void)wanted;
	(void)world;
	(void)why;
	mode.name = "hw";
	return &mode;
}

struct vm *vm_create(struct vm_config *config, const struct mode_ops *ops, bool zero, char *why,
		     size_t why_size)
{
	(void)zero;
	(void)why;
	(void)why_size;
	vm = (struct vm){ .config = *config, .mode = ops, .memory = &memory, .vcpus = no_vcpus };
	vm.name = vm.config.name;
	list_init(&vm.link);
	list_add_tail(&vm_list, &vm.link);
	return &vm;
}

int vm_images_load(struct vm *loads, const struct vm_source *source, char *why)
{
	(void)loads;
	(void)why;
	*(source->again ? &loaded_from : &built_from) = source->fdt;
	return 0;
}

const struct vdev_config *vm_images_device(const struct vm_config *config, enum vdev_kind kind)
{
	(void)config;
	(void)kind;
	return NULL;
}

int vdev_create_all(struct vm *has, char *why, size_t size)
{
	(void)has;
	(void)why;
	(void)size;
	return 0;
}

void vm_start(struct vm *starts, gpa_t pc, uint64_t opaque)
{
	(void)pc;
	(void)opaque;
	starts->state = VM_RUNNING;
}

bool vm_zero_step(struct vm *zeroed)
{
	(void)zeroed;
	return true;
}

bool vm_copy_step(struct vm *copied)
{
	(void)copied;
	return false;
}

bool vconsole_accepts(struct vm *writes)
{
	(void)writes;
	return true;
}

void vconsole_ended(struct vm *ends)
{
	(void)ends;
}

void vm_restart(struct vm *starts, gpa_t pc, uint64_t opaque)
{
	(void)starts;
	(void)pc;
	(void)opaque;
}

void vm_stop(struct vm *stops, enum vm_state state, const char *why, ...)
{
	(void)why;
	stops->state = state;
}

void vm_reset(struct vm *again)
{
	(void)again;
}

void vm_end(struct vm *ends)
{
	(void)ends;
}

void vm_destroy(struct vm *goes)
{
	(void)goes;
}

void vm_start_later(struct vm *starts)
{
	starts->state = VM_REBOOTING;
}

void seed_device(const struct host_info *host, const struct vm *has, struct vdev_config *device)
{
	(void)host;
	(void)has;
	(void)device;
}

int host_disks_claim(struct vdev_config *device, char *why, size_t size)
{
	(void)device;
	(void)why;
	(void)size;
	return 0;
}

void host_disks_release(const struct vdev_config *device)
{
	(void)device;
}

void machine_shutdown(bool failed)
{
	(void)failed;
	abort();
}

void kprintf(const char *format, ...)
{
	(void)format;
}

/* ---- An archive with two trees of one name ---- */

static void add_file(const char *name, const char *data)
{
	unsigned name_size = (unsigned)strlen(name) + 1, size = (unsigned)strlen(data);
	char *at = archive + archive_size;

	snprintf(at, 111, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1, 0100644,
		 0, 0, 1, 0, size, 0, 0, 0, 0, name_size, 0);
	memcpy(at + 110, name, name_size);
	archive_size = (archive_size + 110 + name_size + 3) & ~3UL;
	memcpy(archive + archive_size, data, size);
	archive_size = (archive_size + size + 3) & ~3UL;
}

static void boot(const char *first, const char *second)
{
	static struct host_info host;

	memset(archive, 0, sizeof(archive));
	archive_size = 0;
	add_file("other/x.dtb", first);
	add_file("vms/x.dtb", second);
	add_file("TRAILER!!!", "");
	list_init(&vm_list);
	/* hva_from_hpa() adds the direct map's offset. */
	host.initrd.start = HPA((uint64_t)(uintptr_t)archive - HV_OFFSET);
	host.initrd.end = HPA(host.initrd.start.v + archive_size);
	built_from = loaded_from = NULL;
	boot_vms(&host);
}

TEST("a VM that reboots is made of the tree that it was made of first, whatever has its name")
{
	boot("junk, which is refused", "good tree");
	CHECK(memcmp(built_from, "good", 4) == 0);
	vm.state = VM_REBOOTING;
	boot_vm_prepare(&vm);
	CHECK_EQ(vm.state, VM_REBOOTING);
	CHECK(loaded_from == built_from);
}

TEST("a VM that is created again is made of the first tree of its name that is not refused")
{
	boot("junk, which is refused", "good tree");
	vm.state = VM_DESTROYED;
	vm.gone = true;
	boot_vm_create("x");
	CHECK_EQ(vm.state, VM_REBOOTING);
	boot_vm_prepare(&vm);
	CHECK(loaded_from == built_from);
	/* Of two good ones the other one is another tree of this name. */
	boot("good tree, the first", "good tree");
	CHECK(memcmp(built_from, "good tree,", 10) == 0);
	vm.state = VM_REBOOTING;
	boot_vm_prepare(&vm);
	CHECK(loaded_from == built_from);
}
