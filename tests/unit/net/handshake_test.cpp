// SPDX-License-Identifier: Apache-2.0
// Who is let in, who is not, and what both sides are told.
#include "crypto/x509.hpp"
#include "support/uplink_bench.hpp"

#include <openssl/ssl.h>
#include <fstream>
#include <iterator>

using namespace dosario;
using namespace dosario::test;

TEST_CASE("a station and its collector know each other after the handshake", "[tls]") {
    UplinkBench bench;
    const Meeting met = bench.meet(bench.station(), bench.collector());
    REQUIRE(met.station.has_value());
    REQUIRE(met.collector.has_value());
    const PeerIdentity& station = (*met.collector)->peer();
    CHECK(station.kind == CertificateKind::station);
    CHECK(station.name == "farmacia-7");
    CHECK(station.not_after == bench.start + kCertificateLife);
    CHECK(station.serial.size() == 32);
    CHECK_FALSE(station.out_of_date);
    const PeerIdentity& collector = (*met.station)->peer();
    CHECK(collector.kind == CertificateKind::collector);
    CHECK(collector.name == "central");
    CHECK((*met.station)->place() == "127.0.0.1:" + std::to_string(bench.port()));
    CHECK((*met.collector)->place().starts_with("127.0.0.1:"));
}

TEST_CASE("a name with several addresses is tried until one answers", "[tls]") {
    std::ifstream hosts{"/etc/hosts"};
    if (std::string{std::istreambuf_iterator<char>{hosts}, {}}.find("localhost") == std::string::npos) {
        WARN("NOT TESTED: /etc/hosts does not know localhost");
        return;
    }
    UplinkBench bench;  // listens on 127.0.0.1 only; localhost is ::1 as well on most systems
    Result<TlsConnection::Ptr> station, collector;
    const auto dial = [&]() -> asio::awaitable<void> {
        auto connected = co_await TlsConnection::connect("localhost", bench.port(), bench.station());
        station = std::move(connected);
    };
    bench.spawn(dial());
    bench.spawn(bench.answer(bench.collector(), collector));
    bench.run();
    CHECK(must(std::move(station))->place() == "localhost:" + std::to_string(bench.port()));
}

TEST_CASE("a collector of an unknown authority is refused, and so is a station", "[tls]") {
    UplinkBench bench;
    const Credential stranger = must(make_authority("root", bench.start));  // even one of the same name
    SECTION("the station does not know the collector's") {
        const Credential own = must(issue_certificate(stranger, {CertificateKind::collector, "central"}, bench.start));
        const Meeting met = bench.meet(bench.station(), bench.collector(own, bench.authority.certificate));
        CHECK(error_of(met.station).failure == Failure::refused);
        CHECK(says(error_of(met.station), "not signed by an authority that is trusted here"));
        CHECK(error_of(met.collector).failure == Failure::refused);
        CHECK(says(error_of(met.collector), "127.0.0.1:"));
        CHECK(says(error_of(met.collector), "refused our certificate: the station does not know the authority"));
    }
    SECTION("the collector does not know the station's") {
        const Credential own = must(issue_certificate(stranger, {CertificateKind::station, "farmacia-7"}, bench.start));
        const Meeting met = bench.meet_refused(bench.station(own, bench.authority.certificate), bench.collector());
        CHECK(error_of(met.collector).failure == Failure::refused);
        CHECK(says(error_of(met.collector), "not signed by an authority that is trusted here"));
        CHECK(says(error_of(met.station), "refused our certificate: the collector does not know the authority"));
    }
}

TEST_CASE("two authorities are trusted while one is replaced", "[tls]") {
    UplinkBench bench;
    const Credential next = must(make_authority("root", bench.start));
    const std::string both = bench.authority.certificate + next.certificate;
    const Credential new_station = must(issue_certificate(next, {CertificateKind::station, "farmacia-8"}, bench.start));
    const Credential new_collector = must(issue_certificate(next, {CertificateKind::collector, "central"}, bench.start));
    const Credential old_station = bench.issue(CertificateKind::station, "farmacia-7", bench.start);
    const Credential old_collector = bench.issue(CertificateKind::collector, "central", bench.start);
    for (const Credential& station : {old_station, new_station}) {
        for (const Credential& collector : {old_collector, new_collector}) {
            const Meeting met = bench.meet(bench.station(station, both), bench.collector(collector, both));
            CHECK(met.station.has_value());
            CHECK(met.collector.has_value());
        }
    }
}

