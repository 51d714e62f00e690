/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The harts: the boot hart makes the data of the others and starts them.
 * SBI specification, "Hart State Management Extension" and "IPI Extension".
 */
#include "boot/hart.h"

#include "boot/info.h"
#include "drv/sbi.h"
#include "lib/list.h"
#include "lib/printf.h"
#include "mm/map.h"
#include "mm/page.h"

struct hart *hart_all[HART_MAX];
size_t hart_count;

/* boot.S: where the firmware starts the other harts. */
void boot_start_secondary(void);

static void hart_register(struct hart *hart, uint64_t id)
{
	hart->id = id;
	hart->number = (uint32_t)hart_count;
	hart->mask = 1UL << hart_count;
	list_init(&hart->timers);
	list_init(&hart->run_queue);
	hart_all[hart_count++] = hart;
}

void hart_init_boot(uint64_t id)
{
	hart_register(hart_this, id);
	hart_this->online = true;
}

/* If it does not start its data stays, and nobody will ever find it online. */
static void hart_start(uint64_t id)
{
	struct hart *end = map_window(hart_count);
	struct page *stack = end ? page_alloc(LAYOUT_KSTACK_ORDER) : NULL;
	int64_t error;

	if (!stack)
		return;
	end[-1].stack_top = (uint64_t)page_to_virt(stack) + LAYOUT_KSTACK_SIZE;
	hart_register(&end[-1], id);
	error = sbi_hart_start(id, virt_to_phys((void *)boot_start_secondary), (uint64_t)end);
	if (error)
		kprintf("kernel: hart %lu does not start: SBI error %ld\n", id, error);
}

void hart_start_others(void)
{
	for (size_t i = 1; i < info.hart_count && hart_count < HART_MAX; i++)
		hart_start(info.harts[i].id);
}

void hart_kick(const struct hart *hart)
{
	sbi_send_ipi(hart->id);
}
