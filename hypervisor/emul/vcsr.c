/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual CSR file: a row of operations for each S-mode CSR; every number without one is an
 * illegal instruction. RISC-V privileged specification, "Supervisor-Level ISA"; pure.
 */
#include "emul/vcsr.h"

#include "lib/errno.h"

/* A CSR: what it reads, and what a write of a whole new value keeps and causes (VCSR_FX_*). */
struct csr_row {
	uint64_t (*read)(const struct vcsr *v);
	int (*write)(struct vcsr *v, uint64_t value);
};

/* An interrupt that could not be taken before a write can perhaps be taken now. */
static int irq_effect(const struct vcsr *v)
{
	uint64_t ready = v->sip & READ_ONCE(v->page->sie) & VCSR_IRQ_MASK;

	return ready && (READ_ONCE(v->page->sie_on) & 1) ? VCSR_FX_IRQ : 0;
}

static int sstatus_write(struct vcsr *v, uint64_t value)
{
	uint64_t stored = VCSR_SSTATUS_STORED & ~(SSTATUS_FS & ~v->fs_mask);
	uint64_t changed = (READ_ONCE(v->page->sstatus) ^ value) & stored;
	int effects = 0;

	WRITE_ONCE(v->page->sstatus, value & stored);
	WRITE_ONCE(v->page->sie_on, (value & SSTATUS_SIE) != 0);
	if (unlikely(changed & (SSTATUS_SUM | SSTATUS_MXR | SSTATUS_FS))) {
		effects |= changed & SSTATUS_SUM ? VCSR_FX_SUM : 0;
		effects |= changed & SSTATUS_MXR ? VCSR_FX_MXR : 0;
		effects |= changed & SSTATUS_FS ? VCSR_FX_FS : 0;
	}
	return effects | irq_effect(v);
}

static uint64_t sie_read(const struct vcsr *v)
{
	return vcsr_sie_legal(READ_ONCE(v->page->sie));
}

static int sie_write(struct vcsr *v, uint64_t value)
{
	WRITE_ONCE(v->page->sie, vcsr_sie_legal(value));
	return irq_effect(v);
}

static uint64_t sip_read(const struct vcsr *v)
{
	return v->sip & VCSR_IRQ_MASK;
}

/* STIP and SEIP are the timer's and the interrupt controller's: only SSIP is writable. */
static int sip_write(struct vcsr *v, uint64_t value)
{
	uint64_t old = v->sip;

	v->sip = (old & ~SIP_SSIP) | (value & SIP_SSIP);
	WRITE_ONCE(v->page->sip, v->sip & VCSR_IRQ_MASK);
	return ((old ^ v->sip) & SIP_SSIP ? VCSR_FX_SIP : 0) | irq_effect(v);
}

static uint64_t stvec_read(const struct vcsr *v)
{
	return vcsr_stvec_legal(READ_ONCE(v->page->stvec));
}

/* A write of a reserved MODE keeps the old value whole. */
static int stvec_write(struct vcsr *v, uint64_t value)
{
	if ((value & STVEC_MODE_MASK) <= STVEC_MODE_VECTORED)
		WRITE_ONCE(v->page->stvec, value);
	return 0;
}

static uint64_t sepc_read(const struct vcsr *v)
{
	return vcsr_sepc_legal(READ_ONCE(v->page->sepc));
}

static int sepc_write(struct vcsr *v, uint64_t value)
{
	WRITE_ONCE(v->page->sepc, vcsr_sepc_legal(value));
	return 0;
}

static uint64_t sscratch_read(const struct vcsr *v)
{
	return READ_ONCE(v->page->sscratch);
}

static int sscratch_write(struct vcsr *v, uint64_t value)
{
	WRITE_ONCE(v->page->sscratch, value);
	return 0;
}

static uint64_t scause_read(const struct vcsr *v)
{
	return READ_ONCE(v->page->scause);
}

static int scause_write(struct vcsr *v, uint64_t value)
{
	WRITE_ONCE(v->page->scause, value);
	return 0;
}

static uint64_t stval_read(const struct vcsr *v)
{
	return READ_ONCE(v->page->stval);
}

static int stval_write(struct vcsr *v, uint64_t value)
{
	WRITE_ONCE(v->page->stval, value);
	return 0;
}

static uint64_t satp_read(const struct vcsr *v)
{
	return v->satp;
}

