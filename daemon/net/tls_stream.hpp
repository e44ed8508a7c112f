// SPDX-License-Identifier: Apache-2.0
// TLS straight over a socket, as coroutines: OpenSSL reads and writes the socket itself, so that a connection that rests holds no
// buffers. (Asio's own TLS stream keeps four of 17 KB for each.) Internal to net.
#pragma once

#include "base/bytes.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <openssl/ssl.h>

#include <memory>
#include <span>
#include <utility>

namespace dosario {

/// Everything happens on one thread. Errors have the categories of Asio's TLS stream: of the system, of OpenSSL, and eof or
/// stream_truncated when the other side has closed. Closing the socket ends what is in progress with an error.
class TlsStream {
public:
    using Error = boost::system::error_code;

    TlsStream(boost::asio::ip::tcp::socket socket, SSL_CTX& context);
    TlsStream(const TlsStream&) = delete;
    TlsStream& operator=(const TlsStream&) = delete;

    boost::asio::awaitable<Error> handshake(bool as_client);
    /// One at a time, and one write at a time; a read and a write may be in progress together.
    boost::asio::awaitable<std::pair<Error, std::size_t>> read_some(std::span<std::byte> into);
    /// All of it.
    boost::asio::awaitable<Error> write(ByteView bytes);

    boost::asio::ip::tcp::socket& socket() { return socket_; }
    SSL& native() { return *ssl_; }

private:
    struct Free {
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };
    struct Carrier;  ///< how OpenSSL reads and writes the socket
    enum class Then { done, wait_to_read, wait_to_write, failed };

    /// Before every operation of OpenSSL.
    void prepare();
    /// What an operation that returned `result` wants; `error` if it failed.
    Then after(int result, Error& error);
    boost::asio::awaitable<Error> wait(Then what);

    boost::asio::ip::tcp::socket socket_;
    std::unique_ptr<SSL, Free> ssl_;
    /// Of the socket. OpenSSL is not told of them: it would refuse to read what came before a write failed.
    Error read_error_, write_error_;
    std::size_t budget_ = 0;  ///< bytes that may still come in before others have their turn
};

}  // namespace dosario
