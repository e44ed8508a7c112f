// SPDX-License-Identifier: Apache-2.0
// A proof of one entry: whoever has the file can check it, and every changed byte is refused.
#include "control/proof.hpp"
#include "crypto/openssl.hpp"
#include "support/catch.hpp"
#include "support/counter.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

struct Proof {
    Counter counter;
    std::unique_ptr<Digest> digest = make_digest();

    Proof() {
        counter.scan(kAna);
        for (const char* serial : {"S1", "S2", "S3", "S4"}) counter.scan(Scan{Box{.serial = serial}.code()}.mode("receive"));
    }

    Result<std::string> make(Seq seq, Seq to = 0, std::uint32_t page = 2) {
        std::string text;
        const auto pages = [&](Seq after) {
            v1::ProofRequest request;
            request.set_after(after);
            request.set_limit(page);
            return proof_reply(counter.ledger(), request);
        };
        const auto written = write_proof(*digest, seq, to, pages, [&text](const std::string& line) {
            text += line;
            return Result<void>{};
        });
        if (!written) return written.error();
        return text;
    }

    /// Why it does not hold, empty when it does.
    std::string check(std::string_view text, std::optional<ShortCode> wanted = {}) {
        ProofCheck checked{*digest, wanted};
        while (!text.empty()) {
            const std::size_t end = text.find('\n');
            if (end == std::string_view::npos) return "it breaks off";
            if (const auto read = checked.line(text.substr(0, end)); !read) return read.error().message;
            text.remove_prefix(end + 1);
        }
        const auto ended = checked.end();
        return ended ? "" : ended.error().message;
    }
};

}  // namespace

TEST_CASE("a proof holds, of every entry and up to every later one", "[proof]") {
    Proof proof;
    const Seq head = proof.counter.ledger().head_seq();
    for (Seq seq = 1; seq <= head; ++seq) {
        for (Seq to = seq; to <= head; ++to) {
            const auto text = proof.make(seq, to);
            REQUIRE(text.has_value());
            CHECK(std::count(text->begin(), text->end(), '\n') == static_cast<std::ptrdiff_t>(to - seq + 3));
            CHECK(proof.check(*text).empty());
        }
    }
    CHECK(*proof.make(3) == *proof.make(3, head, 256));
}

TEST_CASE("every changed byte of a proof is refused in words", "[proof]") {
    Proof proof;
    const std::string text = *proof.make(7, 8);
    for (std::size_t i = 0; i < text.size(); ++i) {
        for (const int flip : {1, 2, 32, 128}) {
            std::string wrong = text;
            wrong[i] = static_cast<char>(wrong[i] ^ flip);
            const std::string why = proof.check(wrong);
            INFO(i << ": " << wrong.substr(i > 20 ? i - 20 : 0, 40));
            CHECK_FALSE(why.empty());
        }
        CHECK_FALSE(proof.check(text.substr(0, i)).empty());
        CHECK_FALSE(proof.check(text.substr(0, i) + ' ' + text.substr(i)).empty());
    }
    CHECK_FALSE(proof.check(text + text).empty());
}

TEST_CASE("a proof must come by the code that is held against it", "[proof]") {
    Proof proof;
    Ledger& ledger = proof.counter.ledger();
    const std::string text = *proof.make(7, 9);
    for (Seq seq = 6; seq <= 9; ++seq) {
        ShortCode code = short_code(seq, ledger.hashes_at({&seq, 1})->front());
        CHECK(proof.check(text, code).empty());
        code.bits ^= 1;
        CHECK_FALSE(proof.check(text, code).empty());
    }
    for (const Seq seq : {Seq{5}, Seq{10}}) {
        const ShortCode code = short_code(seq, ledger.hashes_at({&seq, 1})->front());
        CHECK(proof.check(text, code).find("says nothing of entry") != std::string::npos);
    }
}

TEST_CASE("a proof is not made of entries that are not there, nor of changed ones", "[proof]") {
    Proof proof;
    const Seq head = proof.counter.ledger().head_seq();
    for (const auto& [seq, to] : {std::pair{head + 1, Seq{0}}, {Seq{3}, Seq{2}}, {Seq{1}, head + 1}, {Seq{0}, Seq{0}}}) {
        const auto made = proof.make(seq, to);
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().failure == Failure::invalid);
    }
    REQUIRE(proof.counter.ledger()
                .database()
                .execute("DROP TRIGGER event_stays; UPDATE event SET wall_us = wall_us + 1 WHERE seq = 8")
                .has_value());
    CHECK(proof.make(2, 7).has_value());
    const auto made = proof.make(2);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().failure == Failure::damaged);
}
