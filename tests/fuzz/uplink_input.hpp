// SPDX-License-Identifier: Apache-2.0
// Bytes of a fuzzer as choices: what one end of the uplink is told next. Both targets of the uplink read their input through this.
#pragma once

#include "support/station_ledger.hpp"
#include "wire/uplink_messages.hpp"

#include <cstdint>
#include <span>

namespace dosario::test {

class FuzzInput {
public:
    FuzzInput(const std::uint8_t* bytes, std::size_t size) : left_(bytes, size) {}

    bool empty() const { return left_.empty(); }
    /// 0 when nothing is left.
    std::uint8_t byte() {
        if (left_.empty()) return 0;
        const std::uint8_t one = left_.front();
        left_ = left_.subspan(1);
        return one;
    }
    std::size_t below(std::size_t limit) { return byte() % limit; }
    /// Near what a conversation has, or anything at all.
    std::uint64_t number(std::uint64_t usual) {
        const std::uint8_t kind = byte();
        if (kind < 240) return usual;
        if (kind < 250) return usual + kind % 4 - 2;
        std::uint64_t any = 0;
        for (int i = 0; i < 8; ++i) any = any << 8 | byte();
        return any;
    }
    /// As it should be, but now and then cut, longer, or with one byte changed.
    std::string text(std::string usual) {
        switch (byte()) {
            case 1: usual.resize(usual.size() / 2); break;
            case 2: usual += "more"; break;
            case 3:
                if (!usual.empty()) usual[byte() % usual.size()] = static_cast<char>(byte());
                break;
            default: break;
        }
        return usual;
    }
    Bytes bytes() {
        Bytes out(below(64));
        for (std::byte& one : out) one = std::byte{byte()};
        return out;
    }

private:
    std::span<const std::uint8_t> left_;
};

/// A ledger with three branches, the same in every run.
inline MemoryLedger fuzz_ledger(const Digest& digest, Entropy& entropy) {
    MemoryLedger ledger{digest, entropy};
    ledger.book_some(20);
    ledger.fork(8, "");
    ledger.fork(14, "");
    ledger.book_large(70'000);
    ledger.book_some(4);
    return ledger;
}

inline void put_entries(google::protobuf::RepeatedPtrField<v1::UplinkEntry>& out, const MemoryLedger& ledger, Seq after,
                        std::size_t count, FuzzInput& input) {
    for (Seq seq = after + 1; count > 0 && seq <= ledger.head(); ++seq, --count) {
        auto& entry = *out.Add();
        put(entry, ledger.entries[seq - 1]);
        if (input.byte() < 240) continue;
        entry.set_seq(input.number(entry.seq()));
        entry.set_hash(input.text(entry.hash()));
        entry.set_body(input.text(entry.body()));
        entry.set_boot(input.number(entry.boot()));
    }
}

/// What was written is whole messages of the uplink, and no more than so many bytes wait for the socket.
inline void check_written(MessageReader& reader, const Bytes& written) {
    reader.feed(written);
    for (;;) {
        const auto message = reader.next();
        DOSARIO_CHECK(message.has_value());
        if (!*message) return;
        DOSARIO_CHECK((*message)->message_case() != v1::Envelope::MESSAGE_NOT_SET);
    }
}

}  // namespace dosario::test
