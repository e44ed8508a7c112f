// SPDX-License-Identifier: Apache-2.0
#include "crypto/secret_file.hpp"
#include "support/catch.hpp"
#include "support/result.hpp"
#include "support/temporary_directory.hpp"

#include <sys/stat.h>
#include <unistd.h>

using namespace dosario;
using namespace dosario::test;

namespace {

mode_t mode_of(const std::string& path) {
    struct stat found {};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    return found.st_mode & 07777;
}

}  // namespace

TEST_CASE("a secret is read back, and only its owner may read it", "[secret]") {
    const TemporaryDirectory directory;
    const std::string path = directory.file("key");
    must(write_secret(path, "first"));
    CHECK(mode_of(path) == 0600);
    CHECK(must(read_secret(path)) == "first");
    must(write_secret(path, ""));
    CHECK(must(read_secret(path)).empty());
}

TEST_CASE("a secret replaces a file that was open to everybody, and a left-over of a crash", "[secret]") {
    const TemporaryDirectory directory;
    const std::string path = directory.file("key");
    write_file(path, "old and longer");
    ::chmod(path.c_str(), 0644);
    write_file(path + ".new", "half");
    ::chmod((path + ".new").c_str(), 0666);
    must(write_secret(path, "fresh"));
    CHECK(mode_of(path) == 0600);
    CHECK(read_file(path) == "fresh");
    CHECK(::access((path + ".new").c_str(), F_OK) != 0);
}

TEST_CASE("a secret that cannot be written leaves what was there and is not in the error", "[secret]") {
    const TemporaryDirectory directory;
    const Error missing = error_of(write_secret(directory.file("no/such/key"), "hush"));
    CHECK(says(missing, "no/such/key"));
    CHECK_FALSE(says(missing, "hush"));
    // A folder that is not empty cannot be replaced by a file: the rename fails.
    const std::string taken = directory.file("taken");
    REQUIRE(::mkdir(taken.c_str(), 0700) == 0);
    write_file(taken + "/inside", "x");
    CHECK(write_secret(taken, "hush").has_error());
    CHECK(read_file(taken + "/inside") == "x");
    CHECK(::access((taken + ".new").c_str(), F_OK) != 0);
}

TEST_CASE("a secret that others may read is refused, with what to do", "[secret]") {
    const TemporaryDirectory directory;
    const std::string path = directory.file("key");
    must(write_secret(path, "secret"));
    for (const mode_t open : {0644, 0604, 0602, 0660, 0601}) {
        ::chmod(path.c_str(), open);
        INFO(open);
        const Error error = error_of(read_secret(path));
        CHECK(error.failure == Failure::refused);
        CHECK(says(error, "chmod 600 " + path));
    }
    ::chmod(path.c_str(), 0640);
    CHECK(read_secret(path).has_value() == (::geteuid() == 0));
    ::chmod(path.c_str(), 0400);
    CHECK(must(read_secret(path)) == "secret");
}

TEST_CASE("what is no file of a secret is refused", "[secret]") {
    const TemporaryDirectory directory;
    CHECK(error_of(read_secret(directory.file("none"))).failure == Failure::not_found);
    CHECK(read_secret(directory.path()).has_error());
    REQUIRE(::mkfifo(directory.file("pipe").c_str(), 0600) == 0);
    CHECK(read_secret(directory.file("pipe")).has_error());
    must(write_secret(directory.file("large"), std::string(kLargestSecret_bytes + 1, 'x')));
    CHECK(read_secret(directory.file("large")).has_error());
}

TEST_CASE("a wiped secret is gone", "[secret]") {
    std::string secret = "a secret that is longer than a small string holds";
    wipe(secret);
    CHECK(secret.empty());
}
