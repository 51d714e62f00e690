/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Building the virtual machines that the archive holds, and the end of the last one.
 */
#include "boot/boot.h"
#include "boot/cpio.h"
#include "boot/guest_dt.h"
#include "boot/host_disks.h"
#include "boot/image.h"
#include "boot/seed.h"
#include "boot/vm_dt.h"
#include "hart/hart.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/sha256.h"
#include "lib/string.h"
#include "mem/hvmap.h"
#include "mem/kalloc.h"
#include "mode/mode.h"
#include "vdev/vdev.h"
#include "vm/sched.h"
#include "vm/vconsole.h"
#include "vm/vcpu.h"

#define WHY_SIZE 224

/* What one VM is built from. */
struct source {
	const struct host_info *host;
	const void *archive;
	size_t archive_size;
	const void *fdt;
	size_t fdt_size;
	bool again;		/* the VM reboots: what it is made of has been said */
};

/* The archive, for VMs that reboot. */
static struct source vms_source;

static unsigned vms_refused, vms_running;
static bool all_clean = true;

/* ---- Images ---- */

static void hash_text(const void *data, size_t size, char text[SHA256_HEX_SIZE])
{
	uint8_t digest[SHA256_SIZE];
	struct sha256 sha;

	sha256_init(&sha);
	sha256_update(&sha, data, size);
	sha256_final(&sha, digest);
	sha256_to_hex(digest, text);
}

static int write_guest(void *ctx, gpa_t gpa, const void *from, size_t size)
{
	return vm_write(ctx, gpa, from, size);
}

static int zero_guest(void *ctx, gpa_t gpa, size_t size)
{
	return vm_zero(ctx, gpa, size);
}

/* A VM that reboots loads its images in its own time, into RAM that is zero already. */
static int write_guest_later(void *ctx, gpa_t gpa, const void *from, size_t size)
{
	return vm_copy_later(ctx, gpa, from, size);
}

static int is_guest_zero(void *ctx, gpa_t gpa, size_t size)
{
	return vm_is_ram(ctx, gpa, size) ? 0 : -EFAULT;
}

static const struct image_mem_ops guest_memory = { .write = write_guest, .zero = zero_guest };
static const struct image_mem_ops guest_memory_later = { .write = write_guest_later,
							 .zero = is_guest_zero };

static const struct image_mem_ops *memory_for(const struct source *source)
{
	return source->again ? &guest_memory_later : &guest_memory;
}

/* Find a file that the VM's tree names. */
static int find_file(const struct source *source, const char *what, const char *name,
		     struct cpio_file *file, char *why)
{
	int err = cpio_find(source->archive, source->archive_size, name, file);

	if (err)
		snprintf(why, WHY_SIZE, "/chosen: strata,%s: no file \"%s\" in the archive%s", what,
			 name, err == -EILSEQ ? ", which is damaged" : "");
	return err;
}

static int load_kernel(struct vm *vm, const struct source *source, struct image_extent *extent,
		       char *why)
{
	char hash[SHA256_HEX_SIZE];
	struct cpio_file file;
	struct image image;
	char reason[160];

	if (find_file(source, "kernel", vm->config.kernel, &file, why))
		return -ENOENT;
	if (image_probe(file.data, file.size, &image, reason, sizeof(reason)) ||
	    image_load(&image, GPA(vm->config.regions[0].gpa), memory_for(source), vm, extent,
		       reason, sizeof(reason))) {
		snprintf(why, WHY_SIZE, "kernel \"%s\": %s", vm->config.kernel, reason);
		return -EINVAL;
	}
	if (!source->again) {
		hash_text(file.data, file.size, hash);
		kprintf("strata: %s: kernel %s sha256 %s\n", vm->name, vm->config.kernel, hash);
	}
	return 0;
}

/* ---- Placement of initrd and tree: the top of the first memory region, downwards ---- */

