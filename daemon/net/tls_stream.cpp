// SPDX-License-Identifier: Apache-2.0
#include "net/tls_stream.hpp"

#include "base/check.hpp"
#include "net/waiting.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>

#include <sys/socket.h>

#include <cerrno>

namespace dosario {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// OpenSSL reads on while what comes is for itself (KeyUpdate, tickets): a peer could keep it at that.
constexpr std::size_t kBudget_bytes = 64 * 1024;

}  // namespace

struct TlsStream::Carrier {
    static const BIO_METHOD* method() {
        static BIO_METHOD* const made = [] {
            BIO_METHOD* fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "dosario socket");
            DOSARIO_CHECK(fresh != nullptr);
            BIO_meth_set_read(fresh, read);
            BIO_meth_set_write(fresh, write);
            BIO_meth_set_ctrl(fresh, control);
            return fresh;
        }();
        return made;
    }

    static TlsStream& of(BIO* bio) { return *static_cast<TlsStream*>(BIO_get_data(bio)); }

    /// What a call to the socket gave. An error is kept for the stream; OpenSSL believes that it has to wait.
    static int outcome(BIO* bio, ssize_t done, int direction, Error& error) {
        BIO_clear_retry_flags(bio);
        if (done > 0) return static_cast<int>(done);
        if (done == 0)
            error = asio::ssl::error::stream_truncated;
        else if (errno != EAGAIN && errno != EWOULDBLOCK)
            error = Error{errno, asio::error::get_system_category()};
        BIO_set_flags(bio, direction | BIO_FLAGS_SHOULD_RETRY);
        return -1;
    }

    static int read(BIO* bio, char* into, int length) {
        if (length <= 0) return 0;
        std::size_t& budget = of(bio).budget_;
        if (budget == 0) {  // later: there is more to read, so the wait is short
            BIO_clear_retry_flags(bio);
            BIO_set_retry_read(bio);
            return -1;
        }
        ssize_t got = 0;
        do {
            got = ::recv(of(bio).socket_.native_handle(), into, static_cast<std::size_t>(length), 0);
        } while (got < 0 && errno == EINTR);
        if (got > 0) budget -= std::min(budget, static_cast<std::size_t>(got));
        return outcome(bio, got, BIO_FLAGS_READ, of(bio).read_error_);
    }
    static int write(BIO* bio, const char* from, int length) {
        if (length <= 0) return 0;
        ssize_t sent = 0;
        do {
            sent = ::send(of(bio).socket_.native_handle(), from, static_cast<std::size_t>(length), MSG_NOSIGNAL);
        } while (sent < 0 && errno == EINTR);
        return outcome(bio, sent, BIO_FLAGS_WRITE, of(bio).write_error_);
    }
    static long control(BIO*, int what, long, void*) { return what == BIO_CTRL_FLUSH ? 1 : 0; }
};

TlsStream::TlsStream(tcp::socket socket, SSL_CTX& context) : socket_(std::move(socket)), ssl_(SSL_new(&context)) {
    DOSARIO_CHECK(ssl_ != nullptr);
    SSL_set_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS);
    SSL_set_read_ahead(ssl_.get(), 1);  // a record in one read, not in two
    BIO* const bio = BIO_new(Carrier::method());
    DOSARIO_CHECK(bio != nullptr);
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    Error ignored;
    socket_.native_non_blocking(true, ignored);
}

void TlsStream::prepare() {
    ERR_clear_error();
    budget_ = kBudget_bytes;
}

TlsStream::Then TlsStream::after(int result, Error& error) {
    if (result > 0) return Then::done;
    const int why = SSL_get_error(ssl_.get(), result);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
        error = why == SSL_ERROR_WANT_READ ? read_error_ : write_error_;
        if (error) return Then::failed;
        return why == SSL_ERROR_WANT_READ ? Then::wait_to_read : Then::wait_to_write;
    }
    if (why == SSL_ERROR_ZERO_RETURN) {
        error = asio::error::eof;
    } else {
        const unsigned long code = ERR_get_error();
        error = code != 0 ? Error{static_cast<int>(code), asio::error::get_ssl_category()}
                          : Error{asio::ssl::error::unexpected_result};
    }
    return Then::failed;
}

/// An operation that did not wait lets others go first all the same, so that nobody who talks without end keeps the thread.
asio::awaitable<TlsStream::Error> TlsStream::wait(Then what) {
    if (what == Then::done) {
        co_await asio::post(socket_.get_executor(), asio::use_awaitable);
        co_return Error{};
    }
    const auto waited =
        co_await socket_.async_wait(what == Then::wait_to_read ? tcp::socket::wait_read : tcp::socket::wait_write, kToken);
    co_return std::get<0>(waited);
}

asio::awaitable<TlsStream::Error> TlsStream::handshake(bool as_client) {
    for (;;) {
        prepare();
        Error error;
        const Then then = after(as_client ? SSL_connect(ssl_.get()) : SSL_accept(ssl_.get()), error);
        if (then == Then::failed) co_return error;
        if (then == Then::done) co_return Error{};
        if (const Error lost = co_await wait(then)) co_return lost;
    }
}

asio::awaitable<std::pair<TlsStream::Error, std::size_t>> TlsStream::read_some(std::span<std::byte> into) {
    for (;;) {
        prepare();
        Error error;
        std::size_t got = 0;
        const Then then = after(SSL_read_ex(ssl_.get(), into.data(), into.size(), &got), error);
        if (then == Then::failed) co_return std::pair{error, std::size_t{0}};
        const Error lost = co_await wait(then);
        if (then == Then::done) co_return std::pair{Error{}, got};
        if (lost) co_return std::pair{lost, std::size_t{0}};
    }
}

asio::awaitable<TlsStream::Error> TlsStream::write(ByteView bytes) {
    while (!bytes.empty()) {
        prepare();
        Error error;
        std::size_t sent = 0;
        const Then then = after(SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent), error);
        if (then == Then::failed) co_return error;
        if (const Error lost = co_await wait(then)) co_return lost;
        bytes = bytes.subspan(sent);
    }
    co_return Error{};
}

}  // namespace dosario
