/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls on users and groups.
 * Linux man-pages, credentials(7), setuid(2), setreuid(2), setresuid(2), getgroups(2).
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/user.h"
#include "proc/proc.h"
#include "sys/syscall.h"

#define CRED_KEEP	(~0U)

static struct cred *cred_mine(void)
{
	return &proc_current->cred;
}

long sys_getuid(void)
{
	return cred_mine()->user.real;
}

long sys_geteuid(void)
{
	return cred_mine()->user.effective;
}

long sys_getgid(void)
{
	return cred_mine()->group.real;
}

long sys_getegid(void)
{
	return cred_mine()->group.effective;
}

/* Whether id is among those that a process without rights may take on. */
static bool cred_may(const struct cred_ids *ids, uint32_t id)
{
	return cred_is_root(cred_mine()) || id == CRED_KEEP || id == ids->real ||
	       id == ids->effective || id == ids->saved;
}

/* setuid, setgid: root changes all of them. */
static long cred_set(struct cred_ids *ids, uint32_t id)
{
	if (id == CRED_KEEP)
		return -EINVAL;
	if (cred_is_root(cred_mine()))
		*ids = (struct cred_ids){ id, id, id, id };
	else if (id == ids->real || id == ids->saved)
		ids->effective = ids->fs = id;
	else
		return -EPERM;
	return 0;
}

static long cred_set_three(struct cred_ids *ids, uint32_t real, uint32_t effective, uint32_t saved)
{
	if (!cred_may(ids, real) || !cred_may(ids, effective) || !cred_may(ids, saved))
		return -EPERM;
	if (real != CRED_KEEP)
		ids->real = real;
	if (effective != CRED_KEEP)
		ids->effective = effective;
	if (saved != CRED_KEEP)
		ids->saved = saved;
	ids->fs = ids->effective;
	return 0;
}

/* The saved one follows where the real one is set, or the effective one to something new. */
static long cred_set_two(struct cred_ids *ids, uint32_t real, uint32_t effective)
{
	bool follows = real != CRED_KEEP || (effective != CRED_KEEP && effective != ids->real);
	long error = cred_set_three(ids, real, effective, CRED_KEEP);

	if (!error && follows)
		ids->saved = ids->effective;
	return error;
}

static long cred_get_three(const struct cred_ids *ids, uint64_t real, uint64_t effective,
			   uint64_t saved)
{
	if (user_write(real, &ids->real, sizeof(ids->real)) ||
	    user_write(effective, &ids->effective, sizeof(ids->effective)) ||
	    user_write(saved, &ids->saved, sizeof(ids->saved)))
		return -EFAULT;
	return 0;
}

static long cred_set_fs(struct cred_ids *ids, uint32_t id)
{
	uint32_t old = ids->fs;

	if (id != CRED_KEEP && (cred_may(ids, id) || id == old))
		ids->fs = id;
	return old;
}

long sys_setuid(uint64_t id)
{
	return cred_set(&cred_mine()->user, (uint32_t)id);
}

long sys_setgid(uint64_t id)
{
	return cred_set(&cred_mine()->group, (uint32_t)id);
}

long sys_setreuid(uint64_t real, uint64_t effective)
{
	return cred_set_two(&cred_mine()->user, (uint32_t)real, (uint32_t)effective);
}

long sys_setregid(uint64_t real, uint64_t effective)
{
	return cred_set_two(&cred_mine()->group, (uint32_t)real, (uint32_t)effective);
}

long sys_setresuid(uint64_t real, uint64_t effective, uint64_t saved)
{
	return cred_set_three(&cred_mine()->user, (uint32_t)real, (uint32_t)effective,
			      (uint32_t)saved);
}

long sys_setresgid(uint64_t real, uint64_t effective, uint64_t saved)
{
	return cred_set_three(&cred_mine()->group, (uint32_t)real, (uint32_t)effective,
			      (uint32_t)saved);
}

long sys_getresuid(uint64_t real, uint64_t effective, uint64_t saved)
{
	return cred_get_three(&cred_mine()->user, real, effective, saved);
}

long sys_getresgid(uint64_t real, uint64_t effective, uint64_t saved)
{
	return cred_get_three(&cred_mine()->group, real, effective, saved);
}

long sys_setfsuid(uint64_t id)
{
	return cred_set_fs(&cred_mine()->user, (uint32_t)id);
}

long sys_setfsgid(uint64_t id)
{
	return cred_set_fs(&cred_mine()->group, (uint32_t)id);
}

long sys_getgroups(long size, uint64_t list)
{
	const struct cred *cred = cred_mine();

	if ((int)size < 0 || ((int)size && (size_t)(int)size < cred->group_count))
		return -EINVAL;
	if ((int)size && user_write(list, cred->groups, cred->group_count * sizeof(uint32_t)))
		return -EFAULT;
	return (long)cred->group_count;
}

long sys_setgroups(long size, uint64_t list)
{
	struct cred *cred = cred_mine();
	uint32_t groups[CRED_GROUPS_MAX];
	size_t count = (size_t)(int)size;

	if (!cred_is_root(cred))
		return -EPERM;
	if (count > CRED_GROUPS_MAX)
		return -EINVAL;
	if (user_read(groups, list, count * sizeof(uint32_t)))
		return -EFAULT;
	memcpy(cred->groups, groups, count * sizeof(uint32_t));
	cred->group_count = count;
	return 0;
}
