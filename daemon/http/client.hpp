// SPDX-License-Identifier: Apache-2.0
// One HTTP connection to the daemon's Unix socket.
#pragma once

#include "base/result.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

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
    /// GETs a stream of server-sent events and gives its lines, without their ends, until it ends: it returns an error always. unavailable when
    /// the daemon goes away, or is silent for longer than its heartbeat; refused when it gives no stream. Nothing is called after it.
    virtual Error follow(const std::string& path, const std::function<void(std::string_view line)>& line) = 0;
};

}  // namespace dosario
