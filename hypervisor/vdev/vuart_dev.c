/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The serial port of a VM: vuart behind a window, its line the VM's console.
 */
#include "lib/errno.h"
#include "mem/kalloc.h"
#include "vdev/virq.h"
#include "vdev/vuart.h"
#include "vdev/vuart_dev.h"
#include "vm/vconsole.h"
#include "vm/vcpu.h"

struct vuart_dev {
	struct vdev vdev;
	struct spinlock lock;		/* guards uart; the PLIC's and the console's nest inside */
	struct vuart uart;
	unsigned irq;			/* PLIC source, or 0 */
	unsigned reg_shift;
};

static struct vuart_dev *vuart_dev_of(struct vdev *dev)
{
	return container_of(dev, struct vuart_dev, vdev);
}

static void vuart_dev_send(void *arg, uint8_t byte)
{
	struct vuart_dev *dev = arg;
	char text = (char)byte;

	vconsole_write(dev->vdev.vm, &text, 1);
}

static int vuart_dev_receive(void *arg)
{
	struct vuart_dev *dev = arg;
	char byte;

	if (vconsole_is_empty(dev->vdev.vm->console))
		return -1;
	return vconsole_read(dev->vdev.vm, &byte, 1) == 1 ? (uint8_t)byte : -1;
}

static void vuart_dev_interrupt(void *arg, bool level)
{
	struct vuart_dev *dev = arg;

	virq_set_level(dev->vdev.vm, dev->irq, level);
}

static const struct vuart_io vuart_dev_io = {
	.send = vuart_dev_send,
	.receive = vuart_dev_receive,
	.interrupt = vuart_dev_interrupt,
};

static void vuart_dev_input_ready(void *arg)
{
	struct vuart_dev *dev = arg;

	spin_lock(&dev->lock);
	vuart_input_ready(&dev->uart);
	spin_unlock(&dev->lock);
}

/*
 * The register that an access of any size begins with; the bytes beyond it read 0 and are not
 * written, as they are another register only if reg_shift is 0, where nobody reads two at once.
 */
static bool vuart_dev_register(const struct vuart_dev *dev, uint64_t offset, unsigned *reg)
{
	uint64_t index = offset >> dev->reg_shift;

	*reg = (unsigned)index;
	return index << dev->reg_shift == offset && index < VUART_REGS;
}

static int vuart_dev_read(struct vdev *vdev, struct vcpu *v, uint64_t offset, unsigned size,
			  uint64_t *value)
{
	struct vuart_dev *dev = vuart_dev_of(vdev);
	unsigned reg;

	(void)v;
	(void)size;
	if (!vuart_dev_register(dev, offset, &reg)) {
		*value = 0;
		return 0;
	}
	spin_lock(&dev->lock);
	*value = vuart_read(&dev->uart, reg);
	spin_unlock(&dev->lock);
	return 0;
}

static int vuart_dev_write(struct vdev *vdev, struct vcpu *v, uint64_t offset, unsigned size,
			   uint64_t value)
{
	struct vuart_dev *dev = vuart_dev_of(vdev);
	unsigned reg;
	bool waits;

	(void)v;
	(void)size;
	if (!vuart_dev_register(dev, offset, &reg))
		return 0;
	spin_lock(&dev->lock);
	/* The guest's store is repeated until there is room for the byte. */
	waits = vuart_sends(&dev->uart, reg) && !vconsole_accepts(vdev->vm);
	if (!waits)
		vuart_write(&dev->uart, reg, (uint8_t)value);
	spin_unlock(&dev->lock);
	return waits ? -EAGAIN : 0;
}

static void vuart_dev_reset(struct vdev *vdev)
{
	struct vuart_dev *dev = vuart_dev_of(vdev);

	spin_lock(&dev->lock);
	vuart_init(&dev->uart, &vuart_dev_io, dev);
	vuart_input_ready(&dev->uart);
	spin_unlock(&dev->lock);
}

static void vuart_dev_destroy(struct vdev *vdev)
{
	kfree(vuart_dev_of(vdev));
}

static const struct vdev_ops vuart_dev_ops = {
	.name = "ns16550a",
	.read = vuart_dev_read,
	.write = vuart_dev_write,
	.reset = vuart_dev_reset,
	.destroy = vuart_dev_destroy,
};

int vuart_dev_create(struct vm *vm, const struct vdev_config *config)
{
	struct vuart_dev *dev = kalloc(sizeof(*dev));

	if (dev == NULL)
		return -ENOMEM;
	spin_init(&dev->lock);
	vuart_init(&dev->uart, &vuart_dev_io, dev);
	dev->irq = config->irq;
	dev->reg_shift = MIN(config->reg_shift, 31U);
	dev->vdev = (struct vdev){ .ops = &vuart_dev_ops, .vm = vm, .gpa = config->gpa,
				   .size = config->size };
	vm_add_device(vm, &dev->vdev);
	if (vm->uart == NULL) {
		vm->uart = &dev->vdev;
		vm->console->ready_arg = dev;
		vm->console->ready = vuart_dev_input_ready;
	}
	return 0;
}
