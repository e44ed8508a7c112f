// SPDX-License-Identifier: Apache-2.0
// HTTP on a Unix socket, and on loopback TCP only where configured. Knows who may speak and how much; what is said goes to a handler.
#pragma once

#include "base/result.hpp"
#include "http/api_reply.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace dosario {

struct ApiCall {
    std::string method;  ///< GET, POST
    std::string path;    ///< without query
    std::string body;
};

/// Called on the server's thread; answers once, from any thread.
using ApiHandler = std::function<void(ApiCall call, std::function<void(ApiReply)> answer)>;

/// Loopback TCP: every request carries the token, and names one of these hosts and, if a browser sends it, one of these origins.
struct TcpAccess {
    std::string address;  ///< 127.0.0.1 or ::1
    std::uint16_t port = 0;
    std::string token;
    std::vector<std::string> hosts;  ///< as in the Host header, with port
    std::vector<std::string> origins;
};

class HttpServer {
public:
    static constexpr std::size_t kLargestBody_bytes = 1024 * 1024;
    static constexpr std::size_t kMostConnections = 64;     ///< on Unix sockets
    static constexpr std::size_t kMostTcpConnections = 16;  ///< apart, so that strangers on loopback cannot lock out the counter
    static constexpr std::size_t kMostRefusals = 16;        ///< of each kind told 503 at a time; more are closed without a word

    HttpServer(boost::asio::io_context& context, ApiHandler handler);
    ~HttpServer();

    /// Readable and writable by this user and `group` only; peers are checked again by their credentials. Replaces a left-over socket.
    Result<void> listen_unix(const std::string& path, const std::string& group);
    Result<void> listen_tcp(TcpAccess access);

    /// Sends one event to every listener of GET /v1/live; a listener that does not read is dropped. `json` is one line.
    void publish(std::string_view event, std::string_view json);

    /// No more connections; open ones go on.
    void stop_listening();

    /// No more connections; open ones are cut.
    void stop();

    /// Shared by the sessions; defined in the source.
    struct State;

private:
    std::shared_ptr<State> state_;
};

}  // namespace dosario
