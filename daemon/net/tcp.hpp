// SPDX-License-Identifier: Apache-2.0
// TCP below the uplink's TLS: looking names up, trying addresses, options of the socket. Internal to net.
#pragma once

#include "base/result.hpp"
#include "net/deadline.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <string>

namespace dosario {

/// A socket connected to `host`, options set. `place` is for the error.
boost::asio::awaitable<Result<boost::asio::ip::tcp::socket>> dial(std::string host, std::uint16_t port, std::string place,
                                                                  SteadyTime until);

/// No delay, keepalive, and the end of a connection whose other side is silently gone.
Result<void> set_options(boost::asio::ip::tcp::socket& socket, const std::string& place);

/// `192.0.2.7:8470`, `[2001:db8::7]:8470`
std::string endpoint_text(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace dosario
