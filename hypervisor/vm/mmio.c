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
 * "invalid" that the hart still remembers (mapping a page is not fenced). All else is nothing. So
 * is a page of the VM's own that is not for what was tried: the page of a guest interrupt file has
 * no instructions, and the registers that are memory (vdev/virtio_dev.c) are no page table, whose A
 * and D bits could be set.
 */
static enum vcpu_next not_a_device(struct vcpu *v, uint64_t scause, uint64_t stval, gpa_t gpa,
				   bool is_walk)
{
	bool shadow = v->mode->deprivileged && v->hgatp == v->shadow_hgatp;
	const struct gstage *gs = shadow ? &v->vm->shadow_gstage : &v->vm->gstage;
	bool fetches = scause == EXC_INST_GUEST_FAULT && !is_walk;
	/* The cause of a walk is its access's. Shadows, which are not written, have A and D set. */
	bool writes = !shadow && (is_walk || scause == EXC_STORE_GUEST_FAULT);
	struct gstage_leaf leaf;

	if (gstage_lookup(gs, gpa, &leaf) != 0 || (fetches && !(leaf.prot & GSTAGE_X)) ||
	    (writes && !(leaf.prot & GSTAGE_W)))
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

/*
 * lw and sw, which the registers of most devices are made for, and their compressed forms with a
 * base register, whose register is one of x8 to x15; lbu and sb, for a UART's.
 */
#define INSN_SORT(raw)		((raw) & (INSN_OPCODE(~0UL) | ACCESS(7, 0)))
#define INSN_LW			(OPCODE_LOAD | ACCESS(FUNCT3_LW, 0))
#define INSN_LBU		(OPCODE_LOAD | ACCESS(FUNCT3_LBU, 0))
#define INSN_SW			(OPCODE_STORE | ACCESS(FUNCT3_LW, 0))
#define INSN_SB			OPCODE_STORE
#define INSN_C_FUNCT3(raw)	((raw) >> 13 & 7)
#define INSN_C_LW		2
#define INSN_C_SW		6
#define INSN_C_REG(raw)		(8 + ((raw) >> 2 & 7))

/* The low bytes of value, extended to a register. */
static inline uint64_t extend(uint64_t access, uint64_t value)
{
	uint64_t shift = (0 - 8 * ACCESS_SIZE(access)) & 63;

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
static inline bool is_aligned(uint64_t stval, uint64_t size)
{
	return likely((stval & (size - 1)) == 0);
}

static enum vcpu_next load(struct vcpu *v, struct vdev *dev, uint64_t offset, uint64_t access)
{
	uint64_t value, length = ACCESS_LENGTH(access);
	int err;

	v->pc += length;
	err = dev->ops->read(dev, v, offset, (unsigned)ACCESS_SIZE(access), &value);
	if (unlikely(err))
		return not_done(v, err, length);
	if (likely(INSN_RD(access) != 0))
		v->regs[INSN_RD(access)] = extend(access, value);
	return VCPU_RESUME;
}

static enum vcpu_next store(struct vcpu *v, struct vdev *dev, uint64_t offset, uint64_t access)
{
	uint64_t value = v->regs[INSN_RD(access)], length = ACCESS_LENGTH(access);
	int err;

	v->pc += length;
	err = dev->ops->write(dev, v, offset, (unsigned)ACCESS_SIZE(access), value);
	return unlikely(err) ? not_done(v, err, length) : VCPU_RESUME;
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
	/* Fetched with help, it has left a trap of its own there; a refusal is about the access. */
	csr_write(CSR_SCAUSE, scause);
	csr_write(CSR_STVAL, stval);
	access = decode(raw);
	if (access == ACCESS_NONE || !is_aligned(stval, ACCESS_SIZE(access)) ||
	    gpa.v - dev->gpa + ACCESS_SIZE(access) > dev->size ||
	    scause != (access & ACCESS_STORE ? EXC_STORE_GUEST_FAULT : EXC_LOAD_GUEST_FAULT))
		return refuse(v);
	if (access & ACCESS_STORE) {
		v->stat.mmio_write++;
		return store(v, dev, gpa.v - dev->gpa, access);
	}
	v->stat.mmio_read++;
	return load(v, dev, gpa.v - dev->gpa, access);
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

/*
 * In a light exit v->regs has the caller-saved registers alone, and sp and tp: here one of the 32
 * bits for each. What is about another one, or unusual, is left to the whole exit.
 */
#define LIGHT_REGS	0xf003fcf7U

static inline bool is_at_hand(bool light, uint64_t reg)
{
	return !light || likely(LIGHT_REGS >> reg & 1);
}

static inline enum vcpu_next unusual(struct vcpu *v, bool light)
{
	return light ? VCPU_WHOLE : mmio_unusual(v);
}

/* A fetch that failed has left its own trap in the CSRs; the guest will meet it, too. */
static enum vcpu_next not_fetched(struct vcpu *v, bool light, uint64_t cause)
{
	guestmem_came_from_guest();
	v->stat.exceptions[cause] += light;
	return VCPU_RESUME;
}

/* Any load of 4 bytes. Reserved widths, which raise another exception, are not looked for. */
static __attribute__((noinline)) enum vcpu_next
load_other(struct vcpu *v, struct vdev *dev, uint64_t offset, uint64_t raw, uint64_t *count)
{
	bool light = count == &v->stat.light_load;

	if (unlikely(raw == 0))
		return not_fetched(v, light, EXC_LOAD_GUEST_FAULT);
	if (unlikely(INSN_OPCODE(raw) != OPCODE_LOAD || !is_at_hand(light, INSN_RD(raw)) ||
		     !is_aligned(offset, ACCESS_SIZE(raw))))
		return unusual(v, light);
	++*count;
	return load(v, dev, offset, raw);
}

/* The same for stores. */
static __attribute__((noinline)) enum vcpu_next
store_other(struct vcpu *v, struct vdev *dev, uint64_t offset, uint64_t raw, uint64_t *count)
{
	uint64_t access = ACCESS_LONG | ACCESS(INSN_FUNCT3(raw), INSN_RS2(raw));
	bool light = count == &v->stat.light_store;

	if (unlikely(raw == 0))
		return not_fetched(v, light, EXC_STORE_GUEST_FAULT);
	if (unlikely(INSN_OPCODE(raw) != OPCODE_STORE || !is_at_hand(light, INSN_RD(access)) ||
		     !is_aligned(offset, ACCESS_SIZE(access))))
		return unusual(v, light);
	++*count;
	return store(v, dev, offset, access);
}

/* lw and lbu, whose register is not x0 and at hand. */
static inline __attribute__((always_inline)) enum vcpu_next
load_usual(struct vcpu *v, struct vdev *dev, uint64_t offset, uint64_t reg, unsigned size,
	   uint64_t length)
{
	uint64_t *to = &v->regs[reg], value;
	int err;

	v->pc += length;
	err = dev->ops->read(dev, v, offset, size, &value);
	if (unlikely(err))
		return not_done(v, err, length);
	*to = size == 4 ? (uint64_t)(int32_t)value : (uint8_t)value;
	return VCPU_RESUME;
}

/* sw and sb, whose register is at hand. */
static inline __attribute__((always_inline)) enum vcpu_next
store_usual(struct vcpu *v, struct vdev *dev, uint64_t offset, uint64_t reg, unsigned size,
	    uint64_t length)
{
	int err;

	v->pc += length;
	err = dev->ops->write(dev, v, offset, size, v->regs[reg]);
	return unlikely(err) ? not_done(v, err, length) : VCPU_RESUME;
}

/* Words are what drivers mostly load and store: the shortest way is theirs. */
static inline __attribute__((always_inline)) enum vcpu_next
exit_load(struct vcpu *v, bool light, uint64_t *count)
{
	uint64_t stval = csr_read(CSR_STVAL), offset, raw;
	struct vdev *dev = device_of(v, stval, &offset);

	if (unlikely(dev == NULL))
		return unusual(v, light);
	raw = guestmem_try_fetch(v->pc);
	if ((raw & 3) == 0) {
		if (likely(INSN_C_FUNCT3(raw) == INSN_C_LW && is_aligned(stval, 4) &&
			   is_at_hand(light, INSN_C_REG(raw)))) {
			++*count;
			return load_usual(v, dev, offset, INSN_C_REG(raw), 4, 2);
		}
	} else if (likely(INSN_RD(raw) != 0 && is_at_hand(light, INSN_RD(raw)))) {
		if (INSN_SORT(raw) == INSN_LW && is_aligned(stval, 4)) {
			++*count;
			return load_usual(v, dev, offset, INSN_RD(raw), 4, 4);
		}
		if (INSN_SORT(raw) == INSN_LBU) {
			++*count;
			return load_usual(v, dev, offset, INSN_RD(raw), 1, 4);
		}
	}
	return load_other(v, dev, offset, raw, count);
}

static inline __attribute__((always_inline)) enum vcpu_next
exit_store(struct vcpu *v, bool light, uint64_t *count)
{
	uint64_t stval = csr_read(CSR_STVAL), offset, raw;
	struct vdev *dev = device_of(v, stval, &offset);

	if (unlikely(dev == NULL))
		return unusual(v, light);
	raw = guestmem_try_fetch(v->pc);
	if ((raw & 3) == 0) {
		if (likely(INSN_C_FUNCT3(raw) == INSN_C_SW && is_aligned(stval, 4) &&
			   is_at_hand(light, INSN_C_REG(raw)))) {
			++*count;
			return store_usual(v, dev, offset, INSN_C_REG(raw), 4, 2);
		}
	} else if (likely(is_at_hand(light, INSN_RS2(raw)))) {
		if (INSN_SORT(raw) == INSN_SW && is_aligned(stval, 4)) {
			++*count;
			return store_usual(v, dev, offset, INSN_RS2(raw), 4, 4);
		}
		if (INSN_SORT(raw) == INSN_SB) {
			++*count;
			return store_usual(v, dev, offset, INSN_RS2(raw), 1, 4);
		}
	}
	return store_other(v, dev, offset, raw, count);
}

enum vcpu_next mmio_exit_load(struct vcpu *v)
{
	return exit_load(v, false, &v->stat.mmio_read);
}

enum vcpu_next mmio_exit_store(struct vcpu *v)
{
	return exit_store(v, false, &v->stat.mmio_write);
}

static enum vcpu_next light_load(struct vcpu *v)
{
	return exit_load(v, true, &v->stat.light_load);
}

static enum vcpu_next light_store(struct vcpu *v)
{
	return exit_store(v, true, &v->stat.light_store);
}

enum vcpu_next (*const mmio_light_exits[LIGHT_COUNT])(struct vcpu *v) = {
	[0] = light_load,
	[EXC_STORE_GUEST_FAULT - EXC_LOAD_GUEST_FAULT] = light_store,
};
