// SPDX-License-Identifier: Apache-2.0
#include "net/tcp.hpp"

#include "net/tls_connection.hpp"
#include "net/waiting.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <sstream>
#include <vector>

namespace dosario {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t kMostAddresses = 8;      // of one name
constexpr int kSilenceBeforeKeepalive_s = 15;  // half of what TCP_USER_TIMEOUT then needs to find out
constexpr int kKeepalivePause_s = 5;

/// A name being looked up. getaddrinfo cannot be stopped: whoever has no time left leaves it behind, and the answer finds nobody.
struct Lookup {
    explicit Lookup(const asio::any_io_executor& executor) : resolver(executor), done(executor) {}
    tcp::resolver resolver;
    asio::steady_timer done;
    bool finished = false;
    error_code error;
    std::vector<tcp::endpoint> found;
};

asio::awaitable<Result<std::vector<tcp::endpoint>>> look_up(std::string host, std::uint16_t port, std::string place,
                                                            SteadyTime until) {
    error_code numeric;
    const auto address = asio::ip::make_address(host, numeric);
    if (!numeric) co_return std::vector<tcp::endpoint>{tcp::endpoint{address, port}};
    const auto executor = co_await asio::this_coro::executor;
    const auto lookup = std::make_shared<Lookup>(executor);
    lookup->done.expires_at(until);
    lookup->resolver.async_resolve(host, std::to_string(port), tcp::resolver::numeric_service,
                                   [lookup](const error_code& error, const tcp::resolver::results_type& results) {
                                       lookup->finished = true;
                                       lookup->error = error;
                                       for (const auto& one : results) {
                                           if (lookup->found.size() < kMostAddresses) lookup->found.push_back(one.endpoint());
                                       }
                                       lookup->done.cancel();
                                   });
    const auto waited = co_await lookup->done.async_wait(kToken);
    (void)waited;
    const std::string why = lookup->finished ? lookup->error.message() : "no answer in time";
    if (!lookup->finished || lookup->error || lookup->found.empty())
        co_return fail(Failure::unavailable,
                       place + ": the name cannot be looked up (" + why + "): is it right, and is the network up?");
    co_return std::move(lookup->found);
}

}  // namespace

std::string endpoint_text(const tcp::endpoint& endpoint) {
    std::ostringstream text;
    text << endpoint;
    return text.str();
}

Result<void> set_options(tcp::socket& socket, const std::string& place) {
    struct Option {
        int level;
        int name;
        int value;
    };
    constexpr auto kPatience_ms = static_cast<int>(std::chrono::milliseconds{kUnacknowledgedPatience}.count());
    constexpr Option kOptions[] = {{IPPROTO_TCP, TCP_NODELAY, 1},
                                   {SOL_SOCKET, SO_KEEPALIVE, 1},
                                   {IPPROTO_TCP, TCP_KEEPIDLE, kSilenceBeforeKeepalive_s},
                                   {IPPROTO_TCP, TCP_KEEPINTVL, kKeepalivePause_s},
                                   {IPPROTO_TCP, TCP_USER_TIMEOUT, kPatience_ms}};
    for (const Option& one : kOptions) {
        if (::setsockopt(socket.native_handle(), one.level, one.name, &one.value, sizeof one.value) != 0)
            return fail(Failure::unavailable, place + ": the connection cannot be used (" + std::strerror(errno) + ")");
    }
    return {};
}

asio::awaitable<Result<tcp::socket>> dial(std::string host, std::uint16_t port, std::string place, SteadyTime until) {
    const auto found = co_await look_up(host, port, place, until);
    if (!found) co_return found.error();
    const auto executor = co_await asio::this_coro::executor;
    std::string why;
    for (std::size_t i = 0; i < found->size(); ++i) {
        const SteadyTime now = std::chrono::steady_clock::now();
        if (now >= until) break;
        tcp::socket socket{executor};
        // What is left is shared among the addresses that are left: a silent one must not use it all.
        const Deadline deadline{executor, now + (until - now) / static_cast<long>(found->size() - i), [&socket] {
                                    error_code ignored;
                                    socket.close(ignored);
                                }};
        const auto connected = co_await socket.async_connect((*found)[i], kToken);
        const error_code error = std::get<0>(connected);
        if (!error && !deadline.passed()) {
            if (auto set = set_options(socket, place); !set) co_return set.error();
            co_return std::move(socket);
        }
        why = deadline.passed() ? "no answer in time" : error.message();
    }
    co_return fail(Failure::unavailable, place + ": no connection (" + (why.empty() ? "no answer in time" : why) +
                                             "): is the collector running, and is the network up? It is tried again");
}

}  // namespace dosario
