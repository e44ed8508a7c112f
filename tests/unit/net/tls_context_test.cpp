// SPDX-License-Identifier: Apache-2.0
// The files of one side, and what is said of wrong ones.
#include "support/catch.hpp"
#include "support/uplink_bench.hpp"

#include <sys/stat.h>

using namespace dosario;
using namespace dosario::test;

namespace {

struct Files : UplinkBench {
    TlsFiles files = write_files("station", issue(CertificateKind::station, "farmacia-7", start), authority.certificate);

    Result<ContextPtr> load() {
        return TlsContext::for_station(files, "central", [this] { return start; });
    }
    Error refusal() { return error_of(load()); }
};

}  // namespace

TEST_CASE("the own certificate can be asked, to know when to renew it", "[tls]") {
    Files with;
    const ContextPtr context = must(with.load());
    CHECK(context->own().name == "farmacia-7");
    CHECK(context->own().not_after == with.start + kCertificateLife);
    CHECK(context->expected_collector() == "central");
}

TEST_CASE("an own certificate that has expired still loads, or it could not be renewed", "[tls]") {
    Files with;
    with.files = with.write_files("old", with.issue(CertificateKind::station, "farmacia-7", with.start - days{400}),
                                  with.authority.certificate);
    CHECK(with.load().has_value());
}

TEST_CASE("a missing file is named", "[tls]") {
    Files with;
    for (std::string* path : {&with.files.certificate, &with.files.key, &with.files.authorities.front()}) {
        const std::string before = std::exchange(*path, with.directory.file("none"));
        const Error error = with.refusal();
        CHECK(error.failure == Failure::not_found);
        CHECK(says(error, with.directory.file("none")));
        *path = before;
    }
    with.files.authorities.clear();
    CHECK(says(with.refusal(), "at least one"));
}

TEST_CASE("a key that others can read is refused, with what to do", "[tls]") {
    Files with;
    ::chmod(with.files.key.c_str(), 0644);
    const Error error = with.refusal();
    CHECK(error.failure == Failure::refused);
    CHECK(says(error, "chmod 600 " + with.files.key));
}

TEST_CASE("garbage is named by its file, and a secret never shown", "[tls]") {
    Files with;
    const std::string key = read_file(with.files.key);
    for (const std::string& garbage : {std::string{}, std::string{"garbage"}, key.substr(0, key.size() / 2),
                                       std::string(100'000, 'x'), std::string{"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"}}) {
        for (const std::string& path : {with.files.certificate, with.files.key, with.files.authorities.front()}) {
            const std::string before = read_file(path);
            write_file(path, garbage);
            const Error error = with.refusal();
            CHECK(error.failure == Failure::invalid);
            CHECK(says(error, path));
            CHECK_FALSE(says(error, key.substr(40, 20)));
            write_file(path, before);
        }
    }
    CHECK(with.load().has_value());
}

TEST_CASE("a key of another certificate is refused, naming both", "[tls]") {
    Files with;
    write_file(with.files.key, with.issue(CertificateKind::station, "farmacia-7", with.start).key);
    const Error error = with.refusal();
    CHECK(says(error, with.files.key));
    CHECK(says(error, with.files.certificate));
}

TEST_CASE("each side takes only a certificate of its own kind", "[tls]") {
    Files with;
    CHECK(says(error_of(TlsContext::for_collector(with.files, [] { return UtcTime{}; })), "certificate of a station"));
    with.files = with.write_files("x", with.issue(CertificateKind::collector, "central", with.start), with.authority.certificate);
    CHECK(says(with.refusal(), "certificate of a collector"));
    with.files = with.write_files("x", with.authority, with.authority.certificate);
    CHECK(says(with.refusal(), with.files.certificate));
}

TEST_CASE("only authorities are trusted as authorities", "[tls]") {
    Files with;
    write_file(with.files.authorities.front(), with.authority.certificate + read_file(with.files.certificate));
    CHECK(says(with.refusal(), "no authority's"));
}

TEST_CASE("a collector's name that nobody can have is refused", "[tls]") {
    Files with;
    CHECK(error_of(TlsContext::for_station(with.files, "Central!", [] { return UtcTime{}; })).failure == Failure::invalid);
}
