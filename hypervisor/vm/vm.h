/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual machine: its memory, its devices, its vCPUs and its life. Built from a vm_config, run
 * by the harts. RISC-V privileged specification, "Hypervisor extension".
 *
 * Lock order: vm_list_lock > vm->lock > a device's own lock > conring->lock > hart->lock (several:
 * by index) > credit->lock > console.
 */
#ifndef VM_VM_H
#define VM_VM_H

#include <riscv/pte.h>
#include "lib/list.h"
#include "lib/lock.h"
#include "lib/types.h"
#include "mem/gstage.h"
#include "vm/config.h"
#include "vm/credit.h"
#include "vm/valarm.h"

struct mode_ops;
struct vcpu;
struct vconsole;
struct vcpu_stat;
struct vm_trap;
struct vmid_place;

/* How a VM ended, or that it has not. */
enum vm_state {
	VM_BUILDING,
	VM_RUNNING,
	VM_REBOOTING,		/* or just created: runs when it has been made ready */
	VM_SHUTDOWN,		/* by its own request, reason "none": clean */
	VM_CRASHED,		/* by its own request with a failure reason, or stopped by us */
	VM_DESTROYED,		/* by a monitor command */
};

/*
 * A stretch of guest RAM, backed by 2 MiB chunks of host memory: chunk[i] is the host-physical
 * address of the i-th. Chunks need not be contiguous.
 */
struct vm_memory {
	uint64_t gpa, size;
	hpa_t *chunks;
	size_t chunk_count;
};

/* An emulated device: a window of guest-physical addresses. Accesses come with the VM unlocked. */
struct vdev;
struct vdev_ops {
	const char *name;
	/*
	 * A load or store by v of 1, 2, 4 or 8 bytes, naturally aligned, inside the window.
	 * Return: 0, or -EFAULT, upon which the guest gets an access fault. A write may answer
	 * -EAGAIN: the guest repeats it.
	 */
	int (*read)(struct vdev *dev, struct vcpu *v, uint64_t offset, unsigned size,
		    uint64_t *value);
	int (*write)(struct vdev *dev, struct vcpu *v, uint64_t offset, unsigned size,
		     uint64_t value);
	/* The state after power-on; a disk keeps what it holds. The VM's vCPUs have all left. */
	void (*reset)(struct vdev *dev);
	/* The VM has ended, its memory goes: leave it alone from now on. May be NULL. */
	void (*stop)(struct vdev *dev);
	void (*destroy)(struct vdev *dev);
};

struct vdev {
	const struct vdev_ops *ops;
	struct vm *vm;
	struct list_head link;
	uint64_t gpa, size;
};

struct vm {
	struct list_head link;		/* vm_list, under vm_list_lock */
	unsigned id;
	const char *name;		/* config.name */
	struct vm_config config;
	const void *source;		/* the archive's file that config is from */
	size_t source_size;
	const struct mode_ops *mode;
	enum vm_state state;
	char why[96];			/* why it ended, one line */

	/* It stays where it is until the devices, which keep addresses of it, have been stopped. */
	struct vm_memory *memory;
	size_t memory_count;
	struct gstage gstage;		/* guest RAM alone: hw, and the guest user of other modes */
	struct gstage shadow_gstage;	/* the same and the private window; deprivileged modes */
	uint64_t hgatp, shadow_hgatp;	/* without VMIDs, which depend on the hart */

	struct vcpu **vcpus;
	unsigned vcpu_count;
	unsigned vcpus_direct;		/* as many, or 0 if only firmware interrupts some hart */
	unsigned vcpus_present;		/* that may still run on a hart; atomic */
	struct credit credit;		/* its share of the harts */
	uint64_t service_ticks;		/* of interrupts and alarms, while others ran; atomic */
	bool paused;			/* under vm_list_lock */
	/*
	 * It reboots, all vCPUs have left, and vCPU 0 makes it ready; RAM is zero up to here. Then
	 * its images are being loaded: what is still to be copied into RAM.
	 */
	bool preparing, loading;
	struct list_head copies;	/* of struct vm_copy, vm/vm_prepare.c */
	size_t zero_memory;
	uint64_t zero_offset;
	uint64_t restart;		/* a number that no other reboot or create has; 0: none */
	uint64_t looked_at, looked_run, looked_wait;	/* the monitor's top, in ticks */
	struct vmid_place *places;	/* by hart index: its VMIDs there; that hart's own */
	/*
	 * It has ended and its vCPUs are gone, too, leaving what they counted (NULL: no memory) and
	 * their ticks; under vm_list_lock.
	 */
	bool gone;
	struct vcpu_stat *past;
	uint64_t past_run, past_wait;
	struct valarm farewell;		/* until then */

