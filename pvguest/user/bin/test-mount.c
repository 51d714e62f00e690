/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test-mount: the mount table does what Linux's does.
 * Linux man-pages, mount(2), umount(2), path_resolution(7).
 */
#include <stdbool.h>

#include "lib/check.h"
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/vfs.h"

#define POINT	"/tmp/test-mount"

static char buf[4096] __attribute__((aligned(8)));

/* A fresh tmpfs at POINT. */
static void begin(const char *options)
{
	if (!check_on_pvguest() && syscall0(SYS_getuid) != 0)
		check_skip("only root may mount");
	sys_mkdir(POINT, 0755);
	if (sys_mount("none", POINT, "tmpfs", 0, options) == -EPERM)
		check_skip("mounting is not allowed here");
}

static void end(void)
{
	CHECK_EQ(sys_chdir("/"), 0);
	CHECK_EQ(sys_umount(POINT, 0), 0);
}

static void mounts_hide_and_show(void)
{
	struct stat st, under;

	sys_mkdir(POINT, 0755);
	CHECK(vfs_make(POINT "/below", "x", 1) >= 0);
	CHECK_EQ(sys_stat(POINT, &under), 0);
	begin("mode=700");
	CHECK_EQ(sys_open(POINT "/below", O_RDONLY), -ENOENT);
	CHECK_EQ(sys_stat(POINT, &st), 0);
	CHECK(st.st_dev != under.st_dev);
	CHECK_EQ(st.st_mode & 07777, 0700);
	CHECK_EQ(sys_close((int)vfs_make(POINT "/above", "x", 1)), 0);
	CHECK_EQ(sys_stat(POINT "/../test-mount/above", &st), 0);
	end();
	CHECK_EQ(sys_stat(POINT "/above", &st), -ENOENT);
	CHECK_EQ(sys_stat(POINT "/below", &st), 0);
	CHECK_EQ(sys_unlink(POINT "/below"), 0);
}

static void walks_cross_both_ways(void)
{
	struct stat st, tmp;

	begin("");
	CHECK_EQ(sys_mkdir(POINT "/dir", 0755), 0);
	CHECK_EQ(sys_chdir(POINT "/dir"), 0);
	CHECK(sys_getcwd(buf, sizeof(buf)) > 0);
	CHECK(strcmp(buf, POINT "/dir") == 0);
	CHECK_EQ(sys_stat("../..", &st), 0);
	CHECK_EQ(sys_stat("/tmp", &tmp), 0);
	CHECK_EQ(st.st_ino, tmp.st_ino);
	CHECK_EQ(sys_chdir("../../../../.."), 0);
	CHECK(sys_getcwd(buf, sizeof(buf)) == 2);
	end();
}

static void busy_mounts_stay(void)
{
	long fd;

	begin("");
	fd = vfs_make(POINT "/open", "abc", 3);
	CHECK(fd >= 0);
	CHECK_EQ(sys_umount(POINT, 0), -EBUSY);
	CHECK_EQ(sys_rmdir(POINT), -EBUSY);
	CHECK_EQ(sys_rename(POINT, "/tmp/test-mount2", 0), -EBUSY);
	CHECK_EQ(sys_close((int)fd), 0);
	CHECK_EQ(sys_chdir(POINT), 0);
	CHECK_EQ(sys_umount(POINT, 0), -EBUSY);
	CHECK_EQ(sys_chdir("/"), 0);
	end();
	CHECK_EQ(sys_umount(POINT, 0), -EINVAL);
}

static void mappings_keep_it_busy(void)
{
	long fd, map;

	begin("");
	fd = vfs_make(POINT "/map", "abc", 3);
	map = sys_mmap(NULL, 4096, PROT_READ, MAP_SHARED, (int)fd, 0);
	CHECK(map > 0);
	CHECK_EQ(sys_close((int)fd), 0);
	CHECK_EQ(sys_umount(POINT, 0), -EBUSY);
	CHECK_EQ(*(char *)map, 'a');
	CHECK_EQ(sys_munmap((void *)map, 4096), 0);
	end();
}

static void detached_mounts_go_later(void)
{
	long fd;

	begin("");
	fd = vfs_make(POINT "/open", "abc", 3);
	CHECK(fd >= 0);
	CHECK_EQ(sys_umount(POINT, MNT_DETACH), 0);
	CHECK_EQ(sys_umount(POINT, 0), -EINVAL);
	CHECK_EQ(sys_lseek((int)fd, 0, SEEK_SET), 0);
	CHECK_EQ(sys_read((int)fd, buf, 10), 3);
	CHECK_EQ(sys_close((int)fd), 0);
}

