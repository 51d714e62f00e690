/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest kernel's ticket lock, with threads of the host.
 * pvguest/kernel/lib/ticket.h.
 */
/* SOURCES: */
#include "../../pvguest/kernel/lib/ticket.h"

#include "test.h"

TEST("tickets are served in the order in which they were taken")
{
	struct ticket_lock lock = { 0 };
	uint32_t first = ticket_take(&lock), second = ticket_take(&lock);

	CHECK(ticket_is_served(&lock, first));
	CHECK(!ticket_is_served(&lock, second));
	CHECK_EQ(ticket_pass(&lock), second);
	CHECK(!ticket_is_served(&lock, first));
	CHECK(ticket_is_served(&lock, second));
}

TEST("a lock that was passed on with nobody waiting serves the next comer at once")
{
	struct ticket_lock lock = { 0 };

	for (int i = 0; i < 3; i++) {
		CHECK(ticket_is_served(&lock, ticket_take(&lock)));
		ticket_pass(&lock);
	}
}

TEST("the numbers of tickets wrap round")
{
	struct ticket_lock lock = { .next = UINT32_MAX, .served = UINT32_MAX };
	uint32_t last = ticket_take(&lock), first = ticket_take(&lock);

	CHECK(ticket_is_served(&lock, last));
	CHECK_EQ(first, 0);
	CHECK_EQ(ticket_pass(&lock), 0);
	CHECK(ticket_is_served(&lock, first));
}
