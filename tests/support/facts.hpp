// SPDX-License-Identifier: Apache-2.0
// One fact of each kind and its body as released. The bytes were written by an encoder of Protobuf's wire format made for this
// table alone; they are never edited: a ledger out there holds bodies like them.
#pragma once

#include "wire/fact_codec.hpp"

#include <string>
#include <vector>

namespace dosario::test {

struct ReleaseBody {
    const char* name;
    SignedFact fact;
    std::string hex;
};

/// In the order of Fact.
inline const std::vector<ReleaseBody>& release_bodies() {
    static const std::vector<ReleaseBody> all = [] {
        constexpr std::uint64_t kGtin = 7791234567898;
        constexpr std::uint64_t kPack = 0x123456789abcdef;
        const Date today = *parse_date("2026-11-21");
        const Date expires = *parse_date("2028-06-30");
        Recipient somebody;
        somebody.fill(std::byte{0xab});
        const auto sign = [today](Fact fact) { return SignedFact{std::move(fact), 5, "ANA00001", "EVA00002", today}; };
        return std::vector<ReleaseBody>{
            {"product_learned", sign(ProductLearned{{kGtin}, "Invented 5 mg", "tablet", 30, 90, 10}),
             "08051208414e4130303030311a08455641303030303220d4c402522508da9d93cee0e201120d496e76656e7465642035206d671a067461"
             "626c6574201e285a300a"},
            {"operator_changed", sign(OperatorChanged{"ANA00001"}),
             "08051208414e4130303030311a08455641303030303220d4c4025a0a0a08414e413030303031"},
            {"work_opened", sign(WorkOpened{WorkKind::dispensing, somebody}),
             "08051208414e4130303030311a08455641303030303220d4c402621408041210abababababababababababababababab"},
            {"work_closed", sign(WorkClosed{}), "08051208414e4130303030311a08455641303030303220d4c4026a00"},
            {"packs_received", sign(PacksReceived{{kGtin}, "S1", "L1", expires, 1, 30, {kPack}, true}),
             "08051208414e4130303030311a08455641303030303220d4c402722308da9d93cee0e201120253311a024c3120eacd022801301e39efcd"
             "ab89674523014001"},
            {"pack_fractioned",
             sign(PackFractioned{{kPack},
                                 {kGtin},
                                 "S1",
                                 "L1",
                                 expires,
                                 true,
                                 today,
                                 30,
                                 {{{kPack + 2}, 10}, {{kPack + 3}, 10}},
                                 9,
                                 1,
                                 *parse_date("2027-05-20"),
                                 BeyondUseRule::days_after_opening}),
             "08051208414e4130303030311a08455641303030303220d4c4027a4909efcdab896745230110da9d93cee0e2011a02533122024c3128ea"
             "cd023001381e420b09f1cdab8967452301100a420b09f2cdab8967452301100a4809500158bcc702600268d4c402"},
            {"doses_verified", sign(DosesVerified{{kPack}, {{kPack + 2}, {kPack + 3}}}),
             "08051208414e4130303030311a08455641303030303220d4c40282011b09efcdab89674523011210f1cdab8967452301f2cdab89674523"
             "01"},
            {"dose_dispensed", sign(DoseDispensed{{kPack + 2}, somebody}),
             "08051208414e4130303030311a08455641303030303220d4c4028a011b09f1cdab89674523011210ababababababababababababababab"
             "ab"},
            {"packs_dispensed", sign(PacksDispensed{{kGtin}, "", "L1", expires, 2, 30, {}, somebody}),
             "08051208414e4130303030311a08455641303030303220d4c40292012608da9d93cee0e2011a024c3120eacd022802301e4210abababab"
             "abababababababababababab"},
            {"reversed", sign(Reversed{300}), "08051208414e4130303030311a08455641303030303220d4c4029a010308ac02"},
            {"reader_adopted", sign(ReaderAdopted{"05e0:1200:S1:0"}),
             "08051208414e4130303030311a08455641303030303220d4c402a201100a0e303565303a313230303a53313a30"},
            {"delivery_note_named", sign(DeliveryNoteNamed{"30712345671", "R0001-00001234"}),
             "08051208414e4130303030311a08455641303030303220d4c402aa011d0a0b3330373132333435363731120e52303030312d3030303031323334"},
            {"lot_recalled", sign(LotRecalled{{kGtin}, "L1", "Disp. 1/2026"}),
             "08051208414e4130303030311a08455641303030303220d4c402b2011a08da9d93cee0e20112024c311a0c446973702e20312f32303236"},
            {"recall_lifted", sign(RecallLifted{{kGtin}, "L1", "Disp. 2/2026"}),
             "08051208414e4130303030311a08455641303030303220d4c402ba011a08da9d93cee0e20112024c311a0c446973702e20322f32303236"},
            {"dose_returned", sign(DoseReturned{{kPack + 2}, 300}),
             "08051208414e4130303030311a08455641303030303220d4c402c2010c09f1cdab896745230110ac02"},
            {"packs_returned", sign(PacksReturned{{kGtin}, "S1", "L1", expires, 1, 30, {kPack}, 301}),
             "08051208414e4130303030311a08455641303030303220d4c402ca012408da9d93cee0e201120253311a024c3120eacd022801301e39efcdab896745230140ad02"},
            {"dose_released", sign(DoseReleased{{kPack + 2}, 302}),
             "08051208414e4130303030311a08455641303030303220d4c402d2010c09f1cdab896745230110ae02"},
            {"packs_released", sign(PacksReleased{{kGtin}, "", "L1", expires, 2, 30, {}, 0}),
             "08051208414e4130303030311a08455641303030303220d4c402da011408da9d93cee0e2011a024c3120eacd022802301e"},
            {"recipient_accessed", sign(RecipientAccessed{somebody, AccessPurpose::persons_own_request, true}),
             "08051208414e4130303030311a08455641303030303220d4c402e201160a10abababababababababababababababab10041801"},
        };
    }();
    return all;
}

}  // namespace dosario::test
