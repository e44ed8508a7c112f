// SPDX-License-Identifier: Apache-2.0
// The collector: owns the store's thread, the stations' connections and the local API, and connects them.
#pragma once

#include "base/result.hpp"
#include "collector/settings.hpp"

#include <memory>
#include <string>

namespace dosario {

class Collector {
public:
    /// Opens the store and listens. Everything that can be wrong is an Error here.
    static Result<std::unique_ptr<Collector>> start(const CollectorSettings& settings, const std::string& directory);
    virtual ~Collector() = default;
    /// Until SIGINT or SIGTERM, or until the disk fails. The process's exit code.
    virtual int run() = 0;
};

}  // namespace dosario
