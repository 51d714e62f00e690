/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PMU: counters of cycles, instructions and events that the hypervisor sees, of the vCPU alone. The
 * hart's cycle and instret cannot be given a value, nor stand still: reads of them are emulated.
 * RISC-V Supervisor Binary Interface Specification, chapter "Performance Monitoring Unit".
 */
#include "hart/hart.h"
#include "lib/bitmap.h"
#include "vsbi/pmu.h"
#include "vsbi/pmu_event.h"
#include "vsbi/vsbi.h"

/* Entries that one event_get_info takes, for it must not keep a hart for long. */
#define PMU_EVENT_INFO_MAX	4096

/* A set of counters: bit i of mask is number base + i. */
struct pmu_set {
	uint64_t base, mask;
};

static bool pmu_set_is_valid(struct pmu_set set)
{
	return set.mask != 0 && set.base < VPMU_COUNTERS &&
	       set.mask >> (VPMU_COUNTERS - set.base) == 0;
}

static struct vpmu_counter *pmu_counter(struct vcpu *v, struct pmu_set set, uint64_t rest)
{
	return &v->vpmu.counters[set.base + bit_lowest(rest)];
}

/* The clock that the counter can count; VPMU_CLOCKS: it is a firmware counter. */
static enum vpmu_clock pmu_counter_clock(uint64_t index)
{
	if (!hart_counters || (index != VPMU_CYCLE && index != VPMU_INSTRET))
		return VPMU_CLOCKS;
	return index == VPMU_CYCLE ? VPMU_CYCLES : VPMU_INSTRUCTIONS;
}

/* How often the counter's event has happened, from a time on that is always the same. */
static uint64_t pmu_count(const struct vcpu *v, const struct vpmu_counter *counter)
{
	enum vpmu_clock clock = pmu_event_clock(counter->event);

	if (clock != VPMU_CLOCKS)
		return vpmu_clock(&v->vpmu, clock);
	return pmu_event_count(&v->stat, counter->event);
}

static uint64_t pmu_value(const struct vcpu *v, const struct vpmu_counter *counter)
{
	return counter->value + (counter->started ? pmu_count(v, counter) : 0);
}

static void pmu_start_one(struct vcpu *v, struct vpmu_counter *counter)
{
	if (pmu_event_clock(counter->event) != VPMU_CLOCKS && v->vpmu.clock_users++ == 0) {
		v->clocked = true;
		vpmu_resume(&v->vpmu);
	}
	counter->value -= pmu_count(v, counter);
	counter->started = true;
}

static void pmu_stop_one(struct vcpu *v, struct vpmu_counter *counter)
{
	counter->value = pmu_value(v, counter);
	counter->started = false;
	if (pmu_event_clock(counter->event) != VPMU_CLOCKS && --v->vpmu.clock_users == 0) {
		v->clocked = false;
		vpmu_pause(&v->vpmu);
	}
}

/* One that the VM may read by itself (strata,counters) is the hart's own until it is configured. */
static void pmu_set_configured(struct vcpu *v, struct vpmu_counter *counter, bool configured)
{
	uint64_t index = (uint64_t)(counter - v->vpmu.counters), counteren = v->vpmu.counteren;

	counter->configured = configured;
	if (!v->vm->config.counters || pmu_counter_clock(index) == VPMU_CLOCKS)
		return;
	counteren = configured ? counteren & ~(1UL << index) : counteren | 1UL << index;
	vpmu_set_counteren(&v->vpmu, counteren);
}

bool pmu_read_csr(const struct vcpu *v, unsigned csr, uint64_t *value)
{
	uint64_t index = csr - CSR_CYCLE;

	if (pmu_counter_clock(index) == VPMU_CLOCKS || v->vm->config.sbi_disabled >> VSBI_PMU & 1)
		return false;
	*value = pmu_value(v, &v->vpmu.counters[index]);
	return true;
}

bool pmu_emulate_read(struct vcpu *v, const struct insn *insn, uint64_t counteren)
{
	uint64_t value;

	if (insn->kind != INSN_KIND_CSR || insn_csr_writes(insn) ||
	    !pmu_read_csr(v, insn->csr, &value) || !(counteren >> (insn->csr - CSR_CYCLE) & 1))
		return false;
	vcpu_csr_done(v, insn, value);
	return true;
}

static struct sbi_ret pmu_get_info(uint64_t counter)
{
	if (counter >= VPMU_COUNTERS)
		return vsbi_error(SBI_ERR_INVALID_PARAM);
	if (pmu_counter_clock(counter) == VPMU_CLOCKS)
		return vsbi_value(SBI_PMU_INFO_FIRMWARE);
	return vsbi_value((CSR_CYCLE + counter) | 63 << SBI_PMU_INFO_WIDTH_SHIFT);
}

/* event_data is reserved for all events that we count. */
static bool pmu_is_counted(uint64_t event, uint64_t data)
{
	if (pmu_event_clock(event) != VPMU_CLOCKS)
		return hart_counters && data == 0;
	return pmu_event_is_counted(event, data);
}

