// SPDX-License-Identifier: Apache-2.0
// One connection of the uplink: TLS over TCP, on Asio, as coroutines. It knows bytes and who is at the other end; frames are
// protocol. Everything of one connection happens on one thread (the io_context's, or a strand); no exception leaves.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "net/tls_context.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace dosario {

inline constexpr auto kHandshakePatience = std::chrono::seconds{20};
/// What was sent and is not acknowledged for this long ends the connection (TCP_USER_TIMEOUT, RFC 5482).
inline constexpr auto kUnacknowledgedPatience = std::chrono::seconds{20};

class TlsConnection {
public:
    using Ptr = std::unique_ptr<TlsConnection>;
    using Patience = std::chrono::steady_clock::duration;

    /// Looks `host` up (a name or a numeric address), tries its addresses in turn, and shakes hands: all of it within `patience`.
    /// The context is a station's. Errors: refused (one side does not accept the other: the message says which and why),
    /// unavailable. That this has succeeded does not mean yet that the collector accepts our certificate: in TLS 1.3 a refusal
    /// arrives after the station's handshake, and is the error of the first read_some.
    static boost::asio::awaitable<Result<Ptr>> connect(std::string host, std::uint16_t port,
                                                       std::shared_ptr<const TlsContext> context,
                                                       Patience patience = kHandshakePatience);

    /// Shakes hands over a socket that was just accepted. The context is a collector's. A success means that the station is known
    /// and its identity verified (but see PeerIdentity::out_of_date). A refusal returns up to 2 seconds later than it is decided,
    /// within `patience`, so that it reaches the station. Errors as connect, with the peer's address.
    static boost::asio::awaitable<Result<Ptr>> accept_handshake(boost::asio::ip::tcp::socket socket,
                                                                std::shared_ptr<const TlsContext> context,
                                                                Patience patience = kHandshakePatience);

    /// Closes. Reads and writes in progress end with an error, and may do so after this object is gone.
    ~TlsConnection();
    TlsConnection(const TlsConnection&) = delete;
    TlsConnection& operator=(const TlsConnection&) = delete;

    /// Waits for bytes: how many came, at most `into.size()`; 0 when the other side has closed. `into` is not empty and lives
    /// until this returns; one read at a time. An error is final, as is a 0.
    boost::asio::awaitable<Result<std::size_t>> read_some(std::span<std::byte> into);

    /// Sends all of it; it has then left for the other side, not arrived. `bytes` live until this returns; one write at a time,
    /// and a read may be in progress meanwhile. An error is final; when it is a lost connection, the read's error may know more.
    boost::asio::awaitable<Result<void>> write(ByteView bytes);

    /// Ends both directions at once; a read or write in progress returns an error. Closing again does nothing.
    void close();

    const PeerIdentity& peer() const;
    /// The other side's `address:port`, for logs.
    const std::string& place() const;

    struct State;  ///< in tls_connection.cpp

private:
    explicit TlsConnection(std::shared_ptr<State> state);
    static boost::asio::awaitable<Result<Ptr>> open(boost::asio::ip::tcp::socket socket,
                                                    std::shared_ptr<const TlsContext> context, std::string place,
                                                    std::chrono::steady_clock::time_point until);

    std::shared_ptr<State> state_;
};

}  // namespace dosario
