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
#include "vm/mode.h"

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
	bool shadow = v->mode->deprivileged && v->hgatp == v->shadow_hgatp;
	const struct gstage *gs = shadow ? &v->vm->shadow_gstage : &v->vm->gstage;
	struct gstage_leaf leaf;

	if (gstage_lookup(gs, gpa, &leaf) != 0)
		return access_fault(v, scause, stval);
	/* The page of a guest interrupt file has no instructions. */
	if (scause == EXC_INST_GUEST_FAULT && !is_walk && !(leaf.prot & GSTAGE_X))
		return access_fault(v, scause, stval);
	hfence_gvma_all();
	return VCPU_RESUME;
}

/*
 * A load or store of an integer register, in one word, which a register of ours holds while the
 * device is at work: the instruction's length in bits 2 to 0, funct3 and the register where LOAD
 * has them.
 */
#define ACCESS(funct3, reg)		((uint64_t)(funct3) << 12 | (uint64_t)(reg) << 7)
#define ACCESS_OF_LOAD(raw)		((raw) & ACCESS(7, 31))
#define ACCESS_STORE			(1UL << 3)
#define ACCESS_NONE			0UL
#define ACCESS_WIDTH(access)		((access) >> 12 & 3)	/* a power of 2 */
#define ACCESS_ZERO_EXTENDS(access)	(((access) & ACCESS(4, 0)) != 0)
#define ACCESS_REG(access)		((access) >> 7 & 31)
#define ACCESS_LENGTH(access)		((access) & 7)

/* Any instruction; ACCESS_NONE: no device understands it (AMO, LR, SC, FP). */
static uint64_t decode(uint32_t raw)
{
	struct insn insn = insn_decode(raw);
	uint32_t width = insn.size == 8 ? 3 : insn.size == 4 ? 2 : insn.size == 2;

	if (insn.kind == INSN_KIND_STORE)
		return insn.len | ACCESS(width, insn.rs2) | ACCESS_STORE;
	if (insn.kind != INSN_KIND_LOAD)
		return ACCESS_NONE;
	if (!insn.sign_extend && width != 3)
		width |= 4;
	return insn.len | ACCESS(width, insn.rd);
}

/*
 * The loads and stores that drivers mostly are made of, compressed ones with a base register among
 * them; ACCESS_NONE, as for 0: decode() knows. Reserved widths, which raise another exception, are
 * not looked for.
 */
static inline uint64_t decode_usual(uint64_t raw)
{
	uint64_t funct3 = raw >> 13 & 7;

	if (likely(INSN_OPCODE(raw) == OPCODE_LOAD))
		return 4 | ACCESS_OF_LOAD(raw);
	if (likely(INSN_OPCODE(raw) == OPCODE_STORE))
		return 4 | ACCESS(INSN_FUNCT3(raw) & 3, INSN_RS2(raw)) | ACCESS_STORE;
	/* c.lw, c.ld, c.sw, c.sd */
	if ((raw & 3) != 0 || (funct3 & 3) < 2)
		return ACCESS_NONE;
	return 2 | ACCESS(funct3 & 3, 8 + (raw >> 2 & 7)) | (funct3 & 4 ? ACCESS_STORE : 0);
}

/* The low bytes of value, extended to a register. */
static inline uint64_t extend(uint64_t access, uint64_t value)
{
	uint64_t shift = 64 - (8UL << ACCESS_WIDTH(access));

	if (ACCESS_ZERO_EXTENDS(access))
		return value << shift >> shift;
	return (uint64_t)((int64_t)(value << shift) >> shift);
}

/*
 * Which of v->mmio_last an address has: a driver goes to and fro between its device and the
 * interrupt controller, which lies below 0x10000000 where QEMU's machine and our trees have it.
 */
static inline unsigned last_of(gpa_t gpa)
{
	return !(gpa.v >> 28 & 1);
}

struct vdev mmio_no_device;

/* Where a guest-page fault was: htval is shifted right by 2; the low bits are those of stval. */
static inline gpa_t fault_gpa(uint64_t stval)
{
	return GPA(csr_read(CSR_HTVAL) << 2 | (stval & 3));
}

/*
 * A walk of the guest's tables that left RAM is no access: htinst says so on hardware; on QEMU 7.2,
 * where it is 0 always, the page offsets tell.
 */
