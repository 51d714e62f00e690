/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits while a vCPU is accounted: the counters are read around each handler. What that costs
 * itself is found once, by doing it with a handler that does nothing, and taken out.
 * Privileged specification, "Machine Counter/Timer" (instret); <strata/firmware.h>.
 */
#include <riscv/hyp.h>
#include <sbi/sbi.h>
#include <strata/abi.h>
#include "hart/firmware.h"
#include "hart/hart.h"
#include "lib/errno.h"
#include "mem/hvmap.h"
#include "mem/kalloc.h"
#include "vm/account.h"
#include "vm/mode.h"

/*
 * vm/enter.S: bytes of code, without compressed instructions, before a first entry; of the way into
 * the guest; of the way out of it; behind a handler. And a handler of two instructions.
 */
extern const uint64_t vcpu_switch_bytes[4];
/* vm/light.S: of the way out of the guest, into it, and from a light exit to a whole one. */
extern const uint64_t vcpu_light_bytes[3];
enum vcpu_next vcpu_exit_nothing(struct vcpu *v);

#define INSN_BYTES	4
#define NOTHING_INSNS	2
#define FIXED_TRIES	8

/* What is always the same, in instructions; found once, on the first hart that accounts. */
static struct {
	bool known, firmware_known;
	int64_t handler;	/* between the readings around a handler, beside the handler */
	int64_t around;		/* from the last reading of an exit to the first of the next one,
				 * beside the guest and the world switch */
	int64_t trap;		/* of a trap to M-mode, beyond what the firmware has counted */
	int64_t trap_own;	/* thereof what counting costs */
} fixed;

static inline uint64_t insns_now(void)
{
	return csr_read(CSR_INSTRET);
}

/* How a handler was left: as vm/enter.S does, a light exit, or a light one for its whole one. */
enum way { WAY_WHOLE, WAY_LIGHT, WAY_COMPLETE };

/* Instructions from the guest to a handler. */
static int64_t in_insns(bool light)
{
	return (int64_t)(light ? vcpu_light_bytes[0] : vcpu_switch_bytes[2]) / INSN_BYTES;
}

/* And from there. A light exit that goes on to its own handler has its way in behind it. */
static int64_t out_insns(unsigned way)
{
	if (way == WAY_COMPLETE)
		return (int64_t)vcpu_light_bytes[2] / INSN_BYTES;
	if (way == WAY_LIGHT)
		return (int64_t)vcpu_light_bytes[1] / INSN_BYTES;
	return (int64_t)(vcpu_switch_bytes[1] + vcpu_switch_bytes[3]) / INSN_BYTES;
}

/* Instructions of the world switch for an exit, and what the first entry has more. */
static int64_t switch_insns(void)
{
	return in_insns(false) + out_insns(WAY_WHOLE);
}

static uint64_t first_entry_insns(void)
{
	return vcpu_switch_bytes[0] / INSN_BYTES;
}

/* ---- The firmware's part ---- */

/* M-mode's part of a stretch of instructions goes to its own line; what remains is returned. */
static int64_t without_firmware(struct account *account, uint64_t insns)
{
	const struct strata_fw_account *told = &this_hart()->fw_account;
	int64_t entries = (int64_t)(READ_ONCE(told->entries) - account->fw_entries);
	int64_t handling = (int64_t)(READ_ONCE(told->insns) - account->fw_insns);

	if (entries == 0)
		return (int64_t)insns;
	account->fw_entries += (uint64_t)entries;
	account->fw_insns += (uint64_t)handling;
	handling += entries * fixed.trap;
	account_add(&account->lines[ACCOUNT_FIRMWARE], entries,
		    handling - entries * fixed.trap_own);
	return (int64_t)insns - handling;
}

static void forget_firmware(struct account *account)
{
	account->fw_entries = READ_ONCE(this_hart()->fw_account.entries);
	account->fw_insns = READ_ONCE(this_hart()->fw_account.insns);
}

/* Instructions of M-mode in a call that does nothing. */
static int64_t firmware_call_insns(void)
{
	register uint64_t a0 __asm__("a0") = 0, a1 __asm__("a1");
	register uint64_t a6 __asm__("a6") = SBI_BASE_GET_SPEC_VERSION;
	register uint64_t a7 __asm__("a7") = SBI_EXT_BASE;
	uint64_t begin, end;

	/* volatile: for its effect. The first reading and the ecall are the two of HS-mode. */
	__asm__ volatile("csrr %[begin], instret\n\tecall\n\tcsrr %[end], instret"
			 : [begin] "=&r"(begin), [end] "=&r"(end), "+r"(a0), "=r"(a1)
			 : "r"(a6), "r"(a7)
			 : "memory");
	return (int64_t)(end - begin) - 2;
}

