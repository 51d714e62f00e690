/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The APLIC of a VM: vaplic behind a window, its MSIs sent to the VM's IMSICs.
 */
#include "lib/errno.h"
#include "mem/kalloc.h"
#include "vdev/vaplic.h"
#include "vdev/vaplic_dev.h"
#include "vdev/vimsic_dev.h"

struct vaplic_dev {
	struct vdev vdev;
	struct spinlock lock;		/* guards aplic; an interrupt file's nests inside */
	struct vaplic aplic;
};

static struct vaplic_dev *vaplic_dev_of(struct vdev *dev)
{
	return container_of(dev, struct vaplic_dev, vdev);
}

static void vaplic_dev_send(void *arg, unsigned hart, uint32_t identity)
{
	struct vaplic_dev *dev = arg;

	vimsic_dev_send(dev->vdev.vm, hart, identity);
}

/* All registers are 32 bits wide; other sizes are an access fault, as on QEMU's machine. */
static int vaplic_dev_read(struct vdev *vdev, struct vcpu *v, uint64_t offset, unsigned size,
			   uint64_t *value)
{
	struct vaplic_dev *dev = vaplic_dev_of(vdev);

	(void)v;
	if (size != 4)
		return -EFAULT;
	spin_lock(&dev->lock);
	*value = vaplic_read(&dev->aplic, offset);
	spin_unlock(&dev->lock);
	return 0;
}

static int vaplic_dev_write(struct vdev *vdev, struct vcpu *v, uint64_t offset, unsigned size,
			    uint64_t value)
{
	struct vaplic_dev *dev = vaplic_dev_of(vdev);

	(void)v;
	if (size != 4)
		return -EFAULT;
	spin_lock(&dev->lock);
	vaplic_write(&dev->aplic, offset, (uint32_t)value);
	spin_unlock(&dev->lock);
	return 0;
}

static void vaplic_dev_set_level(struct vdev *vdev, unsigned source, bool level)
{
	struct vaplic_dev *dev = vaplic_dev_of(vdev);

	spin_lock(&dev->lock);
	vaplic_set_level(&dev->aplic, source, level);
	spin_unlock(&dev->lock);
}

static void vaplic_dev_reset(struct vdev *vdev)
{
	struct vaplic_dev *dev = vaplic_dev_of(vdev);

	spin_lock(&dev->lock);
	vaplic_reset(&dev->aplic);
	spin_unlock(&dev->lock);
}

static void vaplic_dev_destroy(struct vdev *vdev)
{
	kfree(vaplic_dev_of(vdev));
}

static const struct vdev_ops vaplic_dev_ops = {
	.name = "aplic",
	.read = vaplic_dev_read,
	.write = vaplic_dev_write,
	.reset = vaplic_dev_reset,
	.destroy = vaplic_dev_destroy,
};

int vaplic_dev_create(struct vm *vm, const struct vdev_config *config)
{
	struct vaplic_dev *dev = kalloc(sizeof(*dev));
	int err;

	if (dev == NULL)
		return -ENOMEM;
	err = vaplic_init(&dev->aplic, config->ndev, vaplic_dev_send, dev);
	if (err) {
		kfree(dev);
		return err;
	}
	spin_init(&dev->lock);
	dev->vdev = (struct vdev){ .ops = &vaplic_dev_ops, .vm = vm, .gpa = config->gpa,
				   .size = config->size };
	vm_add_device(vm, &dev->vdev);
	vm->intc = &dev->vdev;
	vm->intc_set_level = vaplic_dev_set_level;
	return 0;
}
