/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Building a virtual machine from its configuration, its memory, its devices, and its life. Its end
 * is vm_end.c.
 */
#include <riscv/hyp.h>
#include "hart/hart.h"
#include "hart/sbi_call.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/hvmap.h"
#include "mem/kalloc.h"
#include "vm/account.h"
#include "vm/mode.h"
#include "vm/sched.h"
#include "vm/vcpu.h"
#include "vm/vconsole.h"
#include "vm/vmid.h"

struct list_head vm_list = LIST_HEAD_INIT(vm_list);
struct spinlock vm_list_lock;
static unsigned next_id = 1;

/* ---- G-stage tables: where they live, and their fences ---- */

static void *table_alloc(void *ctx, unsigned order)
{
	(void)ctx;
	return page_alloc(kalloc_pages(), order, PAGE_ZERO);
}

static void table_free(void *ctx, void *table, unsigned order)
{
	(void)ctx;
	page_free(kalloc_pages(), table, order);
}

static hpa_t table_to_hpa(void *ctx, void *table)
{
	(void)ctx;
	return hpa_from_hva(table);
}

static void *table_from_hpa(void *ctx, hpa_t hpa)
{
	(void)ctx;
	return hva_from_hpa(hpa);
}

/*
 * Every hart may hold translations of the VM's VMIDs. A VM's tables change while it is built and
 * destroyed, and when a shadow grows, so a fence of everything is good enough.
 */
static void fence_all_harts(void)
{
	hfence_gvma_all();
	if (hart_count > 1)
		sbi_call6(SBI_EXT_RFENCE, SBI_RFENCE_HFENCE_GVMA, 0, UINT64_MAX, 0, UINT64_MAX,
			  0, 0);
}

static void table_fence_page(void *ctx, gpa_t gpa)
{
	(void)ctx;
	(void)gpa;
	fence_all_harts();
}

static void table_fence_all(void *ctx)
{
	(void)ctx;
	fence_all_harts();
}

static const struct pt_ops gstage_ops = {
	.alloc = table_alloc,
	.free = table_free,
	.to_hpa = table_to_hpa,
	.from_hpa = table_from_hpa,
	.fence_page = table_fence_page,
	.fence_all = table_fence_all,
};

/* ---- Building ---- */

/* Chunks of host memory for one memory node: 1 GiB blocks where that fits, else 2 MiB. */
static int alloc_chunks(struct vm_memory *memory, unsigned flags)
{
	size_t have = 0;

	while (have < memory->chunk_count) {
		size_t per_1g = PAGE_1G_SIZE / PAGE_2M_SIZE, count = 1;
		void *block = NULL;

		if (memory->chunk_count - have >= per_1g &&
		    IS_ALIGNED(memory->gpa + have * PAGE_2M_SIZE, PAGE_1G_SIZE)) {
			block = page_alloc(kalloc_pages(), PAGE_ORDER_1G, flags);
			count = per_1g;
		}
		if (block == NULL) {
			block = page_alloc(kalloc_pages(), PAGE_ORDER_2M, flags);
			count = 1;
		}
		if (block == NULL)
			return -ENOMEM;
		for (size_t i = 0; i < count; i++)
			memory->chunks[have++] =
				HPA(hpa_from_hva(block).v + i * PAGE_2M_SIZE);
	}
	return 0;
}

static int build_memory(struct vm *vm, struct vm_memory *memory, const struct vm_region *region,
			unsigned flags)
{
	size_t count = (region->size + PAGE_2M_SIZE - 1) / PAGE_2M_SIZE;
	int err;

	memory->gpa = region->gpa;
	memory->size = region->size;
	memory->chunks = kalloc(count * sizeof(*memory->chunks));
	if (memory->chunks == NULL)
		return -ENOMEM;
	memory->chunk_count = count;
	vm->memory_count++;
	err = alloc_chunks(memory, flags);
	for (size_t i = 0; i < count && !err;) {
		size_t run = 1;

		/* Neighbours are mapped together, so that 1 GiB leaves come about. */
		while (i + run < count &&
		       memory->chunks[i + run].v == memory->chunks[i].v + run * PAGE_2M_SIZE)
			run++;
		err = gstage_map(&vm->gstage, GPA(memory->gpa + i * PAGE_2M_SIZE),
				 memory->chunks[i],
				 MIN(run * PAGE_2M_SIZE, memory->size - i * PAGE_2M_SIZE),
				 GSTAGE_RWX);
		i += run;
	}
	return err;
}

