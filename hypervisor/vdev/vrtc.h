/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A Goldfish real-time clock as a state machine. Pure: the time, the alarm's waiting and the
 * interrupt go through callbacks. Android emulator documentation, "Goldfish Virtual Hardware".
 */
#ifndef VDEV_VRTC_H
#define VDEV_VRTC_H

#include "lib/types.h"

struct vrtc_io {
	uint64_t (*now_ns)(void *arg);			/* of the host's clock */
	void (*wait)(void *arg, uint64_t ns);		/* until vrtc_ring(), once */
	void (*cancel)(void *arg);
	void (*interrupt)(void *arg, bool level);	/* only changes are reported */
};

/* Its owner guards it with a lock of his own. */
struct vrtc {
	const struct vrtc_io *io;
	void *arg;
	uint64_t offset_ns;	/* of the guest's clock to the host's, modulo 2^64 */
	uint64_t alarm_ns;	/* of the guest's clock */
	uint32_t time_high;	/* as it was when the lower half was read */
	bool alarm_set, irq_enabled, irq_pending, level;
	bool rings_soon;	/* vrtc_ring() will be called within a millisecond */
};

void vrtc_init(struct vrtc *rtc, const struct vrtc_io *io, void *arg);
/* No alarm, no interrupt; a wait may end, for nothing. The clock goes on, as one with a battery. */
void vrtc_reset(struct vrtc *rtc);

/* Registers by offset, 32 bits wide; what is none reads 0 and is not written. */
uint32_t vrtc_read(struct vrtc *rtc, uint64_t offset);
void vrtc_write(struct vrtc *rtc, uint64_t offset, uint32_t value);

/*
 * A wait has ended. Before the alarm's time, as the guest or the host's clock was quicker, it waits
 * again. An alarm comes late by a millisecond at most.
 */
void vrtc_ring(struct vrtc *rtc);

#endif