/* "If satp is written with an unsupported MODE, the entire write has no effect." */
static int satp_write(struct vcsr *v, uint64_t value)
{
	uint64_t mode = SATP_MODE(value);

	if (mode != SATP_MODE_BARE && mode != SATP_MODE_SV39)
		return 0;
	value &= mode << SATP_MODE_SHIFT | (v->satp_asid_mask & SATP_ASID_MASK) << SATP_ASID_SHIFT |
		 SATP_PPN_MASK;
	if (value == v->satp)
		return 0;
	v->satp = value;
	WRITE_ONCE(v->page->satp, value);
	return VCSR_FX_SATP;
}

static uint64_t scounteren_read(const struct vcsr *v)
{
	return v->scounteren;
}

static int scounteren_write(struct vcsr *v, uint64_t value)
{
	uint32_t old = v->scounteren;

	v->scounteren = (uint32_t)value;
	WRITE_ONCE(v->page->scounteren, v->scounteren);
	return old != v->scounteren ? VCSR_FX_COUNTEREN : 0;
}

static uint64_t senvcfg_read(const struct vcsr *v)
{
	return v->senvcfg;
}

static int senvcfg_write(struct vcsr *v, uint64_t value)
{
	uint64_t old = v->senvcfg;

	v->senvcfg = value & v->senvcfg_mask;
	WRITE_ONCE(v->page->senvcfg, v->senvcfg);
	return old != v->senvcfg ? VCSR_FX_ENVCFG : 0;
}

/* All supervisor CSRs lie between sstatus and satp; the table is indexed from there. */
#define ROW_FIRST		CSR_SSTATUS
#define ROW(csr)		[(csr) - ROW_FIRST]

static const struct csr_row rows[CSR_SATP - ROW_FIRST + 1] = {
	ROW(CSR_SSTATUS) = { vcsr_sstatus, sstatus_write },
	ROW(CSR_SIE) = { sie_read, sie_write },
	ROW(CSR_STVEC) = { stvec_read, stvec_write },
	ROW(CSR_SCOUNTEREN) = { scounteren_read, scounteren_write },
	ROW(CSR_SENVCFG) = { senvcfg_read, senvcfg_write },
	ROW(CSR_SSCRATCH) = { sscratch_read, sscratch_write },
	ROW(CSR_SEPC) = { sepc_read, sepc_write },
	ROW(CSR_SCAUSE) = { scause_read, scause_write },
	ROW(CSR_STVAL) = { stval_read, stval_write },
	ROW(CSR_SIP) = { sip_read, sip_write },
	ROW(CSR_SATP) = { satp_read, satp_write },
};

/* The row of a CSR number, or NULL: no such CSR for this guest. */
static const struct csr_row *csr_row(unsigned int csr)
{
	unsigned int index = csr - ROW_FIRST;

	return index < ARRAY_SIZE(rows) && rows[index].read ? &rows[index] : NULL;
}

int vcsr_access(struct vcsr *v, unsigned int csr, enum csr_op op, bool writes, uint64_t operand,
		uint64_t *old)
{
	const struct csr_row *row = csr_row(csr);
	uint64_t before, value = operand;

	if (!row)
		return -EINVAL;
	before = row->read(v);
	*old = before;
	if (!writes)
		return 0;
	if (op == CSR_OP_RS)
		value = before | operand;
	else if (op == CSR_OP_RC)
		value = before & ~operand;
	return row->write(v, value);
}

void vcsr_reset(struct vcsr *v)
{
	struct strata_vcpu_page *page = v->page;

	page->sstatus = 0;
	page->sie_on = 0;
	page->sie = 0;
	page->stvec = 0;
	page->sscratch = 0;
	page->sepc = 0;
	page->scause = 0;
	page->stval = 0;
	v->sip = 0;
	v->satp = 0;
	v->scounteren = 0;
	v->senvcfg = 0;
	vcsr_show(v);
}

void vcsr_set_pending(struct vcsr *v, uint64_t bits)
{
	v->sip |= bits & VCSR_IRQ_MASK;
	WRITE_ONCE(v->page->sip, v->sip);
}

void vcsr_clear_pending(struct vcsr *v, uint64_t bits)
{
	v->sip &= ~bits;
	WRITE_ONCE(v->page->sip, v->sip);
}

void vcsr_show(struct vcsr *v)
{
	WRITE_ONCE(v->page->sip, v->sip & VCSR_IRQ_MASK);
	WRITE_ONCE(v->page->satp, v->satp);
	WRITE_ONCE(v->page->scounteren, v->scounteren);
	WRITE_ONCE(v->page->senvcfg, v->senvcfg);
}
