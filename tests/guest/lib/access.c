/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads and stores of any width that may trap.
 */
#include "guest.h"

void access_try(uint64_t at, unsigned int width, bool store, uint64_t value)
{
	switch (width * 2 + store) {
	case 0: TRAP((void)*(volatile uint8_t *)at); break;
	case 1: TRAP(*(volatile uint8_t *)at = (uint8_t)value); break;
	case 2: TRAP((void)*(volatile uint16_t *)at); break;
	case 3: TRAP(*(volatile uint16_t *)at = (uint16_t)value); break;
	case 4: TRAP((void)*(volatile uint32_t *)at); break;
	case 5: TRAP(*(volatile uint32_t *)at = (uint32_t)value); break;
	case 6: TRAP((void)*(volatile uint64_t *)at); break;
	default: TRAP(*(volatile uint64_t *)at = value); break;
	}
}