/* Have the firmware count for this hart, and compare what a call costs before and after. */
static void start_firmware(struct hart *hart)
{
	int64_t plain, counted;
	uint64_t before;

	if (hart->fw_counted || !firmware_counts())
		return;
	firmware_call_insns();
	plain = firmware_call_insns();
	if (!firmware_account(hpa_from_hva(&hart->fw_account)))
		return;
	hart->fw_counted = true;
	firmware_call_insns();
	before = READ_ONCE(hart->fw_account.insns);
	counted = firmware_call_insns();
	if (fixed.firmware_known)
		return;
	fixed.trap = counted - (int64_t)(READ_ONCE(hart->fw_account.insns) - before);
	fixed.trap_own = counted - plain;
	fixed.firmware_known = true;
}

/* ---- Exits ---- */

static bool is_kernel(const struct vcpu *v)
{
	return !v->mode->deprivileged || v->supervisor;
}

static struct account_line *line_of_call(struct vcpu *v, uint64_t scause)
{
	uint64_t eid = v->regs[REG_A7], fid = v->regs[REG_A6];

	/* The account does not account for itself. */
	if (eid == STRATA_EID && fid == STRATA_FN_ACCOUNT)
		return NULL;
	return account_line(v->account, account_key_call(scause, eid, fid, v->regs[REG_A0]));
}

static struct account_line *line_of_guest_fault(struct vcpu *v, uint64_t scause)
{
	gpa_t gpa = GPA(csr_read(CSR_HTVAL) << 2);
	const struct vdev *dev = vm_find_device(v->vm, gpa, 1);

	return account_line(v->account, dev ? ACCOUNT_KEY(ACCOUNT_DEVICE, scause, dev->gpa >> 12)
					    : ACCOUNT_KEY(ACCOUNT_CAUSE, scause, 0));
}

/* Whose this exit is; NULL: nobody's. Page faults are looked at afterwards. */
static struct account_line *line_of(struct vcpu *v, uint64_t scause)
{
	uint64_t raw = csr_read(CSR_STVAL);

	switch (scause) {
	case EXC_ILLEGAL_INST:
	case EXC_VIRTUAL_INST:
		if (!is_kernel(v))
			break;
		return account_line(v->account, account_key_insn(scause, (uint32_t)raw));
	case EXC_ECALL_U:
	case EXC_ECALL_VS:
		if (!is_kernel(v))
			break;
		return line_of_call(v, scause);
	case EXC_INST_GUEST_FAULT:
	case EXC_LOAD_GUEST_FAULT:
	case EXC_STORE_GUEST_FAULT:
		return line_of_guest_fault(v, scause);
	default:
		break;
	}
	return account_line(v->account, ACCOUNT_KEY(ACCOUNT_INJECT, scause, 0));
}

/* A page fault after which the same instruction runs again was the shadow's alone. */
static struct account_line *line_after(struct vcpu *v, struct account_line *line, uint64_t scause,
				       uint64_t pc)
{
	if (v->pc != pc || (scause != EXC_INST_PAGE_FAULT && scause != EXC_LOAD_PAGE_FAULT &&
			    scause != EXC_STORE_PAGE_FAULT))
		return line;
	return account_line(v->account, ACCOUNT_KEY(ACCOUNT_FILL, scause, 0));
}

static void guest_ran(struct account *account, uint64_t now, bool light)
{
	int64_t insns = without_firmware(account, now - account->last) - fixed.around -
			out_insns(account->way);

	/* Between a light handler and the exit's own the guest did not run. */
	if (account->way != WAY_COMPLETE)
		insns -= in_insns(light);
	account_add(&account->lines[ACCOUNT_GUEST], 0, insns);
}

static enum way way_of(bool light, enum vcpu_next next)
{
	return !light ? WAY_WHOLE : next == VCPU_WHOLE ? WAY_COMPLETE : WAY_LIGHT;
}

static exit_handler *handler_of(const struct vcpu *v, uint64_t scause, bool light)
{
	return light ? v->mode->light[(scause - EXC_LOAD_GUEST_FAULT) % LIGHT_COUNT] :
		       v->account->inner[scause % EXIT_COUNT];
}

/* Light or not, in one function: what it takes itself is the same for both. */
static __attribute__((noinline)) enum vcpu_next exit_measured(struct vcpu *v, bool light)
{
	uint64_t begin = insns_now(), end, pc = v->pc, scause = csr_read(CSR_SCAUSE);
	exit_handler *handler = handler_of(v, scause, light);
	struct account *account = v->account;
	int64_t in = account->way == WAY_COMPLETE ? 0 : in_insns(light);
	struct account_line *line;
	enum vcpu_next next;

	guest_ran(account, begin, light);
	line = line_of(v, scause);
	begin = insns_now();
	next = handler(v);
	if (unlikely(v->requests != 0) && !light)
		next = vcpu_exit_requests(v, next);
	end = insns_now();
	account->way = way_of(light, next);
	if (line != NULL)
		account_add(line_after(v, line, scause, pc), next != VCPU_WHOLE,
			    without_firmware(account, end - begin) - fixed.handler + in +
				    out_insns(account->way));
	if (next == VCPU_RESCHEDULE)
		account->away = &account->lines[ACCOUNT_SCHEDULE];
	account->last = insns_now();
	return next;
}

