# SPDX-License-Identifier: BSD-2-Clause
"""What scripts/strata is made of: settings, VM trees, QEMU, and one module a command."""
