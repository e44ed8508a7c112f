// SPDX-License-Identifier: Apache-2.0
#include "control/messages.hpp"

#include "control/catalogue.hpp"

#include <algorithm>

namespace dosario {

namespace {

std::string_view work_key(WorkKind kind) {
    switch (kind) {
        case WorkKind::reception: return "work/reception";
        case WorkKind::fractioning: return "work/fractioning";
        case WorkKind::verification: return "work/verification";
        case WorkKind::dispensing: return "work/dispensing";
        case WorkKind::returning: return "work/returning";
        case WorkKind::releasing: return "work/releasing";
    }
    return "work/reception";
}

std::string_view rule_key(BeyondUseRule rule) {
    switch (rule) {
        case BeyondUseRule::maker_expiry: return "rule/maker_expiry";
        case BeyondUseRule::days_after_opening: return "rule/days_after_opening";
        case BeyondUseRule::share_of_time_left: return "rule/share_of_time_left";
        case BeyondUseRule::product_rule: return "rule/product_rule";
    }
    return "rule/maker_expiry";
}

std::string_view question_key(QuestionKind kind) {
    switch (kind) {
        case QuestionKind::lot: return "?lot";
        case QuestionKind::which_lot: return "?which_lot";
        case QuestionKind::units_per_pack: return "?units_per_pack";
        case QuestionKind::short_life: return "?short_life";
        case QuestionKind::which_work: return "?which_work";
        case QuestionKind::reading: return "?reading";
        case QuestionKind::product: return "?product";
        case QuestionKind::tray_count: return "?tray_count";
    }
    return "?lot";
}

std::string code_key(CodeError error) { return "code/" + std::string{code_error_name(error)}; }

/// What is said of a clock that is not believed; a day that nobody knows has a sentence of its own.
std::string_view clock_key(ClockState state) {
    switch (state) {
        case ClockState::behind: return "line/clock_behind";
        case ClockState::ahead: return "line/clock_ahead";
        case ClockState::good:
        case ClockState::unknown: return {};
    }
    return {};
}

std::string day(const std::optional<Date>& date) { return date ? format_date(*date) : "-"; }
std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

/// A number with its word, from the rows `count/KEY` and, of one, `count/KEY_one`.
std::string counted(std::string_view key, std::uint64_t n, Language language) {
    const std::string row = "count/" + std::string{key} + (n == 1 ? "_one" : "");
    return put_in(catalogue_text(row, language), [n](std::string_view) { return std::to_string(n); });
}

/// `10 comprimidos`, in the unit of the product. Its word is that of one; what is a word and no symbol (`ml`) takes an s for more, in
/// Spanish and Portuguese after a vowel.
std::string amount(std::uint64_t n, const std::optional<Product>& product, Language language) {
    if (!product || product->unit.empty()) return counted("units", n, language);
    const bool takes_s =
        language == Language::en || std::string_view{"aeiou"}.find(product->unit.back()) != std::string_view::npos;
    return std::to_string(n) + " " + product->unit + (n != 1 && takes_s && product->unit.size() > 3 ? "s" : "");
}

/// `2: serie S1, lote ABC, vence 2026-12-31`; of the serial number only where one of the readings has it.
std::string reading_line(const std::vector<ReadAs>& readings, std::size_t i, Language language) {
    const ReadAs& reading = readings[i];
    std::string line = std::to_string(i + 1) + ":";
    const char* between = " ";
    const auto say = [&](std::string_view key, const std::string& value) {
        const std::string row = "reading/" + std::string{value.empty() ? "no_" : ""} + std::string{key};
        line += between + put_in(catalogue_text(row, language), [&](std::string_view) { return value; });
        between = ", ";
    };
    const bool serials = std::ranges::any_of(readings, [](const ReadAs& one) { return !one.serial.empty(); });
    if (serials) say("serial", reading.serial);
    say("lot", reading.lot);
    say("expiry", reading.expires_on ? format_date(*reading.expires_on) : "");
    return line;
}

/// What the braces of the catalogue stand for, of one review. Made when it is asked for: a scan waits for its words.
struct Name {
    std::string_view name;
    std::string (*text)(const Particulars&, Language);
};

constexpr Name kNames[] = {
    {"product",
     [](const Particulars& about, Language) {
         if (about.product && !about.product->name.empty()) return about.product->name;
         return about.gtin ? about.gtin->text() : std::string{"-"};
     }},
    {"gtin", [](const Particulars& about, Language) { return about.gtin ? about.gtin->text() : std::string{"-"}; }},
    {"lot", [](const Particulars& about, Language) { return or_dash(about.lot); }},
    {"label", [](const Particulars& about, Language) { return about.label; }},
    {"expires", [](const Particulars& about, Language) { return day(about.expires_on); }},
    {"other_lot", [](const Particulars& about, Language) { return or_dash(about.other_lot); }},
    {"other", [](const Particulars& about, Language) { return day(about.other_on); }},
    {"until", [](const Particulars& about, Language) { return day(about.beyond_use_on); }},
    {"rule", [](const Particulars& about,
                Language language) { return std::string{about.rule ? catalogue_text(rule_key(*about.rule), language) : "-"}; }},
    {"tags", [](const Particulars& about, Language language) { return counted("tags", about.tags, language); }},
    {"reads", [](const Particulars& about, Language language) { return counted("reads", about.tags, language); }},
    {"strangers", [](const Particulars& about, Language language) { return counted("strangers", about.strangers, language); }},
    {"saved", [](const Particulars& about, Language language) { return counted("saved", about.saved, language); }},
    {"left", [](const Particulars& about, Language language) { return counted("left", about.tray_left, language); }},
    {"serial", [](const Particulars& about, Language) { return about.serial; }},
    {"thing", [](const Particulars& about, Language) { return about.dose ? dose_code(about.dose) : pack_code(about.pack); }},
    {"dropped", [](const Particulars& about, Language) { return std::to_string(about.dropped); }},
    {"crates", [](const Particulars& about, Language) { return std::to_string(about.crates); }},
    {"packs", [](const Particulars& about, Language) { return std::to_string(about.packs); }},
    {"amount", [](const Particulars& about, Language language) { return amount(about.units, about.product, language); }},
    {"remaining", [](const Particulars& about, Language) { return std::to_string(about.remaining); }},
    {"wasted", [](const Particulars& about, Language) { return std::to_string(about.wasted); }},
    {"doses", [](const Particulars& about, Language language) { return counted("doses", about.doses.size(), language); }},
    {"wanted", [](const Particulars& about, Language language) { return counted("doses", about.packs, language); }},
    {"work",
     [](const Particulars& about, Language language) {
         return std::string{about.work_kind ? catalogue_text(work_key(*about.work_kind), language) : "-"};
     }},
    {"seq", [](const Particulars& about, Language) { return std::to_string(about.seq); }},
    {"badge", [](const Particulars& about, Language) { return about.badge; }},
    {"reference", [](const Particulars& about, Language) { return or_dash(about.reference); }},
    {"note", [](const Particulars& about, Language) { return or_dash(about.note); }},
    {"today", [](const Particulars& about, Language) { return day(about.today); }},
    {"error",
     [](const Particulars& about, Language language) {
         return std::string{about.fault ? catalogue_text(code_key(about.fault->error), language) : "-"};
     }},
    {"at", [](const Particulars& about, Language) { return std::to_string(about.fault ? about.fault->offset : 0); }},
};

std::string fill(std::string_view pattern, const Particulars& about, Language language) {
    return put_in(pattern, [&](std::string_view name) {
        const auto* const found = std::ranges::find(kNames, name, &Name::name);
        return found == std::end(kNames) ? "{" + std::string{name} + "}" : found->text(about, language);
    });
}

std::string_view sentence(const Review& review, Language language) {
    const std::string what{what_name(review.what)};
    if (!review.about.reason.empty()) {
        if (const auto found = catalogue_text(what + "/" + review.about.reason, language); !found.empty()) return found;
    }
    if (review.what == What::not_understood && review.about.fault && review.about.fault->error == CodeError::none) {
        return catalogue_text("not_understood/plain", language);
    }
    return catalogue_text(what, language);
}

}  // namespace

Words words_for(const Review& review, Language language) {
    Words words;
    const Particulars& about = review.about;
    const auto say = [&](std::string_view pattern) { return fill(pattern, about, language); };
    words.message = say(sentence(review, language));
    if (about.product) words.lines.push_back(say(catalogue_text("line/product", language)));
    if (!about.lot.empty()) {
        words.lines.push_back(say(catalogue_text(about.expires_on ? "line/lot" : "line/lot_alone", language)));
    }
    if (!about.label.empty()) {
        words.lines.push_back(say(catalogue_text("line/label", language)));
    }
    for (std::size_t i = 0; i < about.readings.size(); ++i) words.lines.push_back(reading_line(about.readings, i, language));
    if (review.what == What::code_unclear) words.lines.push_back(say(catalogue_text("line/layout_helps", language)));
    if (!about.serial.empty()) words.lines.push_back(say(catalogue_text("line/serial", language)));
    if (review.what == What::undone && (about.dose || about.pack))
        words.lines.push_back(say(catalogue_text("line/thing", language)));
    if (about.tray_left > 0) words.lines.push_back(say(catalogue_text("line/tray_left", language)));
    if (review.what == What::tray_seen && about.strangers > 0)
        words.lines.push_back(say(catalogue_text("line/strangers", language)));
    for (const std::string& epc : about.epcs)
        words.lines.push_back(put_in(catalogue_text("tray/epc", language), [&](std::string_view) { return epc; }));
    if (about.dropped > 0) words.lines.push_back(say(catalogue_text("line/count_dropped", language)));
    if (about.crates > 0) words.lines.push_back(say(catalogue_text("line/crates", language)));
    if (about.beyond_use_on) words.lines.push_back(say(catalogue_text("line/until", language)));
    if (about.suspect_missing_fnc1) words.lines.push_back(say(catalogue_text("line/fnc1", language)));
    if (const auto key = clock_key(about.clock); !key.empty()) words.lines.push_back(say(catalogue_text(key, language)));
    if (review.ask) words.question = say(catalogue_text(question_key(*review.ask), language));
    return words;
}

}  // namespace dosario
