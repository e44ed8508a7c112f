// SPDX-License-Identifier: Apache-2.0
// Frames and messages of the uplink: tests/golden/uplink, whole, cut, and with bits turned.
#include "wire/uplink_messages.hpp"

#include "support/catch.hpp"
#include "support/result.hpp"

#include <fstream>
#include <iterator>
#include <set>

using namespace dosario;
using namespace dosario::test;

namespace {

template <std::size_t Size>
std::string filled(unsigned char with) {
    return std::string(Size, static_cast<char>(with));
}
std::string hash(unsigned char with) { return filled<32>(with); }
const std::string kBranch = filled<8>(0xb1);
constexpr std::int64_t kNoon_us = 1'795'262'400'000'000;

void put_entry(v1::UplinkEntry& out, std::uint64_t seq) {
    out.set_seq(seq);
    out.set_event_id(filled<16>(static_cast<unsigned char>(0xe0 + seq % 16)));
    out.set_kind(14);
    out.set_version(1);
    out.set_boot(3);
    out.set_mono_us(-5);
    out.set_wall_us(kNoon_us);
    out.set_clock(1);
    out.set_body("\x08\x05");
    out.set_hash(hash(static_cast<unsigned char>(seq % 256)));
}

struct Golden {
    const char* name;
    v1::Envelope message;
};

v1::Envelope made(void (*fill)(v1::Envelope&)) {
    v1::Envelope message;
    fill(message);
    return message;
}

v1::Envelope hello() {
    v1::Envelope message;
    auto& hello = *message.mutable_hello();
    hello.set_proto_min(1);
    hello.set_proto_max(1);
    hello.set_ledger(filled<16>(0x1e));
    auto& first = *hello.add_branches();
    first.set_branch(kBranch);
    first.set_end(7);
    first.set_parent_hash(hash(0));
    auto& second = *hello.add_branches();
    second.set_branch(filled<8>(0xb2));
    second.set_starts_after(7);
    second.set_end(300);
    second.set_parent_hash(hash(7));
    hello.set_boot(3);
    hello.set_mono_us(12'345'678);
    hello.set_wall_us(kNoon_us);
    hello.set_machine(hash(0xac));
    hello.set_build("0.1.0");
    return message;
}

v1::Envelope welcome() {
    v1::Envelope message;
    auto& welcome = *message.mutable_welcome();
    welcome.set_proto(1);
    welcome.set_session(9);
    auto& head = *welcome.add_branches();
    head.set_branch(kBranch);
    head.set_have(300);
    head.set_have_hash(hash(0x44));
    head.set_common(200);
    head.set_common_hash(hash(0x55));
    welcome.set_credit(1024);
    welcome.set_hello_mono_us(12'345'678);
    welcome.set_collector_us(kNoon_us + 500'000);
    welcome.add_notices("one notice");
    return message;
}

v1::Envelope refuse() {
    v1::Envelope message;
    auto& refuse = *message.mutable_refuse();
    refuse.set_why(v1::BROKEN_CHAIN);
    refuse.set_message("entry 301 does not follow");
    refuse.set_fatal(true);
    refuse.set_branch(kBranch);
    refuse.set_seq(301);
    refuse.set_retry_after_s(30);
    return message;
}

/// In the order of the Envelope.
std::vector<Golden> released() {
    using Message = v1::Envelope;
    return {
        {"hello", hello()},
        {"welcome", welcome()},
        {"batch", made([](Message& m) {
             m.mutable_batch()->set_branch(kBranch);
             for (const std::uint64_t seq : {301, 302}) put_entry(*m.mutable_batch()->add_entries(), seq);
         })},
        {"ack", made([](Message& m) {
             m.mutable_ack()->set_branch(kBranch);
             m.mutable_ack()->set_seq(302);
             m.mutable_ack()->set_hash(hash(0x2e));
             m.mutable_ack()->set_credit(256);
         })},
        {"ask_hashes", made([](Message& m) {
             m.mutable_ask_hashes()->set_branch(kBranch);
             for (const std::uint64_t seq : {1, 127, 128, 300}) m.mutable_ask_hashes()->add_seqs(seq);
         })},
        {"hashes", made([](Message& m) {
             m.mutable_hashes()->set_branch(kBranch);
             auto& known = *m.mutable_hashes()->add_entries();
             known.set_seq(1);
             known.set_hash(hash(1));
             m.mutable_hashes()->add_entries()->set_seq(400);
         })},
        {"pull", made([](Message& m) {
             m.mutable_pull()->set_branch(kBranch);
             m.mutable_pull()->set_after(300);
         })},
        {"pulled", made([](Message& m) {
             m.mutable_pulled()->set_branch(kBranch);
             put_entry(*m.mutable_pulled()->add_entries(), 301);
         })},
        {"ping", made([](Message& m) {
             m.mutable_ping()->set_boot(3);
             m.mutable_ping()->set_mono_us(-1);
             m.mutable_ping()->set_wall_us(kNoon_us + 15'000'000);
             m.mutable_ping()->set_last_rtt_us(2500);
         })},
        {"pong", made([](Message& m) {
             m.mutable_pong()->set_mono_us(-1);
             m.mutable_pong()->set_collector_us(kNoon_us + 15'001'250);
         })},
        {"refuse", refuse()},
        {"renew", made([](Message& m) { m.mutable_renew()->set_request("PKCS#10"); })},
        {"renewed", made([](Message& m) { m.mutable_renewed()->set_certificate("-----BEGIN CERTIFICATE-----\n"); })},
        {"credit", made([](Message& m) { m.mutable_credit()->set_credit(512); })},
    };
}

Bytes golden(const std::string& name) {
    std::ifstream file{DOSARIO_SOURCE_DIR "/tests/golden/uplink/" + name + ".hex"};
    REQUIRE(file.is_open());
    std::string hex;
    for (std::string line; std::getline(file, line);) hex += line;
    const auto bytes = from_hex(hex);
    REQUIRE(bytes.has_value());
    return *bytes;
}

/// Everything that these bytes say, up to the first that says nothing.
std::vector<v1::Envelope> read(ByteView bytes, std::size_t piece = 1 << 20) {
    MessageReader reader;
    std::vector<v1::Envelope> all;
    while (!bytes.empty()) {
        reader.feed(bytes.first(std::min(piece, bytes.size())));
        bytes = bytes.subspan(std::min(piece, bytes.size()));
        for (;;) {
            auto message = reader.next();
            if (!message) return all;
            if (!*message) break;
            all.push_back(std::move(**message));
        }
    }
    return all;
}

}  // namespace

TEST_CASE("messages have the bytes of the release, both ways", "[golden]") {
    for (const auto& [name, message] : released()) {
        INFO(name);
        const Bytes bytes = golden(name);
        Bytes written;
        append_message(written, message);
        CHECK(to_hex(written) == to_hex(bytes));
        const auto read_back = read(bytes);
        REQUIRE(read_back.size() == 1);
        CHECK(read_back.front().SerializeAsString() == message.SerializeAsString());
    }
}

TEST_CASE("every message of the Envelope has golden bytes, and every field of it is in them", "[golden]") {
    std::set<std::string> names;
    for (const auto& [name, message] : released()) {
        INFO(name);
        names.insert(name);
        const auto* field = v1::Envelope::descriptor()->FindFieldByName(name);
        REQUIRE(field != nullptr);
        const auto& inner = message.GetReflection()->GetMessage(message, field);
        for (int i = 0; i < inner.GetDescriptor()->field_count(); ++i) {
            const auto* part = inner.GetDescriptor()->field(i);
            INFO(part->name());
            CHECK((part->is_repeated() ? inner.GetReflection()->FieldSize(inner, part) > 0
                                       : inner.GetReflection()->HasField(inner, part)));
        }
    }
    CHECK(names.size() == static_cast<std::size_t>(v1::Envelope::descriptor()->field_count()));
}

TEST_CASE("an entry arrives in its fields", "[golden]") {
    const auto batch = read(golden("batch")).front();
    const auto entries = entries_of(batch.batch().entries());
    REQUIRE(entries.has_value());
    REQUIRE(entries->size() == 2);
    const Entry& entry = entries->front();
    CHECK(entry.header.seq == 301);
    CHECK(entry.header.kind == 14);
    CHECK(entry.header.version == 1);
    CHECK(entry.header.boot == 3);
    CHECK(entry.header.mono_us == -5);
    CHECK(entry.header.wall_us == kNoon_us);
    CHECK(entry.header.clock == 1);
    CHECK(to_hex(entry.event_id) == to_hex(as_bytes(filled<16>(0xed))));
    CHECK(to_hex(entry.body) == "0805");
    CHECK(to_hex(entry.hash) == to_hex(as_bytes(hash(45))));
    v1::UplinkEntry again;
    put(again, entry);
    CHECK(again.SerializeAsString() == batch.batch().entries(0).SerializeAsString());
}

TEST_CASE("an entry with an id, a hash or a number that cannot be is none", "[entry]") {
    v1::UplinkEntry good;
    put_entry(good, 301);
    REQUIRE(entry_of(good).has_value());
    const auto refused = [&](auto change) {
        v1::UplinkEntry bad = good;
        change(bad);
        return !entry_of(bad).has_value();
    };
    CHECK(refused([](auto& e) { e.set_event_id(std::string(15, 'x')); }));
    CHECK(refused([](auto& e) { e.set_event_id(std::string(17, 'x')); }));
    CHECK(refused([](auto& e) { e.set_hash(std::string(31, 'x')); }));
    CHECK(refused([](auto& e) { e.clear_hash(); }));
    CHECK(refused([](auto& e) { e.set_seq(0); }));
    CHECK(refused([](auto& e) { e.set_seq(1ULL << 63); }));
    CHECK(refused([](auto& e) { e.set_kind(1U << 31); }));
    CHECK(refused([](auto& e) { e.set_version(1U << 31); }));
    CHECK(refused([](auto& e) { e.set_boot(1ULL << 63); }));
    CHECK(refused([](auto& e) { e.set_clock(2); }));
    CHECK(refused([](auto& e) { e.set_body(std::string(kLargestBody + 1, 'x')); }));
    CHECK_FALSE(refused([](auto& e) { e.set_body(std::string(kLargestBody, 'x')); }));
}

TEST_CASE("entries follow each other, and are not more than a batch holds", "[entry]") {
    v1::Batch batch;
    for (std::uint64_t seq = 1; seq <= kMostEntriesInBatch; ++seq) put_entry(*batch.add_entries(), seq);
    CHECK(entries_of(batch.entries())->size() == kMostEntriesInBatch);
    put_entry(*batch.add_entries(), kMostEntriesInBatch + 1);
    CHECK_FALSE(entries_of(batch.entries()).has_value());
    for (const std::uint64_t second : {1, 3}) {
        v1::Batch holed;
        put_entry(*holed.add_entries(), 1);
        put_entry(*holed.add_entries(), second);
        CHECK_FALSE(entries_of(holed.entries()).has_value());
    }
}

TEST_CASE("messages arrive in pieces of any size", "[frames]") {
    Bytes all;
    std::size_t count = 0;
    for (const auto& [name, message] : released()) {
        append_message(all, message);
        ++count;
    }
    for (const std::size_t piece : {1U, 2U, 3U, 5U, 64U, 1000U}) CHECK(read(all, piece).size() == count);
}

TEST_CASE("a message cut anywhere is waited for", "[frames]") {
    for (const auto& [name, message] : released()) {
        const Bytes bytes = golden(name);
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            MessageReader reader;
            reader.feed(ByteView{bytes}.first(length));
            const auto waiting = reader.next();
            REQUIRE(waiting.has_value());
            CHECK_FALSE(waiting->has_value());
            reader.feed(ByteView{bytes}.subspan(length));
            const auto whole = reader.next();
            REQUIRE(whole.has_value());
            CHECK(whole->has_value());
        }
    }
}