static int take_top(struct vm *vm, uint64_t *top, uint64_t size, const struct image_extent *kernel,
		    const char *what, char *why)
{
	const struct vm_region *region = &vm->config.regions[0];
	uint64_t low = region->gpa;

	if (kernel->high.v > low && kernel->high.v <= region->gpa + region->size)
		low = ALIGN_UP(kernel->high.v, PAGE_SIZE);
	if (low > *top || size > *top - low) {
		snprintf(why, WHY_SIZE, "memory: no room for the %s (%lu KiB) above the kernel",
			 what, size >> 10);
		return -ENOSPC;
	}
	*top = ALIGN_DOWN(*top - size, PAGE_SIZE);
	return 0;
}

static int load_initrd(struct vm *vm, const struct source *source, uint64_t *top,
		       const struct image_extent *kernel, struct guest_dt_facts *facts, char *why)
{
	char hash[SHA256_HEX_SIZE];
	struct cpio_file file;

	if (vm->config.initrd == NULL)
		return 0;
	if (find_file(source, "initrd", vm->config.initrd, &file, why))
		return -ENOENT;
	if (take_top(vm, top, file.size, kernel, "initrd", why))
		return -ENOSPC;
	if (memory_for(source)->write(vm, GPA(*top), file.data, file.size))
		return -EFAULT;
	facts->initrd_gpa = *top;
	facts->initrd_size = file.size;
	if (!source->again) {
		hash_text(file.data, file.size, hash);
		kprintf("strata: %s: initrd %s sha256 %s\n", vm->name, vm->config.initrd, hash);
	}
	return 0;
}

static int build_tree(struct vm *vm, const struct source *source, uint64_t *top,
		      const struct image_extent *kernel, struct guest_dt_facts *facts, char *why)
{
	size_t size = guest_dt_size(&vm->config, source->fdt);
	void *tree = kalloc(size);
	int err;

	if (tree == NULL) {
		snprintf(why, WHY_SIZE, "out of memory for its device tree");
		return -ENOMEM;
	}
	err = guest_dt_build(&vm->config, source->fdt, tree, size, facts);
	if (err < 0) {
		snprintf(why, WHY_SIZE, "its device tree cannot be built (%d)", err);
	} else {
		size_t built = (size_t)err;

		err = take_top(vm, top, built, kernel, "device tree", why);
		if (!err)
			err = vm_write(vm, GPA(*top), tree, built);
	}
	kfree(tree);
	return err < 0 ? err : 0;
}

/* ---- What devices need of the host: images, which stay in the archive, and seeds ---- */

static int equip_devices(struct vm *vm, const struct source *source, char *why)
{
	for (size_t i = 0; i < vm->config.device_count; i++) {
		struct vdev_config *device = &vm->config.devices[i];
		struct cpio_file file;

		if (device->kind == VDEV_VIRTIO_RNG)
			seed_device(source->host, vm, device);
		if (device->on_host && host_disks_claim(device, why, WHY_SIZE))
			return -EINVAL;
		if (device->image == NULL)
			continue;
		if (cpio_find(source->archive, source->archive_size, device->image, &file) ||
		    file.size == 0) {
			snprintf(why, WHY_SIZE, "virtio@%lx: strata,image: no file \"%s\" in the "
				 "archive, or an empty one", device->gpa, device->image);
			return -ENOENT;
		}
		if (device->disk_size != 0 && file.size > device->disk_size) {
			snprintf(why, WHY_SIZE, "virtio@%lx: strata,size: the image \"%s\" has "
				 "%lu bytes: raise the size or delete it", device->gpa,
				 device->image, file.size);
			return -EINVAL;
		}
		device->image_data = file.data;
		device->image_size = file.size;
	}
	return 0;
}

/* ---- One VM ---- */

static const struct vdev_config *find_device(const struct vm_config *config, enum vdev_kind kind)
{
	for (size_t i = 0; i < config->device_count; i++)
		if (config->devices[i].kind == kind)
			return &config->devices[i];
	return NULL;
}

/* Who has IMSICs has Ssaia, by the hart or by emulation; who has none would only be misled. */
static uint64_t guest_isa(const struct host_info *host, const struct vm_config *config)
{
	uint64_t isa = isa_guest(host->isa, config->mode);

	return find_device(config, VDEV_IMSIC) != NULL ? isa | ISA_SSAIA : isa;
}

