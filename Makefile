# SPDX-License-Identifier: BSD-2-Clause
# Every entry point of Strata. `make help` lists them; docs/hacking.md explains the rooms.
#
# Sources are found by wildcard: a new file in a room is built without a change here.

MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := images

# As many jobs as there are processors, unless the user says otherwise.
ifeq ($(MAKELEVEL)$(filter -j% --jobserver%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 1)
endif

# ---- what the user may set ------------------------------------------------------------------
O        ?= build
QEMU     ?= qemu-system-riscv64
CPUS     ?=
CPU      ?=
MEM      ?=
FIRMWARE ?= strata
HOSTCC   ?= gcc
DTC      ?= dtc
PYTHON   ?= python3
V        ?= 0
CROSS_COMPILE ?= $(TOOLPREFIX)
CROSS_FROM := $(if $(filter file,$(origin CROSS_COMPILE)),TOOLPREFIX,CROSS_COMPILE)

CACHE := $(or $(STRATA_CACHE),.cache)
OPENSBI_VERSION := 1.6
OPENSBI_SRC := $(CACHE)/opensbi-$(OPENSBI_VERSION)
FDT_SRC := $(OPENSBI_SRC)/lib/utils/libfdt
BUSYBOX := $(CACHE)/busybox/busybox

ifeq ($(filter strata distro,$(FIRMWARE)),)
$(error FIRMWARE=$(FIRMWARE): strata or distro)
endif

Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' '$(1)' '$(2)';)

MKE2FS := $(firstword $(wildcard $(addsuffix /mke2fs,$(subst :, ,$(PATH)) /usr/sbin /sbin)))

# ---- targets that build nothing for the target machine need no toolchain ----------------------
NO_TOOLCHAIN := help clean deps docs
GOALS := $(or $(MAKECMDGOALS),$(.DEFAULT_GOAL))

ifneq ($(filter-out $(NO_TOOLCHAIN),$(GOALS)),)
# A changed compiler rewrites this file, and every object depends on it. If there is no compiler
# the file is missing, the rule below fetches one, and make starts again.
TOOLCHAIN_MK := $(O)/toolchain.mk
COMPLAINT := $(shell scripts/toolchain '$(TOOLCHAIN_MK)' '$(CROSS_COMPILE)' $(CROSS_FROM))
ifneq ($(COMPLAINT),)
$(error $(COMPLAINT))
endif
include $(TOOLCHAIN_MK)
endif

$(TOOLCHAIN_MK):
	$(Q)$(deps) build
	$(Q)scripts/toolchain '$@' '$(CROSS_COMPILE)' $(CROSS_FROM)
	$(Q)test -f '$@' || { echo "no RISC-V compiler: Debian package gcc-riscv64-linux-gnu or" \
		"gcc-riscv64-unknown-elf (scripts/deps build installs it)" >&2; exit 1; }

CC      := $(CROSS)gcc
OBJCOPY := $(CROSS)objcopy
NM      := $(CROSS)nm
AR      := $(CROSS)ar

# OpenSBI's source brings libfdt; nothing is fetched when it is already there.
$(FDT_SRC)/libfdt.h:
	$(Q)$(deps) build

# ---- flags ------------------------------------------------------------------------------------
WARN := -Wall -Wextra -Werror -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wimplicit-fallthrough -Wvla -Wno-override-init
BARE := -std=gnu11 -ffreestanding -nostdinc -isystem $(CC_INCLUDE) -fno-common -fno-pic \
	-fno-stack-protector -fno-asynchronous-unwind-tables -mcmodel=medany -O2 -g \
	-fdebug-prefix-map='$(CURDIR)=.' -fmacro-prefix-map='$(CURDIR)=.'
LINK := -nostdlib -static -no-pie -Wl,--build-id=none -Wl,--no-warn-rwx-segments

KERNEL_ISA := -march=rv64imac$(ISA_EXT) -mabi=lp64 -msmall-data-limit=0
USER_ISA := -march=rv64imafdc$(ISA_EXT) -mabi=lp64d

HV_INC := -Ihypervisor/include -Ihypervisor -Isbi/include -I$(O)/include -I$(FDT_SRC)
PVK_INC := -Ipvguest/kernel -Ipvguest -Isbi/include -Ihypervisor/include -I$(O)/include
PVU_INC := -Ipvguest/user/include -Ipvguest/user/lib -Ipvguest/user -Ipvguest
GUEST_INC := -Itests/guest/lib -Itests/guest -Isbi/include -Ihypervisor/include

HV_CFLAGS := $(KERNEL_ISA) $(BARE) $(WARN) $(HV_INC)
PVK_CFLAGS := $(KERNEL_ISA) $(BARE) $(WARN) $(PVK_INC)
PVU_CFLAGS := $(USER_ISA) $(BARE) $(WARN) $(PVU_INC)
GUEST_CFLAGS := $(KERNEL_ISA) $(BARE) $(WARN) $(GUEST_INC)
FDT_CFLAGS := $(KERNEL_ISA) $(BARE) -w -Ihypervisor/include -Ihypervisor -Isbi/include \
	-include hypervisor/lib/libfdt_env.h -I$(FDT_SRC)

SAN := -fsanitize=address,undefined -fno-sanitize-recover=all
HOST_CFLAGS := -std=gnu11 -O1 -g $(SAN) -fno-omit-frame-pointer $(WARN) -DSTRATA_HOST_TEST \
	-Itests/unit $(HV_INC)

# memcpy and friends must not be compiled into calls of themselves.
%/string.o: LIBC_CFLAGS := -fno-tree-loop-distribute-patterns
# The guest kernel's pure files on the host: the same, with its own headers.
HOST_PVK_CFLAGS := $(subst $(HV_INC),$(PVK_INC),$(HOST_CFLAGS))

# ---- sources ----------------------------------------------------------------------------------
HV_OFFSETS := $(wildcard hypervisor/*/offsets.c)
HV_SRC := $(filter-out $(HV_OFFSETS),$(wildcard hypervisor/*/*.c hypervisor/*/*.S))
HV_OBJ := $(patsubst %,$(O)/%.o,$(basename $(HV_SRC)))
HV_LDS := $(wildcard hypervisor/boot/strata.lds)

FDT_NAMES := fdt fdt_addresses fdt_check fdt_empty_tree fdt_ro fdt_rw fdt_strerror fdt_sw fdt_wip
FDT_OBJ := $(FDT_NAMES:%=$(O)/libfdt/%.o)
HOST_FDT_OBJ := $(FDT_NAMES:%=$(O)/host/libfdt/%.o)

PVK_OFFSETS := $(wildcard pvguest/kernel/offsets.c pvguest/kernel/*/offsets.c)
PVK_SRC := $(filter-out $(PVK_OFFSETS),$(wildcard pvguest/kernel/*.[cS] pvguest/kernel/*/*.[cS]))
PVK_OBJ := $(patsubst %,$(O)/%.o,$(basename $(PVK_SRC)))
PVK_LDS := $(wildcard pvguest/kernel/kernel.lds)

PVU_LIB := $(patsubst %,$(O)/%.o,$(basename $(wildcard pvguest/user/lib/*.[cS])))
PVU_BIN := $(patsubst pvguest/user/bin/%.c,$(O)/pvguest/root/bin/%,\
	$(wildcard pvguest/user/bin/*.c))
# app is linked once more, with what of the C library is in libpv in place of lib's.
PVU_BIN += $(O)/pvguest/root/bin/app-pv
PVU_LIBPV := $(patsubst %.c,$(O)/%.o,$(wildcard pvguest/user/libpv/*.c))
PVU_BENCH := $(patsubst %.c,$(O)/%.o,$(wildcard pvguest/user/bench/*.c))
PVU_ETC := $(patsubst pvguest/user/%,$(O)/pvguest/root/%,$(wildcard pvguest/user/etc/*)) \
	$(O)/pvguest/root/etc/bench-text.tar
PVU_LDS := $(wildcard pvguest/user/user.lds)

GUEST_LIB := $(patsubst %,$(O)/%.o,$(basename $(wildcard tests/guest/lib/*.[cS])))
GUEST_ELF := $(patsubst tests/guest/%,$(O)/tests/guest/%.elf,\
	$(basename $(wildcard tests/guest/*.[cS])))
GUEST_LDS := $(firstword $(wildcard tests/guest/lib/*.lds tests/guest/*.lds))

UNIT_SRC := $(wildcard tests/unit/*.c tests/unit/*/*.c)
UNIT_BIN := $(UNIT_SRC:%.c=$(O)/%)

DTB := $(patsubst dts/%.dts,$(O)/dts/%.dtb,$(wildcard dts/*.dts))

# A file that is taken away must be linked no more: each list is kept in a file, rewritten when it
# changes, on which the image made of it depends.
LISTS := $(O)/lists
list = $(if $(TOOLCHAIN_MK),$(if $(filter-out $(file <$(LISTS)/$(1)),$(2))$(filter-out $(2),\
	$(file <$(LISTS)/$(1))),$(shell mkdir -p $(LISTS))$(file >$(LISTS)/$(1),$(2))))$(LISTS)/$(1)
HV_LIST := $(call list,hypervisor,$(HV_OBJ))
PVK_LIST := $(call list,kernel,$(PVK_OBJ))
PVU_LIST := $(call list,root,$(PVU_BIN) $(PVU_ETC))
$(LISTS)/%:
	$(Q)mkdir -p $(@D) && touch $@

# ---- what is built ------------------------------------------------------------------------------
LINUX_MODULES := $(wildcard $(CACHE)/linux/modules/*.ko)

.PHONY: images hypervisor pvguest guests unit dtbs firmware busybox linux debian
images: hypervisor pvguest guests dtbs busybox linux $(if $(findstring debian,$(VM)),debian)
ifeq ($(FIRMWARE),strata)
images: firmware
endif
hypervisor: $(if $(HV_LDS),$(O)/strata.elf,$(HV_OBJ))
pvguest: $(if $(PVK_LDS),$(O)/pvguest/kernel.elf,$(PVK_OBJ)) $(O)/pvguest/root.cpio \
	$(if $(wildcard $(BUSYBOX)),$(O)/pvguest/bench.cpio) $(if $(MKE2FS),$(O)/pvguest/root.ext2)
guests: $(GUEST_ELF)
dtbs: $(DTB)
# What was not fetched is not built, unless a tree of that name is to run.
busybox: $(if $(wildcard $(BUSYBOX))$(findstring busybox,$(VM) $(INITRD)),$(O)/busybox/root.cpio)
linux: $(if $(wildcard $(BUSYBOX)),$(O)/linux/initrd.cpio $(O)/linux/bench.cpio \
	$(if $(LINUX_MODULES),$(O)/linux/initrd-devices.cpio $(O)/linux/disk.img \
	$(O)/linux/initramfs.cpio $(O)/linux/root.ext4))
firmware: $(if $(wildcard sbi/platform/strata/objects.mk),$(O)/firmware/fw_dynamic.bin)

BUILT_BY := $(TOOLCHAIN_MK) Makefile

# ---- hypervisor -----------------------------------------------------------------------------
# The hypervisor is linked twice: the second time with the table of its own symbols, which host
# traps print backtraces from.
$(O)/strata.elf: $(HV_LDS:%=$(O)/%) $(HV_OBJ) $(FDT_OBJ) scripts/symbols.py $(HV_LIST)
	$(call say,LINK,$@)CC='$(CC)' NM='$(NM)' $(PYTHON) scripts/symbols.py $@ \
		$(KERNEL_ISA) $(LINK) -Wl,--gc-sections -T $< $(HV_OBJ) $(FDT_OBJ)

$(O)/hypervisor/%.o: hypervisor/%.c $(BUILT_BY) | $(FDT_SRC)/libfdt.h
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) $(HV_CFLAGS) $(LIBC_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/hypervisor/%.o: hypervisor/%.S $(O)/include/offsets.h $(BUILT_BY)
	$(call say,AS,$<)mkdir -p $(@D) && $(CC) $(HV_CFLAGS) -D__ASSEMBLY__ -MMD -MP -c -o $@ $<

$(O)/libfdt/%.o: $(FDT_SRC)/libfdt.h hypervisor/lib/libfdt_env.h $(BUILT_BY)
	$(call say,CC,libfdt/$*.c)mkdir -p $(@D) && $(CC) $(FDT_CFLAGS) -c -o $@ $(FDT_SRC)/$*.c

# Frame offsets: the compiler prints `->NAME value` lines into its assembly output.
offsets = sed -n -e 's/^[[:space:]]*\.ascii "//' \
	-e 's/^[[:space:]]*->\([A-Za-z0-9_]*\) \(-\{0,1\}[0-9]*\).*/\#define \1 \2/p'

$(O)/include/offsets.h: $(HV_OFFSETS:%.c=$(O)/%.offsets.s)
	$(call say,GEN,$@)mkdir -p $(@D) && cat /dev/null $^ | $(offsets) >$@

$(O)/include/pvguest-offsets.h: $(PVK_OFFSETS:%.c=$(O)/%.offsets.s)
	$(call say,GEN,$@)mkdir -p $(@D) && cat /dev/null $^ | $(offsets) >$@

$(O)/hypervisor/%.offsets.s: hypervisor/%.c $(BUILT_BY) | $(FDT_SRC)/libfdt.h
	$(Q)mkdir -p $(@D) && $(CC) $(HV_CFLAGS) -MMD -MP -MT $@ -MF $(@:.s=.d) -S -o $@ $<

$(O)/pvguest/%.offsets.s: pvguest/%.c $(BUILT_BY)
	$(Q)mkdir -p $(@D) && $(CC) $(PVK_CFLAGS) -MMD -MP -MT $@ -MF $(@:.s=.d) -S -o $@ $<

# Link scripts go through the preprocessor, so they share constants with the code.
$(O)/%.lds: %.lds $(BUILT_BY)
	$(Q)mkdir -p $(@D) && $(CC) -E -P -undef -x assembler-with-cpp -D__ASSEMBLY__ -D__LINKER__ \
		$(HV_INC) -I$(dir $<) -MMD -MP -MT $@ -MF $@.d -o $@ $<

# ---- pvguest --------------------------------------------------------------------------------
$(O)/pvguest/kernel.elf: $(O)/pvguest/kernel/kernel.lds $(PVK_OBJ) $(PVK_LIST)
	$(call say,LINK,$@)$(CC) $(KERNEL_ISA) $(LINK) -T $< -o $@ $(PVK_OBJ)

$(O)/pvguest/kernel/%.o: pvguest/kernel/%.c $(BUILT_BY)
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) $(PVK_CFLAGS) $(LIBC_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/pvguest/kernel/%.o: pvguest/kernel/%.S $(O)/include/pvguest-offsets.h $(BUILT_BY)
	$(call say,AS,$<)mkdir -p $(@D) && $(CC) $(PVK_CFLAGS) -D__ASSEMBLY__ -MMD -MP -c -o $@ $<

$(O)/pvguest/user/%.o: pvguest/user/%.c $(BUILT_BY)
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) $(PVU_CFLAGS) $(LIBC_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/pvguest/user/%.o: pvguest/user/%.S $(BUILT_BY)
	$(call say,AS,$<)mkdir -p $(@D) && $(CC) $(PVU_CFLAGS) -D__ASSEMBLY__ -MMD -MP -c -o $@ $<

# The programs in the archive are stripped; build/pvguest/debug has them with their symbols.
pvu_link = $(call say,LINK,$@)mkdir -p $(@D) $(O)/pvguest/debug && $(CC) $(USER_ISA) $(LINK) \
	-Wl,--gc-sections $(PVU_LDS:%=-T $(O)/%) -o $(O)/pvguest/debug/$(@F) $(filter %.o,$^) \
	-lgcc && $(OBJCOPY) --strip-all $(O)/pvguest/debug/$(@F) $@

$(O)/pvguest/root/bin/bench: $(PVU_BENCH)
$(O)/pvguest/root/bin/%: $(O)/pvguest/user/bin/%.o $(PVU_LIB) $(PVU_LDS:%=$(O)/%)
	$(pvu_link)

PVU_LIB_OF_PV := $(filter-out $(PVU_LIBPV:$(O)/pvguest/user/libpv/%=$(O)/pvguest/user/lib/%),\
	$(PVU_LIB))
$(O)/pvguest/root/bin/app-pv: $(O)/pvguest/user/bin/app.o $(PVU_LIBPV) $(PVU_LIB_OF_PV) \
		$(PVU_LDS:%=$(O)/%)
	$(pvu_link)

$(O)/pvguest/root/etc/bench-text.tar: scripts/bench-text
	$(call say,GEN,$@)mkdir -p $(@D) && $(PYTHON) $< $@

$(O)/pvguest/root/etc/%: pvguest/user/etc/%
	$(Q)mkdir -p $(@D) && cp $< $@

$(O)/pvguest/root.cpio: $(PVU_BIN) $(PVU_ETC) scripts/cpio.py $(PVU_LIST) Makefile
	$(call say,CPIO,$@)mkdir -p $(@D) && $(PYTHON) scripts/cpio.py $@ \
		$(foreach f,$(PVU_BIN) $(PVU_ETC),$(f:$(O)/pvguest/root/%=%)=$(f))

# The same with busybox, for what make compare measures of it.
$(O)/pvguest/bench.cpio: $(PVU_BIN) $(PVU_ETC) $(BUSYBOX) scripts/cpio.py $(PVU_LIST) Makefile
	$(call say,CPIO,$@)mkdir -p $(@D) && $(PYTHON) scripts/cpio.py $@ bin/busybox=$(BUSYBOX) \
		$(foreach f,$(PVU_BIN) $(PVU_ETC),$(f:$(O)/pvguest/root/%=%)=$(f))

# The same files as a disk, if there is a mke2fs.
$(O)/pvguest/root.ext2: $(PVU_BIN) $(PVU_ETC) scripts/ext2.py scripts/cpio.py $(PVU_LIST) Makefile
	$(call say,EXT2,$@)mkdir -p $(@D) && $(PYTHON) scripts/ext2.py $@ \
		$(foreach f,$(PVU_BIN) $(PVU_ETC),$(f:$(O)/pvguest/root/%=%)=$(f))

# ---- busybox for pvguest and Linux ------------------------------------------------------------
ROOTS := scripts/roots
BUSYBOX_ETC := $(shell find $(ROOTS)/busybox -type f)
$(BUSYBOX):
	$(Q)$(deps) busybox

ROOT_MAKER := scripts/busybox_root.py scripts/cpio.py scripts/modules.py Makefile
$(O)/busybox/root.cpio: $(BUSYBOX) $(BUSYBOX_ETC) $(ROOT_MAKER)
	$(call say,CPIO,$@)mkdir -p $(@D) && $(PYTHON) scripts/busybox_root.py $@ $< \
		$(ROOTS)/busybox

LINUX_INIT := tests/system/linux-init
$(O)/linux/initrd.cpio: $(LINUX_INIT) $(BUSYBOX) scripts/cpio.py Makefile
	$(call say,CPIO,$@)mkdir -p $(@D) && $(PYTHON) scripts/cpio.py $@ init=$(LINUX_INIT) \
		bin/busybox=$(BUSYBOX)

# pvguest's own root with an init that Linux needs: the same programs on another kernel.
$(O)/linux/bench.cpio: $(PVU_BIN) $(PVU_ETC) $(ROOTS)/linux/init $(BUSYBOX) scripts/cpio.py \
		$(PVU_LIST) Makefile
	$(call say,CPIO,$@)mkdir -p $(@D) && $(PYTHON) scripts/cpio.py $@ \
		init=$(ROOTS)/linux/init bin/busybox=$(BUSYBOX) \
		$(foreach f,$(PVU_BIN) $(PVU_ETC),$(f:$(O)/pvguest/root/%=%)=$(f))

# The same with Debian's virtio and ext4 modules, and a disk with a file on it.
LINUX_DEVICES := tests/system/linux-devices
$(O)/linux/initrd-devices.cpio: $(LINUX_INIT) $(LINUX_DEVICES) $(LINUX_MODULES) $(BUSYBOX) \
		scripts/cpio.py Makefile
	$(call say,CPIO,$@)mkdir -p $(@D) && $(PYTHON) scripts/cpio.py $@ init=$(LINUX_INIT) \
		bin/busybox=$(BUSYBOX) devices=$(LINUX_DEVICES) \
		$(foreach f,$(LINUX_MODULES),lib/modules/$(notdir $(f))=$(f))

$(O)/linux/disk.img: Makefile
	$(call say,DISK,$@)mkdir -p $(@D)/disk && seq 1 200000 >$(@D)/disk/numbers && rm -f $@ && \
		/sbin/mke2fs -q -t ext4 -L strata -d $(@D)/disk $@ 24M >/dev/null

# What dts/linux.dts starts with, in memory and on its disk. Checked by Debian's own program.
E2FSCK := $(wildcard $(CACHE)/linux/e2fsck)
LINUX_STRESS := $(addprefix $(O)/pvguest/root/bin/,stress pulse counters)
LINUX_ROOT := $(ROOTS)/busybox $(ROOTS)/linux/root $(E2FSCK:%=sbin/e2fsck=%) \
	$(foreach f,$(LINUX_STRESS),$(f:$(O)/pvguest/root/%=%)=$(f))
LINUX_ROOT_FILES := $(E2FSCK) $(LINUX_STRESS) $(shell find $(ROOTS)/linux $(ROOTS)/busybox -type f)
$(O)/linux/initramfs.cpio: $(BUSYBOX) $(LINUX_MODULES) $(LINUX_ROOT_FILES) $(ROOT_MAKER)
	$(call say,CPIO,$@)mkdir -p $(@D) && $(PYTHON) scripts/busybox_root.py $@ $< \
		$(LINUX_ROOT) $(ROOTS)/linux/initramfs modules=$(CACHE)/linux/modules

$(O)/linux/root.ext4: $(BUSYBOX) scripts/ext2.py scripts/ext4.py $(LINUX_ROOT_FILES) $(ROOT_MAKER)
	$(call say,DISK,$@)mkdir -p $(@D) && $(PYTHON) scripts/busybox_root.py $@ $< $(LINUX_ROOT)

# ---- Debian ------------------------------------------------------------------------------------
# The disk that dts/debian.dts begins with: installed once, in a VM, which takes many minutes.
DEBIAN := $(CACHE)/debian
DEBIAN_NEEDS := hypervisor dtbs linux $(filter firmware,$(FIRMWARE:strata=firmware))
debian: $(DEBIAN)/root.ext4

$(DEBIAN)/first.ext4:
	$(Q)$(deps) debian

DEBIAN_FILES := $(shell find $(ROOTS)/debian -type f)
$(DEBIAN)/root.ext4: $(DEBIAN)/first.ext4 $(DEBIAN_FILES) | $(DEBIAN_NEEDS)
	$(Q)$(deps) run debian
	$(Q)$(MAKE) $(if $(Q),-s) $(DEBIAN_NEEDS)
	$(Q)$(strata) debian

# ---- bare test guests, device trees, firmware -----------------------------------------------
$(O)/tests/guest/%.elf: $(O)/tests/guest/%.o $(GUEST_LIB) $(GUEST_LDS:%=$(O)/%)
	$(call say,LINK,$@)$(CC) $(KERNEL_ISA) $(LINK) $(GUEST_LDS:%=-T $(O)/%) -o $@ $< \
		$(GUEST_LIB)

$(O)/tests/guest/%.o: tests/guest/%.c $(BUILT_BY)
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) $(GUEST_CFLAGS) $(LIBC_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/tests/guest/%.o: tests/guest/%.S $(BUILT_BY)
	$(call say,AS,$<)mkdir -p $(@D) && $(CC) $(GUEST_CFLAGS) -D__ASSEMBLY__ -MMD -MP -c -o $@ $<

$(O)/dts/%.dtb: dts/%.dts $(BUILT_BY) | need-build
	$(call say,DTC,$<)mkdir -p $(@D) && $(CC) -E -P -undef -nostdinc -x assembler-with-cpp \
		-D__DTS__ -Idts -Isbi/include -MMD -MP -MT $@ -MF $@.d -o $(@:.dtb=.tmp.dts) $< && \
		$(DTC) -q -I dts -O dtb -o $@ $(@:.dtb=.tmp.dts)

FW_SRC := $(wildcard sbi/platform/strata/* sbi/platform/strata/*/*) sbi/include/strata/firmware.h

# Phony but order-only: looks for the programs each time, makes nothing out of date.
.PHONY: need-build
need-build:
	$(Q)$(deps) build

# O= must be absolute and exist, else OpenSBI builds into the root directory.
$(O)/firmware/fw_dynamic.bin: $(FW_SRC) $(BUILT_BY) | $(FDT_SRC)/libfdt.h need-build
	$(call say,OPENSBI,$(O)/firmware)mkdir -p $(O)/firmware/opensbi && \
	$(MAKE) -C $(OPENSBI_SRC) -s PLATFORM_DIR='$(abspath sbi/platform/strata)' \
		O='$(abspath $(O)/firmware/opensbi)' CROSS_COMPILE='$(FW_CROSS)' \
		OPENSBI_VERSION_GIT= FW_PAYLOAD=n FW_JUMP=n \
		>$(O)/firmware/build.log 2>&1 || { tail -n 20 $(O)/firmware/build.log >&2; exit 1; }
	$(Q)cp $(O)/firmware/opensbi/platform/strata/firmware/fw_dynamic.bin $@
	$(Q)cp $(O)/firmware/opensbi/platform/strata/firmware/fw_dynamic.elf $(@:.bin=.elf)

# ---- unit tests on the host -----------------------------------------------------------------
# Each test names the hypervisor sources it is built with in lines `SOURCES: file file`.
UNIT_MK := $(O)/tests/unit.mk
ifneq ($(filter unit check test test-full $(O)/tests/unit/%,$(GOALS)),)
include $(UNIT_MK)
endif

$(UNIT_MK): $(UNIT_SRC) Makefile
	$(Q)mkdir -p $(@D) && for t in $(UNIT_SRC); do \
		s=$$(sed -n '/SOURCES:/{s/.*SOURCES://;s/\*\/.*//;p}' $$t); \
		o=$$(for f in $$s; do echo "$(O)/host/$${f%.c}.o"; done); \
		echo "$(O)/$${t%.c}: $(O)/host/$${t%.c}.o" $$o; \
	done >$@

$(O)/host/libfdt.a: $(HOST_FDT_OBJ)
	$(Q)rm -f $@ && ar rcs $@ $^

$(O)/host/libfdt/%.o: $(FDT_SRC)/libfdt.h hypervisor/lib/libfdt_env.h Makefile
	$(Q)mkdir -p $(@D) && $(HOSTCC) -std=gnu11 -O1 -g $(SAN) -w -DSTRATA_HOST_TEST \
		-Ihypervisor/include -Ihypervisor -include hypervisor/lib/libfdt_env.h \
		-I$(FDT_SRC) -c -o $@ $(FDT_SRC)/$*.c

$(O)/host/%.o: %.c Makefile | $(FDT_SRC)/libfdt.h
	$(call say,HOSTCC,$<)mkdir -p $(@D) && $(HOSTCC) $(HOST_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/host/pvguest/%.o: pvguest/%.c Makefile
	$(call say,HOSTCC,$<)mkdir -p $(@D) && $(HOSTCC) $(HOST_PVK_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/host/tests/unit/pvguest/%.o: tests/unit/pvguest/%.c Makefile
	$(call say,HOSTCC,$<)mkdir -p $(@D) && $(HOSTCC) $(HOST_PVK_CFLAGS) -MMD -MP -c -o $@ $<

$(UNIT_BIN): | $(if $(wildcard hypervisor/lib/libfdt_env.h),$(O)/host/libfdt.a)
	$(Q)mkdir -p $(@D) && $(HOSTCC) $(SAN) -o $@ $(filter %.o,$^) \
		$(wildcard $(O)/host/libfdt.a)

# A test that does not build is a failed test and stops no other.
unit: $(UNIT_MK) $(DTB)
	$(Q)$(deps) unit
	$(if $(UNIT_BIN),$(Q)$(MAKE) $(if $(Q),-s) -k $(UNIT_BIN) || true)
	$(Q)scripts/unit $(UNIT_BIN)

-include $(shell test -d $(O) && find $(O) -name '*.d' -not -path '$(O)/firmware/*')

# ---- running and measuring: scripts/strata does the work ----------------------------------------
# It reads what the user set from STRATA_NAME in the environment.
ifeq ($(QEMU),qemu10)
QEMU_PROGRAM := $(abspath $(CACHE))/qemu10/bin/qemu-system-riscv64
else
QEMU_PROGRAM := $(QEMU)
endif
$(foreach v,CPUS CPU AIA MEM FIRMWARE VM MODE WORLD KERNEL INITRD DISK BOOTARGS TRACE TIMEOUT \
	FAST HOST_DISK NET OP VCPUS MODES OPS SUITES FIRMWARES QEMUS WALL BREAKDOWN JSON CSV \
	MARKDOWN,\
	$(if $($(v)),$(eval export STRATA_$(v) := $$($(v)))))
export STRATA_O := $(O)
export STRATA_QEMU := $(QEMU_PROGRAM)
export STRATA_CACHE := $(CACHE)
strata := $(PYTHON) scripts/strata
deps = QEMU='$(QEMU)' FIRMWARE='$(FIRMWARE)' HOSTCC='$(HOSTCC)' \
	CROSS_COMPILE='$(CROSS_COMPILE)' CROSS_FROM=$(CROSS_FROM) scripts/deps

.PHONY: baseline
.PHONY: compare run bench breakdown explain qemu qemu-gdb check test test-full fuzz docs deps
compare: $(if $(findstring strata,$(FIRMWARES)),firmware)
compare run bench breakdown explain: images
	$(Q)$(deps) run
	$(Q)$(strata) $@

# The rows that make test holds every change against, measured anew.
baseline: images
	$(Q)$(deps) run
	$(Q)$(strata) baseline --update

# QEMU on the terminal and nothing in between.
qemu: images
	$(Q)$(deps) run
	$(Q)$(strata) qemu

qemu-gdb: images
	$(Q)$(deps) run gdb
	$(Q)$(strata) qemu --gdb

# Unit tests and static checks: under two minutes, no QEMU.
CHECK = build="$(MAKE) $(if $(Q),-s) hypervisor && echo build: 1 passed, 0 failed, 0 skipped" \
	unit="$(MAKE) unit" \
	check="$(PYTHON) scripts/check --objdump '$(CROSS)objdump' --image '$(O)/strata.elf'" \
	scripts="$(PYTHON) tests/scripts.py"
SYSTEM = system="$(strata) test$(if $(filter test-full,$@), --full)"

check:
	+$(Q)scripts/total $(CHECK)

# Ends in one line with the sum over unit tests, checks and boots.
test test-full: images
	$(Q)$(deps) test
	$(Q)$(deps) qemu10 guests busybox || echo "tests that need QEMU 10, U-Boot or busybox" \
		"will be skipped"
	$(Q)$(MAKE) $(if $(Q),-s) busybox
	+$(Q)scripts/total $(CHECK) $(SYSTEM)

# Ten minutes of guest time of busybox in each mode; thousands of commands to the monitor; Linux
# again and again, and under load for long: BOOTS=200 SECONDS=600.
.PHONY: test-soak test-soak-busybox test-soak-monitor test-soak-linux
test-soak: test-soak-busybox
	$(Q)$(MAKE) $(if $(Q),-s) test-soak-monitor
	$(Q)$(MAKE) $(if $(Q),-s) test-soak-linux

test-soak-busybox: images
	$(Q)$(deps) run busybox
	$(Q)$(MAKE) $(if $(Q),-s) busybox
	$(Q)$(strata) test --soak --only "ten minutes"

test-soak-monitor: images
	$(Q)$(strata) test --soak --only "random commands"

test-soak-linux: images
	$(Q)$(deps) run linux
	$(Q)$(strata) soak $(BOOTS:%=--boots %) $(SECONDS:%=--seconds %)

# systemd to the login, its network, reboot and power-off; minutes, and more for the first time.
.PHONY: test-debian
test-debian: images
	$(Q)$(deps) run debian
	$(Q)$(MAKE) $(if $(Q),-s) linux debian
	$(Q)$(strata) test --debian

# libFuzzer on what reads a stranger's bytes; FUZZ_SECONDS for each target.
FUZZ_SECONDS ?= 60
fuzz: images
	$(Q)$(deps) fuzz
	$(Q)O='$(O)' tests/fuzz/run $(FUZZ_SECONDS)

# The documents name files and link to each other: both must exist.
docs:
	$(Q)$(PYTHON) scripts/check --docs

deps:
	$(Q)$(deps)

.PHONY: clean help
clean:
	$(Q)if [ -e '$(O)/toolchain.mk' ] || [ -e '$(O)/lists/hypervisor' ]; then rm -rf '$(O)'; fi

help:
	@sed -n 's/^## \{0,1\}//p' Makefile

##  make compare    run the benchmarks in native, te, pv and hw; print one table,
##                  write build/compare.json and build/report.html; MODES=te,pv OPS=fork,mmap
##                  SUITES=lmbench FIRMWARES=strata,distro choose, JSON= CSV= MARKDOWN= write
##  make run        start virtual machines: VM=NAME[,NAME...] from dts/, or a guest of
##                  yours: KERNEL=FILE MODE=te|pv|hw [INITRD=FILE BOOTARGS="..." WORLD=vu]
##                  DISK=FILE gives each guest a virtio block device with that image,
##                  HOST_DISK=FILE[,FILE...] the machine disks, which trees name by number;
##                  NET=user a network device, joined to QEMU's user network
##                  FAST=off answers every exit in C
##                  TRACE=1 prints every privilege transition, TRACE=full merges QEMU's log
##  make breakdown  say where the instructions of an operation go: OPS=fork MODES=te
##  make baseline   count the rows of tests/baseline.json anew, which make test compares with
##  make explain    walk one operation through the levels: OP=csr_read MODE=te
##  make bench      the benchmarks of chosen modes only, one line each; and what hw costs
##                  beside native (SUITES=speed), against what it may; all in build/bench.json
##  make test       unit tests, checks and boots under QEMU; make test-full: all combinations
##  make test-soak  the long stress of busybox in every mode, and of the monitor
##  make test-soak  BOOTS=200 boots of Linux in a row, then SECONDS=600 under load
##  make test-debian  Debian with systemd in two VMs: make run VM=debian,debian2
##  make check      unit tests and static checks only (unit: the unit tests alone)
##  make fuzz       fuzz the parsers (FUZZ_SECONDS=60 each)
##  make docs       check that what the documents name exists
##  make qemu       QEMU without the launcher, chosen as for run; qemu-gdb: waiting for gdb
##  make            build everything; hypervisor pvguest guests dtbs firmware: one part
##  make deps       get what is missing (scripts/deps --help); clean, help
##
##  O=build         where everything is built        V=1       show the commands
##  QEMU=PROGRAM    or QEMU=qemu10                   FIRMWARE=strata|distro
##  CPUS=N          harts                            CPU=rv64,h=false   QEMU's -cpu
##  AIA=aplic-imsic[,guests=N]      AIA instead of the PLIC; AIA=clint: no ACLINT
##  VCPUS=N         virtual CPUs of each VM
##  MEM=SIZE        the machine's memory             TIMEOUT=SECONDS    deadline of a run
##  CROSS_COMPILE=  TOOLPREFIX=  prefix of the RISC-V compiler (found by itself)
