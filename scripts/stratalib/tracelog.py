# SPDX-License-Identifier: BSD-2-Clause
"""TRACE=full: merge QEMU's own log of traps into the hypervisor's trace."""


class Merger:
    pass