static int build_gstages(struct vm *vm, unsigned flags)
{
	uint64_t low = UINT64_MAX, high = 0;
	int err = gstage_init(&vm->gstage, &gstage_ops, vm);

	vm->memory = kalloc(vm->config.region_count * sizeof(*vm->memory));
	if (vm->memory == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < vm->config.region_count && !err; i++) {
		const struct vm_region *region = &vm->config.regions[i];

		low = MIN(low, ALIGN_DOWN(region->gpa, PAGE_1G_SIZE));
		high = MAX(high, ALIGN_UP(region->gpa + region->size, PAGE_1G_SIZE));
		err = build_memory(vm, &vm->memory[i], region, flags);
	}
	if (!err && vm->mode->deprivileged)
		err = gstage_init(&vm->shadow_gstage, &gstage_ops, vm);
	if (!err && vm->mode->deprivileged)
		err = gstage_share(&vm->shadow_gstage, &vm->gstage, GPA(low), high - low);
	return err;
}

static int build(struct vm *vm, unsigned flags)
{
	int err = build_gstages(vm, flags);

	if (!err)
		vm->hgatp = gstage_hgatp(&vm->gstage, 0);
	if (!err && vm->mode->deprivileged)
		vm->shadow_hgatp = gstage_hgatp(&vm->shadow_gstage, 0);
	credit_init(&vm->credit, vm->config.weight, vm->config.cap, timebase_hz / 1000);
	vm->vcpus = kalloc(vm->config.vcpu_count * sizeof(*vm->vcpus));
	vm->places = kalloc(hart_count * sizeof(*vm->places));
	if (vm->vcpus == NULL || vm->places == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < vm->config.vcpu_count && !err; i++) {
		err = vcpu_create(vm, i);
		if (!err)
			vm->vcpu_count++;
	}
	vm->vcpus_direct = hart_kicks_directly ? vm->vcpu_count : 0;
	return err;
}

struct vm *vm_create(struct vm_config *config, const struct mode_ops *mode, bool zero, char *why,
		     size_t why_size)
{
	struct vm *vm = kalloc(sizeof(*vm));
	uint64_t wanted = 0;
	int err;

	for (size_t i = 0; i < config->region_count; i++)
		wanted += config->regions[i].size;
	if (vm == NULL || wanted > page_free_bytes(kalloc_pages())) {
		snprintf(why, why_size,
			 "memory: asks for %lu MiB, %lu MiB are free; give QEMU more (MEM=) or the "
			 "VM less",
			 wanted >> 20, page_free_bytes(kalloc_pages()) >> 20);
		vm_config_free(config);
		kfree(vm);
		return NULL;
	}
	vm->config = *config;
	memset(config, 0, sizeof(*config));
	vm->name = vm->config.name;
	vm->mode = mode;
	vm->state = VM_BUILDING;
	list_init(&vm->devices);
	list_init(&vm->copies);
	err = build(vm, zero ? PAGE_ZERO : 0);
	if (err) {
		if (err == -ENODEV)
			snprintf(why, why_size, "cpu %lu: strata,affinity: the machine has none of "
				 "these harts", vm->config.harts[vm->vcpu_count]);
		else
			snprintf(why, why_size,
				 "out of memory while building it (%lu MiB are free)",
				 page_free_bytes(kalloc_pages()) >> 20);
		vm_destroy(vm);
		return NULL;
	}
	spin_lock(&vm_list_lock);
	vm->id = next_id++;
	list_add_tail(&vm_list, &vm->link);
	spin_unlock(&vm_list_lock);
	return vm;
}

/* ---- Life ---- */

void vm_start(struct vm *vm, gpa_t pc, uint64_t opaque)
{
	vm->first_time = time_now();
	vm->vcpus_present = vm->vcpu_count;
	__atomic_store_n(&vm->state, VM_RUNNING, __ATOMIC_SEQ_CST);
	vcpu_start(vm->vcpus[0], pc.v, opaque);
}

