// SPDX-License-Identifier: Apache-2.0
#include "control/messages.hpp"

#include "control/catalogue.hpp"

#include <fmt/args.h>
#include <fmt/format.h>

#include <algorithm>

namespace dosario {
namespace {

std::string_view find(std::string_view key, Language language) {
    for (const CatalogueRow& row : catalogue()) {
        if (row.key == key) return in_language(row, language);
    }
    return {};
}

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
    return fmt::format(fmt::runtime(find(row, language)), fmt::arg("n", n));
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
        line += between + fmt::format(fmt::runtime(find(row, language)), fmt::arg("value", value));
        between = ", ";
    };
    const bool serials = std::ranges::any_of(readings, [](const ReadAs& one) { return !one.serial.empty(); });
    if (serials) say("serial", reading.serial);
    say("lot", reading.lot);
    say("expiry", reading.expires_on ? format_date(*reading.expires_on) : "");
    return line;
}

/// What the braces of the catalogue stand for, of one review. Made once: most answers fill several rows.
fmt::dynamic_format_arg_store<fmt::format_context> names_of(const Particulars& about, Language language) {
    const std::string gtin = about.gtin ? about.gtin->text() : "-";
    const std::string product = about.product && !about.product->name.empty() ? about.product->name : gtin;
    fmt::dynamic_format_arg_store<fmt::format_context> names;
    names.push_back(fmt::arg("product", product));
    names.push_back(fmt::arg("gtin", gtin));
    names.push_back(fmt::arg("lot", or_dash(about.lot)));
    names.push_back(fmt::arg("expires", day(about.expires_on)));
    names.push_back(fmt::arg("other_lot", or_dash(about.other_lot)));
    names.push_back(fmt::arg("other", day(about.other_on)));
    names.push_back(fmt::arg("until", day(about.beyond_use_on)));
    names.push_back(fmt::arg("rule", std::string{about.rule ? find(rule_key(*about.rule), language) : "-"}));
    names.push_back(fmt::arg("packs", about.packs));
    names.push_back(fmt::arg("amount", amount(about.units, about.product, language)));
    names.push_back(fmt::arg("remaining", about.remaining));
    names.push_back(fmt::arg("wasted", about.wasted));
    names.push_back(fmt::arg("doses", counted("doses", about.doses.size(), language)));
    names.push_back(fmt::arg("wanted", counted("doses", about.packs, language)));
    names.push_back(fmt::arg("work", std::string{about.work_kind ? find(work_key(*about.work_kind), language) : "-"}));
    names.push_back(fmt::arg("seq", about.seq));
    names.push_back(fmt::arg("badge", about.badge));
    names.push_back(fmt::arg("reference", or_dash(about.reference)));
    names.push_back(fmt::arg("note", or_dash(about.note)));
    names.push_back(fmt::arg("today", day(about.today)));
    names.push_back(fmt::arg("error", std::string{about.fault ? find(code_key(about.fault->error), language) : "-"}));
    names.push_back(fmt::arg("at", about.fault ? about.fault->offset : 0));
    return names;
}

std::string_view sentence(const Review& review, Language language) {
    const std::string what{what_name(review.what)};
    if (!review.about.reason.empty()) {
        if (const auto found = find(what + "/" + review.about.reason, language); !found.empty()) return found;
    }
    if (review.what == What::not_understood && review.about.fault && review.about.fault->error == CodeError::none) {
        return find("not_understood/plain", language);
    }
    return find(what, language);
}

}  // namespace

Words words_for(const Review& review, Language language) {
    Words words;
    const Particulars& about = review.about;
    const auto names = names_of(about, language);
    const auto fill = [&](std::string_view pattern) {
        return fmt::vformat(fmt::string_view{pattern.data(), pattern.size()}, names);
    };
    words.message = fill(sentence(review, language));
    if (about.product) words.lines.push_back(fill(find("line/product", language)));
    if (!about.lot.empty()) {
        words.lines.push_back(fill(find(about.expires_on ? "line/lot" : "line/lot_alone", language)));
    }
    if (!about.label.empty()) {
        words.lines.push_back(fmt::format(fmt::runtime(find("line/label", language)), fmt::arg("label", about.label)));
    }
    for (std::size_t i = 0; i < about.readings.size(); ++i) words.lines.push_back(reading_line(about.readings, i, language));
    if (review.what == What::code_unclear) words.lines.push_back(fill(find("line/layout_helps", language)));
    if (about.beyond_use_on) words.lines.push_back(fill(find("line/until", language)));
    if (about.suspect_missing_fnc1) words.lines.push_back(fill(find("line/fnc1", language)));
    if (const auto key = clock_key(about.clock); !key.empty()) words.lines.push_back(fill(find(key, language)));
    if (review.ask) words.question = fill(find(question_key(*review.ask), language));
    return words;
}

}  // namespace dosario
