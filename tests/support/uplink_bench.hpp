// SPDX-License-Identifier: Apache-2.0
// A station and a collector that meet over loopback with real TLS, by a clock in the test's hands.
#pragma once

#include "net/tls_connection.hpp"
#include "net/waiting.hpp"
#include "support/forgery.hpp"
#include "support/result.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <optional>

namespace dosario::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;
using std::chrono::days;

using ContextPtr = std::shared_ptr<const TlsContext>;

/// How a connection began at both ends.
struct Meeting {
    Result<TlsConnection::Ptr> station;
    Result<TlsConnection::Ptr> collector;
};

class UplinkBench {
public:
    const UtcTime start = UtcTime{*parse_date("2026-11-21")} + 12h;
    UtcTime station_time = start;
    UtcTime collector_time = start;
    Credential authority = must(make_authority("root", start - days{5 * 365}));
    TemporaryDirectory directory;
    asio::io_context context;
    tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), 0}};

    std::uint16_t port() const { return acceptor.local_endpoint().port(); }

    /// The three files of one side, written anew.
    TlsFiles write_files(const std::string& name, const Credential& own, const std::string& authorities) {
        const TlsFiles files{directory.file(name + ".pem"), directory.file(name + ".key"), {directory.file(name + ".ca")}};
        write_file(files.certificate, own.certificate);
        write_file(files.key, own.key);
        std::filesystem::permissions(files.key, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
        write_file(files.authorities.front(), authorities);
        return files;
    }

    Credential issue(CertificateKind kind, const std::string& name, UtcTime now, std::chrono::seconds life = kCertificateLife) {
        return must(issue_certificate(authority, {kind, name}, now, life));
    }

    ContextPtr station(const Credential& own, const std::string& authorities, const std::string& expected = "central") {
        const TlsFiles files = write_files("station", own, authorities);
        return must(TlsContext::for_station(files, expected, [this] { return station_time; }));
    }
    ContextPtr station() { return station(issue(CertificateKind::station, "farmacia-7", start), authority.certificate); }

    ContextPtr collector(const Credential& own, const std::string& authorities) {
        const TlsFiles files = write_files("collector", own, authorities);
        return must(TlsContext::for_collector(files, [this] { return collector_time; }));
    }
    ContextPtr collector() { return collector(issue(CertificateKind::collector, "central", start), authority.certificate); }

    void spawn(asio::awaitable<void> work) {
        asio::co_spawn(context, std::move(work), [](std::exception_ptr error) {
            if (error) std::rethrow_exception(error);
        });
    }

    /// Until all that was spawned is done; the test ends if that takes suspiciously long.
    void run() {
        context.restart();
        context.run_for(60s);
        REQUIRE(context.stopped());
    }

    Meeting meet(ContextPtr station_side, ContextPtr collector_side) {
        Meeting met;
        spawn(dial(station_side, met.station));
        spawn(answer(collector_side, met.collector));
        run();
        return met;
    }

    /// As meet, for a station that the collector refuses: its handshake is over before that, and its first read tells it.
    Meeting meet_refused(ContextPtr station_side, ContextPtr collector_side) {
        Meeting met;
        spawn(dial_and_read(station_side, met.station));
        spawn(answer(collector_side, met.collector));
        run();
        return met;
    }

    asio::awaitable<void> dial(ContextPtr side, Result<TlsConnection::Ptr>& result, TlsConnection::Patience patience = 20s) {
        auto connected = co_await TlsConnection::connect("127.0.0.1", port(), side, patience);
        result = std::move(connected);
    }
    asio::awaitable<void> answer(ContextPtr side, Result<TlsConnection::Ptr>& result, TlsConnection::Patience patience = 20s) {
        tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
        auto accepted = co_await TlsConnection::accept_handshake(std::move(socket), side, patience);
        result = std::move(accepted);
    }
    asio::awaitable<void> dial_and_read(ContextPtr side, Result<TlsConnection::Ptr>& result) {
        auto connected = co_await TlsConnection::connect("127.0.0.1", port(), side);
        result = std::move(connected);
        if (result.has_error()) co_return;
        std::array<std::byte, 1> one;
        const auto got = co_await (*result)->read_some(one);
        if (got.has_error()) result = got.error();
    }
};

}  // namespace dosario::test
