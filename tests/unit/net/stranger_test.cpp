// SPDX-License-Identifier: Apache-2.0
// Peers that are no station or collector: other programs, older TLS, garbage, silence.
#include "support/catch.hpp"
#include "support/uplink_bench.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

using namespace dosario;
using namespace dosario::test;

namespace {

using Stream = asio::ssl::stream<tcp::socket>;

/// What it sends first, and whether it then closes or waits until the other side does.
struct Stranger {
    std::string sends;
    bool then_closes = false;
};

asio::awaitable<void> behave(tcp::socket& socket, const Stranger& stranger) {
    const auto sent = co_await asio::async_write(socket, asio::buffer(stranger.sends), kToken);
    (void)sent;
    if (stranger.then_closes) co_return;
    std::string ignored;
    const auto got = co_await asio::async_read(socket, asio::dynamic_buffer(ignored), kToken);
    (void)got;
}

/// A stranger at the collector's door: what the collector says of it.
Error at_collector(const Stranger& stranger, TlsConnection::Patience patience = 20s) {
    UplinkBench bench;
    Result<TlsConnection::Ptr> collector;
    const auto come = [&]() -> asio::awaitable<void> {
        tcp::socket socket{bench.context};
        const auto connected = co_await socket.async_connect(bench.acceptor.local_endpoint(), kToken);
        (void)connected;
        co_await behave(socket, stranger);
    };
    bench.spawn(come());
    bench.spawn(bench.answer(bench.collector(), collector, patience));
    bench.run();
    CHECK(says(error_of(collector), "127.0.0.1:"));
    return error_of(collector);
}

/// A stranger in the collector's place: what the station says of it.
Error at_station(const Stranger& stranger, TlsConnection::Patience patience = 20s) {
    UplinkBench bench;
    Result<TlsConnection::Ptr> station;
    const auto wait = [&]() -> asio::awaitable<void> {
        tcp::socket socket = co_await bench.acceptor.async_accept(asio::use_awaitable);
        co_await behave(socket, stranger);
    };
    bench.spawn(wait());
    bench.spawn(bench.dial(bench.station(), station, patience));
    bench.run();
    CHECK(says(error_of(station), "127.0.0.1:"));
    return error_of(station);
}

/// TLS as another program speaks it, with our certificate or without, as `change` sets it.
struct OtherProgram {
    asio::ssl::context context;

    OtherProgram(asio::ssl::context::method method, const Credential* own, const std::string& protocols) : context(method) {
        context.set_verify_mode(asio::ssl::verify_none);
        if (!protocols.empty()) {
            SSL_CTX_set_alpn_protos(context.native_handle(), reinterpret_cast<const unsigned char*>(protocols.data()),
                                    static_cast<unsigned>(protocols.size()));
        }
        if (own != nullptr) {
            context.use_certificate(asio::buffer(own->certificate), asio::ssl::context::pem);
            context.use_private_key(asio::buffer(own->key), asio::ssl::context::pem);
        }
    }
};

const std::string kOurProtocol =
    "\x10"
    "dosario-uplink/1";

struct Visit {
    Result<TlsConnection::Ptr> collector;
    boost::system::error_code told;  ///< to the other program, in its handshake or its first read
};

/// That program visits a collector, which says one word to whom it lets in.
Visit visit(UplinkBench& bench, OtherProgram& program) {
    Visit visit;
    const auto come = [&]() -> asio::awaitable<void> {
        Stream stream{bench.context, program.context};
        const auto connected = co_await stream.next_layer().async_connect(bench.acceptor.local_endpoint(), kToken);
        (void)connected;
        const auto shaken = co_await stream.async_handshake(asio::ssl::stream_base::client, kToken);
        visit.told = std::get<0>(shaken);
        if (visit.told) co_return;
        std::array<std::byte, 4> word;
        const auto got = co_await asio::async_read(stream, asio::buffer(word), kToken);
        visit.told = std::get<0>(got);
    };
    const auto answer = [&]() -> asio::awaitable<void> {
        co_await bench.answer(bench.collector(), visit.collector);
        if (visit.collector.has_error()) co_return;
        const auto sent = co_await (*visit.collector)->write(as_bytes("word"));
        CHECK(sent.has_value());
    };
    bench.spawn(come());
    bench.spawn(answer());
    bench.run();
    return visit;
}

}  // namespace

