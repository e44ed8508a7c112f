// SPDX-License-Identifier: Apache-2.0
#include "system/harden.hpp"

#include "base/check.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace dosario {

void harden_process() {
    DOSARIO_CHECK(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
    DOSARIO_CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    // Not dumpable is enough already; where a sandbox forbids to set limits, this one is missed by nobody.
    const rlimit none{0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
}

}  // namespace dosario
