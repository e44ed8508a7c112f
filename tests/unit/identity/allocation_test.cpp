// SPDX-License-Identifier: Apache-2.0
// Identification takes nothing from the heap. This file replaces operator new for the whole test program, to count.
#include "epc/bank.hpp"
#include "identity/identity.hpp"
#include "support/catch.hpp"

#include <cstdlib>
#include <new>
#include <string>
#include <vector>

namespace {

std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
    ++allocations;
    if (void* const memory = std::malloc(size)) return memory;
    throw std::bad_alloc{};
}

// The other forms as well: a sanitizer minds memory that one family takes and another gives back.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++allocations;
    return std::malloc(size);
}

void* operator new[](std::size_t size) { return operator new(size); }

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

using namespace dosario;

TEST_CASE("identifying allocates nothing, whatever the content", "[identify]") {
    const Date today = *parse_date("2026-11-21");
    const std::vector<std::string> contents = {
        "01077912345678981727043010LOTE-ABC123\x1d"
        "21SERIAL1234567890ABCD",
        "(01)07791234567898(10)L1(17)270630",
        "(01)07791234567898(10)L\\(1",
        "https://id.gs1.org/01/07791234567898/10/L%2F1/21/A%2Bb?17=270630",
        "7791234567898",
        "]E07791234567898|]e01727063010L1",
        "02077912345678983712",
        "00123456789@PEREZ@JUAN CARLOS@M@12345678@A@01/02/1980@01/01/2010",
        dose_code(ThingId{123456789}),
        "20-26756539-3",
        "BOXW310820HNERXN09",
        "898 0000 0004 3208",
        "DOSARIO.X100",
        "DOSARIO.B.ABCD1234",
        std::string(3000, '1'),
        std::string(3000, 'a'),
    };
    CodeBuffer buffer;
    const std::size_t before = allocations;
    std::size_t seen = 0;
    for (const std::string& content : contents)
        seen += identify("", content, today, buffer).index() + identify_person(content).index() + 1;
    const std::size_t after = allocations;
    CHECK(after == before);
    CHECK(seen > contents.size());
}

TEST_CASE("reading a tag allocates nothing, nor does identifying it", "[identify]") {
    const Date today = *parse_date("2026-11-21");
    std::vector<Bytes> banks;
    for (const char* const hex : {
             "30003022d59d81ec561cbe991a14",                              // SGTIN-96
             "68003666c4409047e159b2c2bf100000000000000000000000000000",  // SGTIN-198
             "4800fb342cde795211411234538566cb0afc4000",                  // DSGTIN+
             "4000f3309521141123454010266ae27fdf35",                      // ITIP+
             "3000f7077912345678979011000017380000",                      // damaged
             "3000307cc4409047e140075bcd15",                              // partition 7
             "31a10123456789abcdef01234567",                              // ISO
             "3000000000000000000000000000",
         }) {
        banks.push_back(from_hex(hex).value());
    }
    CodeBuffer buffer;
    const std::size_t before = allocations;
    std::size_t seen = 0;
    for (const Bytes& bytes : banks) {
        EpcBank bank = read_epc_bank(bytes, today, buffer);
        seen += identify_epc(bank.reading, today).index() + bank.words;
    }
    const std::string_view uri = "urn:epc:tag:[umi=1]:sgtin-198:3.95060001343.05.32a%2Fb";
    seen += read_epc_uri(uri, buffer).reading.elements().size();
    const std::size_t after = allocations;
    CHECK(after == before);
    CHECK(seen > banks.size());
}
