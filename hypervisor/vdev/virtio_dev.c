/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any virtio device of a VM: the state machine behind a window.
 */
#include "mem/hvmap.h"
#include "mem/kalloc.h"
#include "vdev/virtio_dev.h"
#include "vdev/virq.h"
#include "vm/mode.h"

static struct virtio_dev *virtio_dev_of(struct vdev *vdev)
{
	return container_of(vdev, struct virtio_dev, vdev);
}

void virtio_dev_interrupt(void *arg, bool level)
{
	struct virtio_dev *dev = arg;

	virq_set_level(dev->vdev.vm, dev->irq, level);
}

static void *virtio_dev_map(void *arg, uint64_t gpa, size_t size, size_t *got)
{
	return vm_ram_piece(arg, GPA(gpa), size, got);
}

static int virtio_dev_read(struct vdev *vdev, struct vcpu *v, uint64_t offset, unsigned size,
			   uint64_t *value)
{
	struct virtio_dev *dev = virtio_dev_of(vdev);

	(void)v;
	spin_lock(dev->lock);
	*value = virtio_read(dev->virtio, offset, size);
	spin_unlock(dev->lock);
	return 0;
}

static int virtio_dev_write(struct vdev *vdev, struct vcpu *v, uint64_t offset, unsigned size,
			    uint64_t value)
{
	struct virtio_dev *dev = virtio_dev_of(vdev);
	int err;

	(void)v;
	spin_lock(dev->lock);
	err = virtio_write(dev->virtio, offset, size, value);
	spin_unlock(dev->lock);
	return err;
}

static void virtio_dev_reset(struct vdev *vdev)
{
	struct virtio_dev *dev = virtio_dev_of(vdev);

	spin_lock(dev->lock);
	virtio_reset(dev->virtio);
	spin_unlock(dev->lock);
}

static void virtio_dev_stop(struct vdev *vdev)
{
	struct virtio_dev *dev = virtio_dev_of(vdev);

	spin_lock(dev->lock);
	virtio_stop(dev->virtio);
	spin_unlock(dev->lock);
}

/*
 * In hw, reads of a window that has whole pages need no exit: its first page is memory, which holds
 * what the registers read and which the guest cannot write. It is a copy for the guest alone: we
 * never read it. Without memory for it reads are exits, as they are in the other modes.
 *
 * A guest with Svpbmt could look past the cache, at an old copy; none is given that.
 */
static void page_map(struct virtio_dev *dev)
{
	struct vdev *vdev = &dev->vdev;
	struct vm *vm = vdev->vm;
	uint32_t *page;
	int err;

	if (vm->mode->deprivileged || vdev->gpa % PAGE_SIZE != 0 || vdev->size < PAGE_SIZE)
		return;
	page = page_alloc(kalloc_pages(), PAGE_ORDER_4K, PAGE_ZERO);
	if (page == NULL)
		return;
	spin_lock(&vm->lock);
	err = gstage_map(&vm->gstage, GPA(vdev->gpa), hpa_from_hva(page), PAGE_SIZE, GSTAGE_R);
	spin_unlock(&vm->lock);
	if (err) {
		page_free(kalloc_pages(), page, PAGE_ORDER_4K);
		return;
	}
	dev->page = page;
	spin_lock(dev->lock);
	virtio_show(dev->virtio, page);
	spin_unlock(dev->lock);
}

static void page_unmap(struct virtio_dev *dev)
{
	struct vm *vm = dev->vdev.vm;

	if (dev->page == NULL)
		return;
	spin_lock(&vm->lock);
	gstage_unmap(&vm->gstage, GPA(dev->vdev.gpa), PAGE_SIZE);
	spin_unlock(&vm->lock);
	spin_lock(dev->lock);
	dev->virtio->page = NULL;
	spin_unlock(dev->lock);
	page_free(kalloc_pages(), dev->page, PAGE_ORDER_4K);
	dev->page = NULL;
}

static void virtio_dev_destroy(struct vdev *vdev)
{
	struct virtio_dev *dev = virtio_dev_of(vdev);

	page_unmap(dev);
	dev->destroy(dev);
}

static const struct vdev_ops virtio_dev_ops = {
	.name = "virtio,mmio",
	.read = virtio_dev_read,
	.write = virtio_dev_write,
	.reset = virtio_dev_reset,
	.stop = virtio_dev_stop,
	.destroy = virtio_dev_destroy,
};

/* Guest memory, of which the largest node is found without a call, but for a chunk in part. */
static struct virtqueue_memory memory_of(struct vm *vm)
{
	struct virtqueue_memory memory = { .map = virtio_dev_map, .arg = vm };

	for (size_t i = 0; i < vm->memory_count; i++) {
		const struct vm_memory *node = &vm->memory[i];

		if (node->size <= memory.size)
			continue;
		memory.gpa = node->gpa;
		memory.size = ALIGN_DOWN(node->size, PAGE_2M_SIZE);
		memory.chunks = node->chunks;
	}
	return memory;
}

void virtio_dev_wire(struct virtio_dev *dev, struct vm *vm, const struct vdev_config *config,
		     struct virtio *virtio, void (*destroy)(struct virtio_dev *dev))
{
	spin_init(&dev->own_lock);
	dev->lock = &dev->own_lock;
	dev->virtio = virtio;
	dev->irq = config->irq;
	dev->destroy = destroy;
	dev->memory = memory_of(vm);
	dev->vdev = (struct vdev){ .ops = &virtio_dev_ops, .vm = vm, .gpa = config->gpa,
				   .size = config->size };
}

void virtio_dev_add(struct virtio_dev *dev)
{
	vm_add_device(dev->vdev.vm, &dev->vdev);
	page_map(dev);
}
