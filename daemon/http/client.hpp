// SPDX-License-Identifier: Apache-2.0
// One HTTP connection to the daemon's Unix socket.
#pragma once

#include "base/result.hpp"

#include <memory>
#include <string>

namespace dosario {

struct HttpAnswer {
    unsigned status = 0;
    std::string body;
};

class Client {
public:
    /// unavailable when nobody listens there.
    static Result<std::unique_ptr<Client>> connect(const std::string& socket_path);
    virtual ~Client() = default;
    /// POSTs JSON. unavailable when the daemon goes away before it answered.
    virtual Result<HttpAnswer> call(const std::string& path, const std::string& body) = 0;
};

}  // namespace dosario
