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
 * A load or store of an integer register in one word, its fields where a LOAD has them, the
 * register of a store, too. Bit 1 is set in 4-byte instructions, as in their encoding.
 */
#define ACCESS(funct3, reg)		((uint64_t)(funct3) << 12 | (uint64_t)(reg) << 7)
#define ACCESS_STORE			(1UL << 3)
#define ACCESS_LONG			(1UL << 1)
#define ACCESS_NONE			0UL
#define ACCESS_LENGTH(access)		(2 + ((access) & ACCESS_LONG))
#define ACCESS_SIZE(access)		(1UL << (INSN_FUNCT3(access) & 3))
#define ACCESS_ZERO_EXTENDS(access)	(((access) & ACCESS(4, 0)) != 0)

/* Any instruction; ACCESS_NONE: no device understands it (AMO, LR, SC, FP). */
static uint64_t decode(uint32_t raw)
{
	struct insn insn = insn_decode(raw);
	uint32_t width = insn.size == 8 ? 3 : insn.size == 4 ? 2 : insn.size == 2;
	uint64_t length = insn.len == 4 ? ACCESS_LONG : 0;

	if (insn.kind == INSN_KIND_STORE)
		return length | ACCESS(width, insn.rs2) | ACCESS_STORE;
	if (insn.kind != INSN_KIND_LOAD)
		return ACCESS_NONE;
	if (!insn.sign_extend && width != 3)
		width |= 4;
	return length | ACCESS(width, insn.rd);
}

/* c.lw, c.ld, c.sw and c.sd; ACCESS_NONE, as for 0: decode() knows. */
static inline uint64_t decode_compressed(uint64_t raw)
{
	uint64_t funct3 = raw >> 13 & 7;

	if ((raw & 3) != 0 || (funct3 & 3) < 2)
		return ACCESS_NONE;
	return ACCESS(funct3 & 3, 8 + (raw >> 2 & 7)) | (funct3 & 4 ? ACCESS_STORE : 0);
}

