/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual CSR file of a deprivileged S-mode hart: what each CSR reads, keeps and causes.
 * RISC-V privileged specification, chapter "Supervisor-Level ISA", and Zicsr.
 */
#ifndef EMUL_VCSR_H
#define EMUL_VCSR_H

#include "emul/insn.h"
#include "lib/types.h"
#include <riscv/csr.h>
#include <riscv/insn.h>
#include <strata/abi.h>

/*
 * The page holds the CSRs that the guest may share (pv); the rest is the hypervisor's alone. In te
 * only the hypervisor writes the page. Everything read from the page is made legal when read, so
 * a hostile guest gets at most a legal value that it did not expect. Reads and writes of the page
 * go through this file and emul/privop.h.
 */
struct vcsr {
	struct strata_vcpu_page *page;
	uint64_t sip;		/* real pending set: SIP_SSIP, SIP_STIP, SIP_SEIP */
	uint64_t satp;		/* legal always; page->satp is its copy for the guest */
	uint64_t satp_asid_mask; /* ASID bits that the guest's satp keeps, 0 .. SATP_ASID_MASK */
	uint32_t scounteren;
	uint64_t senvcfg;
	uint64_t senvcfg_mask;	/* writable bits: FIOM, and those of cbo.* if the guest has it */
	uint64_t fs_mask;	/* SSTATUS_FS, or 0 for a hart without F */
	uint64_t fs_real;	/* the FS that the guest was given to run under, or folded since */
};

/* What an access changed: a set of these is the result of vcsr_access. */
#define VCSR_FX_IRQ		(1 << 0)	/* an interrupt can now be taken in S-mode */
#define VCSR_FX_SIP		(1 << 1)	/* sip.SSIP changed */
#define VCSR_FX_SATP		(1 << 2)	/* satp changed */
#define VCSR_FX_SUM		(1 << 3)	/* sstatus.SUM changed */
#define VCSR_FX_MXR		(1 << 4)	/* sstatus.MXR changed */
#define VCSR_FX_FS		(1 << 5)	/* sstatus.FS changed */
#define VCSR_FX_COUNTEREN	(1 << 6)	/* scounteren changed */
#define VCSR_FX_ENVCFG		(1 << 7)	/* senvcfg changed */

/* The bits of sstatus that are stored: all others read as constants. SIE is in page->sie_on. */
#define VCSR_SSTATUS_STORED                                                                       \
	(SSTATUS_SPIE | SSTATUS_SPP | SSTATUS_FS | SSTATUS_SUM | SSTATUS_MXR)
#define VCSR_IRQ_MASK		(SIP_SSIP | SIP_STIP | SIP_SEIP)

/* ---- Legal values: any input gives a value that the virtual CSR could hold ---- */

/* sstatus with constants and SD filled in; SIE as given. */
static inline uint64_t vcsr_sstatus_legal(uint64_t value)
{
	value = (value & (VCSR_SSTATUS_STORED | SSTATUS_SIE)) | SSTATUS_UXL_64;
	if ((value & SSTATUS_FS) == SSTATUS_FS_DIRTY)
		value |= SSTATUS_SD;
	return value;
}

static inline uint64_t vcsr_sie_legal(uint64_t value)
{
	return value & VCSR_IRQ_MASK;
}

/* stvec: a reserved MODE reads as the mode without its upper bit; BASE is 4-byte aligned. */
static inline uint64_t vcsr_stvec_legal(uint64_t value)
{
	return value & ~RISCV_UL(2);
}

/* sepc: IALIGN is 16, so bit 0 is always 0. */
static inline uint64_t vcsr_sepc_legal(uint64_t value)
{
	return value & ~RISCV_UL(1);
}

/* ---- The parts that the modes look at ---- */

/* The whole sstatus as the guest reads it. */
static inline uint64_t vcsr_sstatus(const struct vcsr *v)
{
	const struct strata_vcpu_page *page = v->page;
	uint64_t sie = READ_ONCE(page->sie_on) & 1 ? SSTATUS_SIE : 0;

	return vcsr_sstatus_legal((READ_ONCE(page->sstatus) & ~SSTATUS_SIE &
				   ~(SSTATUS_FS & ~v->fs_mask)) | sie);
}

static inline bool vcsr_sum(const struct vcsr *v)
{
	return (READ_ONCE(v->page->sstatus) & SSTATUS_SUM) != 0;
}

static inline bool vcsr_mxr(const struct vcsr *v)
{
	return (READ_ONCE(v->page->sstatus) & SSTATUS_MXR) != 0;
}

/*
 * The guest's own tables, or 0 in satp.MODE Bare. With anything else than 0 beside Bare the
 * specification leaves open what happens: as on QEMU it is kept, and does not matter.
 */
static inline uint64_t vcsr_tables(const struct vcsr *v)
{
	return SATP_MODE(v->satp) == SATP_MODE_BARE ? 0 : v->satp;
}

/* sstatus.FS, in place (SSTATUS_FS_OFF .. SSTATUS_FS_DIRTY). */
static inline uint64_t vcsr_fs(const struct vcsr *v)
{
	return READ_ONCE(v->page->sstatus) & v->fs_mask;
}

/*
 * Fold the FS field under which the guest really ran into the virtual one: hardware made it Dirty
 * behind the hypervisor's back. real is a whole sstatus or vsstatus value. Once is enough: what the
 * guest stores in the page afterwards (pv) is its word. If it has turned FS off there, that is its
 * word, too: what was in the registers is not for whoever runs next.
 */
static inline void vcsr_fold_fs(struct vcsr *v, uint64_t real)
{
	if ((real & v->fs_mask) == SSTATUS_FS_DIRTY && v->fs_real != SSTATUS_FS_DIRTY) {
		if (vcsr_fs(v) != 0)
			v->page->sstatus |= SSTATUS_FS_DIRTY;
		v->fs_real = SSTATUS_FS_DIRTY;
	}
}

