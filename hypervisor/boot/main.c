/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the first C instruction to the run loops: memory, console, harts, virtual machines.
 * SBI specification, "Hart State Management"; Devicetree Specification.
 */
#include <riscv/aia.h>
#include <riscv/layout.h>
#include "boot/boot.h"
#include "boot/host_disks.h"
#include "boot/host_dt.h"
#include "boot/host_kick.h"
#include "boot/host_net.h"
#include "drv/aplic.h"
#include "drv/intc.h"
#include "drv/plic.h"
#include "drv/rtc.h"
#include "drv/uart.h"
#include "hart/firmware.h"
#include "hart/hart.h"
#include "hart/hostcon.h"
#include "hart/sbi_call.h"
#include "lib/printf.h"
#include "mem/hvmap.h"
#include "mem/kalloc.h"
#include "monitor/console.h"
#include "monitor/monitor.h"
#include "monitor/option.h"
#include "vm/sched.h"

#define RANGES_MAX 64

extern char image_start[], image_end[], boot_stack_top[];

static struct page_allocator host_pages;
static struct host_info host;
static const void *host_fdt;

void main(uint64_t hartid, uint64_t dtb) __attribute__((noreturn));
void hart_main(struct hart *hart) __attribute__((noreturn));

/* boot/entry.S: go on at next(arg) with this satp and stack. */
void stack_switch(uint64_t satp, uint64_t stack_top, void (*next)(void)) __attribute__((noreturn));

/* ---- Memory ---- */

/* The part of a range that the direct map reaches. */
static struct page_range reachable(struct page_range range)
{
	return (struct page_range){ HPA(MIN(range.start.v, HV_DIRECT_SIZE)),
				    HPA(MIN(range.end.v, HV_DIRECT_SIZE)) };
}

/* What is not free: firmware's, the image, the tree and the archive. Returns how many. */
static size_t find_reserved(struct page_range *reserved, size_t max)
{
	struct page_range found[RANGES_MAX];
	int count = host_dt_ranges(host_fdt, HOST_DT_RESERVED, found, RANGES_MAX);
	size_t n = 0;

	if (count < 0 || count > RANGES_MAX)
		panic("device tree: %d reserved ranges", count);
	for (int i = 0; i < count && n < max - 3; i++)
		reserved[n++] = reachable(found[i]);
	reserved[n++] = (struct page_range){ hpa_from_hva(image_start), hpa_from_hva(image_end) };
	reserved[n++] = (struct page_range){ hpa_from_hva(host_fdt), HPA(hpa_from_hva(host_fdt).v +
									 host_dt_size(host_fdt)) };
	reserved[n++] = reachable(host_dt_initrd(host_fdt));
	return n;
}

static void init_memory(void)
{
	struct page_range memory[RANGES_MAX];
	struct page_range reserved[RANGES_MAX + 3], span = { HPA(UINT64_MAX), HPA(0) },
						    all[RANGES_MAX];
	int count = host_dt_ranges(host_fdt, HOST_DT_MEMORY, memory, RANGES_MAX);
	size_t reserved_count = find_reserved(reserved, RANGES_MAX + 3), metadata_bytes;
	uint64_t beyond = 0;
	hpa_t metadata = HPA(0);
	bool found = false;

	if (count <= 0 || count > RANGES_MAX)
		panic("device tree: %d memory ranges", count);
	for (int i = 0; i < count; i++) {
		all[i] = reachable(memory[i]);
		beyond += (memory[i].end.v - memory[i].start.v) - (all[i].end.v - all[i].start.v);
		if (all[i].start.v == all[i].end.v)
			continue;
		span.start.v = MIN(span.start.v, all[i].start.v);
		span.end.v = MAX(span.end.v, all[i].end.v);
	}
	metadata_bytes = page_metadata_bytes(span);
	for (int i = 0; i < count && !found; i++)
		found = page_find_room(all[i], reserved, reserved_count, metadata_bytes, PAGE_SIZE,
				       &metadata);
	if (!found)
		panic("no %lu bytes of memory for the page allocator", metadata_bytes);
	reserved[reserved_count++] =
		(struct page_range){ metadata, HPA(metadata.v + metadata_bytes) };
	page_init(&host_pages, span, HV_OFFSET, hva_from_hpa(metadata));
	for (int i = 0; i < count; i++)
		if (all[i].start.v < all[i].end.v &&
		    page_add_range(&host_pages, all[i], reserved, reserved_count))
			panic("device tree: memory range %d overlaps another", i);
	kalloc_init(&host_pages);
	if (hvmap_init())
		panic("no memory for page tables");
	for (int i = 0; i < count; i++)
		if (all[i].start.v < all[i].end.v &&
		    hvmap_add_ram(all[i].start, all[i].end.v - all[i].start.v))
			panic("no memory for page tables");
	if (beyond != 0)
		kprintf("strata: %lu MiB above %lu GiB are not used\n", beyond >> 20,
			HV_DIRECT_SIZE >> 30);
}