/* In VS-mode a guest uses the hart's own siselect and stopi. */
static int check_aia(const struct vm_config *config, const struct mode_ops *mode, char *why)
{
	const struct vdev_config *imsic = find_device(config, VDEV_IMSIC);

	if (imsic == NULL || mode->deprivileged || hart_boot.aia)
		return 0;
	snprintf(why, WHY_SIZE, "imsics@%lx: compatible: riscv,imsics in mode %s needs a machine "
		 "with AIA (QEMU: -machine virt,aia=aplic-imsic): write a plic instead, or start "
		 "it with AIA=aplic-imsic", imsic->gpa, mode->name);
	return -ENODEV;
}

/* Kernel, initrd and tree into guest RAM; sets where it starts. */
static int load_images(struct vm *vm, const struct source *source, char *why)
{
	const struct vm_region *region = &vm->config.regions[0];
	struct guest_dt_facts facts = { .timebase_hz = timebase_hz };
	uint64_t top = region->gpa + region->size;
	struct image_extent kernel;
	int err = load_kernel(vm, source, &kernel, why);

	if (!err)
		err = load_initrd(vm, source, &top, &kernel, &facts, why);
	if (err)
		return err;
	facts.isa = guest_isa(source->host, &vm->config);
	seed_vm(source->host, vm, facts.seed);
	err = build_tree(vm, source, &top, &kernel, &facts, why);
	if (!err) {
		vm->entry = kernel.entry;
		vm->tree = GPA(top);
	}
	return err;
}

static int fill(struct vm *vm, const struct source *source, char *why)
{
	int err = load_images(vm, source, why);

	if (!err)
		err = equip_devices(vm, source, why);
	if (!err)
		err = vdev_create_all(vm, why, WHY_SIZE);
	if (!err)
		__atomic_fetch_add(&vms_running, 1, __ATOMIC_SEQ_CST);
	return err;
}

static void refuse(const char *name, const char *why)
{
	vms_refused++;
	kprintf("strata: %s: refused: %s\n", name, why);
}

/* Names tell VMs apart: for the user, for their seeds and addresses, and when they reboot. */
static bool is_taken(const char *name)
{
	struct vm *vm;

	list_for_each_entry(vm, &vm_list, link)
		if (strcmp(vm->name, name) == 0)
			return true;
	return false;
}

static struct vm *build(const struct source *source, const char *name)
{
	struct vm_config config = { .name = "" };
	const struct mode_ops *mode;
	const char *reason = NULL;
	char why[WHY_SIZE] = "unknown reason";
	struct vm *vm;

	if (vm_dt_parse(source->fdt, source->fdt_size, name, &config, why, sizeof(why))) {
		refuse(name, why);
		return NULL;
	}
	if (is_taken(config.name)) {
		refuse(name, "another tree of the archive has this name: rename one of them");
		vm_config_free(&config);
		return NULL;
	}
	mode = mode_find(config.mode, config.world, &reason);
	if (mode == NULL) {
		refuse(name, reason);
		vm_config_free(&config);
		return NULL;
	}
	if (check_aia(&config, mode, why)) {
		refuse(name, why);
		vm_config_free(&config);
		return NULL;
	}
	vm = vm_create(&config, mode, why, sizeof(why));
	if (vm == NULL) {
		refuse(name, why);
		return NULL;
	}
	if (fill(vm, source, why)) {
		refuse(name, why);
		for (size_t i = 0; i < vm->config.device_count; i++)
			host_disks_release(&vm->config.devices[i]);
		spin_lock(&vm_list_lock);
		list_remove(&vm->link);
		spin_unlock(&vm_list_lock);
		if (vm->console != NULL)
			vconsole_ended(vm);
		vm_destroy(vm);
		return NULL;
	}
	return vm;
}

