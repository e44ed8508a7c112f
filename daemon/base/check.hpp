// SPDX-License-Identifier: Apache-2.0
// DOSARIO_CHECK: a bug stops the process, in release builds too; systemd starts it again and the ledger is intact.
#pragma once

#include <cstdio>
#include <cstdlib>

#define DOSARIO_CHECK(claim)                                                                          \
    do {                                                                                              \
        if (!(claim)) [[unlikely]] {                                                                  \
            std::fprintf(stderr, "dosario: bug: %s is false at %s:%d\n", #claim, __FILE__, __LINE__); \
            std::abort();                                                                             \
        }                                                                                             \
    } while (false)