/* ---- Devices ---- */

static void console_interrupt(void *arg)
{
	(void)arg;
	uart_interrupt();
	console_rx_interrupt();
}

/*
 * The boot hart takes the interrupts of the machine's devices: those that we drive. Return: whether
 * they come through the harts' IMSICs.
 */
static bool init_interrupts(void)
{
	const struct host_aplic *aplic = &host.aplic;
	void *base;
	bool msi = false;

	if (host.plic.size != 0 && hart_boot.plic_context >= 0) {
		base = hvmap_device(host.plic.base, host.plic.size);
		if (base != NULL)
			plic_init(base, host.plic.ndev, (unsigned)hart_boot.plic_context);
	} else if (aplic->size != 0 && hart_boot.aia_index >= 0) {
		base = hvmap_device(aplic->base, aplic->size);
		if (base != NULL)
			aplic_init(base, aplic->sources, aplic->msi, (unsigned)hart_boot.aia_index,
				   host_kick_identity(&host));
		msi = base != NULL && aplic->msi;
	}
	sched_external_interrupt = intc_dispatch;
	return msi;
}

static void init_console(void)
{
	void *uart = NULL;

	if (host.uart.size != 0)
		uart = hvmap_device(host.uart.base, host.uart.size);
	if (uart == NULL)
		return;
	uart_init(uart, host.uart.reg_shift, host.uart.io_width);
	if (intc_handle(host.uart.irq, console_interrupt, NULL) != 0)
		return;
	uart_use_interrupt();
	uart_rx_interrupt(true);
}

/* ---- Harts ---- */

/* Where the hart's guest interrupt files are; how many it has it has said, or will say, itself. */
static void find_guest_files(struct hart *hart)
{
	uint64_t bytes = IMSIC_PAGE_SIZE << host.imsic.guest_bits;

	if (host.imsic.size == 0 || hart->aia_index < 0 ||
	    ((uint64_t)hart->aia_index + 1) * bytes > host.imsic.size)
		return;
	hart->gfile_base = HPA(host.imsic.base.v + (uint64_t)hart->aia_index * bytes);
	hart->gfile_pages = hvmap_device(hart->gfile_base, bytes);
	if (hart->gfile_pages != NULL)
		hart->gfile_limit = (1U << host.imsic.guest_bits) - 1;
}

static struct hart *new_hart(const struct host_hart *info, unsigned index)
{
	struct hart *hart = info->id == hart_boot.hartid ? &hart_boot : kalloc(sizeof(*hart));

	if (hart == NULL)
		panic("no memory for hart %lu", info->id);
	hart->hartid = info->id;
	hart->index = index;
	hart->plic_context = info->plic_context;
	hart->aia_index = info->aia_index;
	find_guest_files(hart);
	hart->satp = hvmap_satp();
	if (hart->stack_top == 0)
		hart->stack_top = hvmap_stack();
	if (hart->stack_top == 0 || sched_init(hart))
		panic("no memory for hart %lu", info->id);
	return hart;
}

