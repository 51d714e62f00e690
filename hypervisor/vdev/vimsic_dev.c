/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IMSICs of a VM: an interrupt file for each vCPU, its page in a window and, while it is in
 * software (else: vimsic_hw.c), its CSRs. RISC-V Advanced Interrupt Architecture 1.0, chapters 2
 * and 3.
 */
#include <riscv/aia.h>
#include <riscv/csr.h>
#include "lib/errno.h"
#include "mem/kalloc.h"
#include "vdev/vimsic_dev.h"
#include "vdev/vimsic_vcpu.h"

struct vimsic_dev {
	struct vdev vdev;
	struct vimsic_vcpu *files;	/* in order of the window's pages */
	size_t count;
};

static struct vimsic_dev *vimsic_dev_of(struct vdev *dev)
{
	return container_of(dev, struct vimsic_dev, vdev);
}

static void vimsic_dev_signal(void *arg, bool level)
{
	struct vimsic_vcpu *imsic = arg;

	if (level)
		vcpu_irq_set(imsic->vcpu, IRQ_S_EXT);
	else
		vcpu_irq_clear(imsic->vcpu, IRQ_S_EXT);
}

/* An MSI: to the hart's guest file, if the vCPU has one, where the hardware does the rest. */
static void file_send(struct vimsic_vcpu *imsic, uint32_t identity)
{
	spin_lock(&imsic->lock);
	if (imsic->page != NULL) {
		/* What the guest is to see must be there before its interrupt. */
		__asm__ volatile("fence w, o" : : : "memory");
		*imsic->page = identity;
		/* The lock does not order it: whoever has that next may look into the file. */
		__asm__ volatile("fence o, w" : : : "memory");
	} else {
		vimsic_set_pending(&imsic->file, identity);
	}
	spin_unlock(&imsic->lock);
}

/* ---- The window ---- */

/* A page has nothing to read. Other widths are an access fault, as on QEMU's machine. */
static int vimsic_dev_read(struct vdev *vdev, struct vcpu *v, uint64_t offset, unsigned size,
			   uint64_t *value)
{
	(void)vdev;
	(void)v;
	(void)offset;
	*value = 0;
	return size == 4 ? 0 : -EFAULT;
}

static int vimsic_dev_write(struct vdev *vdev, struct vcpu *v, uint64_t offset, unsigned size,
			    uint64_t value)
{
	struct vimsic_dev *dev = vimsic_dev_of(vdev);
	uint64_t index = offset / IMSIC_PAGE_SIZE;

	(void)v;
	if (size != 4)
		return -EFAULT;
	if (index >= dev->count)
		return 0;
	if (offset % IMSIC_PAGE_SIZE == IMSIC_SETEIPNUM_LE)
		file_send(&dev->files[index], (uint32_t)value);
	else if (offset % IMSIC_PAGE_SIZE == IMSIC_SETEIPNUM_BE)
		file_send(&dev->files[index], __builtin_bswap32((uint32_t)value));
	return 0;
}

void vimsic_dev_send(struct vm *vm, unsigned index, uint32_t identity)
{
	struct vimsic_dev *dev;

	if (vm->imsic == NULL)
		return;
	dev = vimsic_dev_of(vm->imsic);
	if (index >= dev->count)
		return;
	file_send(&dev->files[index], identity);
}

/* ---- CSRs ---- */

bool vimsic_stopei(struct vcpu *v, bool writes, uint64_t *old)
{
	struct vimsic_vcpu *imsic = v->imsic;

	if (imsic == NULL)
		return false;
	/* One step: what is claimed is what was read. The value written does not matter. */
	spin_lock(&imsic->lock);
	*old = vimsic_topei(&imsic->file);
	if (writes)
		vimsic_claim(&imsic->file);
	spin_unlock(&imsic->lock);
	return true;
}

bool vimsic_sireg(struct vcpu *v, uint64_t select, enum csr_op op, bool writes, uint64_t operand,
		  uint64_t *old)
{
	struct vimsic_vcpu *imsic = v->imsic;
	bool exists;

	if (imsic == NULL || select > ISELECT_IMSIC_LAST)
		return false;
	if (select >= ISELECT_IPRIO0 && select <= ISELECT_IPRIO15) {
		/* All priorities are alike: the array is read-only 0; RV64 has its even words. */
		*old = 0;
		return select % 2 == 0;
	}
	if (select < ISELECT_IMSIC_FIRST)
		return false;
	spin_lock(&imsic->lock);
	exists = vimsic_access(&imsic->file, (unsigned)select, op, writes, operand, old);
	spin_unlock(&imsic->lock);
	return exists;
}

/* ---- Life ---- */

static void vimsic_dev_reset(struct vdev *vdev)
{
	struct vimsic_dev *dev = vimsic_dev_of(vdev);

	for (size_t i = 0; i < dev->count; i++) {
		vimsic_hw_drop(&dev->files[i]);
		spin_lock(&dev->files[i].lock);
		vimsic_reset(&dev->files[i].file);
		spin_unlock(&dev->files[i].lock);
	}
}

/* The harts' files are for others to use. */
static void vimsic_dev_stop(struct vdev *vdev)
{
	struct vimsic_dev *dev = vimsic_dev_of(vdev);

	for (size_t i = 0; i < dev->count; i++)
		vimsic_hw_drop(&dev->files[i]);
}

static void vimsic_dev_destroy(struct vdev *vdev)
{
	struct vimsic_dev *dev = vimsic_dev_of(vdev);

	for (size_t i = 0; i < dev->count; i++)
		dev->files[i].vcpu->imsic = NULL;
	kfree(dev->files);
	kfree(dev);
}

static const struct vdev_ops vimsic_dev_ops = {
	.name = "imsics",
	.read = vimsic_dev_read,
	.write = vimsic_dev_write,
	.reset = vimsic_dev_reset,
	.stop = vimsic_dev_stop,
	.destroy = vimsic_dev_destroy,
};

int vimsic_dev_create(struct vm *vm, const struct vdev_config *config)
{
	struct vimsic_dev *dev = kalloc(sizeof(*dev));
	struct vimsic_vcpu *files = kalloc(config->context_count * sizeof(*files));

	if (dev == NULL || files == NULL) {
		kfree(dev);
		kfree(files);
		return -ENOMEM;
	}
	for (size_t i = 0; i < config->context_count; i++) {
		files[i].vcpu = vm->vcpus[config->contexts[i].vcpu];
		files[i].gpa = GPA(config->gpa + i * IMSIC_PAGE_SIZE);
		spin_init(&files[i].lock);
		if (vimsic_init(&files[i].file, config->ndev, vimsic_dev_signal, &files[i])) {
			kfree(dev);
			kfree(files);
			return -EINVAL;
		}
	}
	for (size_t i = 0; i < config->context_count; i++)
		files[i].vcpu->imsic = &files[i];
	dev->files = files;
	dev->count = config->context_count;
	dev->vdev = (struct vdev){ .ops = &vimsic_dev_ops, .vm = vm, .gpa = config->gpa,
				   .size = config->size };
	vm_add_device(vm, &dev->vdev);
	vm->imsic = &dev->vdev;
	return 0;
}
