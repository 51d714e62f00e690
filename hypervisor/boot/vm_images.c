/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What lies in a VM's memory when it starts: its kernel, its initrd, and its device tree.
 */
#include "boot/cpio.h"
#include "boot/guest_dt.h"
#include "boot/image.h"
#include "boot/seed.h"
#include "boot/vm_images.h"
#include "hart/hart.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/sha256.h"
#include "mem/kalloc.h"

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

/* A VM that is started again loads its images in its own time, into RAM that is zero already. */
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

static const struct image_mem_ops *memory_for(const struct vm_source *source)
{
	return source->again ? &guest_memory_later : &guest_memory;
}

/* Find a file that the VM's tree names. */
static int find_file(const struct vm_source *source, const char *what, const char *name,
		     struct cpio_file *file, char *why)
{
	int err = cpio_find(source->archive, source->archive_size, name, file);

	if (err)
		snprintf(why, VM_WHY_SIZE,
			 "/chosen: strata,%s: no file \"%s\" in the archive%s", what, name,
			 err == -EILSEQ ? ", which is damaged" : "");
	return err;
}

static int load_kernel(struct vm *vm, const struct vm_source *source, struct image_extent *extent,
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
		snprintf(why, VM_WHY_SIZE, "kernel \"%s\": %s", vm->config.kernel, reason);
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
		snprintf(why, VM_WHY_SIZE, "memory: no room for the %s (%lu KiB) above the kernel",
			 what, size >> 10);
		return -ENOSPC;
	}
	*top = ALIGN_DOWN(*top - size, PAGE_SIZE);
	return 0;
}

static int load_initrd(struct vm *vm, const struct vm_source *source, uint64_t *top,
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
	if (memory_for(source)->write(vm, GPA(*top), file.data, file.size)) {
		snprintf(why, VM_WHY_SIZE, "out of memory for its initrd");
		return -ENOMEM;
	}
	facts->initrd_gpa = *top;
	facts->initrd_size = file.size;
	if (!source->again) {
		hash_text(file.data, file.size, hash);
		kprintf("strata: %s: initrd %s sha256 %s\n", vm->name, vm->config.initrd, hash);
	}
	return 0;
}

static int build_tree(struct vm *vm, const struct vm_source *source, uint64_t *top,
		      const struct image_extent *kernel, struct guest_dt_facts *facts, char *why)
{
	size_t size = guest_dt_size(&vm->config, source->fdt);
	void *tree = kalloc(size);
	int err;

	if (tree == NULL) {
		snprintf(why, VM_WHY_SIZE, "out of memory for its device tree");
		return -ENOMEM;
	}
	err = guest_dt_build(&vm->config, source->fdt, tree, size, facts);
	if (err < 0) {
		snprintf(why, VM_WHY_SIZE, "its device tree cannot be built (%d)", err);
	} else {
		size_t built = (size_t)err;

		err = take_top(vm, top, built, kernel, "device tree", why);
		if (!err)
			err = vm_write(vm, GPA(*top), tree, built);
	}
	kfree(tree);
	return err < 0 ? err : 0;
}

const struct vdev_config *vm_images_device(const struct vm_config *config, enum vdev_kind kind)
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

	return vm_images_device(config, VDEV_IMSIC) != NULL ? isa | ISA_SSAIA : isa;
}

int vm_images_load(struct vm *vm, const struct vm_source *source, char *why)
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