TEST_CASE("two files of authorities are both trusted", "[tls]") {
    UplinkBench bench;
    const Credential next = must(make_authority("next", bench.start));
    TlsFiles files =
        bench.write_files("station", bench.issue(CertificateKind::station, "farmacia-7", bench.start), next.certificate);
    files.authorities.push_back(bench.directory.file("second.ca"));
    write_file(files.authorities.back(), bench.authority.certificate);
    const ContextPtr station = must(TlsContext::for_station(files, "central", [&bench] { return bench.start; }));
    CHECK(bench.meet(station, bench.collector()).station.has_value());
}

TEST_CASE("a station's certificate that expired lets it in for a renewal, for 90 days, on contexts that stay open", "[tls]") {
    UplinkBench bench;
    const ContextPtr station = bench.station();
    // Younger than the station's, so that only one of the two expires.
    const ContextPtr collector =
        bench.collector(bench.issue(CertificateKind::collector, "central", bench.start, days{1000}), bench.authority.certificate);
    const UtcTime end = bench.start + kCertificateLife;
    const auto meet_at = [&](UtcTime time) {
        bench.station_time = bench.collector_time = time;
        return bench.meet(station, collector);
    };
    for (const auto& [time, expired] : {std::pair{end - 1h, false}, {end + days{1}, true}, {end + days{89}, true}}) {
        const Meeting met = meet_at(time);
        REQUIRE(met.collector.has_value());
        CHECK((*met.collector)->peer().out_of_date == expired);
        CHECK((*met.collector)->peer().name == "farmacia-7");
        CHECK((*met.collector)->peer().not_after == end);
    }
    bench.station_time = bench.collector_time = end + days{100};
    const Meeting late = bench.meet_refused(station, collector);
    CHECK(error_of(late.collector).failure == Failure::refused);
    CHECK(says(error_of(late.collector), "it expired at 2027-11-21 12:00 UTC, too long ago even for a renewal"));
    const Error told = error_of(late.station);
    CHECK(told.failure == Failure::refused);
    CHECK(says(told, "the collector refused our certificate: it expired more than 90 days ago"));
    CHECK(says(told, "have a new one issued for this station"));
}

TEST_CASE("a collector's certificate that expired is refused at once", "[tls]") {
    UplinkBench bench;
    const Credential short_lived = bench.issue(CertificateKind::collector, "central", bench.start - days{1}, 1h);
    const Meeting met = bench.meet(bench.station(), bench.collector(short_lived, bench.authority.certificate));
    CHECK(says(error_of(met.station), "it expired at 2026-11-20 13:00 UTC; those who run the collector"));
    CHECK(says(error_of(met.collector), "it has expired by the station's clock"));
}

TEST_CASE("an authority that expired opens no door, also not for a renewal", "[tls]") {
    UplinkBench bench;
    bench.collector_time = bench.start + kAuthorityLife - days{5 * 365} + days{1};
    bench.station_time = bench.start;
    const UtcTime last = bench.collector_time - days{30};
    const Meeting met = bench.meet_refused(
        bench.station(bench.issue(CertificateKind::station, "farmacia-7", last), bench.authority.certificate),
        bench.collector(bench.issue(CertificateKind::collector, "central", last), bench.authority.certificate));
    CHECK(says(error_of(met.collector), "the authority that signed it has expired"));
}

TEST_CASE("a station's certificate that is not valid yet lets it in for a renewal", "[tls]") {
    UplinkBench bench;
    const Credential early = bench.issue(CertificateKind::station, "farmacia-7", bench.start + days{2});
    const Meeting met = bench.meet(bench.station(early, bench.authority.certificate), bench.collector());
    REQUIRE(met.collector.has_value());
    CHECK((*met.collector)->peer().out_of_date);
}

TEST_CASE("a collector's certificate that is not valid yet is refused, and the clocks are said", "[tls]") {
    UplinkBench bench;
    const Credential early = bench.issue(CertificateKind::collector, "central", bench.start + days{2});
    const Meeting met = bench.meet(bench.station(), bench.collector(early, bench.authority.certificate));
    CHECK(says(error_of(met.station), "here it is 2026-11-21 12:00 UTC, and it begins at 2026-11-23 11:00 UTC"));
    CHECK(says(error_of(met.station), "set the clock that is wrong"));
    CHECK(says(error_of(met.collector), "by the station's clock it is not valid yet"));
}