/*
 * The first counter of the set, if it need not match, or the first that counts nothing yet; it must
 * be able to count the event.
 */
static struct vpmu_counter *pmu_match(struct vcpu *v, struct pmu_set set, uint64_t flags,
				      uint64_t event)
{
	for (uint64_t rest = set.mask; rest != 0; rest &= rest - 1) {
		struct vpmu_counter *counter = pmu_counter(v, set, rest);
		bool fits = pmu_counter_clock(set.base + bit_lowest(rest)) ==
			    pmu_event_clock(event);

		if (flags & SBI_PMU_CONFIG_SKIP_MATCH)
			return fits && !counter->started ? counter : NULL;
		if (fits && !counter->configured)
			return counter;
	}
	return NULL;
}

static struct sbi_ret pmu_config(struct vcpu *v, struct pmu_set set, uint64_t flags,
				 uint64_t event, uint64_t data)
{
	struct vpmu_counter *counter;

	if (!pmu_set_is_valid(set) || flags & ~(uint64_t)SBI_PMU_CONFIG_FLAGS)
		return vsbi_error(SBI_ERR_INVALID_PARAM);
	counter = pmu_is_counted(event, data) ? pmu_match(v, set, flags, event) : NULL;
	if (counter == NULL)
		return vsbi_error(SBI_ERR_NOT_SUPPORTED);
	pmu_set_configured(v, counter, true);
	counter->event = (uint32_t)event;
	if (flags & SBI_PMU_CONFIG_CLEAR_VALUE)
		counter->value = 0;
	if (flags & SBI_PMU_CONFIG_AUTO_START)
		pmu_start_one(v, counter);
	return vsbi_value((uint64_t)(counter - v->vpmu.counters));
}

/* The counter's place in the snapshot: places begin with the set's base. */
static gpa_t pmu_place(const struct vcpu *v, uint64_t rest)
{
	return GPA(v->vpmu.snapshot_gpa + SBI_PMU_SNAPSHOT_VALUES + bit_lowest(rest) * 8);
}

/* Whether the set can be worked on with these flags. */
static int64_t pmu_check(const struct vcpu *v, struct pmu_set set, uint64_t flags,
			 uint64_t known, uint64_t with_snapshot)
{
	if (!pmu_set_is_valid(set) || flags & ~known)
		return SBI_ERR_INVALID_PARAM;
	if (flags & with_snapshot && !v->vpmu.snapshot)
		return SBI_ERR_NO_SHMEM;
	return SBI_SUCCESS;
}

/* Those of the set that can start do, and the error tells of the others. */
static struct sbi_ret pmu_start(struct vcpu *v, struct pmu_set set, uint64_t flags, uint64_t value)
{
	const uint64_t both = SBI_PMU_START_SET_INIT_VALUE | SBI_PMU_START_INIT_SNAPSHOT;
	int64_t error = pmu_check(v, set, flags, SBI_PMU_START_FLAGS, SBI_PMU_START_INIT_SNAPSHOT);

	if (error || (flags & both) == both)
		return vsbi_error(error ? error : SBI_ERR_INVALID_PARAM);
	for (uint64_t rest = set.mask; rest != 0; rest &= rest - 1)
		if (!pmu_counter(v, set, rest)->configured)
			return vsbi_error(SBI_ERR_INVALID_PARAM);
	for (uint64_t rest = set.mask; rest != 0; rest &= rest - 1) {
		struct vpmu_counter *counter = pmu_counter(v, set, rest);

		if (counter->started) {
			error = SBI_ERR_ALREADY_STARTED;
			continue;
		}
		if (flags & SBI_PMU_START_SET_INIT_VALUE)
			counter->value = value;
		if (flags & SBI_PMU_START_INIT_SNAPSHOT &&
		    vm_read(v->vm, pmu_place(v, rest), &counter->value, sizeof(counter->value)))
			return vsbi_error(SBI_ERR_FAILED);
		pmu_start_one(v, counter);
	}
	return vsbi_error(error);
}

/* No counter overflows within a lifetime, and none interrupts: the bitmap of those is 0. */
static int pmu_snapshot(struct vcpu *v, struct pmu_set set)
{
	int err = vm_zero(v->vm, GPA(v->vpmu.snapshot_gpa), SBI_PMU_SNAPSHOT_VALUES);

	for (uint64_t rest = set.mask; rest != 0 && !err; rest &= rest - 1) {
		uint64_t value = pmu_value(v, pmu_counter(v, set, rest));

		err = vm_write(v->vm, pmu_place(v, rest), &value, sizeof(value));
	}
	return err;
}

/* Those that have stopped already are in the snapshot, and lose their events, all the same. */
static struct sbi_ret pmu_stop(struct vcpu *v, struct pmu_set set, uint64_t flags)
{
	int64_t error = pmu_check(v, set, flags, SBI_PMU_STOP_FLAGS, SBI_PMU_STOP_TAKE_SNAPSHOT);