/* ---- Life and access ---- */

/*
 * Reset to the state in which SBI starts a hart (SBI, HSM chapter): SIE = 0, satp = 0. v->page,
 * the masks and nothing else must be set before.
 */
void vcsr_reset(struct vcsr *v);

/* Set or clear bits of the real pending set, and show it in the page. */
void vcsr_set_pending(struct vcsr *v, uint64_t bits);
void vcsr_clear_pending(struct vcsr *v, uint64_t bits);

/* Copy what the page only shows (sip, satp, scounteren, senvcfg) into it: pv, at each entry. */
void vcsr_show(struct vcsr *v);

/*
 * Read-modify-write of one CSR by virtual S-mode (the caller has checked the virtual privilege).
 * op and operand as in the instruction; writes = false is csrrs/csrrc with rs1 = x0. The value
 * before goes to *old. Returns a set of VCSR_FX_*, or -EINVAL: illegal instruction, nothing
 * changed, *old untouched.
 */
int vcsr_access(struct vcsr *v, unsigned int csr, enum csr_op op, bool writes, uint64_t operand,
		uint64_t *old);

/* Of those four CSRs, by an access to one: where it stands behind the first, in bytes. */
static inline uint64_t vcsr_fast_offset(uint32_t raw)
{
	return raw >> 17 & 3 * sizeof(uint64_t);
}

/*
 * The hot path of te: csrr and csrrw of sscratch, sepc, scause and stval, whose accesses have no
 * effect beyond the register itself; everything else returns false untouched and goes through
 * insn_decode and vcsr_access, of which this is the measured twin (tests/unit/vcsr.c compares
 * them). What is read is not made legal again: only a pv guest can have stored something else, and
 * only it reads that back.
 * regs[0] must be 0 and stays so. The caller has checked the virtual privilege and steps the PC
 * by 4.
 */
static inline bool vcsr_emulate_fast(struct vcsr *v, uint64_t regs[32], uint32_t raw)
{
	/* The four CSR numbers differ in their low two bits; rd is free, and for csrrw rs1. */
	const uint32_t varies = 3U << 20 | 0x1fU << 7, rs1_varies = 0x1fU << 15;
	const uint32_t csrr = CSR_SSCRATCH << 20 | FUNCT3_CSRRS << 12 | OPCODE_SYSTEM;
	const uint32_t csrrw = CSR_SSCRATCH << 20 | FUNCT3_CSRRW << 12 | OPCODE_SYSTEM;
	char *fields = (char *)v->page + STRATA_PAGE_SSCRATCH;
	uint64_t *field = (uint64_t *)(fields + vcsr_fast_offset(raw));
	uint64_t value;

	if (likely((raw & ~varies) == csrr)) {
		/* regs[INSN_RD(raw)], in one shift. */
		*(uint64_t *)((char *)regs + (raw >> 4 & 0x1f * sizeof(uint64_t))) = *field;
		regs[0] = 0;
		return true;
	}
	if (unlikely((raw & ~(varies | rs1_varies)) != csrrw))
		return false;
	value = regs[INSN_RS1(raw)];
	if ((raw >> 20 & 3) == (CSR_SEPC & 3))
		value = vcsr_sepc_legal(value);
	regs[INSN_RD(raw)] = *field;
	regs[0] = 0;
	*field = value;
	return true;
}

/*
 * The next hottest: an access to sstatus that changes nothing but SIE, SPIE, SPP and SUM, as system
 * calls, interrupt masking and user accesses do. The caller has folded the real FS in.
 * Returns VCSR_FX_* (SUM, IRQ) as vcsr_access does, whose twin this is, and the value before in
 * *old; or -1: not this, untouched.
 */
static inline int vcsr_sstatus_quick(struct vcsr *v, enum csr_op op, uint64_t operand,
				     uint64_t *old)
{
	const uint64_t quick = SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP | SSTATUS_SUM;
	uint64_t before = vcsr_sstatus(v), changed, value;
	int effects = 0;

	value = op == CSR_OP_RW ? operand : op == CSR_OP_RS ? before | operand : before & ~operand;
	changed = (before ^ value) & (VCSR_SSTATUS_STORED | SSTATUS_SIE);
	if (changed & ~quick)
		return -1;
	*old = before;
	if (changed == 0)
		return 0;
	v->page->sstatus ^= changed & ~SSTATUS_SIE;
	if (changed & SSTATUS_SIE) {
		v->page->sie_on = (value & SSTATUS_SIE) != 0;
		if (value & SSTATUS_SIE && v->sip & READ_ONCE(v->page->sie))
			effects = VCSR_FX_IRQ;
	}
	return changed & SSTATUS_SUM ? effects | VCSR_FX_SUM : effects;
}

/* The same for a CSR instruction; any other word returns -1. regs[0] must be 0 and stays so. */
static inline int vcsr_sstatus_fast(struct vcsr *v, uint64_t regs[32], uint32_t raw)
{
	unsigned int op = INSN_FUNCT3(raw) & 3, rs1 = INSN_RS1(raw);
	uint64_t old;
	int effects;

	if ((raw & ~(0x1fU << 7 | 0x1fU << 15 | 7U << 12)) != (CSR_SSTATUS << 20 | OPCODE_SYSTEM) ||
	    op == 0)
		return -1;
	effects = vcsr_sstatus_quick(v, (enum csr_op)op,
				     INSN_FUNCT3(raw) & FUNCT3_CSR_IMM ? rs1 : regs[rs1], &old);
	if (effects >= 0) {
		regs[INSN_RD(raw)] = old;
		regs[0] = 0;
	}
	return effects;
}

#endif
