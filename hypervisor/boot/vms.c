/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Building the virtual machines that the archive holds, and the end of the last one.
 */
#include "boot/boot.h"
#include "boot/cpio.h"
#include "boot/host_disks.h"
#include "boot/seed.h"
#include "boot/vm_dt.h"
#include "boot/vm_images.h"
#include "hart/hart.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/hvmap.h"
#include "mem/kalloc.h"
#include "mode/mode.h"
#include "vdev/vdev.h"
#include "vm/sched.h"
#include "vm/vconsole.h"
#include "vm/vcpu.h"

/* The archive, for VMs that reboot. */
static struct vm_source vms_source;

/* The last number that a vm->restart got: each reboot takes one, each create one or two. */
static uint64_t vms_restarts;
static unsigned vms_refused, vms_running;
static bool all_clean = true;

/* ---- What devices need of the host: images, which stay in the archive, and seeds ---- */

static int equip_devices(struct vm *vm, const struct vm_source *source, char *why)
{
	for (size_t i = 0; i < vm->config.device_count; i++) {
		struct vdev_config *device = &vm->config.devices[i];
		struct cpio_file file;

		if (device->kind == VDEV_VIRTIO_RNG)
			seed_device(source->host, vm, device);
		if (device->on_host && host_disks_claim(device, why, VM_WHY_SIZE))
			return -EINVAL;
		if (device->image == NULL)
			continue;
		if (cpio_find(source->archive, source->archive_size, device->image, &file) ||
		    file.size == 0) {
			snprintf(why, VM_WHY_SIZE, "virtio@%lx: strata,image: no file \"%s\" in "
				 "the archive, or an empty one", device->gpa, device->image);
			return -ENOENT;
		}
		if (device->disk_size != 0 && file.size > device->disk_size) {
			snprintf(why, VM_WHY_SIZE, "virtio@%lx: strata,size: the image \"%s\" has "
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

/* In VS-mode a guest uses the hart's own siselect and stopi. */
static int check_aia(const struct vm_config *config, const struct mode_ops *mode, char *why)
{
	const struct vdev_config *imsic = vm_images_device(config, VDEV_IMSIC);

	if (imsic == NULL || mode->deprivileged || hart_boot.aia)
		return 0;
	snprintf(why, VM_WHY_SIZE, "imsics@%lx: compatible: riscv,imsics in mode %s needs a "
		 "machine with AIA (QEMU: -machine virt,aia=aplic-imsic): write a plic instead, "
		 "or start it with AIA=aplic-imsic", imsic->gpa, mode->name);
	return -ENODEV;
}

/* Of all VMs together, so that no start of a name has the number of an earlier one. */
static uint64_t next_restart(void)
{
	return __atomic_add_fetch(&vms_restarts, 1, __ATOMIC_RELAXED);
}

static int fill(struct vm *vm, const struct vm_source *source, char *why)
{
	/* It loads them in its own time. */
	int err = source->again ? 0 : vm_images_load(vm, source, why);

	if (source->again)
		vm->restart = next_restart();
	if (!err)
		err = equip_devices(vm, source, why);
	if (!err)
		err = vdev_create_all(vm, why, VM_WHY_SIZE);
	if (!err)
		__atomic_fetch_add(&vms_running, 1, __ATOMIC_SEQ_CST);
	return err;
}

static void refuse(const char *name, const char *why)
{
	vms_refused++;
	kprintf("strata: %s: refused: %s\n", name, why);
}

/*
 * The VM of this name, or NULL. vm_list_lock is held, or the caller is who alone changes the list:
 * boot, then the monitor.
 */
static struct vm *find_vm(const char *name)
{
	struct vm *vm;

	list_for_each_entry(vm, &vm_list, link)
		if (strcmp(vm->name, name) == 0)
			return vm;
	return NULL;
}

static void release_disks(struct vm *vm)
{
	for (size_t i = 0; i < vm->config.device_count; i++)
		host_disks_release(&vm->config.devices[i]);
}

static void give_up(struct vm *vm)
{
	release_disks(vm);
	spin_lock(&vm_list_lock);
	list_remove(&vm->link);
	spin_unlock(&vm_list_lock);
	vm_destroy(vm);
}

static struct vm *build(const struct vm_source *source, const char *name)
{
	struct vm_config config = { .name = "" };
	const struct mode_ops *mode;
	const char *reason = NULL;
	char why[VM_WHY_SIZE] = "unknown reason";
	struct vm *vm;

	if (vm_dt_parse(source->fdt, source->fdt_size, name, &config, why, sizeof(why))) {
		refuse(name, why);
		return NULL;
	}
	/* Names tell VMs apart: for the user, for seeds and addresses. */
	if (find_vm(config.name) != NULL) {
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
	vm = vm_create(&config, mode, !source->again, why, sizeof(why));
	if (vm == NULL) {
		refuse(name, why);
		return NULL;
	}
	vm->source = source->fdt;
	vm->source_size = source->fdt_size;
	if (fill(vm, source, why)) {
		refuse(name, why);
		give_up(vm);
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

static void say_start(const struct vm *vm)
{
	kprintf("strata: %s: mode %s, %lu MiB, %u vCPU%s, starts at 0x%lx\n", vm->name,
		vm->mode->name, vm->memory[0].size >> 20, vm->vcpu_count,
		vm->vcpu_count == 1 ? "" : "s", vm->entry.v);
}

void boot_vms(const struct host_info *host)
{
	struct vm_source source = { .host = host,
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
		say_start(vm);
		vm_start(vm, vm->entry, vm->tree.v);
	}
	spin_unlock(&vm_list_lock);
}

/* ---- Reboot ---- */

void boot_vm_prepare(struct vm *vm)
{
	struct vm_source source = vms_source;
	char why[VM_WHY_SIZE] = "unknown reason";

	if (!vm_zero_step(vm))
		return;
	if (!vm->loading) {
		/* Once more from the archive's files, of which others may have its name. */
		source.fdt = vm->source;
		source.fdt_size = vm->source_size;
		source.again = vm->loading = true;
		vm->restart = next_restart();
		if (vm_images_load(vm, &source, why))
			vm_stop(vm, VM_CRASHED, "cannot be loaded again: %s", why);
		return;
	}
	if (!vm_copy_step(vm))
		return;
	/*
	 * A guest may reboot without end: for the room for what is said about that its VM waits, as
	 * for that of its own output, and not whoever is the next to write.
	 */
	if (!vconsole_accepts(vm)) {
		spin_relax();
		return;
	}
	if (vm->why[0] != '\0')
		kprintf("strata: %s: reboots: %s\n", vm->name, vm->why);
	else
		say_start(vm);
	vm_restart(vm, vm->entry, vm->tree.v);
}

/* ---- Once more, by order of the monitor ---- */

/* Forget the VM of this name, which is gone, or say what is against it. Return: there is none. */
static bool bury(const char *name)
{
	bool alive = false, gone = true;
	struct vm *vm;

	spin_lock(&vm_list_lock);
	vm = find_vm(name);
	if (vm != NULL) {
		alive = vm_is_alive(vm);
		gone = vm->gone;
	}
	if (vm != NULL && gone)
		list_remove(&vm->link);
	spin_unlock(&vm_list_lock);
	if (!gone)
		kprintf("strata: %s: %s\n", name,
			alive ? "runs already" : "is still ending: try again in a moment");
	else if (vm != NULL)
		vm_destroy(vm);
	return gone;
}

/* The archive's next tree of this name. */
static bool next_tree(struct cpio *cpio, struct vm_source *source, const char *wanted)
{
	struct cpio_file file;
	char name[64];

	while (cpio_next(cpio, &file) > 0) {
		if (!tree_name(file.name, name, sizeof(name)) || strcmp(name, wanted) != 0)
			continue;
		source->fdt = file.data;
		source->fdt_size = file.size;
		return true;
	}
	return false;
}

void boot_vm_create(const char *name)
{
	struct vm_source source = vms_source;
	struct cpio cpio;
	struct vm *vm;

	source.again = true;
	cpio_init(&cpio, source.archive, source.archive_size);
	if (!next_tree(&cpio, &source, name)) {
		kprintf("strata: %s: there is no tree %s.dtb in the archive\n", name, name);
		return;
	}
	if (!bury(name))
		return;
	/* The first that is not refused, as when the machine started. */
	do {
		vm = build(&source, name);
	} while (vm == NULL && next_tree(&cpio, &source, name));
	if (vm != NULL)
		vm_start_later(vm);
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
	vm_end(vm);
	release_disks(vm);
	if (__atomic_sub_fetch(&vms_running, 1, __ATOMIC_SEQ_CST) == 0)
		boot_poweroff();
}

void boot_poweroff(void)
{
	machine_shutdown(!all_clean || vms_refused != 0);
}