static void init_harts(void)
{
	harts = kalloc(host.hart_count * sizeof(*harts));
	if (harts == NULL)
		panic("no memory for %lu harts", host.hart_count);
	hart_count = (unsigned)host.hart_count;
	for (unsigned i = 0; i < hart_count; i++)
		harts[i] = new_hart(&host.harts[i], i);
	hart_gfile_ids = host.imsic.ids;
	hart_boot.online = true;
}

/* Start the other harts, one after the other; each says that it is there. */
static void start_harts(void)
{
	for (unsigned i = 0; i < hart_count; i++) {
		struct hart *hart = harts[i];
		struct sbi_ret r;

		if (hart == &hart_boot)
			continue;
		r = sbi_call(SBI_EXT_HSM, SBI_HSM_HART_START, hart->hartid,
			     hpa_from_hva(hart_entry).v, (uint64_t)hart);
		if (r.error != SBI_SUCCESS) {
			kprintf("strata: hart %lu does not start (SBI error %ld): running without "
				"it\n",
				hart->hartid, r.error);
			continue;
		}
		while (!__atomic_load_n(&hart->online, __ATOMIC_ACQUIRE))
			spin_relax();
	}
}

void hart_main(struct hart *hart)
{
	hart_init_this();
	host_kick_init_this(&host);
	__atomic_store_n(&hart->online, true, __ATOMIC_RELEASE);
	/* Whoever waits for us may be asleep. */
	hart_kick(&hart_boot);
	sched_run();
}

/* ---- The order of things ---- */

/* On the boot hart's own stack and the final page tables. */
static void main_mapped(void)
{
	char why[160];

	if (host_dt_parse(host_fdt, &host, why, sizeof(why)))
		panic("device tree: %s", why);
	timebase_hz = host.timebase_hz;
	for (size_t i = 0; i < host.hart_count; i++)
		if (host.harts[i].id == hart_boot.hartid)
			hart_boot.plic_context = host.harts[i].plic_context;
	if (host.test_base.v != 0)
		machine_set_test_device(hvmap_device(host.test_base, PAGE_SIZE));
	if (host.rtc_base.v != 0)
		rtc_init(hvmap_device(host.rtc_base, PAGE_SIZE));
	/* For trying out what becomes of machines that have less. */
	hart_vmid_limit = option_number(host.bootargs, "vmid-bits", UINT32_MAX);
	hart_asid_limit = option_number(host.bootargs, "asid-bits", UINT32_MAX);
	hart_init_this();
	init_harts();
	firmware_probe();
	console_init(host.bootargs);
	host_kick_init(&host, init_interrupts());
	init_console();
	kprintf("Strata, a RISC-V hypervisor: %u hart%s, %lu MiB free, %sH extension, %sSstc, "
		"IPIs by %s, firmware %s M-mode entries\n",
		hart_count, hart_count == 1 ? "" : "s", page_free_bytes(&host_pages) >> 20,
		hart_boot.hypervisor_ext ? "" : "no ", hart_boot.sstc ? "" : "no ",
		host_kick_name(),
		firmware_counts() ? "counts" : "does not count");
	start_harts();
	host_disks_init(&host);
	host_net_find(&host);
	monitor_init(host.bootargs, hart_count, timebase_hz, boot_poweroff,
		     boot_vm_create);
	sched_vm_ended = boot_vm_ended;
	sched_vm_prepare = boot_vm_prepare;
	boot_vms(&host);
	sched_run();
}

void main(uint64_t hartid, uint64_t dtb)
{
	printf_set_sink(hostcon_put, NULL);
	hart_boot.hartid = hartid;
	hart_boot.stack_top = (uint64_t)boot_stack_top;
	host_fdt = hva_from_hpa(HPA(dtb));
	if (dtb >= HV_DIRECT_SIZE || host_dt_size(host_fdt) == 0)
		panic("no device tree at 0x%lx", dtb);
	init_memory();
	hart_boot.stack_top = hvmap_stack();
	if (hart_boot.stack_top == 0)
		panic("no memory for a stack");
	stack_switch(hvmap_satp(), hart_boot.stack_top, main_mapped);
}
