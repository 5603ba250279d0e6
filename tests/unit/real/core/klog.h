/* SPDX-License-Identifier: MIT */
/* The kernel's own header, for tests that want it before the fake one:
 * say -iquote tests/unit/real in the unit line. */
#include "../../../../kernel/core/klog.h"