void vm_stop(struct vm *vm, enum vm_state state, const char *why, ...)
{
	enum vm_state before;
	va_list args;

	/* The first one tells why; it may be printed as soon as the state is set. */
	spin_lock(&vm->lock);
	before = vm->state;
	if (before == VM_RUNNING || (before == VM_REBOOTING && state != VM_REBOOTING)) {
		va_start(args, why);
		vsnprintf(vm->why, sizeof(vm->why), why, args);
		va_end(args);
		__atomic_store_n(&vm->state, state, __ATOMIC_SEQ_CST);
	}
	spin_unlock(&vm->lock);
	/* Its vCPUs need not wait to leave; one that waits in a reboot does, a second at most. */
	if (state != VM_REBOOTING)
		credit_set(&vm->credit, READ_ONCE(vm->credit.weight), 0, time_now());
	/* Those of a VM that reboots are on their way already. */
	if (before != VM_RUNNING)
		return;
	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		struct vcpu *v = vm->vcpus[i];

		__atomic_fetch_or(&v->requests, VCPU_REQ_STOP, __ATOMIC_SEQ_CST);
		sched_dismiss(v);
		if (__atomic_load_n(&v->running, __ATOMIC_SEQ_CST) && v->hart != this_hart())
			hart_kick(v->hart);
	}
}

void vm_pause(struct vm *vm, bool pause)
{
	vm->paused = pause;
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		sched_pause(vm->vcpus[i], pause);
}

static void reset_vcpu(struct vcpu *v)
{
	v->start_pending = false;
	v->suspended = false;
	/* It would report into RAM that is the next boot's. */
	steal_disable(v);
	__atomic_store_n(&v->irq_pending, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&v->requests, 0, __ATOMIC_SEQ_CST);
}

void vm_reset(struct vm *vm)
{
	struct vdev *dev;

	vconsole_settle(vm);
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		reset_vcpu(vm->vcpus[i]);
	/*
	 * Interrupt lines fall. Devices come before RAM: a network device that is live writes there
	 * when another VM sends. They come before what their interrupts go to, as well.
	 */
	list_for_each_entry(dev, &vm->devices, link)
		if (dev != vm->intc && dev != vm->imsic)
			dev->ops->reset(dev);
	if (vm->intc != NULL)
		vm->intc->ops->reset(vm->intc);
	if (vm->imsic != NULL)
		vm->imsic->ops->reset(vm->imsic);
	vm_prepare_begin(vm);
	vm->vcpus_present = 1;
	__atomic_store_n(&vm->preparing, true, __ATOMIC_SEQ_CST);
	sched_readmit(vm->vcpus[0]);
	sched_set_state(vm->vcpus[0], VCPU_RUNNABLE);
}

void vm_start_later(struct vm *vm)
{
	vm->first_time = time_now();
	/* As if all had left for a reboot. */
	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		sched_withdraw(vm->vcpus[i]);
		vm->vcpus[i]->left = true;
	}
	__atomic_store_n(&vm->state, VM_REBOOTING, __ATOMIC_SEQ_CST);
	vm_reset(vm);
}

void vm_restart(struct vm *vm, gpa_t pc, uint64_t opaque)
{
	struct vcpu *first = vm->vcpus[0];

	spin_lock(&vm->lock);
	if (vm->state == VM_REBOOTING) {
		for (unsigned i = 1; i < vm->vcpu_count; i++)
			sched_readmit(vm->vcpus[i]);
		vm->vcpus_present = vm->vcpu_count;
		vm->why[0] = '\0';
		vm->paused = false;
		first->start_pc = pc.v;
		first->start_opaque = opaque;
		__atomic_store_n(&first->start_pending, true, __ATOMIC_RELEASE);
		__atomic_store_n(&vm->preparing, false, __ATOMIC_SEQ_CST);
		__atomic_store_n(&vm->state, VM_RUNNING, __ATOMIC_SEQ_CST);
	}
	spin_unlock(&vm->lock);
}

/* ---- Devices and vCPUs ---- */

void vm_add_device(struct vm *vm, struct vdev *dev)
{
	list_add_tail(&vm->devices, &dev->link);
}

struct vdev *vm_find_device(struct vm *vm, gpa_t gpa, unsigned size)
{
	struct vdev *dev;

	list_for_each_entry(dev, &vm->devices, link)
		if (gpa.v - dev->gpa < dev->size && size <= dev->size - (gpa.v - dev->gpa))
			return dev;
	return NULL;
}

struct vcpu *vm_vcpu_by_hartid(struct vm *vm, uint64_t hartid)
{
	/* Hart ids are mostly 0, 1, 2... */
	if (hartid < vm->vcpu_count && vm->vcpus[hartid]->hartid == hartid)
		return vm->vcpus[hartid];
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		if (vm->vcpus[i]->hartid == hartid)
			return vm->vcpus[i];
	return NULL;
}