static enum vcpu_next exit_accounted(struct vcpu *v)
{
	return exit_measured(v, false);
}

static enum vcpu_next light_accounted(struct vcpu *v)
{
	return exit_measured(v, true);
}

void account_interrupt(struct vcpu *v, uint64_t scause)
{
	struct account *account = v->account;

	guest_ran(account, insns_now(), false);
	account->way = WAY_WHOLE;
	account->away = account_line(account, ACCOUNT_KEY(ACCOUNT_CAUSE, scause, 0));
	account_add(account->away, 1, switch_insns());
	account->last = insns_now();
}

/* ---- The run loop ---- */

static exit_handler *const accounted_exits[EXIT_COUNT] = {
	[0 ... EXIT_COUNT - 1] = exit_accounted
};

exit_handler *const account_light[LIGHT_COUNT] = {
	[0] = light_accounted,
	[EXC_STORE_GUEST_FAULT - EXC_LOAD_GUEST_FAULT] = light_accounted,
};

static void charge_away(struct account *account)
{
	uint64_t now = insns_now();

	if (account->away != NULL)
		account_add(account->away, 0, without_firmware(account, now - account->last));
	account->last = now;
}

void account_enter(struct vcpu *v)
{
	struct account *account = v->account;

	charge_away(account);
	if (account->away != NULL)
		account_add(account->away, 0, (int64_t)first_entry_insns());
	account->away = NULL;
	account->way = WAY_WHOLE;
	account->inner = v->exits;
	v->exits = accounted_exits;
	account->last = insns_now() + first_entry_insns();
}

void account_pause(struct vcpu *v)
{
	charge_away(v->account);
}

static __attribute__((noinline)) int64_t handler_insns(exit_handler *handler, struct vcpu *v)
{
	uint64_t begin = insns_now();

	handler(v);
	return (int64_t)(insns_now() - begin);
}

/*
 * An exit that is none, of a vCPU that is not loaded: what its lines get, and what the whole takes,
 * says what the readings cost. Return: the sum of it.
 */
static int64_t find_fixed(struct vcpu *v)
{
	static exit_handler *const nothing[EXIT_COUNT] = {
		[0 ... EXIT_COUNT - 1] = vcpu_exit_nothing
	};
	struct account *account = v->account;
	int64_t whole, call = handler_insns(vcpu_exit_nothing, v) - NOTHING_INSNS, inside = 0;
	uint64_t begin;

	account->inner = nothing;
	account->last = begin = insns_now();
	whole = handler_insns(exit_accounted, v);
	begin += (uint64_t)(account->lines[ACCOUNT_GUEST].now.insns + switch_insns());
	for (unsigned i = ACCOUNT_SPECIALS; i < account->used; i++)
		inside += account->lines[i].now.insns;
	fixed.around = whole - (int64_t)(account->last - begin) - call;
	fixed.handler = inside - switch_insns() - NOTHING_INSNS;
	account_init(account);
	forget_firmware(account);
	return whole;
}

/* The cheapest of some: without icount QEMU's instret is a clock, and the first ones are cold. */
static void find_fixed_best(struct vcpu *v)
{
	typeof(fixed) best = { .known = false };
	int64_t least = INT64_MAX;

	fixed.around = fixed.handler = 0;
	for (int i = 0; i < FIXED_TRIES; i++) {
		int64_t whole = find_fixed(v);

		if (whole < least) {
			least = whole;
			best = fixed;
		}
		fixed.around = fixed.handler = 0;
	}
	fixed.around = best.around;
	fixed.handler = best.handler;
	fixed.known = true;
}

void account_resume(struct vcpu *v)
{
	start_firmware(v->hart);
	forget_firmware(v->account);
	if (!fixed.known)
		find_fixed_best(v);
	v->account->firmware = v->hart->fw_counted;
	v->account->last = insns_now();
}

/* ---- Life ---- */

int account_create(struct vcpu *v)
{
	v->account = kalloc(sizeof(*v->account));
	if (v->account == NULL)
		return -ENOMEM;
	account_init(v->account);
	v->accounted = true;
	return 0;
}

void account_destroy(struct vcpu *v)
{
	kfree(v->account);
	v->account = NULL;
	v->accounted = false;
}
