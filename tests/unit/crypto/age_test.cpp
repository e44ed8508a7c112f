// SPDX-License-Identifier: Apache-2.0
#include "crypto/age.hpp"
#include "support/catch.hpp"
#include "support/manual_clock.hpp"
#include "support/result.hpp"
#include "support/temporary_directory.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

/// The format's own example: 32 bytes 0x42.
constexpr const char* kSecret = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
constexpr const char* kPublic = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
constexpr std::size_t kPiece = 64 * 1024;

AgeSecretKey the_key() { return must(parse_age_secret(kSecret)); }

/// Gives at most `step` bytes at a time.
ByteSource source_of(const std::string& bytes, std::size_t step = 1 << 20) {
    return [&bytes, step, at = std::size_t{0}](std::span<std::byte> out) mutable -> Result<std::size_t> {
        const std::size_t some = std::min({out.size(), step, bytes.size() - at});
        std::copy_n(std::as_bytes(std::span{bytes}).begin() + static_cast<std::ptrdiff_t>(at), some, out.begin());
        at += some;
        return some;
    };
}

std::string plain_text(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i % 251);
    return text;
}

struct Written {
    std::string file;
    std::string header;
    AgeFileKey key;
};

Written written(const std::string& plain, std::size_t step = 1 << 20) {
    SeededEntropy entropy{1};
    Written made;
    auto writer = must(AgeWriter::start(the_key().recipient(), entropy, [&](ByteView bytes) -> Result<void> {
        made.file += as_text(bytes);
        return {};
    }));
    for (std::size_t at = 0; at < plain.size(); at += step)
        must(writer->write(as_bytes(std::string_view{plain}.substr(at, step))));
    must(writer->finish());
    made.header = writer->header();
    made.key = writer->file_key();
    return made;
}

Result<std::string> all_of(Result<std::unique_ptr<AgeReader>> reader, std::size_t step = 50'000) {
    if (!reader) return reader.error();
    std::string plain;
    Bytes some(step);
    for (;;) {
        const auto got = (*reader)->read(some);
        if (!got) return got.error();
        if (*got == 0) return plain;
        plain += as_text(ByteView{some}.first(*got));
    }
}

Result<std::string> opened(const std::string& file, std::size_t step = 1 << 20) {
    return all_of(AgeReader::open(the_key(), source_of(file, step)));
}

}  // namespace

TEST_CASE("the keys of the format's own example are read and written", "[age]") {
    CHECK(the_key().text() == kSecret);
    CHECK(the_key().recipient().text() == kPublic);
    CHECK(must(parse_age_recipient(kPublic)) == the_key().recipient());
}

TEST_CASE("a recovery key is taken as people type it from a sheet", "[age]") {
    for (const char* typed : {"age-secret-key-1gfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpq4egaex\n",
                              "GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX",
                              "  AGE-SECRET-KEY-1 GFPYYS JZGFPY YSJZGF PYYSJZ GFPYYS\r\n JZGFPY YSJZGF PYYSJZ GFPQ4E\tGAEX ",
                              "Age-Secret-Key-1Gfpy-ysjz-gfpy-ysjz-gfpy-ysjz-gfpy-ysjz-gfpy-ysjz-gfpy-ysjz-gfpq-4ega-ex"})
        CHECK(must(parse_age_secret(typed)).text() == kSecret);
}

TEST_CASE("a mistyped recovery key is told, and never repeated", "[age]") {
    const std::string good = kSecret;
    for (std::size_t i = good.find('1') + 1; i < good.size(); ++i) {
        std::string one = good;
        one[i] = one[i] == 'Q' ? 'P' : 'Q';
        const Error error = error_of(parse_age_secret(one));
        CHECK(error.failure == Failure::invalid);
        CHECK(says(error, "checksum"));
        CHECK_FALSE(says(error, one.substr(17, 6)));
        if (i + 1 == good.size() || good[i] == good[i + 1]) continue;
        std::string exchanged = good;
        std::swap(exchanged[i], exchanged[i + 1]);
        CHECK(says(error_of(parse_age_secret(exchanged)), "checksum"));
    }
    CHECK(says(error_of(parse_age_secret(good.substr(0, good.size() - 1))), "57 were typed"));
    CHECK(says(error_of(parse_age_secret(good + "Q")), "59 were typed"));
    CHECK(says(error_of(parse_age_secret("")), "0 were typed"));
    std::string confused = good;
    confused[20] = '1';
    CHECK(says(error_of(parse_age_secret(confused)), "never has"));
    CHECK(says(error_of(parse_age_secret(good + "!")), "letters and digits only"));
    CHECK(error_of(parse_age_secret(std::string(5000, 'q'))).failure == Failure::invalid);
    CHECK(error_of(parse_age_secret(kPublic)).failure == Failure::invalid);
}

