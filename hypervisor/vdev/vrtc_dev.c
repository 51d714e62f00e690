/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The real-time clock of a VM: vrtc behind a window, with the machine's time. A machine without a
 * clock begins at 1970.
 */
#include "drv/rtc.h"
#include "hart/hart.h"
#include "lib/errno.h"
#include "mem/kalloc.h"
#include "vdev/virq.h"
#include "vdev/vrtc.h"
#include "vdev/vrtc_dev.h"
#include "vm/sched.h"
#include "vm/valarm.h"

#define NS_PER_SECOND	1000000000UL
/* The clock outside may be set while an alarm waits: it is looked at once in this time. */
#define LOOK_SECONDS	60UL

struct vrtc_dev {
	struct vdev vdev;
	struct spinlock lock;	/* guards rtc; the controller's and the alarm's nest inside */
	struct vrtc rtc;
	struct valarm alarm;
	unsigned irq;		/* source of the PLIC or APLIC, or 0 */
};

static struct vrtc_dev *vrtc_dev_of(struct vdev *dev)
{
	return container_of(dev, struct vrtc_dev, vdev);
}

static uint64_t vrtc_dev_now_ns(void *arg)
{
	uint64_t ticks = time_now();

	(void)arg;
	return rtc_is_there() ? rtc_now_ns() :
				ticks / timebase_hz * NS_PER_SECOND +
					ticks % timebase_hz * NS_PER_SECOND / timebase_hz;
}

static void vrtc_dev_wait(void *arg, uint64_t ns)
{
	struct vrtc_dev *dev = arg;
	uint64_t left = MIN(ns, LOOK_SECONDS * NS_PER_SECOND);

	/* Rounded up: before its time it would only be set again. */
	valarm_set(&dev->alarm, time_now() + left / NS_PER_SECOND * timebase_hz +
					left % NS_PER_SECOND * timebase_hz / NS_PER_SECOND + 1);
}

static void vrtc_dev_cancel(void *arg)
{
	valarm_cancel(&((struct vrtc_dev *)arg)->alarm);
}

static void vrtc_dev_interrupt(void *arg, bool level)
{
	struct vrtc_dev *dev = arg;

	virq_set_level(dev->vdev.vm, dev->irq, level);
}

static const struct vrtc_io vrtc_dev_io = {
	.now_ns = vrtc_dev_now_ns,
	.wait = vrtc_dev_wait,
	.cancel = vrtc_dev_cancel,
	.interrupt = vrtc_dev_interrupt,
};

static void vrtc_dev_ring(struct valarm *alarm)
{
	struct vrtc_dev *dev = container_of(alarm, struct vrtc_dev, alarm);
	uint64_t begin = time_now();

	spin_lock(&dev->lock);
	vrtc_ring(&dev->rtc);
	sched_charge(dev->vdev.vm, begin);
	spin_unlock(&dev->lock);
}

static int vrtc_dev_read(struct vdev *vdev, struct vcpu *v, uint64_t offset, unsigned size,
			 uint64_t *value)
{
	struct vrtc_dev *dev = vrtc_dev_of(vdev);

	(void)v;
	*value = 0;
	if (size != sizeof(uint32_t))
		return 0;
	spin_lock(&dev->lock);
	*value = vrtc_read(&dev->rtc, offset);
	spin_unlock(&dev->lock);
	return 0;
}

static int vrtc_dev_write(struct vdev *vdev, struct vcpu *v, uint64_t offset, unsigned size,
			  uint64_t value)
{
	struct vrtc_dev *dev = vrtc_dev_of(vdev);

	(void)v;
	if (size != sizeof(uint32_t))
		return 0;
	spin_lock(&dev->lock);
	vrtc_write(&dev->rtc, offset, (uint32_t)value);
	spin_unlock(&dev->lock);
	return 0;
}

static void vrtc_dev_reset(struct vdev *vdev)
{
	struct vrtc_dev *dev = vrtc_dev_of(vdev);

	spin_lock(&dev->lock);
	vrtc_reset(&dev->rtc);
	spin_unlock(&dev->lock);
}

static void vrtc_dev_destroy(struct vdev *vdev)
{
	struct vrtc_dev *dev = vrtc_dev_of(vdev);

	valarm_fini(&dev->alarm);
	kfree(dev);
}

static const struct vdev_ops vrtc_dev_ops = {
	.name = "goldfish-rtc",
	.read = vrtc_dev_read,
	.write = vrtc_dev_write,
	.reset = vrtc_dev_reset,
	.stop = vrtc_dev_reset,	/* no alarm for a VM that has ended */
	.destroy = vrtc_dev_destroy,
};

int vrtc_dev_create(struct vm *vm, const struct vdev_config *config)
{
	struct vrtc_dev *dev = kalloc(sizeof(*dev));

	if (dev == NULL)
		return -ENOMEM;
	spin_init(&dev->lock);
	valarm_init(&dev->alarm, vrtc_dev_ring);
	vrtc_init(&dev->rtc, &vrtc_dev_io, dev);
	dev->irq = config->irq;
	dev->vdev = (struct vdev){ .ops = &vrtc_dev_ops, .vm = vm, .gpa = config->gpa,
				   .size = config->size };
	vm_add_device(vm, &dev->vdev);
	return 0;
}
