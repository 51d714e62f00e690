/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest-page faults: what is not RAM is a device or nothing.
 */
#include <riscv/hyp.h>
#include <riscv/insn.h>
#include "emul/insn.h"
#include "lib/errno.h"
#include "vm/guestmem.h"
#include "vm/mmio.h"

/* The access fault that an address without memory behind it raises. */
static enum vcpu_next access_fault(struct vcpu *v, uint64_t scause, uint64_t stval)
{
	uint64_t cause = scause == EXC_INST_GUEST_FAULT ? EXC_INST_ACCESS :
			 scause == EXC_LOAD_GUEST_FAULT ? EXC_LOAD_ACCESS :
							  EXC_STORE_ACCESS;

	/* QEMU 7.2 calls a fetch through tables outside of RAM a load; a fetch faults at its pc. */
	if (cause == EXC_LOAD_ACCESS && stval == v->pc)
		cause = EXC_INST_ACCESS;
	vcpu_inject(v, cause, stval);
	return VCPU_RESUME;
}

/*
 * RAM is mapped always: a fault there, or on a page of ours that the walk reads, comes from an old
 * "invalid" that the hart still remembers (mapping a page is not fenced). All else is nothing.
 */
static enum vcpu_next not_a_device(struct vcpu *v, uint64_t scause, uint64_t stval, gpa_t gpa,
				   bool is_walk)
{
	const struct gstage *gs = v->hgatp == v->vm->hgatp ? &v->vm->gstage : &v->vm->shadow_gstage;
	struct gstage_leaf leaf;

	if (gstage_lookup(gs, gpa, &leaf) != 0)
		return access_fault(v, scause, stval);
	/* The page of a guest interrupt file has no instructions. */
	if (scause == EXC_INST_GUEST_FAULT && !is_walk && !(leaf.prot & GSTAGE_X))
		return access_fault(v, scause, stval);
	hfence_gvma_all();
	return VCPU_RESUME;
}

/* A load or store of an integer register. */
struct access {
	bool store, sign_extend;
	uint8_t size, reg, len;
};

/*
 * The access that an instruction makes; false for one that no device understands (AMO, LR, SC, FP).
 * Loads and stores of 4 bytes are told by their fields; compressed ones by the general decoder.
 */
static inline bool decode(uint32_t raw, struct access *access)
{
	struct insn insn;

	if (likely(INSN_OPCODE(raw) == OPCODE_LOAD)) {
		*access = (struct access){ .reg = INSN_RD(raw),
					   .len = 4,
					   .size = (uint8_t)(1U << (INSN_FUNCT3(raw) & 3)),
					   .sign_extend = !(INSN_FUNCT3(raw) & 4) };
		return INSN_FUNCT3(raw) != 7;
	}
	if (likely(INSN_OPCODE(raw) == OPCODE_STORE)) {
		*access = (struct access){ .store = true,
					   .reg = INSN_RS2(raw),
					   .len = 4,
					   .size = (uint8_t)(1U << (INSN_FUNCT3(raw) & 3)) };
		return INSN_FUNCT3(raw) < 4;
	}
	insn = insn_decode(raw);
	*access = (struct access){ .store = insn.kind == INSN_KIND_STORE,
				   .len = insn.len,
				   .size = insn.size,
				   .sign_extend = insn.sign_extend,
				   .reg = insn.kind == INSN_KIND_STORE ? insn.rs2 : insn.rd };
	return insn.kind == INSN_KIND_LOAD || insn.kind == INSN_KIND_STORE;
}

/* The low size bytes of value, extended to a register. */
static inline uint64_t extend(const struct access *access, uint64_t value)
{
	unsigned shift = 64 - 8U * access->size;

	if (access->sign_extend)
		return (uint64_t)((int64_t)(value << shift) >> shift);
	return value << shift >> shift;
}

/* The device at this address; mostly it is the one of the time before. */
static inline struct vdev *device_at(struct vcpu *v, gpa_t gpa)
{
	struct vdev *dev = v->mmio_last;

	if (unlikely(dev == NULL || gpa.v - dev->gpa >= dev->size)) {
		dev = vm_find_device(v->vm, gpa, 1);
		if (dev != NULL)
			v->mmio_last = dev;
	}
	return dev;
}

enum vcpu_next mmio_exit(struct vcpu *v)
{
	uint64_t scause = csr_read(CSR_SCAUSE), stval = csr_read(CSR_STVAL);
	/* htval is the address shifted right by 2; the low bits are those of stval. */
	gpa_t gpa = GPA(csr_read(CSR_HTVAL) << 2 | (stval & 3));
	/*
	 * A walk of the guest's tables that left RAM is no access: htinst says so on hardware; on
	 * QEMU 7.2, where it is 0 always, the page offsets tell.
	 */
	bool is_walk = ((gpa.v ^ stval) & PAGE_MASK) != 0 || HTINST_IS_WALK(csr_read(CSR_HTINST));
	struct vdev *dev = device_at(v, gpa);
	struct access access;
	uint64_t offset, value;
	uint32_t raw;
	int err;

	if (dev == NULL || scause == EXC_INST_GUEST_FAULT || is_walk)
		return not_a_device(v, scause, stval, gpa, is_walk);
	if (!vcpu_fetch_insn(v, &raw))
		return VCPU_RESUME;
	/* AMOs and the like get an access fault, as real buses give. */
	offset = gpa.v - dev->gpa;
	if (!decode(raw, &access) || access.store != (scause == EXC_STORE_GUEST_FAULT) ||
	    offset + access.size > dev->size || !IS_ALIGNED(gpa.v, (uint64_t)access.size))
		return access_fault(v, scause, stval);
	if (access.store) {
		v->stat.mmio_write++;
		err = dev->ops->write(dev, v, offset, access.size, v->regs[access.reg]);
	} else {
		v->stat.mmio_read++;
		err = dev->ops->read(dev, v, offset, access.size, &value);
		if (!err && access.reg != 0)
			v->regs[access.reg] = extend(&access, value);
	}
	/* -EAGAIN: there is more to do than for one exit. The guest stores again, interruptibly. */
	if (err)
		return err == -EAGAIN ? VCPU_RESUME : access_fault(v, scause, stval);
	v->pc += access.len;
	return VCPU_RESUME;
}
