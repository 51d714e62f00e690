/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls that this kernel does not have: counted, and named once in the kernel log.
 * Linux, include/uapi/asm-generic/unistd.h (numbers and names).
 */
#ifndef SYS_LOG_H
#define SYS_LOG_H

#include "lib/types.h"

/* A program called number, which is not in the table. */
void log_missing(uint64_t number);
/* The name of a number, and how often it was missed. */
const char *log_missing_at(size_t number, uint32_t *count);
extern uint64_t log_missing_total;

/* x(number, name) for what is or was not in SYSCALL_TABLE; a name more does no harm. */
#define LOG_NAMES(x)                                                                               \
	x(0, io_setup) x(1, io_destroy) x(2, io_submit) x(3, io_cancel) x(4, io_getevents)         \
	x(5, setxattr) x(6, lsetxattr) x(7, fsetxattr) x(8, getxattr) x(9, lgetxattr)              \
	x(10, fgetxattr) x(11, listxattr) x(12, llistxattr) x(13, flistxattr) x(14, removexattr)   \
	x(15, lremovexattr) x(16, fremovexattr) x(18, lookup_dcookie) x(19, eventfd2)              \
	x(20, epoll_create1) x(21, epoll_ctl) x(22, epoll_pwait) x(26, inotify_init1)              \
	x(27, inotify_add_watch) x(28, inotify_rm_watch) x(30, ioprio_set) x(31, ioprio_get)       \
	x(32, flock) x(42, nfsservctl) x(47, fallocate) x(58, vhangup) x(60, quotactl)             \
	x(69, preadv) x(70, pwritev) x(71, sendfile) x(74, signalfd4) x(75, vmsplice)              \
	x(76, splice) x(77, tee) x(84, sync_file_range) x(85, timerfd_create)                      \
	x(86, timerfd_settime) x(87, timerfd_gettime) x(89, acct) x(90, capget) x(91, capset)      \
	x(92, personality) x(95, waitid) x(97, unshare) x(98, futex) x(100, get_robust_list)       \
	x(104, kexec_load) x(105, init_module) x(106, delete_module) x(107, timer_create)          \
	x(108, timer_gettime) x(109, timer_getoverrun) x(110, timer_settime)                       \
	x(111, timer_delete) x(112, clock_settime) x(117, ptrace) x(118, sched_setparam)           \
	x(119, sched_setscheduler) x(120, sched_getscheduler) x(121, sched_getparam)               \
	x(122, sched_setaffinity) x(123, sched_getaffinity) x(125, sched_get_priority_max)         \
	x(126, sched_get_priority_min) x(127, sched_rr_get_interval) x(128, restart_syscall)       \
	x(137, rt_sigtimedwait) x(138, rt_sigqueueinfo) x(140, setpriority) x(141, getpriority)    \
	x(143, setregid) x(144, setgid) x(145, setreuid) x(146, setuid) x(147, setresuid)          \
	x(148, getresuid) x(149, setresgid) x(150, getresgid) x(151, setfsuid) x(152, setfsgid)    \
	x(158, getgroups) x(159, setgroups) x(161, sethostname) x(162, setdomainname)              \
	x(164, setrlimit) x(168, getcpu) x(170, settimeofday) x(171, adjtimex) x(180, mq_open)     \
	x(181, mq_unlink) x(182, mq_timedsend) x(183, mq_timedreceive) x(184, mq_notify)           \
	x(185, mq_getsetattr) x(186, msgget) x(187, msgctl) x(188, msgrcv) x(189, msgsnd)          \
	x(190, semget) x(191, semctl) x(192, semtimedop) x(193, semop) x(194, shmget)              \
	x(195, shmctl) x(196, shmat) x(197, shmdt) x(198, socket) x(199, socketpair)               \
	x(200, bind) x(201, listen) x(202, accept) x(203, connect) x(204, getsockname)             \
	x(205, getpeername) x(206, sendto) x(207, recvfrom) x(208, setsockopt)                     \
	x(209, getsockopt) x(210, shutdown) x(211, sendmsg) x(212, recvmsg) x(213, readahead)      \
	x(217, add_key) x(218, request_key) x(219, keyctl) x(223, fadvise64) x(224, swapon)        \
	x(225, swapoff) x(228, mlock) x(229, munlock) x(230, mlockall) x(231, munlockall)          \
	x(232, mincore) x(234, remap_file_pages) x(235, mbind) x(236, get_mempolicy)               \
	x(237, set_mempolicy) x(238, migrate_pages) x(239, move_pages) x(240, rt_tgsigqueueinfo)   \
	x(241, perf_event_open) x(242, accept4) x(243, recvmmsg) x(258, riscv_hwprobe)             \
	x(262, fanotify_init) x(263, fanotify_mark) x(264, name_to_handle_at)                      \
	x(265, open_by_handle_at) x(266, clock_adjtime) x(268, setns) x(269, sendmmsg)             \
	x(270, process_vm_readv) x(271, process_vm_writev) x(272, kcmp) x(273, finit_module)       \
	x(274, sched_setattr) x(275, sched_getattr) x(277, seccomp) x(279, memfd_create)           \
	x(280, bpf) x(281, execveat) x(282, userfaultfd) x(283, membarrier) x(284, mlock2)         \
	x(285, copy_file_range) x(286, preadv2) x(287, pwritev2) x(288, pkey_mprotect)             \
	x(289, pkey_alloc) x(290, pkey_free) x(291, statx) x(292, io_pgetevents) x(293, rseq)      \
	x(294, kexec_file_load) x(424, pidfd_send_signal) x(425, io_uring_setup)                   \
	x(426, io_uring_enter) x(427, io_uring_register) x(428, open_tree) x(429, move_mount)      \
	x(430, fsopen) x(431, fsconfig) x(432, fsmount) x(433, fspick) x(434, pidfd_open)          \
	x(435, clone3) x(436, close_range) x(437, openat2) x(438, pidfd_getfd)                     \
	x(440, process_madvise) x(441, epoll_pwait2) x(442, mount_setattr) x(443, quotactl_fd)     \
	x(444, landlock_create_ruleset) x(445, landlock_add_rule) x(446, landlock_restrict_self)   \
	x(447, memfd_secret) x(448, process_mrelease) x(449, futex_waitv)                          \
	x(450, set_mempolicy_home_node) x(451, cachestat) x(452, fchmodat2)                        \
	x(453, map_shadow_stack) x(454, futex_wake) x(455, futex_wait) x(456, futex_requeue)       \
	x(457, statmount) x(458, listmount) x(459, lsm_get_self_attr) x(460, lsm_set_self_attr)    \
	x(461, lsm_list_modules) x(462, mseal)

#endif
