/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FWFT: what a hart of the guest's may choose about its hardware. Every feature is of one hart.
 * RISC-V Supervisor Binary Interface Specification 3.0, "Firmware Features Extension".
 */
#include "hart/firmware.h"
#include "vm/mode.h"
#include "vsbi/vsbi.h"

/* How a feature is worked; those without are the specification's, but not given to guests. */
struct fwft_feature {
	bool (*is_there)(const struct vcpu *v);
	uint64_t (*get)(const struct vcpu *v);
	int64_t (*set)(struct vcpu *v, uint64_t value);
};

static bool always(const struct vcpu *v)
{
	(void)v;
	return true;
}

/*
 * Misaligned accesses are M-mode's to emulate or to pass on, for all harts and guests alike: to let
 * each guest choose would cost a call of the firmware at each switch.
 */
static uint64_t misaligned_get(const struct vcpu *v)
{
	(void)v;
	return firmware_delegates_misaligned();
}

static int64_t misaligned_set(struct vcpu *v, uint64_t value)
{
	return value == misaligned_get(v) ? SBI_SUCCESS : SBI_ERR_DENIED;
}

static bool adue_is_there(const struct vcpu *v)
{
	return v->fwft.adue_there;
}

static uint64_t adue_get(const struct vcpu *v)
{
	return v->fwft.adue;
}

static int64_t adue_set(struct vcpu *v, uint64_t value)
{
	if (v->fwft.adue != value) {
		v->fwft.adue = value;
		v->mode->adue_changed(v);
	}
	return SBI_SUCCESS;
}

/* By number. The features without functions need extensions of the ISA that no guest is told of. */
static const struct fwft_feature fwft_features[] = {
	[SBI_FWFT_MISALIGNED_EXC_DELEG] = { always, misaligned_get, misaligned_set },
	[SBI_FWFT_LANDING_PAD] = { NULL, NULL, NULL },
	[SBI_FWFT_SHADOW_STACK] = { NULL, NULL, NULL },
	[SBI_FWFT_DOUBLE_TRAP] = { NULL, NULL, NULL },
	[SBI_FWFT_PTE_AD_HW_UPDATING] = { adue_is_there, adue_get, adue_set },
	[SBI_FWFT_POINTER_MASKING_PMLEN] = { NULL, NULL, NULL },
};

/* Reserved numbers and platforms' own are denied; *feature is one that is given on success. */
static int64_t fwft_find(const struct vcpu *v, uint32_t number,
			 const struct fwft_feature **feature)
{
	if (number >= ARRAY_SIZE(fwft_features))
		return SBI_ERR_DENIED;
	*feature = &fwft_features[number];
	if ((*feature)->is_there == NULL || !(*feature)->is_there(v))
		return SBI_ERR_NOT_SUPPORTED;
	return SBI_SUCCESS;
}

/* The value of every feature that is given is 0 or 1. */
static int64_t fwft_set(struct vcpu *v, uint32_t number, uint64_t value, uint64_t flags)
{
	const struct fwft_feature *feature;
	int64_t error = fwft_find(v, number, &feature);

	if (error)
		return error;
	if (flags & ~(uint64_t)SBI_FWFT_LOCK)
		return SBI_ERR_INVALID_PARAM;
	if (v->fwft.locked >> number & 1)
		return SBI_ERR_DENIED_LOCKED;
	if (value > 1)
		return SBI_ERR_INVALID_PARAM;
	error = feature->set(v, value);
	if (!error && flags & SBI_FWFT_LOCK)
		v->fwft.locked |= 1U << number;
	return error;
}

static struct sbi_ret fwft_get(const struct vcpu *v, uint32_t number)
{
	const struct fwft_feature *feature;
	int64_t error = fwft_find(v, number, &feature);

	return error ? vsbi_error(error) : vsbi_value(feature->get(v));
}

static struct sbi_ret fwft_handle(struct vcpu *v, uint64_t fid, const uint64_t *args,
				  enum vcpu_next *next)
{
	(void)next;
	switch (fid) {
	case SBI_FWFT_SET:
		return vsbi_error(fwft_set(v, (uint32_t)args[0], args[1], args[2]));
	case SBI_FWFT_GET:
		return fwft_get(v, (uint32_t)args[0]);
	default:
		return vsbi_error(SBI_ERR_NOT_SUPPORTED);
	}
}

const struct vsbi_ext vsbi_fwft = {
	.eid_first = SBI_EXT_FWFT,
	.eid_last = SBI_EXT_FWFT,
	.handle = fwft_handle,
};