static inline bool is_walk(gpa_t gpa, uint64_t stval)
{
	uint64_t htinst = csr_read(CSR_HTINST);

	return ((gpa.v ^ stval) & PAGE_MASK) != 0 || (htinst != 0 && HTINST_IS_WALK(htinst));
}

static __attribute__((noinline)) enum vcpu_next refuse(struct vcpu *v)
{
	return access_fault(v, csr_read(CSR_SCAUSE), csr_read(CSR_STVAL));
}

/*
 * The access of v to dev, at an offset in its window of so many bytes. One that is of another sort
 * than the cause says or is not aligned gets an access fault, as real buses give; so does what the
 * device refuses.
 */
static inline __attribute__((always_inline)) enum vcpu_next
access_device(struct vcpu *v, struct vdev *dev, uint64_t stval, uint64_t offset,
	      uint64_t window, uint64_t access)
{
	bool store = (access & ACCESS_STORE) != 0;
	uint64_t cause = store ? EXC_STORE_GUEST_FAULT : EXC_LOAD_GUEST_FAULT;
	uint64_t size = 1UL << ACCESS_WIDTH(access), value;
	int err;

	if (unlikely(csr_read(CSR_SCAUSE) != cause || offset + size > window ||
		     (stval & (size - 1)) != 0))
		return refuse(v);
	if (store) {
		v->stat.mmio_write++;
		err = dev->ops->write(dev, v, offset, (unsigned)size, v->regs[ACCESS_REG(access)]);
	} else {
		v->stat.mmio_read++;
		err = dev->ops->read(dev, v, offset, (unsigned)size, &value);
		if (!err && ACCESS_REG(access) != 0)
			v->regs[ACCESS_REG(access)] = extend(access, value);
	}
	/* -EAGAIN: there is more to do than for one exit. The guest stores again, interruptibly. */
	if (unlikely(err))
		return err == -EAGAIN ? VCPU_RESUME : refuse(v);
	v->pc += ACCESS_LENGTH(access);
	return VCPU_RESUME;
}

/*
 * All that mmio_exit() does not do itself: another device than the time before, or none; an
 * instruction that needs help to be fetched, or is none of the usual ones.
 */
static __attribute__((noinline)) enum vcpu_next mmio_unusual(struct vcpu *v)
{
	uint64_t scause = csr_read(CSR_SCAUSE), stval = csr_read(CSR_STVAL);
	gpa_t gpa = fault_gpa(stval);
	struct vdev *dev = vm_find_device(v->vm, gpa, 1);
	bool walk = is_walk(gpa, stval);
	uint64_t access;
	uint32_t raw;

	if (dev == NULL || scause == EXC_INST_GUEST_FAULT || walk)
		return not_a_device(v, scause, stval, gpa, walk);
	v->mmio_last[last_of(gpa)] = dev;
	if (!vcpu_fetch_insn(v, &raw))
		return VCPU_RESUME;
	access = decode_usual(raw);
	if (access == ACCESS_NONE)
		access = decode(raw);
	if (access == ACCESS_NONE)
		return refuse(v);
	return access_device(v, dev, stval, gpa.v - dev->gpa, dev->size, access);
}

enum vcpu_next mmio_exit_fetch(struct vcpu *v)
{
	return mmio_unusual(v);
}

enum vcpu_next mmio_exit(struct vcpu *v)
{
	uint64_t stval = csr_read(CSR_STVAL), access, raw;
	gpa_t gpa = fault_gpa(stval);
	struct vdev *dev = v->mmio_last[0];
	uint64_t offset = gpa.v - dev->gpa, window = dev->size;

	if (unlikely(offset >= window)) {
		dev = v->mmio_last[1];
		offset = gpa.v - dev->gpa;
		window = dev->size;
	}
	if (unlikely(offset >= window || is_walk(gpa, stval)))
		return mmio_unusual(v);
	raw = guestmem_try_fetch(v->pc);
	access = decode_usual(raw);
	/* A fetch that failed has left its own trap in the CSRs; the guest will meet it, too. */
	if (unlikely(access == ACCESS_NONE))
		return raw == 0 ? VCPU_RESUME : mmio_unusual(v);
	return access_device(v, dev, stval, offset, window, access);
}