TEST_CASE("a message with one bit turned is refused, waited for, or reads as one that can be written again", "[frames]") {
    for (const auto& [name, message] : released()) {
        const Bytes bytes = golden(name);
        for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
            Bytes changed = bytes;
            changed[bit / 8] ^= std::byte{1} << (bit % 8);
            for (const v1::Envelope& read_back : read(changed)) {
                Bytes again;
                if (read_back.ByteSizeLong() > 0) append_message(again, read_back);
                CHECK(again.size() <= changed.size() + 4);
            }
        }
    }
}

TEST_CASE("a length of nothing or beyond the largest frame ends the reading for good", "[frames]") {
    const char* const bad = GENERATE("00000000", "00100001", "ffffffff", "47455420");
    MessageReader reader;
    reader.feed(*from_hex(bad));
    CHECK(error_of(reader.next()).failure == Failure::invalid);
    reader.feed(golden("credit"));
    CHECK(error_of(reader.next()).failure == Failure::invalid);
}

TEST_CASE("the largest frame passes", "[frames]") {
    v1::Envelope message;
    message.mutable_renew()->set_request("");
    const std::size_t around = message.ByteSizeLong() + 6;  // two lengths of three bytes instead of one, and the field
    message.mutable_renew()->set_request(std::string(kLargestFrame - around, 'x'));
    REQUIRE(message.ByteSizeLong() <= kLargestFrame);
    REQUIRE(message.ByteSizeLong() > kLargestFrame - 4);
    Bytes bytes;
    append_message(bytes, message);
    const auto read_back = read(bytes, 16 * 1024);
    REQUIRE(read_back.size() == 1);
    CHECK(read_back.front().renew().request() == message.renew().request());
}

TEST_CASE("a word of a newer version is an empty message, and not an error", "[golden]") {
    const auto read_back =
        read(*from_hex("00000003"
                       "f20600"));  // field 110
    REQUIRE(read_back.size() == 1);
    CHECK(read_back.front().message_case() == v1::Envelope::MESSAGE_NOT_SET);
}