	struct spinlock lock;
	struct list_head devices;	/* of struct vdev; fixed once running */
	struct vdev *intc;		/* PLIC or APLIC, or NULL */
	void (*intc_set_level)(struct vdev *intc, unsigned source, bool level);
	struct vdev *imsic;		/* its IMSICs, or NULL */
	struct vdev *uart;		/* console device, or NULL */
	struct vconsole *console;
	gpa_t entry, tree;		/* where vCPU 0 starts, and its a1 */
	uint64_t first_time;		/* ticks at start */
};

/* It runs, or will again. */
static inline bool vm_is_alive(const struct vm *vm)
{
	return vm->state == VM_RUNNING || vm->state == VM_REBOOTING;
}

extern struct list_head vm_list;
extern struct spinlock vm_list_lock;

/*
 * Build a VM from config (consumed, also upon failure): memory, zero if so wished, G-stage tables,
 * vCPUs; devices are added by the caller. Return: NULL with a line in why.
 */
struct vm *vm_create(struct vm_config *config, const struct mode_ops *mode, bool zero, char *why,
		     size_t why_size);
/* Start vCPU 0 at pc with a0 = its hart id and a1 = opaque; every other vCPU is HSM-stopped. */
void vm_start(struct vm *vm, gpa_t pc, uint64_t opaque);
/*
 * The same for one that has been built without its images and with memory that is not zero: what
 * takes long is done in its own time, as when it reboots (vm_reset()).
 */
void vm_start_later(struct vm *vm);
/*
 * End the VM, or have it reboot: its vCPUs stop at their next exit. From any hart; why is one line.
 * The first one decides, but a VM that reboots can still be ended.
 */
void vm_stop(struct vm *vm, enum vm_state state, const char *why, ...)
	__attribute__((format(printf, 3, 4)));
/* None of its vCPUs runs until it is unpaused; its timers go on. vm_list_lock is held. */
void vm_pause(struct vm *vm, bool pause);
/*
 * A VM that reboots, after its last vCPU has left: devices and vCPUs are as after power-on. What
 * takes long is done in the VM's own time: its vCPU 0 is queued, and when it is its turn
 * sched_vm_prepare() calls vm_zero_step() until RAM is zero, has what is large copied by
 * vm_copy_step(), and calls vm_restart().
 */
void vm_reset(struct vm *vm);
/* Zero a piece of RAM, by vCPU 0 of a VM that reboots. Return: all of it is. */
bool vm_zero_step(struct vm *vm);
/* Put a copy into its RAM down, of what stays where it is. Return: 0, -EFAULT, -ENOMEM. */
int vm_copy_later(struct vm *vm, gpa_t to, const void *from, size_t size);
/* Copy a piece of what has been put down. Return: there is nothing left. */
bool vm_copy_step(struct vm *vm);
/* Nothing is zero yet, nothing is put down; what was put down is forgotten. */
void vm_prepare_begin(struct vm *vm);
void vm_prepare_end(struct vm *vm);
/*
 * Start it again as vm_start() does; by its vCPU 0, which goes on as the guest when it is picked
 * next. Nothing happens if the VM has been ended meanwhile.
 */
void vm_restart(struct vm *vm, gpa_t pc, uint64_t opaque);
/*
 * A VM has ended, and its last vCPU has left its hart: give back what it had, but for what the
 * monitor lists. Its vCPUs go as soon as no hart can know of them any more. No lock is held.
 */
void vm_end(struct vm *vm);
/* Free a VM that is in no list and never started, or that is gone. */
void vm_destroy(struct vm *vm);

/* Host address of guest RAM [gpa, gpa + size) if it lies inside one chunk of RAM, else NULL. */
void *vm_ram(struct vm *vm, gpa_t gpa, size_t size);
/*
 * Host address of the first bytes of guest RAM [gpa, gpa + size), *got of which are contiguous in
 * the host; NULL if any byte of it is no RAM.
 */
void *vm_ram_piece(struct vm *vm, gpa_t gpa, size_t size, size_t *got);
/* Copy from and to guest RAM. Return: 0, or -EFAULT with nothing said about how much was done. */
int vm_read(struct vm *vm, gpa_t gpa, void *to, size_t size);
int vm_write(struct vm *vm, gpa_t gpa, const void *from, size_t size);
int vm_zero(struct vm *vm, gpa_t gpa, size_t size);
bool vm_is_ram(struct vm *vm, gpa_t gpa, size_t size);

void vm_add_device(struct vm *vm, struct vdev *dev);
/* The device whose window holds [gpa, gpa + size), or NULL. */
struct vdev *vm_find_device(struct vm *vm, gpa_t gpa, unsigned size);

/* hcounteren at first: time always, cycle and instret if its tree says strata,counters. */
static inline uint64_t vm_counteren(const struct vm *vm)
{
	return vm->config.counters ? COUNTEREN_TM | COUNTEREN_CY | COUNTEREN_IR : COUNTEREN_TM;
}

/* The vCPU with this hart id (the cpu node's reg), or NULL. */
struct vcpu *vm_vcpu_by_hartid(struct vm *vm, uint64_t hartid);

#endif
