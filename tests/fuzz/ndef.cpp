// SPDX-License-Identifier: Apache-2.0
// Any bytes as an NDEF message and as a tag's memory.
#include "base/check.hpp"
#include "ccid/tag_memory.hpp"
#include "reader/ndef.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace dosario;
    const ByteView all = std::as_bytes(std::span{bytes, size});
    CardRead card;
    card.ndef.emplace(all.begin(), all.end());
    const auto text = card_text(card);
    if (text) DOSARIO_CHECK(parse_ndef(all).has_value());
    for (const ccid::Memory layout : {ccid::Memory::type2, ccid::Memory::type5}) {
        // As a driver reads: a little at a time, until it is told that it is enough.
        std::size_t known = 0;
        for (;;) {
            const ccid::NdefPlace place = ccid::find_ndef(layout, all.first(known));
            if (place.what == ccid::NdefPlace::What::found) {
                DOSARIO_CHECK(place.message.size() <= kLongestNdef);
                const ccid::NdefPlace again = ccid::find_ndef(layout, all);
                DOSARIO_CHECK(again.what == place.what && again.message == place.message);
            }
            if (place.what != ccid::NdefPlace::What::further) break;
            DOSARIO_CHECK(place.wanted > known);
            known = place.wanted;
            if (known > all.size()) break;
        }
    }
    return 0;
}
