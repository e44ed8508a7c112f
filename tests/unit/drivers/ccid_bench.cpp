// SPDX-License-Identifier: Apache-2.0
#include "ccid_bench.hpp"

#include "reader/event_json.hpp"
#include "reader/ndef.hpp"

namespace dosario::test {

std::vector<std::string> CcidBench::story() const {
    std::vector<std::string> told;
    for (const ReaderEvent& one : events) {
        if (const auto* card = std::get_if<CardRead>(&one)) {
            const std::string words = event_text(one).substr(5);
            const auto text = card_text(*card);
            told.push_back(words.substr(0, words.find(" ndef")) + (text ? ' ' + *text : card->ndef ? " ndef" : ""));
        } else if (std::holds_alternative<CardGone>(one)) {
            told.emplace_back("-");
        } else if (const auto* answer = std::get_if<ReaderAnswer>(&one)) {
            told.push_back(answer->number == 0 ? answer->status
                                               : std::to_string(answer->number) + ' ' + answer->command + ' ' + answer->status);
        } else if (std::holds_alternative<ReaderFault>(one)) {
            told.emplace_back("fault");
        }
    }
    return told;
}

}  // namespace dosario::test
