// SPDX-License-Identifier: Apache-2.0
// Bytes in both directions, and all the ways a connection ends.
#include "support/catch.hpp"
#include "support/uplink_bench.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/steady_timer.hpp>

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace dosario;
using namespace dosario::test;

namespace {

Bytes pattern(std::size_t length, unsigned seed) {
    Bytes bytes(length);
    std::uint32_t state = seed;
    for (std::byte& one : bytes) {
        state = state * 1664525U + 1013904223U;
        one = static_cast<std::byte>(state >> 24);
    }
    return bytes;
}

asio::awaitable<void> write_all(TlsConnection& to, ByteView bytes, std::size_t piece, Result<void>& result) {
    while (!bytes.empty()) {
        const ByteView next = bytes.first(std::min(piece, bytes.size()));
        const auto sent = co_await to.write(next);
        result = sent;
        if (sent.has_error()) co_return;
        bytes = bytes.subspan(next.size());
    }
}

/// Until there are `most` bytes, the end or an error.
asio::awaitable<void> read_all(TlsConnection& from, Bytes& into, std::size_t most, Result<void>& result) {
    Bytes buffer(10'000);
    while (into.size() < most) {
        const auto got = co_await from.read_some(buffer);
        if (got.has_error()) result = got.error();
        if (got.has_error() || *got == 0) co_return;
        into.insert(into.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*got));
    }
}

/// A station and a collector that are connected.
struct Pair : UplinkBench {
    TlsConnection::Ptr at_station;
    TlsConnection::Ptr at_collector;

    Pair() {
        Meeting met = meet(station(), collector());
        at_station = must(std::move(met.station));
        at_collector = must(std::move(met.collector));
    }
};

/// This process's sockets that are connected to that port (`there`) or that are its accepted ones.
std::vector<int> sockets_of(std::uint16_t port, bool there) {
    std::vector<int> found;
    for (int number = 3; number < 1024; ++number) {
        sockaddr_in address{};
        socklen_t length = sizeof address;
        auto* any = reinterpret_cast<sockaddr*>(&address);
        sockaddr_in peer{};
        socklen_t peer_length = sizeof peer;
        if (::getpeername(number, reinterpret_cast<sockaddr*>(&peer), &peer_length) != 0) continue;  // a listener, or no socket
        if (::getsockname(number, any, &length) == 0 && ntohs(there ? peer.sin_port : address.sin_port) == port)
            found.push_back(number);
    }
    return found;
}

int option(int descriptor, int level, int name) {
    int value = -1;
    socklen_t length = sizeof value;
    CHECK(::getsockopt(descriptor, level, name, &value, &length) == 0);
    return value;
}

/// The next close of this connection's other end is a reset.
void close_by_reset(std::uint16_t port) {
    for (const int descriptor : sockets_of(port, false)) {
        const linger now{1, 0};
        CHECK(::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now) == 0);
    }
}

}  // namespace

