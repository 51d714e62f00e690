/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The randomness that VMs begin with: /chosen rng-seed, and what entropy devices draw from.
 */
#include "boot/guest_dt.h"
#include "boot/seed.h"
#include "lib/sha256.h"
#include "lib/string.h"

void seed_vm(const struct host_info *host, const struct vm *vm, uint8_t *seed)
{
	struct sha256 sha;

	_Static_assert(GUEST_DT_SEED_SIZE == SHA256_SIZE, "the seed is one digest");
	sha256_init(&sha);
	if (host->rng_seed != NULL)
		sha256_update(&sha, host->rng_seed, host->rng_seed_size);
	sha256_update(&sha, vm->name, strlen(vm->name));
	/* What was random once must not be so again. */
	if (vm->restart != 0)
		sha256_update(&sha, &vm->restart, sizeof(vm->restart));
	sha256_final(&sha, seed);
}

void seed_device(const struct host_info *host, const struct vm *vm, struct vdev_config *device)
{
	struct sha256 sha;

	_Static_assert(sizeof(device->seed) == SHA256_SIZE, "the seed is one digest");
	sha256_init(&sha);
	if (host->rng_seed != NULL)
		sha256_update(&sha, host->rng_seed, host->rng_seed_size);
	sha256_update(&sha, vm->name, strlen(vm->name));
	sha256_update(&sha, &device->gpa, sizeof(device->gpa));
	if (vm->restart != 0)
		sha256_update(&sha, &vm->restart, sizeof(vm->restart));
	sha256_final(&sha, device->seed);
}
