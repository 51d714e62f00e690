/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PLIC of a VM: vplic behind a window, its contexts wired to vCPUs.
 */
#include <riscv/csr.h>
#include "lib/errno.h"
#include "mem/kalloc.h"
#include "vdev/vplic.h"
#include "vdev/vplic_dev.h"
#include "vm/vcpu.h"

struct vplic_dev {
	struct vdev vdev;
	struct spinlock lock;		/* guards plic */
	struct vplic plic;
};

static struct vplic_dev *vplic_dev_of(struct vdev *dev)
{
	return container_of(dev, struct vplic_dev, vdev);
}

static void vplic_dev_output(void *target, bool level)
{
	vcpu_irq_ext(target, level);
}

/* All registers are 32 bits wide; other sizes are an access fault, as on QEMU's machine. */
static int vplic_dev_read(struct vdev *vdev, struct vcpu *v, uint64_t offset, unsigned size,
			  uint64_t *value)
{
	struct vplic_dev *dev = vplic_dev_of(vdev);

	(void)v;
	if (size != 4)
		return -EFAULT;
	spin_lock(&dev->lock);
	*value = vplic_read(&dev->plic, offset);
	spin_unlock(&dev->lock);
	return 0;
}

static int vplic_dev_write(struct vdev *vdev, struct vcpu *v, uint64_t offset, unsigned size,
			   uint64_t value)
{
	struct vplic_dev *dev = vplic_dev_of(vdev);

	(void)v;
	if (size != 4)
		return -EFAULT;
	spin_lock(&dev->lock);
	vplic_write(&dev->plic, offset, (uint32_t)value);
	spin_unlock(&dev->lock);
	return 0;
}

static void vplic_dev_set_level(struct vdev *vdev, unsigned source, bool level)
{
	struct vplic_dev *dev = vplic_dev_of(vdev);

	spin_lock(&dev->lock);
	vplic_set_level(&dev->plic, source, level);
	spin_unlock(&dev->lock);
}

static void vplic_dev_reset(struct vdev *vdev)
{
	struct vplic_dev *dev = vplic_dev_of(vdev);

	spin_lock(&dev->lock);
	vplic_reset(&dev->plic);
	spin_unlock(&dev->lock);
}

static void vplic_dev_destroy(struct vdev *vdev)
{
	struct vplic_dev *dev = vplic_dev_of(vdev);

	kfree(dev->plic.contexts);
	kfree(dev);
}

static const struct vdev_ops vplic_dev_ops = {
	.name = "plic",
	.read = vplic_dev_read,
	.write = vplic_dev_write,
	.reset = vplic_dev_reset,
	.destroy = vplic_dev_destroy,
};

/* A context is S-mode's of a vCPU, or nobody listens to it. */
static void wire_contexts(struct vm *vm, const struct vdev_config *config,
			  struct vplic_context *contexts)
{
	for (size_t i = 0; i < config->context_count; i++)
		if (config->contexts[i].irq == IRQ_S_EXT &&
		    config->contexts[i].vcpu < vm->vcpu_count)
			contexts[i].target = vm->vcpus[config->contexts[i].vcpu];
}

int vplic_dev_create(struct vm *vm, const struct vdev_config *config)
{
	struct vplic_dev *dev = kalloc(sizeof(*dev));
	struct vplic_context *contexts = kalloc(config->context_count * sizeof(*contexts));
	int err = -ENOMEM;

	if (dev && contexts && config->context_count <= VPLIC_CONTEXTS_MAX)
		err = vplic_init(&dev->plic, config->ndev, contexts,
				 (unsigned)config->context_count, vplic_dev_output);
	else if (config->context_count > VPLIC_CONTEXTS_MAX)
		err = -EINVAL;
	if (err) {
		kfree(dev);
		kfree(contexts);
		return err;
	}
	wire_contexts(vm, config, contexts);
	spin_init(&dev->lock);
	dev->vdev = (struct vdev){ .ops = &vplic_dev_ops, .vm = vm, .gpa = config->gpa,
				   .size = config->size };
	vm_add_device(vm, &dev->vdev);
	vm->intc = &dev->vdev;
	vm->intc_set_level = vplic_dev_set_level;
	return 0;
}
