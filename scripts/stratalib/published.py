# SPDX-License-Identifier: BSD-2-Clause
"""Published figures that the report stands beside."""

XEN, XEN_VMW = "Xen", "VMware WS 3.2"
ARM, PVM, BT, VT = "Xen on ARM9", "PVM", "VMware BT", "VMware VT"

# op: ((system, time relative to native), ...)
RATIOS = {
    "null_call": ((XEN, "1.02"), (XEN_VMW, "1.62"), (BT, "9.5"), (VT, "1.02"), (ARM, "2.50"),
                     (PVM, "1.32 (8.7 without its direct switch)")),
    "pipe": ((ARM, "1.74"), ("OKL4", "1.31")),
    "fork": ((XEN, "1.80"), (XEN_VMW, "7.95"), (ARM, "3.47"), (PVM, "5.3")),
    "exec": ((XEN, "1.45"), (XEN_VMW, "4.34"), (ARM, "3.39")),
    "ctx_2p_0k": ((XEN, "2.56"), (XEN_VMW, "23.5")),
    "page_fault": ((XEN, "1.92"), (XEN_VMW, "8.7"), (BT, "3.6"), (VT, "10.3"), (PVM, "5.9")),
    "prot_fault": ((XEN, "1.32"), (XEN_VMW, "7.1"), ("OKL4", "1.69"), (PVM, "4.0")),
    "mmap": ((XEN, "2.04"), (XEN_VMW, "9.1")),
}

# op: ((hypervisor, instructions in a guest with the H extension), ...)
COUNTS = {
    "null_sbi": (("Bao", "243"), ("Xvisor", "742"), ("KVM", "938")),
    "timer_sbi": (("Xvisor", "760"), ("KVM", "1000")),
    "ipi_self": (("Xvisor", "2484"), ("KVM", "1504")),
    "mmio_read": (("Bao", "285"), ("Xvisor", "1127"), ("KVM", "1413")),
}

SOURCES = ("Xen, VMware WS: Barham et al., SOSP 2003, tables 3 to 5 (lmbench; ctx_2p_0k 2p/0K). "
           "BT, VT: Adams and Agesen, ASPLOS 2006, binary translation and first-generation "
            "hardware "
           "assist without nested paging, in cycles. Xen on ARM9: CCNC 2008. PVM: SOSP 2023. OKL4: "
           "on a Cortex-A8.")
