/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The platform itself is OpenSBI's generic one, compiled here from its unmodified source; all that
 * Strata adds hangs on its list of overrides, which strata.c provides.
 */
#include <generic/platform.c>