TEST_CASE("what is no TLS is told from TLS, on both sides", "[tls]") {
    const std::string noise = "\x01\x02\x03 this is no TLS at all, by far";
    const std::string text = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    const std::string reply = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
    const std::string broken_hello = std::string{"\x16\x03\x01\x00\x10", 5} + std::string(16, '\xff');
    for (const std::string& sends : {noise, text, reply, broken_hello}) {
        INFO(sends);
        for (const Error& error : {at_collector({sends}), at_station({sends})}) {
            CHECK(error.failure == Failure::unavailable);
            CHECK(says(error, "does not speak TLS"));
        }
    }
}

TEST_CASE("a peer that says nothing is given up in time", "[tls]") {
    for (const std::string& sends : {std::string{}, std::string{"\x16\x03\x01\x02\x00\x01", 6}}) {
        CHECK(says(at_collector({sends}, 100ms), "no TLS handshake in time"));
        CHECK(says(at_station({sends}, 100ms), "no TLS handshake in time"));
    }
}

TEST_CASE("a peer that sends a byte now and then is given up in time, all bytes together", "[tls]") {
    UplinkBench bench;
    Result<TlsConnection::Ptr> collector;
    bool dripping = true;
    const auto drip = [&]() -> asio::awaitable<void> {
        tcp::socket socket{bench.context};
        const auto connected = co_await socket.async_connect(bench.acceptor.local_endpoint(), kToken);
        (void)connected;
        std::string hello = std::string{"\x16\x03\x01\x40\x00", 5} + std::string(1000, '\0');
        for (const char& one : hello) {
            const auto sent = co_await asio::async_write(socket, asio::buffer(&one, 1), kToken);
            if (std::get<0>(sent)) break;
            asio::steady_timer pause{bench.context, 10ms};
            const auto waited = co_await pause.async_wait(kToken);
            (void)waited;
        }
        dripping = false;
    };
    const auto begun = std::chrono::steady_clock::now();
    bench.spawn(drip());
    bench.spawn(bench.answer(bench.collector(), collector, 200ms));
    bench.run();
    CHECK(collector.has_error());
    CHECK_FALSE(dripping);
    CHECK(std::chrono::steady_clock::now() - begun < 5s);
}

TEST_CASE("a peer that leaves in the middle of the handshake", "[tls]") {
    for (const std::string& sends : {std::string{}, std::string{"\x16\x03\x01\x02\x00\x01", 6}}) {
        CHECK(says(at_collector({sends, true}), "closed the connection in the middle of the handshake"));
        const Error error = at_station({sends, true});
        // Closing with the station's greeting unread is a reset.
        CHECK((says(error, "in the middle of the handshake") || says(error, "lost in the handshake")));
    }
}

TEST_CASE("nobody at that port", "[tls]") {
    UplinkBench bench;
    Result<TlsConnection::Ptr> station;
    const ContextPtr context = bench.station();
    const std::uint16_t port = bench.port();
    bench.acceptor.close();
    const auto dial = [&]() -> asio::awaitable<void> {
        auto connected = co_await TlsConnection::connect("127.0.0.1", port, context);
        station = std::move(connected);
    };
    bench.spawn(dial());
    bench.run();
    CHECK(error_of(station).failure == Failure::unavailable);
    CHECK(says(error_of(station), "is the collector running"));
}

