/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest-page faults: what is not RAM is a device or nothing.
 */
#include "emul/insn.h"
#include "vm/guestmem.h"
#include "vm/mmio.h"

/* The access fault that an address without memory behind it raises. */
static enum vcpu_next access_fault(struct vcpu *v, uint64_t scause, uint64_t stval)
{
	uint64_t cause = scause == EXC_INST_GUEST_FAULT	 ? EXC_INST_ACCESS
			 : scause == EXC_LOAD_GUEST_FAULT ? EXC_LOAD_ACCESS
							  : EXC_STORE_ACCESS;

	/* QEMU 7.2 calls a fetch through tables outside of RAM a load; a fetch faults at its pc. */
	if (cause == EXC_LOAD_ACCESS && stval == v->pc)
		cause = EXC_INST_ACCESS;
	vcpu_inject(v, cause, stval);
	return VCPU_RESUME;
}

enum vcpu_next mmio_exit(struct vcpu *v)
{
	uint64_t scause = csr_read(CSR_SCAUSE), stval = csr_read(CSR_STVAL);
	/* htval is the address shifted right by 2; the low bits are those of the virtual address. */
	gpa_t gpa = GPA(csr_read(CSR_HTVAL) << 2 | (stval & 3));
	struct vdev *dev = vm_find_device(v->vm, gpa, 1);
	struct insn insn;
	uint64_t value;
	uint32_t raw;
	int err;

	/* A walk of the guest's tables that left RAM has another page offset than the access. */
	if (dev == NULL || scause == EXC_INST_GUEST_FAULT || ((gpa.v ^ stval) & PAGE_MASK) != 0)
		return access_fault(v, scause, stval);
	if (!vcpu_fetch_insn(v, &raw))
		return VCPU_RESUME;
	insn = insn_decode(raw);
	if (gpa.v - dev->gpa + insn.size > dev->size || !IS_ALIGNED(gpa.v, (uint64_t)MAX(insn.size, 1)))
		return access_fault(v, scause, stval);
	if (insn.kind == INSN_KIND_LOAD && scause == EXC_LOAD_GUEST_FAULT) {
		v->stat.mmio_read++;
		err = dev->ops->read(dev, v, gpa.v - dev->gpa, insn.size, &value);
		if (!err && insn.rd != 0)
			v->regs[insn.rd] = insn_load_extend(&insn, value);
	} else if (insn.kind == INSN_KIND_STORE && scause == EXC_STORE_GUEST_FAULT) {
		v->stat.mmio_write++;
		err = dev->ops->write(dev, v, gpa.v - dev->gpa, insn.size, v->regs[insn.rs2]);
	} else {
		/* AMOs, LR/SC and FP accesses to a device: an access fault, as real buses give. */
		err = -1;
	}
	if (err)
		return access_fault(v, scause, stval);
	v->pc += insn.len;
	return VCPU_RESUME;
}