TEST_CASE("a public key that is mistyped, of another kind or unsafe is refused", "[age]") {
    CHECK(error_of(parse_age_recipient(kSecret)).failure == Failure::invalid);
    CHECK(error_of(parse_age_recipient("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwq")).failure ==
          Failure::invalid);
    CHECK(error_of(parse_age_recipient("")).failure == Failure::invalid);
    CHECK(says(error_of(parse_age_recipient(AgeRecipient{}.text())), "not safe"));
}

TEST_CASE("what was written is read back, around the borders of pieces", "[age]") {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kPiece - 1, kPiece, kPiece + 1, 2 * kPiece, 3 * kPiece + 77}) {
        const std::string plain = plain_text(size);
        for (const std::size_t step : {std::size_t{1 << 20}, std::size_t{1000}, kPiece}) {
            const Written made = written(plain, step);
            CHECK(must(opened(made.file)) == plain);
            CHECK(must(opened(made.file, 777)) == plain);
            CHECK(must(all_of(AgeReader::open_again(made.key, made.header, source_of(made.file)), 7001)) == plain);
            CHECK(must(age_shape(source_of(made.file, 999))).plain_bytes == size);
        }
    }
}

TEST_CASE("files that the age tool wrote are read, with other recipients beside ours", "[age]") {
    const std::string golden = std::string{DOSARIO_SOURCE_DIR} + "/tests/golden/age/";
    CHECK(must(opened(read_file(golden + "two_recipients.age"))) == "hello from age 1.1.1\n");
    CHECK(must(opened(read_file(golden + "empty.age"))).empty());
    CHECK(must(age_shape(source_of(read_file(golden + "two_recipients.age")))).recipients >= 2);
}

TEST_CASE("another key is told from a damaged file", "[age]") {
    const Written made = written("ledger");
    SeededEntropy entropy{2};
    const Error other = error_of(AgeReader::open(make_age_key(entropy), source_of(made.file)));
    CHECK(other.failure == Failure::refused);
    CHECK(says(other, "another sheet"));
    CHECK(error_of(opened("SQLite format 3")).failure == Failure::damaged);
    CHECK(error_of(opened("")).failure == Failure::damaged);
    CHECK(error_of(opened("age-encryption.org/v2\n")).failure == Failure::newer);
    CHECK(error_of(opened(std::string(200'000, 'x'))).failure == Failure::damaged);
}

TEST_CASE("every cut and every changed bit of a file is refused", "[age]") {
    const Written made = written("the ledger of a pharmacy");
    for (std::size_t size = 0; size < made.file.size(); ++size) {
        if (opened(made.file.substr(0, size))) FAIL("cut to " << size << " bytes it was read");
        if (all_of(AgeReader::open_again(made.key, made.header, source_of(made.file.substr(0, size)))))
            FAIL("cut to " << size << " bytes it was verified");
    }
    for (std::size_t bit = 0; bit < made.file.size() * 8; ++bit) {
        std::string changed = made.file;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
        if (opened(changed)) FAIL("with bit " << bit << " changed it was read");
        if (all_of(AgeReader::open_again(made.key, made.header, source_of(changed))))
            FAIL("with bit " << bit << " it was verified");
    }
    CHECK(error_of(opened(made.file + "x")).failure == Failure::damaged);
}

TEST_CASE("a file that was cut between two pieces, or whose pieces changed places, is refused", "[age]") {
    const std::string plain = plain_text(3 * kPiece);
    const Written made = written(plain);
    const std::size_t first = made.file.size() - 3 * (kPiece + kAeadTag);
    const Error cut = error_of(opened(made.file.substr(0, first + 2 * (kPiece + kAeadTag))));
    CHECK(cut.failure == Failure::damaged);
    CHECK(says(cut, "cut off"));
    std::string changed = made.file;
    std::swap_ranges(changed.begin() + static_cast<std::ptrdiff_t>(first),
                     changed.begin() + static_cast<std::ptrdiff_t>(first + kPiece + kAeadTag),
                     changed.begin() + static_cast<std::ptrdiff_t>(first + kPiece + kAeadTag));
    CHECK(error_of(opened(changed)).failure == Failure::damaged);
    CHECK(error_of(opened(made.file.substr(0, first))).failure == Failure::damaged);
}

TEST_CASE("a failing disk is told as what it is, both ways", "[age]") {
    SeededEntropy entropy{1};
    const Error full = fail(Failure::full, "no space");
    std::size_t room = 300;
    const ByteSink sink = [&](ByteView bytes) -> Result<void> {
        if (bytes.size() > room) return full;
        room -= bytes.size();
        return {};
    };
    auto writer = must(AgeWriter::start(the_key().recipient(), entropy, sink));
    CHECK(error_of(writer->write(as_bytes(plain_text(2 * kPiece)))).failure == Failure::full);
    const ByteSource broken = [](std::span<std::byte>) -> Result<std::size_t> { return fail(Failure::io, "unplugged"); };
    CHECK(error_of(AgeReader::open(the_key(), broken)).failure == Failure::io);
}