/* The low bytes of value, extended to a register. */
static inline uint64_t extend(uint64_t access, uint64_t value)
{
	uint64_t shift = (0 - 8 * ACCESS_SIZE(access)) & 63;

	if (likely(INSN_FUNCT3(access) == FUNCT3_LW))
		return (uint64_t)(int32_t)value;
	if (likely(INSN_FUNCT3(access) == FUNCT3_LBU))
		return (uint8_t)value;
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

/* No access that is aligned, as others are refused, goes beyond its end. */
static bool may_be_last(const struct vdev *dev)
{
	return ((dev->gpa | dev->size) & 7) == 0;
}

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
 * The device has refused, and its driver gets an access fault where it stands; or it has more to
 * do than for one exit: the guest stores again, interruptibly.
 */
static __attribute__((noinline)) enum vcpu_next not_done(struct vcpu *v, int err, uint64_t length)
{
	v->pc -= length;
	return err == -EAGAIN ? VCPU_RESUME : refuse(v);
}

/* One that is not aligned gets an access fault, as real buses give. */
static inline bool is_aligned(uint64_t stval, uint64_t access)
{
	return likely((stval & (ACCESS_SIZE(access) - 1)) == 0);
}

static inline enum vcpu_next load(struct vcpu *v, struct vdev *dev, uint64_t offset,
				  uint64_t access, uint64_t length)
{
	uint64_t value;
	int err;

	v->stat.mmio_read++;
	v->pc += length;
	err = dev->ops->read(dev, v, offset, (unsigned)ACCESS_SIZE(access), &value);
	if (unlikely(err))
		return not_done(v, err, ACCESS_LENGTH(access));
	if (likely(INSN_RD(access) != 0))
		v->regs[INSN_RD(access)] = extend(access, value);
	return VCPU_RESUME;
}

static inline enum vcpu_next store(struct vcpu *v, struct vdev *dev, uint64_t offset,
				   uint64_t access, uint64_t reg, uint64_t length)
{
	int err;

	v->stat.mmio_write++;
	v->pc += length;
	err = dev->ops->write(dev, v, offset, (unsigned)ACCESS_SIZE(access), v->regs[reg]);
	return unlikely(err) ? not_done(v, err, ACCESS_LENGTH(access)) : VCPU_RESUME;
}

/*
 * All that is not done below: another device than the time before, or none; an instruction that
 * needs help to be fetched, or is none of the usual ones; or is of another sort than the cause.
 */
static __attribute__((noinline)) enum vcpu_next mmio_unusual(struct vcpu *v)
{
	uint64_t scause = csr_read(CSR_SCAUSE), stval = csr_read(CSR_STVAL), access;
	gpa_t gpa = fault_gpa(stval);
	struct vdev *dev = vm_find_device(v->vm, gpa, 1);
	bool walk = is_walk(gpa, stval);
	uint32_t raw;

	if (dev == NULL || scause == EXC_INST_GUEST_FAULT || walk)
		return not_a_device(v, scause, stval, gpa, walk);
	if (may_be_last(dev))
		v->mmio_last[last_of(gpa)] = dev;
	if (!vcpu_fetch_insn(v, &raw))
		return VCPU_RESUME;
	access = decode(raw);
	if (access == ACCESS_NONE || !is_aligned(stval, access) ||
	    gpa.v - dev->gpa + ACCESS_SIZE(access) > dev->size ||
	    scause != (access & ACCESS_STORE ? EXC_STORE_GUEST_FAULT : EXC_LOAD_GUEST_FAULT))
		return refuse(v);
	if (access & ACCESS_STORE)
		return store(v, dev, gpa.v - dev->gpa, access, INSN_RD(access),
			     ACCESS_LENGTH(access));
	return load(v, dev, gpa.v - dev->gpa, access, ACCESS_LENGTH(access));
}

enum vcpu_next mmio_exit_fetch(struct vcpu *v)
{
	return mmio_unusual(v);
}

/* The device that v has used before at this address, the offset in its window; NULL: unusual. */
static inline struct vdev *device_of(const struct vcpu *v, uint64_t stval, uint64_t *offset)
{
	gpa_t gpa = fault_gpa(stval);
	struct vdev *dev = v->mmio_last[0];

	*offset = gpa.v - dev->gpa;
	if (unlikely(*offset >= dev->size)) {
		dev = v->mmio_last[1];
		*offset = gpa.v - dev->gpa;
		if (unlikely(*offset >= dev->size))
			return NULL;
	}
	return unlikely(is_walk(gpa, stval)) ? NULL : dev;
}

/* A fetch that failed has left its own trap in the CSRs; the guest will meet it, too. */
static inline enum vcpu_next other_insn(struct vcpu *v, uint64_t raw)
{
	return raw == 0 ? VCPU_RESUME : mmio_unusual(v);
}

/*
 * The loads and stores that drivers are mostly made of, compressed ones with a base register among
 * them. Reserved widths, which raise another exception, are not looked for.
 */
enum vcpu_next mmio_exit_load(struct vcpu *v)
{
	uint64_t stval = csr_read(CSR_STVAL), offset, access;
	struct vdev *dev = device_of(v, stval, &offset);

	if (unlikely(dev == NULL))
		return mmio_unusual(v);
	access = guestmem_try_fetch(v->pc);
	if (likely(INSN_OPCODE(access) == OPCODE_LOAD)) {
		if (!is_aligned(stval, access))
			return refuse(v);
		return load(v, dev, offset, access, 4);
	}
	if (decode_compressed(access) == ACCESS_NONE || decode_compressed(access) & ACCESS_STORE)
		return other_insn(v, access);
	access = decode_compressed(access);
	return is_aligned(stval, access) ? load(v, dev, offset, access, 2) : refuse(v);
}

enum vcpu_next mmio_exit_store(struct vcpu *v)
{
	uint64_t stval = csr_read(CSR_STVAL), offset, raw, access;
	struct vdev *dev = device_of(v, stval, &offset);

	if (unlikely(dev == NULL))
		return mmio_unusual(v);
	raw = guestmem_try_fetch(v->pc);
	if (likely(INSN_OPCODE(raw) == OPCODE_STORE)) {
		if (!is_aligned(stval, raw))
			return refuse(v);
		return store(v, dev, offset, raw, INSN_RS2(raw), 4);
	}
	access = decode_compressed(raw);
	if (!(access & ACCESS_STORE))
		return other_insn(v, raw);
	return is_aligned(stval, access) ?
		       store(v, dev, offset, access, INSN_RD(access), 2) : refuse(v);
}