TEST_CASE("a station in good order, spoken by another program, is let in and given no ticket to come back with", "[tls]") {
    UplinkBench bench;
    const Credential own = bench.issue(CertificateKind::station, "farmacia-7", bench.start);
    OtherProgram program{asio::ssl::context::tlsv13_client, &own, kOurProtocol};
    static int tickets = 0;
    SSL_CTX_set_session_cache_mode(program.context.native_handle(), SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(program.context.native_handle(), [](SSL*, SSL_SESSION*) {
        ++tickets;
        return 0;
    });
    const Visit visited = visit(bench, program);
    CHECK(visited.collector.has_value());
    CHECK_FALSE(visited.told);
    CHECK(tickets == 0);
}

TEST_CASE("a peer that talks to TLS itself without end has no more of the thread than others", "[tls]") {
    UplinkBench bench;
    const Credential own = bench.issue(CertificateKind::station, "farmacia-7", bench.start);
    OtherProgram program{asio::ssl::context::tlsv13_client, &own, kOurProtocol};
    constexpr int kUpdates = 20'000;  // 27 bytes each
    Result<TlsConnection::Ptr> collector{fail(Failure::unavailable, "")};
    bool poured = false;
    bool heard = false;
    int turns = 0;  // of somebody else while the collector reads
    const auto pour = [&]() -> asio::awaitable<void> {
        Stream stream{bench.context, program.context};
        const auto connected = co_await stream.next_layer().async_connect(bench.acceptor.local_endpoint(), kToken);
        (void)connected;
        const auto shaken = co_await stream.async_handshake(asio::ssl::stream_base::client, kToken);
        CHECK_FALSE(std::get<0>(shaken));
        for (int sent = 0; sent < kUpdates; ++sent) {
            REQUIRE(SSL_key_update(stream.native_handle(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
            const auto updated = co_await stream.async_handshake(asio::ssl::stream_base::client, kToken);
            REQUIRE_FALSE(std::get<0>(updated));
        }
        const auto wrote = co_await asio::async_write(stream, asio::buffer("x", 1), kToken);
        CHECK_FALSE(std::get<0>(wrote));
        poured = true;
        std::array<std::byte, 1> last;
        (void)co_await stream.async_read_some(asio::buffer(last), kToken);
    };
    const auto take_turns = [&]() -> asio::awaitable<void> {
        while (!heard) {
            ++turns;
            co_await asio::post(bench.context, asio::use_awaitable);
        }
    };
    const auto read = [&]() -> asio::awaitable<void> {
        co_await bench.answer(bench.collector(), collector);
        REQUIRE(collector.has_value());
        asio::steady_timer pause{bench.context};
        while (!poured) {
            pause.expires_after(1ms);
            (void)co_await pause.async_wait(kToken);
        }
        bench.spawn(take_turns());
        std::array<std::byte, 16> word;
        const auto got = co_await (*collector)->read_some(word);
        CHECK(got.has_value());
        heard = true;
        (*collector)->close();
    };
    bench.spawn(pour());
    bench.spawn(read());
    bench.run();
    CHECK(heard);
    CHECK(turns > 4);
}

TEST_CASE("a client without a certificate is refused", "[tls]") {
    UplinkBench bench;
    OtherProgram program{asio::ssl::context::tlsv13_client, nullptr, kOurProtocol};
    const Visit visited = visit(bench, program);
    CHECK(error_of(visited.collector).failure == Failure::refused);
    CHECK(says(error_of(visited.collector), "shows no certificate"));
    CHECK(ERR_GET_REASON(static_cast<unsigned long>(visited.told.value())) == SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED);
}

TEST_CASE("a client that speaks TLS 1.2 at most is refused", "[tls]") {
    UplinkBench bench;
    const Credential own = bench.issue(CertificateKind::station, "farmacia-7", bench.start);
    OtherProgram program{asio::ssl::context::tlsv12_client, &own, GENERATE(std::string{}, kOurProtocol)};
    const Visit visited = visit(bench, program);
    CHECK(error_of(visited.collector).failure == Failure::refused);
    CHECK(says(error_of(visited.collector), "too old for TLS 1.3"));
    CHECK(ERR_GET_REASON(static_cast<unsigned long>(visited.told.value())) == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION);
}

TEST_CASE("a client without our protocol in ALPN is refused", "[tls]") {
    UplinkBench bench;
    const Credential own = bench.issue(CertificateKind::station, "farmacia-7", bench.start);
    OtherProgram program{asio::ssl::context::tlsv13_client, &own,
                         GENERATE(std::string{}, std::string{"\x02h2\x08http/1.1"},
                                  std::string{"\x10"
                                              "dosario-uplink/2"})};
    const Visit visited = visit(bench, program);
    CHECK(error_of(visited.collector).failure == Failure::refused);
    CHECK(says(error_of(visited.collector), "does not offer the protocol dosario-uplink/1"));
    CHECK(ERR_GET_REASON(static_cast<unsigned long>(visited.told.value())) == SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL);
}

TEST_CASE("a server without our protocol, or without TLS 1.3, is no collector even with its certificate", "[tls]") {
    const bool old = GENERATE(false, true);
    UplinkBench bench;
    const Credential own = bench.issue(CertificateKind::collector, "central", bench.start);
    OtherProgram program{old ? asio::ssl::context::tlsv12_server : asio::ssl::context::tlsv13_server, &own, ""};
    Result<TlsConnection::Ptr> station;
    const auto serve = [&]() -> asio::awaitable<void> {
        tcp::socket socket = co_await bench.acceptor.async_accept(asio::use_awaitable);
        Stream stream{std::move(socket), program.context};
        const auto shaken = co_await stream.async_handshake(asio::ssl::stream_base::server, kToken);
        (void)shaken;
    };
    bench.spawn(serve());
    bench.spawn(bench.dial(bench.station(), station));
    bench.run();
    CHECK(error_of(station).failure == Failure::refused);
    CHECK(says(error_of(station), old ? "does not speak our protocol" : "does not offer the protocol"));
}
