# SPDX-License-Identifier: BSD-2-Clause
# What OpenSBI's build needs to know of this platform; $(src_dir) is OpenSBI's own source.
platform-genflags-y = -I$(src_dir)/platform -I$(src_dir)/platform/generic/include \
	-I$(platform_src_dir)/../../include

# The C handler of every trap to M-mode, which account.c measures while it is asked to.
platform-ldflags-y = -Wl,--wrap=sbi_trap_handler

platform-objs-y += platform.o
platform-objs-y += strata.o
platform-objs-y += trap_count.o
platform-objs-y += account.o

FW_DYNAMIC=y