	if (error)
		return vsbi_error(error);
	for (uint64_t rest = set.mask; rest != 0; rest &= rest - 1) {
		struct vpmu_counter *counter = pmu_counter(v, set, rest);

		if (counter->started)
			pmu_stop_one(v, counter);
		else
			error = SBI_ERR_ALREADY_STOPPED;
		if (flags & SBI_PMU_STOP_RESET)
			pmu_set_configured(v, counter, false);
	}
	if (flags & SBI_PMU_STOP_TAKE_SNAPSHOT && pmu_snapshot(v, set))
		return vsbi_error(SBI_ERR_FAILED);
	return vsbi_error(error);
}

/* The upper half, which is for RV32, is 0 here. */
static struct sbi_ret pmu_fw_read(const struct vcpu *v, uint64_t counter, bool high)
{
	if (counter >= VPMU_COUNTERS || pmu_counter_clock(counter) != VPMU_CLOCKS ||
	    !v->vpmu.counters[counter].configured)
		return vsbi_error(SBI_ERR_INVALID_PARAM);
	return vsbi_value(high ? 0 : pmu_value(v, &v->vpmu.counters[counter]));
}

static struct sbi_ret pmu_set_shmem(struct vcpu *v, uint64_t low, uint64_t high, uint64_t flags)
{
	bool disable = low == SBI_SHMEM_DISABLE && high == SBI_SHMEM_DISABLE;

	if (flags != 0 || (!disable && low % SBI_PMU_SNAPSHOT_SIZE != 0))
		return vsbi_error(SBI_ERR_INVALID_PARAM);
	if (!disable && (high != 0 || !vm_is_ram(v->vm, GPA(low), SBI_PMU_SNAPSHOT_SIZE)))
		return vsbi_error(SBI_ERR_INVALID_ADDRESS);
	v->vpmu.snapshot = !disable;
	v->vpmu.snapshot_gpa = disable ? 0 : low;
	return vsbi_value(0);
}

static int64_t pmu_fill_info(struct vm *vm, gpa_t place)
{
	struct sbi_pmu_event_info info;
	uint64_t data;

	if (vm_read(vm, place, &info, sizeof(info)))
		return SBI_ERR_FAILED;
	if (!pmu_event_is_valid(info.event))
		return SBI_ERR_INVALID_PARAM;
	/* Hardware's general and cache events have no data to look at. */
	data = SBI_PMU_EVENT_TYPE(info.event) <= SBI_PMU_TYPE_CACHE ? 0 : info.data;
	info.output = pmu_is_counted(info.event, data) ? SBI_PMU_EVENT_INFO_SUPPORTED : 0;
	return vm_write(vm, place, &info, sizeof(info)) ? SBI_ERR_FAILED : SBI_SUCCESS;
}

static struct sbi_ret pmu_event_info(struct vm *vm, const uint64_t *args)
{
	const size_t size = sizeof(struct sbi_pmu_event_info);
	uint64_t low = args[0], high = args[1], count = args[2], flags = args[3];
	int64_t error = SBI_SUCCESS;

	if (flags != 0 || low % size != 0)
		return vsbi_error(SBI_ERR_INVALID_PARAM);
	if (high != 0 || count > UINT64_MAX / size || !vm_is_ram(vm, GPA(low), count * size))
		return vsbi_error(SBI_ERR_INVALID_ADDRESS);
	if (count > PMU_EVENT_INFO_MAX)
		return vsbi_error(SBI_ERR_FAILED);
	for (uint64_t i = 0; i < count && !error; i++)
		error = pmu_fill_info(vm, GPA(low + i * size));
	return vsbi_error(error);
}

static struct sbi_ret pmu_handle(struct vcpu *v, uint64_t fid, const uint64_t *args,
				 enum vcpu_next *next)
{
	struct pmu_set set = { .base = args[0], .mask = args[1] };

	(void)next;
	switch (fid) {
	case SBI_PMU_NUM_COUNTERS:
		return vsbi_value(VPMU_COUNTERS);
	case SBI_PMU_COUNTER_GET_INFO:
		return pmu_get_info(args[0]);
	case SBI_PMU_COUNTER_CONFIG_MATCHING:
		return pmu_config(v, set, args[2], args[3], args[4]);
	case SBI_PMU_COUNTER_START:
		return pmu_start(v, set, args[2], args[3]);
	case SBI_PMU_COUNTER_STOP:
		return pmu_stop(v, set, args[2]);
	case SBI_PMU_COUNTER_FW_READ:
		return pmu_fw_read(v, args[0], false);
	case SBI_PMU_COUNTER_FW_READ_HI:
		return pmu_fw_read(v, args[0], true);
	case SBI_PMU_SNAPSHOT_SET_SHMEM:
		return pmu_set_shmem(v, args[0], args[1], args[2]);
	case SBI_PMU_EVENT_GET_INFO:
		return pmu_event_info(v->vm, args);
	default:
		return vsbi_error(SBI_ERR_NOT_SUPPORTED);
	}
}

const struct vsbi_ext vsbi_pmu = {
	.eid_first = SBI_EXT_PMU,
	.eid_last = SBI_EXT_PMU,
	.handle = pmu_handle,
};