/* The VM's name: the file's without directory and ".dtb"; false if it is no VM tree. */
static bool tree_name(const char *path, char *name, size_t size)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t length = strlen(base);

	if (length <= 4 || strcmp(base + length - 4, ".dtb") != 0)
		return false;
	snprintf(name, size, "%.*s", (int)(length - 4), base);
	/* It will be printed: nothing in an archive may write to the terminal. */
	for (char *c = name; *c; c++)
		if (*c <= ' ' || *c > '~')
			*c = '?';
	return true;
}

void boot_vms(const struct host_info *host)
{
	struct source source = { .host = host,
				 .archive = hva_from_hpa(host->initrd.start),
				 .archive_size = host->initrd.end.v - host->initrd.start.v };
	struct cpio_file file;
	struct vm *vm;
	struct cpio cpio;
	char name[64];
	int more = 0;

	if (source.archive_size == 0)
		kprintf("strata: no archive of virtual machines: give QEMU one with -initrd\n");
	vms_source = source;
	cpio_init(&cpio, source.archive, source.archive_size);
	while ((more = cpio_next(&cpio, &file)) > 0) {
		if (!tree_name(file.name, name, sizeof(name)))
			continue;
		source.fdt = file.data;
		source.fdt_size = file.size;
		build(&source, name);
	}
	if (more < 0) {
		kprintf("strata: the archive is damaged at byte %lu: what follows is ignored\n",
			cpio.offset);
		vms_refused++;
	}
	if (vms_running == 0) {
		kprintf("strata: no virtual machine to run\n");
		machine_shutdown(true);
	}
	spin_lock(&vm_list_lock);
	list_for_each_entry(vm, &vm_list, link) {
		kprintf("strata: %s: mode %s, %lu MiB, %u vCPU%s, starts at 0x%lx\n", vm->name,
			vm->mode->name, vm->memory[0].size >> 20, vm->vcpu_count,
			vm->vcpu_count == 1 ? "" : "s", vm->entry.v);
		vm_start(vm, vm->entry, vm->tree.v);
	}
	spin_unlock(&vm_list_lock);
}

/* ---- Reboot ---- */

/* The VM's tree in the archive, which was found there before. */
static bool find_tree(struct source *source, const char *wanted)
{
	struct cpio_file file;
	struct cpio cpio;
	char name[64];

	cpio_init(&cpio, source->archive, source->archive_size);
	while (cpio_next(&cpio, &file) > 0) {
		if (!tree_name(file.name, name, sizeof(name)) || strcmp(name, wanted) != 0)
			continue;
		source->fdt = file.data;
		source->fdt_size = file.size;
		return true;
	}
	return false;
}

void boot_vm_prepare(struct vm *vm)
{
	struct source source = vms_source;
	char why[WHY_SIZE] = "its tree is not in the archive any more";

	if (!vm_zero_step(vm))
		return;
	if (!vm->loading) {
		/* Once more from the archive's files. */
		source.again = vm->loading = true;
		vm->reboots++;
		if (!find_tree(&source, vm->name) || load_images(vm, &source, why))
			vm_stop(vm, VM_CRASHED, "cannot reboot: %s", why);
		return;
	}
	if (!vm_copy_step(vm))
		return;
	kprintf("strata: %s: reboots: %s\n", vm->name, vm->why);
	vm_restart(vm, vm->entry, vm->tree.v);
}

/* ---- The end ---- */

void boot_vm_ended(struct vm *vm)
{
	bool clean;

	if (vm->state == VM_REBOOTING) {
		vm_reset(vm);
		return;
	}
	clean = vm->state == VM_SHUTDOWN;
	vconsole_ended(vm);
	if (!clean)
		all_clean = false;
	kprintf("strata: %s: %s%s%s\n", vm->name,
		clean			  ? "shut down" :
		vm->state == VM_DESTROYED ? "destroyed" :
					    "stopped",
		vm->why[0] != 0 ? ": " : "", vm->why);
	vm_free_memory(vm);
	if (__atomic_sub_fetch(&vms_running, 1, __ATOMIC_SEQ_CST) == 0)
		boot_poweroff();
}

void boot_poweroff(void)
{
	machine_shutdown(!all_clean || vms_refused != 0);
}
