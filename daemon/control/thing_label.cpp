// SPDX-License-Identifier: Apache-2.0
#include "control/thing_label.hpp"

#include "control/tag_words.hpp"
#include "identity/own_code.hpp"
#include "ledger/columns.hpp"
#include "reader/driver.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::string_view kDose = "DOSARIO.D.";
constexpr std::string_view kPack = "DOSARIO.P.";

std::string bare(std::string_view code) { return make_barcode(code, MonoTime{}).bytes; }

/// YYMMDD, as 17 has it.
std::string gs1_date(Date day) {
    const std::string text = format_date(day);
    return text.substr(2, 2) + text.substr(5, 2) + text.substr(8, 2);
}

Result<std::string> label_of_dose(Ledger& ledger, ThingId id, Language language) {
    Seq made = 0;
    {
        auto query = ledger.database().query("SELECT made_seq FROM dose WHERE dose = ?");
        query.bind(sql(id));
        if (query.row()) made = natural(query, 0);
        if (query.failed()) return query.error();
    }
    const auto fact = ledger.stock().fact(made);
    const auto* const cut = fact ? std::get_if<PackFractioned>(&fact->fact) : nullptr;
    if (cut == nullptr) return fail(Failure::not_found, tag_words("not_known", language));
    const auto place = std::ranges::find(cut->doses, id, &MadeDose::dose);
    if (place == cut->doses.end()) return fail(Failure::not_found, tag_words("not_known", language));
    const auto dose = ledger.stock().dose(id);
    if (!dose) return fail(Failure::not_found, tag_words("not_known", language));
    DoseContent content{id, dose->gtin, 0, static_cast<unsigned>(cut->doses.size()), dose->lot, dose->beyond_use_on};
    content.piece = static_cast<unsigned>(place - cut->doses.begin()) + 1;
    std::string label = dose_label(content);
    if (is_bare_code(label)) return invalid(tag_words("no_gs1_dose", language));
    return label;
}

Result<std::string> label_of_pack(Ledger& ledger, ThingId id, Language language) {
    const auto pack = ledger.stock().pack(id);
    if (!pack) return fail(Failure::not_found, tag_words("not_known", language));
    if (pack->serial.empty()) return invalid(tag_words("no_pack_serial", language));
    return "]d201" + pack->gtin.text() + "17" + gs1_date(pack->expires_on) + "10" + pack->lot + "\x1d" + "21" + pack->serial;
}

}  // namespace

bool is_bare_code(std::string_view code) {
    const std::string text = bare(code);
    return text.starts_with(kDose) || text.starts_with(kPack);
}

Result<std::string> thing_label(Ledger& ledger, std::string_view code, Language language) {
    const std::string text = bare(code);
    const bool is_dose = text.starts_with(kDose);
    if (!is_dose && !text.starts_with(kPack)) return std::string{code};
    const auto id = parse_thing(text);
    if (!id) return invalid(tag_words("mistyped", language));
    return is_dose ? label_of_dose(ledger, *id, language) : label_of_pack(ledger, *id, language);
}

}  // namespace dosario
