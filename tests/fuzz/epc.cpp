// SPDX-License-Identifier: Apache-2.0
// Fuzz target: tag memory and EPC URIs. First byte: what the rest is, and how many bits of the last byte count.
#include "epc/bank.hpp"
#include "epc/tid.hpp"
#include "fuzz/gs1_message_checks.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

bool same(std::span<const Gs1Element> a, std::span<const Gs1Element> b) {
    return std::ranges::equal(a, b, [](const Gs1Element& x, const Gs1Element& y) { return x.ai == y.ai && x.value == y.value; });
}

void check_elements(const EpcReading& reading, const CodeBuffer& buffer) {
    const std::string_view kept{buffer.bytes.data(), buffer.used};
    for (const Gs1Element& element : reading.elements()) {
        DOSARIO_CHECK(within(element.ai, kept) && within(element.value, kept) && element.row != nullptr);
        DOSARIO_CHECK(!element.ai.empty() && element.value.size() <= kLongestValue);
    }
}

/// What was read comes back from its URI, and what a barcode may say from its EPC.
void check_ways_back(const EpcReading& reading, Date day) {
    if (!reading.ok()) return;
    DOSARIO_CHECK(!reading.elements().empty());
    CodeBuffer buffer;
    if (reading.key != nullptr) {
        const EpcUriMade uri = make_epc_uri(*reading.key, reading.elements(), reading.prefix_digits);
        DOSARIO_CHECK(uri.error == CodeError::none);
        const EpcUri again = read_epc_uri(uri.text, buffer);
        DOSARIO_CHECK(again.reading.ok() && same(again.reading.elements(), reading.elements()));
    }
    if (reading.scheme == nullptr || epc_rule(reading, day).error != CodeError::none) return;
    const EpcMade made =
        write_epc(*reading.scheme, reading.elements(), {reading.filter.value_or(std::uint8_t{0}), reading.prefix_digits});
    // A date that a DSGTIN+ prefers may have been among the data behind it; nothing else may be refused, but what is no EPC by rule.
    if (!made.ok()) {
        DOSARIO_CHECK(made.error == CodeError::restricted_number || made.error == CodeError::value_too_long ||
                      made.error == CodeError::company_prefix_length || made.error == CodeError::unknown_ai);
        return;
    }
    const EpcReading again = read_epc(made.words(), day, buffer);
    DOSARIO_CHECK(again.ok() && again.elements().size() == reading.elements().size());
    if (reading.name != "DSGTIN+") DOSARIO_CHECK(same(again.elements(), reading.elements()));
}

void check_memory(ByteView memory, std::size_t bits, Date day) {
    CodeBuffer buffer;
    EpcReading reading = read_epc(memory, bits, day, buffer);
    DOSARIO_CHECK(reading.fault().offset * 4U <= bits);
    check_elements(reading, buffer);
    check_ways_back(reading, day);
    (void)identify_epc(reading, day).index();
}

void check_bank(ByteView memory, Date day) {
    CodeBuffer buffer;
    const EpcBank bank = read_epc_bank(memory, day, buffer);
    DOSARIO_CHECK(bank.reading.fault().offset <= memory.size() * 2);
    DOSARIO_CHECK(bank.epc.size() <= 62);
    check_elements(bank.reading, buffer);
    if (!bank.crc16) return;
    DOSARIO_CHECK(bank.has_pc && bank.epc.size() == bank.words * 2U);
    if (bank.words == 0) return;
    const std::string raw = make_raw_uri(bank);
    const EpcUri again = read_epc_uri(raw, buffer);
    DOSARIO_CHECK(again.reading.ok() && make_raw_uri(again.raw, again.control) == raw);
}

void check_uri(std::string_view text, Date day) {
    CodeBuffer buffer;
    const EpcUri uri = read_epc_uri(text, buffer);
    check_fault(uri.reading.fault(), text);
    check_elements(uri.reading, buffer);
    if (uri.kind == EpcUri::Kind::raw) return;
    check_ways_back(uri.reading, day);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view rest{reinterpret_cast<const char*>(bytes) + 1, size - 1};
    const ByteView memory = as_bytes(rest);
    const Date day = some_day(rest);
    switch (bytes[0] % 4) {
        case 0: check_memory(memory, memory.size() * 8 - std::min<std::size_t>(bytes[0] >> 5, memory.size() * 8), day); break;
        case 1: check_bank(memory, day); break;
        case 2: check_uri(rest, day); break;
        case 3:
            if (const auto tid = read_tid(memory))
                DOSARIO_CHECK(tid->maker < 512 && tid->model < 4096 && tid->serial.size() <= 18);
            break;
    }
    return 0;
}
