// SPDX-License-Identifier: Apache-2.0
// The daemon: owns the ledger thread, the readers and the API, and connects them from bytes to ledger. Read this first.
#pragma once

#include "app/settings.hpp"
#include "base/result.hpp"

#include <memory>
#include <string>

namespace dosario {

class Daemon {
public:
    /// Opens the ledger, listens, starts the readers. Everything that can be wrong is an Error here.
    static Result<std::unique_ptr<Daemon>> start(const Settings& settings, const std::string& directory);
    virtual ~Daemon() = default;

    /// Runs until SIGINT or SIGTERM, or until the disk fails. The process's exit code.
    virtual int run() = 0;
};

}  // namespace dosario
