# SPDX-License-Identifier: BSD-2-Clause
"""Published figures that ours stand beside: other machines, other years, times and not counts."""

# key: (title, year, what it is, where the figures are from). The first three are Xen's own table.
SYSTEMS = {
    "xen": ("Xen", 2003, "paravirtual x86, dual Xeon 2.4 GHz, Linux 2.4.21",
            "Barham et al., SOSP 2003, tables 3 to 5 and figure 3"),
    "vmw": ("VMware WS 3.2", 2003, "binary translation, the same machine", "the same paper"),
    "uml": ("UML", 2003, "User-mode Linux, the same machine", "the same paper"),
    "pvm": ("PVM", 2023, "deprivileged KVM guest, Xeon 8269CY, KPTI on, shadow paging",
            "SOSP 2023"),
    "arm": ("Xen on ARM9", 2008, "paravirtual ARM926, 266 MHz, a hypercall for each PTE",
            "CCNC 2008"),
    "okl4": ("OKL4", None, "microkernel, Cortex-A8, 500 MHz", "figures of its makers"),
    "bt": ("VMware BT", 2006, "binary translation, Pentium 4 672, cycles",
           "Adams and Agesen, ASPLOS 2006"),
    "vt": ("VMware VT", 2006, "first hardware assist, no nested paging, cycles", "the same paper"),
}
XEN_TABLE = ("xen", "vmw", "uml")

# Microseconds on native Linux (one processor), Xen, VMware Workstation, UML.
XEN_TIMES = {
    "null_call": (.45, .46, .73, 24.7), "null_io": (.50, .50, .83, 25.1),
    "stat": (1.28, 1.22, 1.88, 36.1), "open_close": (1.92, 1.88, 2.99, 62.8),
    "select": (5.70, 5.69, 11.1, 39.9), "sig_install": (.68, .69, 1.02, 26.0),
    "sig_handle": (2.49, 1.75, 4.63, 46.0), "fork": (110, 198, 874, 21000),
    "exec": (530, 768, 2300, 33000), "sh": (4000, 4800, 10000, 58000),
    "ctx_2p_0k": (.77, 1.97, 18.1, 15.5), "ctx_2p_16k": (.91, 2.22, 17.6, 14.6),
    "ctx_2p_64k": (1.06, 2.67, 21.3, 14.4), "ctx_8p_16k": (1.03, 3.07, 22.4, 16.3),
    "ctx_8p_64k": (24.3, 28.7, 51.6, 36.8), "ctx_16p_16k": (3.61, 7.08, 41.7, 23.6),
    "ctx_16p_64k": (37.6, 39.4, 72.2, 52.0),
    "file_create_0k": (32.1, 32.5, 35.3, 130), "file_delete_0k": (6.08, 5.86, 9.3, 65.7),
    "file_create_10k": (66.0, 68.2, 85.6, 250), "file_delete_10k": (12.5, 13.6, 21.4, 113),
    "mmap": (68.0, 139, 620, 1400), "prot_fault": (1.06, 1.40, 7.53, 21.8),
    "page_fault": (1.42, 2.73, 12.4, 26.3),
}

# Ratios that are published as such, or follow from one pair of figures.
RATIOS = {
    "cpu_bound": {"xen": 567 / 567, "vmw": 567 / 554, "uml": 567 / 550},
    "null_call": {"pvm": .29 / .22, "arm": 2.83 / 1.13, "okl4": .96 / .60, "bt": 2308 / 242,
                  "vt": 246 / 242},
    "sig_handle": {"arm": 20.4 / 11.2},
    "fork": {"pvm": 437 / 82, "arm": 10021 / 2892, "okl4": 1190 / 1106},
    "exec": {"pvm": 1290 / 422, "arm": 10524 / 3109, "okl4": 4933 / 4710},
    "sh": {"pvm": 3580 / 1600},
    "prot_fault": {"pvm": 2.65 / .66, "okl4": 2.15 / 1.27},
    "page_fault": {"pvm": .88 / .15, "bt": 3927 / 1093, "vt": 11242 / 1093},
    "pipe": {"arm": 234 / 135, "okl4": 54.5 / 41.6},
}
for _op, (_native, *_times) in XEN_TIMES.items():
    RATIOS.setdefault(_op, {}).update(zip(XEN_TABLE, (_t / _native for _t in _times)))

# op: ((hypervisor, instructions), ...), in a guest with the H extension on the machine that ours
# are counted on.
COUNTS = {
    "null_sbi": (("Bao", 243), ("Xvisor", 742), ("KVM", 938)),
    "timer_sbi": (("Xvisor", 760), ("KVM", 1000)),
    "ipi_self": (("Xvisor", 2484), ("KVM", 1504)),
    "mmio_read": (("Bao", 285), ("Xvisor", 1127), ("KVM", 1413)),
}

CAVEAT = ("Other machines, other processors, other years, and times where ours are counts of "
          "instructions: compare the shapes, not the digits.")


def title(key):
    """A system and its year."""
    name, year = SYSTEMS[key][:2]
    return f"{name} {year}" if year else name


def ratios(op):
    """{system's key: its cost relative to its own native system}, in the order of SYSTEMS."""
    found = RATIOS.get(op, {})
    return {key: found[key] for key in SYSTEMS if key in found}