TEST_CASE("a clock that died shuts nobody out who was certified before its own side was", "[tls]") {
    UplinkBench bench;
    const UtcTime dead{1h};
    SECTION("the station's") { bench.station_time = dead; }
    SECTION("the collector's") { bench.collector_time = dead; }
    SECTION("both") { bench.station_time = bench.collector_time = dead; }
    const Meeting met = bench.meet(bench.station(), bench.collector());
    CHECK(met.station.has_value());
    CHECK(met.collector.has_value());
}

TEST_CASE("a station whose clock died meets a newer collector by the last good time", "[tls]") {
    UplinkBench bench;
    const ContextPtr station = bench.station();
    const ContextPtr newer =
        bench.collector(bench.issue(CertificateKind::collector, "central", bench.start + days{30}), bench.authority.certificate);
    const UtcTime dead{1h};
    bench.station_time = dead;
    CHECK(says(error_of(bench.meet(station, newer).station), "here it is 2026-11-21 12:00 UTC"));
    bench.station_time = bench.start + days{31};  // its last good entry
    const Meeting met = bench.meet(station, newer);
    CHECK(met.station.has_value());
    CHECK(met.collector.has_value());
}

TEST_CASE("another collector than the one that is expected is refused", "[tls]") {
    UplinkBench bench;
    const Credential own = bench.issue(CertificateKind::station, "farmacia-7", bench.start);
    const Meeting met = bench.meet(bench.station(own, bench.authority.certificate, "north"), bench.collector());
    CHECK(error_of(met.station).failure == Failure::refused);
    CHECK(says(error_of(met.station), "this is not the collector that is expected: central instead of north"));
    CHECK(says(error_of(met.collector), "a collector of another name"));
}

TEST_CASE("a certificate with the wrong use or the wrong names is refused in the handshake", "[tls]") {
    UplinkBench bench;
    const auto forged = [&bench](const Forgery& what) {
        return forge_certificate(bench.authority, what, bench.start - 1h, bench.start + 24h);
    };
    // Contexts refuse to load such certificates, so one with a good certificate gets the forged one underneath.
    const auto disguise = [](const ContextPtr& context, const Credential& with) {
        const auto certificates = must(parse_certificates(with.certificate));
        const KeyPtr key = must(parse_private_key(with.key));
        REQUIRE(SSL_CTX_use_certificate(context->native(), certificates.front().get()) == 1);
        REQUIRE(SSL_CTX_use_PrivateKey(context->native(), key.get()) == 1);
        return context;
    };
    const Forgery stations[] = {{.extended_key_usage = "serverAuth"},
                                {.extended_key_usage = ""},
                                {.alternative_names = ""},
                                {.alternative_names = "URI:dosario:station/a,URI:dosario:station/b"},
                                {.alternative_names = "URI:dosario:collector/central"},
                                {.alternative_names = "DNS:farmacia-7"},
                                {.alternative_names = "URI:dosario:collector/central", .extended_key_usage = "serverAuth"}};
    for (const Forgery& what : stations) {
        INFO(what.alternative_names << " " << what.extended_key_usage);
        const Meeting met = bench.meet_refused(disguise(bench.station(), forged(what)), bench.collector());
        CHECK(error_of(met.collector).failure == Failure::refused);
        CHECK(says(error_of(met.station), "it is not one of a station"));
    }
    const Forgery collectors[] = {{.alternative_names = "URI:dosario:collector/central", .extended_key_usage = "clientAuth"},
                                  {.alternative_names = "DNS:central", .extended_key_usage = "serverAuth"},
                                  {.alternative_names = "URI:dosario:station/central", .extended_key_usage = "clientAuth"}};
    for (const Forgery& what : collectors) {
        INFO(what.alternative_names << " " << what.extended_key_usage);
        const Meeting met = bench.meet(bench.station(), disguise(bench.collector(), forged(what)));
        CHECK(error_of(met.station).failure == Failure::refused);
        CHECK(says(error_of(met.collector), "it is not one of a collector"));
    }
}

TEST_CASE("what a station's certificate signs is no station", "[tls]") {
    UplinkBench bench;
    const Credential station = bench.issue(CertificateKind::station, "farmacia-7", bench.start);
    const Credential below = forge_certificate(station, {}, bench.start - 1h, bench.start + 24h);
    const TlsFiles files = bench.write_files("below", below, bench.authority.certificate);
    const ContextPtr context = must(TlsContext::for_station(files, "central", [&bench] { return bench.start; }));
    const auto chain = must(parse_certificates(station.certificate));
    REQUIRE(SSL_CTX_add1_chain_cert(context->native(), chain.front().get()) == 1);
    CHECK(error_of(bench.meet_refused(context, bench.collector()).collector).failure == Failure::refused);
}
