// SPDX-License-Identifier: Apache-2.0
#include "net/tls_connection.hpp"

#include "base/check.hpp"
#include "net/deadline.hpp"
#include "net/handshake_check.hpp"
#include "net/tcp.hpp"
#include "net/tls_stream.hpp"
#include "net/tls_words.hpp"
#include "net/waiting.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <optional>

namespace dosario {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto kFarewellPatience = std::chrono::seconds{2};
constexpr std::size_t kLargestFarewell_bytes = 256 * 1024;
const Result<void> kDone;  // a temporary of it in a coroutine makes GCC 12 warn under sanitizers

}  // namespace

/// Shared with the coroutines in progress, so that it outlives them.
struct TlsConnection::State {
    State(tcp::socket socket, std::shared_ptr<const TlsContext> context, std::string at)
        : place(std::move(at)), check(std::move(context)), stream(std::move(socket), *check.context().native()) {
        check.attach(stream.native());
    }

    void close() {
        error_code ignored;
        stream.socket().close(ignored);
    }
    Error end(Error why) {
        if (!lost) lost = std::move(why);
        return *lost;
    }

    std::string place;
    HandshakeCheck check;
    TlsStream stream;
    std::optional<Error> lost;  ///< why nothing more can be read or written
    bool reading = false;
    bool writing = false;
};

namespace {

using StatePtr = std::shared_ptr<TlsConnection::State>;

/// One at a time; ends however the coroutine ends.
class Turn {
public:
    explicit Turn(bool& taken) : taken_(taken) {
        DOSARIO_CHECK(!taken_);
        taken_ = true;
    }
    ~Turn() { taken_ = false; }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

private:
    bool& taken_;
};

Error interrupted(const std::string& place, const std::exception& why) {
    return fail(Failure::unavailable, place + ": the connection was given up (" + why.what() + ")");
}

/// Closing with something unread makes TCP drop what the other side has not read yet: our alert. So let it read that and leave.
asio::awaitable<void> let_leave(StatePtr state, SteadyTime until) {
    tcp::socket& socket = state->stream.socket();
    error_code ignored;
    socket.shutdown(tcp::socket::shutdown_send, ignored);
    const SteadyTime latest = std::min(until, std::chrono::steady_clock::now() + kFarewellPatience);
    const Deadline deadline{socket.get_executor(), latest, [&state] { state->close(); }};
    Bytes unread(4096);
    for (std::size_t seen = 0; seen < kLargestFarewell_bytes;) {
        const auto got = co_await socket.async_read_some(asio::buffer(unread), kToken);
        if (std::get<0>(got)) co_return;
        seen += std::get<1>(got);
    }
}

bool speaks_protocol(const SSL& ssl) {
    const unsigned char* chosen = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(&ssl, &chosen, &length);
    return std::string_view{reinterpret_cast<const char*>(chosen), length} == kUplinkProtocol;
}

asio::awaitable<Result<void>> shake_hands(StatePtr state, SteadyTime until) {
    error_code error;
    {
        const Deadline deadline{state->stream.socket().get_executor(), until, [&state] { state->close(); }};
        error = co_await state->stream.handshake(state->check.on_station());
        if (deadline.passed())
            co_return fail(Failure::unavailable,
                           state->place + ": no TLS handshake in time; it is connected, but silent or very slow");
    }
    if (error) {
        const Error words = explain_handshake(error, state->check, state->place);
        if (state->stream.socket().is_open() && !is_end(error)) co_await let_leave(state, until);
        state->close();
        co_return words;
    }
    if (!speaks_protocol(state->stream.native())) {
        state->close();
        co_return fail(Failure::refused, state->place + ": the other side is refused: " + words_for_no_protocol());
    }
    DOSARIO_CHECK(state->check.peer.has_value());
    co_return kDone;
}

asio::awaitable<Result<std::size_t>> read_from(StatePtr state, std::span<std::byte> into) {
    DOSARIO_CHECK(!into.empty());
    const Turn turn{state->reading};
    try {
        if (state->lost) co_return *state->lost;
        const auto [error, got] = co_await state->stream.read_some(into);
        if (!error) co_return got;
        if (is_end(error) && !state->lost) co_return std::size_t{0};
        co_return state->end(explain_stream(error, state->check, state->place));
    } catch (const std::exception& why) {
        co_return state->end(interrupted(state->place, why));
    }
}

asio::awaitable<Result<void>> write_to(StatePtr state, ByteView bytes) {
    const Turn turn{state->writing};
    try {
        if (state->lost) co_return *state->lost;
        const error_code error = co_await state->stream.write(bytes);
        if (!error) co_return kDone;
        // Not final for the reader: what the other side said before it left may still be there to read.
        co_return state->lost ? *state->lost : explain_stream(error, state->check, state->place);
    } catch (const std::exception& why) {
        co_return state->end(interrupted(state->place, why));
    }
}

}  // namespace

TlsConnection::TlsConnection(std::shared_ptr<State> state) : state_(std::move(state)) {}
TlsConnection::~TlsConnection() { close(); }

void TlsConnection::close() {
    state_->end(fail(Failure::unavailable, state_->place + ": the connection was closed on this side"));
    state_->close();
}

const PeerIdentity& TlsConnection::peer() const { return *state_->check.peer; }
const std::string& TlsConnection::place() const { return state_->place; }

// These are no coroutines themselves: one would use `this`, which may be gone when it goes on.
asio::awaitable<Result<std::size_t>> TlsConnection::read_some(std::span<std::byte> into) { return read_from(state_, into); }
asio::awaitable<Result<void>> TlsConnection::write(ByteView bytes) { return write_to(state_, bytes); }

asio::awaitable<Result<TlsConnection::Ptr>> TlsConnection::open(tcp::socket socket, std::shared_ptr<const TlsContext> context,
                                                                std::string place, SteadyTime until) {
    const auto state = std::make_shared<State>(std::move(socket), std::move(context), std::move(place));
    const auto shaken = co_await shake_hands(state, until);
    if (!shaken) co_return shaken.error();
    co_return Ptr{new TlsConnection{state}};
}

asio::awaitable<Result<TlsConnection::Ptr>> TlsConnection::connect(std::string host, std::uint16_t port,
                                                                   std::shared_ptr<const TlsContext> context, Patience patience) {
    DOSARIO_CHECK(context->own().kind == CertificateKind::station);
    const SteadyTime until = std::chrono::steady_clock::now() + patience;
    const std::string place = (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
    try {
        auto socket = co_await dial(host, port, place, until);
        if (!socket) co_return socket.error();
        auto opened = co_await open(std::move(*socket), context, place, until);
        co_return opened;
    } catch (const std::exception& why) {
        co_return interrupted(place, why);
    }
}

asio::awaitable<Result<TlsConnection::Ptr>> TlsConnection::accept_handshake(tcp::socket socket,
                                                                            std::shared_ptr<const TlsContext> context,
                                                                            Patience patience) {
    DOSARIO_CHECK(context->own().kind == CertificateKind::collector);
    const SteadyTime until = std::chrono::steady_clock::now() + patience;
    std::string place = "a peer";
    try {
        error_code gone;
        const tcp::endpoint from = socket.remote_endpoint(gone);
        if (gone) co_return fail(Failure::unavailable, "a peer was gone before the handshake began");
        place = endpoint_text(from);
        if (auto set = set_options(socket, place); !set) co_return set.error();
        auto opened = co_await open(std::move(socket), context, place, until);
        co_return opened;
    } catch (const std::exception& why) {
        co_return interrupted(place, why);
    }
}

}  // namespace dosario