TEST_CASE("megabytes travel in both directions at once and arrive as they were", "[tls]") {
    Pair pair;
    const Bytes up = pattern(8 * 1024 * 1024 + 13, 1);
    const Bytes down = pattern(5 * 1024 * 1024 + 7, 2);
    Bytes arrived_up, arrived_down;
    Result<void> sent_up, sent_down, read_up, read_down;
    pair.spawn(write_all(*pair.at_station, up, 300'001, sent_up));
    pair.spawn(write_all(*pair.at_collector, down, 1'000, sent_down));
    pair.spawn(read_all(*pair.at_collector, arrived_up, up.size(), read_up));
    pair.spawn(read_all(*pair.at_station, arrived_down, down.size(), read_down));
    pair.run();
    must(sent_up);
    must(sent_down);
    CHECK(arrived_up == up);
    CHECK(arrived_down == down);
}

TEST_CASE("the end of the other side is a read of nothing, after all that it sent", "[tls]") {
    Pair pair;
    const Bytes sent = pattern(100'000, 3);
    Bytes arrived;
    Result<void> written, read, again;
    pair.spawn(write_all(*pair.at_station, sent, 100'000, written));
    pair.spawn(read_all(*pair.at_collector, arrived, sent.size(), read));
    pair.run();
    pair.at_station->close();
    pair.at_station->close();
    pair.spawn(read_all(*pair.at_collector, arrived, sent.size() + 1, read));
    pair.run();
    pair.spawn(read_all(*pair.at_collector, arrived, sent.size() + 1, again));
    pair.run();
    CHECK(arrived == sent);
    must(read);
    must(again);
}

TEST_CASE("a reset in the middle is a lost connection, for the reader and then for the writer", "[tls]") {
    Pair pair;
    Bytes arrived;
    Result<void> read, written;
    pair.spawn(read_all(*pair.at_station, arrived, 1, read));
    close_by_reset(pair.port());
    pair.at_collector->close();
    pair.run();
    CHECK(error_of(read).failure == Failure::unavailable);
    CHECK(says(error_of(read), "127.0.0.1:" + std::to_string(pair.port()) + ": the connection was lost"));
    pair.spawn(write_all(*pair.at_station, as_bytes("x"), 1, written));
    pair.run();
    CHECK(error_of(written).message == error_of(read).message);
}

TEST_CASE("closing ends a read and a write that wait, and everything after", "[tls]") {
    Pair pair;
    const Bytes much = pattern(32 * 1024 * 1024, 4);  // more than the kernel takes while nobody reads
    Bytes arrived;
    Result<void> read, written, later;
    pair.spawn(read_all(*pair.at_station, arrived, 1, read));
    pair.spawn(write_all(*pair.at_station, much, much.size(), written));
    asio::steady_timer soon{pair.context, 50ms};
    soon.async_wait([&pair](const auto&) { pair.at_station->close(); });
    pair.run();
    CHECK(says(error_of(read), "closed on this side"));
    CHECK(says(error_of(written), "closed on this side"));
    pair.spawn(read_all(*pair.at_station, arrived, 1, later));
    pair.run();
    CHECK(says(error_of(later), "closed on this side"));
}

TEST_CASE("a connection may be destroyed while it is read and written", "[tls]") {
    Pair pair;
    const Bytes much = pattern(32 * 1024 * 1024, 5);
    Bytes arrived;
    Result<void> read, written;
    pair.spawn(read_all(*pair.at_station, arrived, 1, read));
    pair.spawn(write_all(*pair.at_station, much, much.size(), written));
    asio::steady_timer soon{pair.context, 50ms};
    soon.async_wait([&pair](const auto&) { pair.at_station.reset(); });
    pair.run();
    CHECK(read.has_error());
    CHECK(written.has_error());
}

TEST_CASE("the loop may end while connections wait at every stage", "[tls]") {
    Bytes arrived;
    Result<void> read;
    Result<TlsConnection::Ptr> station, nobody;
    auto pair = std::make_unique<Pair>();
    const ContextPtr context = pair->station();
    pair->spawn(read_all(*pair->at_station, arrived, 1, read));
    pair->spawn(pair->dial(context, station));  // into the backlog of a listener that accepts nobody
    pair->context.restart();
    pair->context.run_for(50ms);
    pair->at_station.reset();
    pair.reset();
    CHECK(station.has_value());  // as it was before: its coroutine never went on
}

TEST_CASE("a caller may give up a connection by Asio's cancellation", "[tls]") {
    UplinkBench bench;
    Result<TlsConnection::Ptr> station;
    asio::cancellation_signal stop;
    bool done = false;
    asio::co_spawn(bench.context, bench.dial(bench.station(), station),
                   asio::bind_cancellation_slot(stop.slot(), [&done](std::exception_ptr) { done = true; }));
    asio::steady_timer soon{bench.context, 50ms};
    soon.async_wait([&stop](const auto&) { stop.emit(asio::cancellation_type::terminal); });
    bench.run();
    CHECK(done);
}

TEST_CASE("both ends notice a line that is silently gone", "[tls]") {
    Pair pair;
    for (const bool there : {true, false}) {
        const std::vector<int> sockets = sockets_of(pair.port(), there);
        REQUIRE(sockets.size() == 1);
        CHECK(option(sockets[0], IPPROTO_TCP, TCP_USER_TIMEOUT) == 20'000);
        CHECK(option(sockets[0], IPPROTO_TCP, TCP_NODELAY) != 0);
        CHECK(option(sockets[0], SOL_SOCKET, SO_KEEPALIVE) != 0);
        CHECK(option(sockets[0], IPPROTO_TCP, TCP_KEEPIDLE) == 15);
    }
}

TEST_CASE("a refused station that talks before it listens still learns why", "[tls]") {
    UplinkBench bench;
    bench.collector_time = bench.start + days{365 + 100};
    const Credential collector = bench.issue(CertificateKind::collector, "central", bench.start, days{1000});
    Result<TlsConnection::Ptr> at_collector;
    const Bytes hello = pattern(100'000, 6);
    Error told;
    const auto talk = [&]() -> asio::awaitable<void> {
        auto connected = co_await TlsConnection::connect("127.0.0.1", bench.port(), bench.station());
        const TlsConnection::Ptr station = must(std::move(connected));
        // Small pieces, so that the refusal happens in their middle. Not even those that come after it may meet a reset.
        for (std::size_t i = 0; i < hello.size(); i += 500) {
            const auto written = co_await station->write(ByteView{hello}.subspan(i, 500));
            CHECK(written.has_value());
        }
        std::array<std::byte, 1> one;
        const auto got = co_await station->read_some(one);
        told = error_of(got);
    };
    bench.spawn(talk());
    bench.spawn(bench.answer(bench.collector(collector, bench.authority.certificate), at_collector));
    bench.run();
    CHECK(says(told, "it expired more than 90 days ago"));
}
