/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of a virtual machine: what it had is given back, what it was can still be listed.
 */
#include "lib/string.h"
#include "mem/hvmap.h"
#include "mem/kalloc.h"
#include "vm/mode.h"
#include "vm/sched.h"
#include "vm/vcpu.h"
#include "vm/vconsole.h"

static void free_memory(struct vm *vm)
{
	for (size_t m = 0; m < vm->memory_count; m++) {
		struct vm_memory *memory = &vm->memory[m];

		for (size_t i = 0; i < memory->chunk_count;) {
			void *block = hva_from_hpa(memory->chunks[i]);
			unsigned order;

			if (memory->chunks[i].v == 0)
				break;
			order = page_block_order(kalloc_pages(), block);
			page_free(kalloc_pages(), block, order);
			i += 1UL << (order - PAGE_ORDER_2M);
		}
		kfree(memory->chunks);
	}
	kfree(vm->memory);
	vm->memory = NULL;
	vm->memory_count = 0;
}

/* All are stopped first: one that is destroyed must not be found by another's interrupt. */
static void free_devices(struct vm *vm)
{
	struct vdev *dev, *next;

	list_for_each_entry(dev, &vm->devices, link)
		if (dev->ops->stop != NULL)
			dev->ops->stop(dev);
	list_for_each_entry_safe(dev, next, &vm->devices, link) {
		list_remove(&dev->link);
		dev->ops->destroy(dev);
	}
	vm->intc = vm->imsic = vm->uart = NULL;
}

/* Everything but the vCPUs themselves. Done twice it does nothing more. */
static void release(struct vm *vm)
{
	free_devices(vm);
	if (vm->console != NULL)
		vconsole_destroy(vm);
	/* Once no hart can translate by them, the shadows' pages are free one by one. */
	gstage_destroy(&vm->shadow_gstage);
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		vm->mode->vcpu_fini(vm->vcpus[i]);
	gstage_destroy(&vm->gstage);
	vm_prepare_end(vm);
	free_memory(vm);
	vm->hgatp = vm->shadow_hgatp = 0;
}

static void free_vcpus(struct vcpu **vcpus, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		vcpu_destroy(vcpus[i]);
	kfree(vcpus);
}

/* What the vCPUs have counted, for whoever asks when they are gone. vm_list_lock is held. */
static void keep_sums(struct vm *vm, struct vcpu_stat *sum)
{
	uint64_t ticks[CPUTIME_KINDS];

	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		sched_times(vm->vcpus[i], ticks);
		vm->past_run += ticks[CPUTIME_RUN];
		vm->past_wait += ticks[CPUTIME_WAIT];
		if (sum != NULL)
			stat_add(sum, &vm->vcpus[i]->stat);
	}
	vm->past = sum;
}

/* No hart knows the vCPUs any more; none but the monitor, which holds the lock while it looks. */
static void farewell(struct valarm *tour)
{
	struct vm *vm = container_of(tour, struct vm, farewell);
	struct vcpu_stat *sum = kalloc(sizeof(*sum));
	struct vmid_place *places = vm->places;
	struct vcpu **vcpus = vm->vcpus;
	unsigned count = vm->vcpu_count;

	spin_lock(&vm_list_lock);
	keep_sums(vm, sum);
	vm->vcpus = NULL;
	vm->vcpu_count = 0;
	vm->places = NULL;
	/* From here on somebody else may destroy it. */
	vm->gone = true;
	spin_unlock(&vm_list_lock);
	free_vcpus(vcpus, count);
	kfree(places);
}

void vm_end(struct vm *vm)
{
	/* Whoever found it alive, such as a key for its console, did so with this lock: wait. */
	spin_lock(&vm_list_lock);
	spin_unlock(&vm_list_lock);
	release(vm);
	/* A hart may have one of its vCPUs in its hands: to wake a hart for it, and in vain. */
	valarm_tour(&vm->farewell, farewell);
}

void vm_destroy(struct vm *vm)
{
	release(vm);
	free_vcpus(vm->vcpus, vm->vcpu_count);
	kfree(vm->places);
	kfree(vm->past);
	vm_config_free(&vm->config);
	kfree(vm);
}