static void read_only_refuses(void)
{
	struct stat st;

	begin("");
	CHECK_EQ(sys_close((int)vfs_make(POINT "/file", "abc", 3)), 0);
	CHECK_EQ(sys_mount("none", POINT, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	CHECK_EQ(sys_open(POINT "/file", O_RDWR), -EROFS);
	CHECK_EQ(sys_openat(AT_FDCWD, POINT "/new", O_RDWR | O_CREAT, 0644), -EROFS);
	CHECK_EQ(sys_mkdir(POINT "/dir", 0755), -EROFS);
	CHECK_EQ(sys_mkdir(POINT "/file", 0755), -EEXIST);
	CHECK_EQ(sys_unlink(POINT "/file"), -EROFS);
	CHECK_EQ(sys_rename(POINT "/file", POINT "/other", 0), -EROFS);
	CHECK_EQ(syscall3(SYS_fchmodat, AT_FDCWD, (long)POINT "/file", 0600), -EROFS);
	CHECK(sys_open(POINT "/file", O_RDONLY) >= 0);
	CHECK_EQ(sys_close(3), 0);
	CHECK_EQ(sys_mount("none", POINT, NULL, MS_REMOUNT, NULL), 0);
	CHECK_EQ(sys_unlink(POINT "/file"), 0);
	CHECK_EQ(sys_stat(POINT "/file", &st), -ENOENT);
	end();
}

static void bind_shows_again(void)
{
	struct stat a, b;

	begin("");
	CHECK_EQ(sys_mkdir(POINT "/a", 0755), 0);
	CHECK_EQ(sys_mkdir(POINT "/b", 0755), 0);
	CHECK_EQ(sys_close((int)vfs_make(POINT "/a/x", "1", 1)), 0);
	CHECK_EQ(sys_mount(POINT "/a", POINT "/b", NULL, MS_BIND, NULL), 0);
	CHECK_EQ(sys_stat(POINT "/a/x", &a), 0);
	CHECK_EQ(sys_stat(POINT "/b/x", &b), 0);
	CHECK(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	CHECK_EQ(sys_chdir(POINT "/b"), 0);
	CHECK(sys_getcwd(buf, sizeof(buf)) > 0);
	CHECK(strcmp(buf, POINT "/b") == 0);
	CHECK_EQ(sys_rename(POINT "/a/x", POINT "/b/y", 0), -EXDEV);
	CHECK_EQ(sys_chdir("/"), 0);
	CHECK_EQ(sys_umount(POINT, 0), -EBUSY);
	CHECK_EQ(sys_umount(POINT "/b", 0), 0);
	CHECK_EQ(sys_stat(POINT "/b/x", &b), -ENOENT);
	end();
}

static void size_is_a_limit(void)
{
	struct statfs st;
	long fd, done = 0, n;

	begin("size=64k");
	CHECK_EQ(syscall2(SYS_statfs, (long)POINT, (long)&st), 0);
	CHECK_EQ(st.f_type, 0x01021994);
	CHECK_EQ(st.f_blocks * st.f_bsize, 65536);
	fd = vfs_make(POINT "/big", "", 0);
	CHECK(fd >= 0);
	while ((n = sys_write((int)fd, buf, sizeof(buf))) > 0)
		done += n;
	CHECK_EQ(n, -ENOSPC);
	CHECK(done <= 65536 && done >= 57344);
	CHECK_EQ(syscall2(SYS_ftruncate, fd, 0), 0);
	CHECK_EQ(sys_lseek((int)fd, 0, SEEK_SET), 0);
	CHECK_EQ(sys_write((int)fd, buf, 100), 100);
	CHECK_EQ(sys_close((int)fd), 0);
	end();
}

static void errors(void)
{
	begin("");
	CHECK_EQ(sys_mount("none", POINT, "no-such-type", 0, NULL), -ENODEV);
	CHECK_EQ(sys_mount("none", "/no/such/dir", "tmpfs", 0, NULL), -ENOENT);
	CHECK_EQ(sys_close((int)vfs_make(POINT "/file", "", 0)), 0);
	CHECK_EQ(sys_mount("none", POINT "/file", "tmpfs", 0, NULL), -ENOTDIR);
	CHECK_EQ(sys_umount(POINT "/file", 0), -EINVAL);
	CHECK_EQ(sys_umount("/no/such/dir", 0), -ENOENT);
	CHECK_EQ(sys_umount(POINT, 0x100), -EINVAL);
	CHECK_EQ(syscall5(SYS_mount, (long)check_wild[1], (long)POINT, 0, 0, 0), -EFAULT);
	end();
}

static int chroot_child(void)
{
	struct stat root, up;

	if (syscall2(SYS_chroot, (long)POINT, 0) || sys_chdir("/"))
		return 1;
	if (sys_getcwd(buf, sizeof(buf)) != 2 || sys_stat("/", &root) || sys_stat("/..", &up))
		return 2;
	if (root.st_ino != up.st_ino || root.st_dev != up.st_dev)
		return 3;
	if (sys_open("/inside", O_RDONLY) < 0 || sys_open("/dev/null", O_RDONLY) != -ENOENT)
		return 4;
	return sys_symlink("/inside", "/link") || sys_open("link", O_RDONLY) < 0 ? 5 : 0;
}

static void chroot_is_the_root(void)
{
	begin("");
	CHECK_EQ(sys_close((int)vfs_make(POINT "/inside", "", 0)), 0);
	CHECK_EQ(check_wait(check_fork(chroot_child)), 0);
	CHECK_EQ(syscall2(SYS_chroot, (long)POINT "/inside", 0), -ENOTDIR);
	end();
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {
		{ "a mount hides what is below it until it goes", mounts_hide_and_show },
		{ "names lead into a mount and .. leads out of it", walks_cross_both_ways },
		{ "what is in use is busy: EBUSY", busy_mounts_stay },
		{ "a mapping keeps its file system busy", mappings_keep_it_busy },
		{ "a detached mount stays for those who use it", detached_mounts_go_later },
		{ "a read-only mount refuses every change with EROFS", read_only_refuses },
		{ "a bind mount shows the same directory twice", bind_shows_again },
		{ "tmpfs holds as much as its size says, then ENOSPC", size_is_a_limit },
		{ "mount and umount2 fail with ENODEV, ENOENT, ENOTDIR, EINVAL and EFAULT",
		  errors },
		{ "chroot changes what / is, and .. stays there", chroot_is_the_root },
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
