// SPDX-License-Identifier: Apache-2.0
// What the desk does with codes that do not say everything: those that lost their separators are asked about, and labels of wholesalers
// wait for the barcode of their pack.
#include "workflow/desk_turn.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::size_t kMostSettled = 16;
constexpr std::size_t kLongestSerial = 20;  // AI 21, and what the SNT takes

Item item_of(const CodeReading& reading, Date today) {
    Item item;
    item.gtin = parse_gtin(reading.item()).value_or(Gtin{});
    item.serial = reading.serial();
    item.lot = reading.lot();
    item.expires_on = reading.expires_on(today);
    return item;
}

/// The only reading that says what was typed. A lot decides alone where the reading has no expiry; an expiry must be there.
const CodeReading* said_by(std::span<const CodeReading> readings, const Typed& typed, Date today) {
    if (typed.lot.empty() && !typed.expires_on) return nullptr;
    const CodeReading* said = nullptr;
    for (const CodeReading& reading : readings) {
        if (!typed.lot.empty() && reading.lot() != typed.lot) continue;
        const auto expires_on = reading.expires_on(today);
        if (typed.expires_on && expires_on != typed.expires_on && (expires_on || typed.lot.empty())) continue;
        if (said != nullptr) return nullptr;
        said = &reading;
    }
    return said;
}

Review ask_reading(std::span<const CodeReading> readings, const Bench& bench) {
    Particulars about;
    about.gtin = parse_gtin(readings.front().item());
    for (const CodeReading& reading : readings) {
        if (reading.item() != readings.front().item()) about.gtin.reset();
        about.readings.push_back(
            {std::string{reading.serial()}, std::string{reading.lot()}, reading.expires_on(bench.now.today)});
    }
    if (about.gtin) about.product = bench.stock.product(*about.gtin);
    Review review = stop(What::code_unclear, std::move(about));
    review.ask = QuestionKind::reading;
    for (std::size_t i = 1; i <= readings.size(); ++i) review.choices.push_back("DOSARIO.X" + std::to_string(i));
    review.choices.emplace_back(command_code(CommandWord::no));
    return review;
}

Review ask_product(Review review) {
    review.ask = QuestionKind::product;
    review.choices = {std::string{command_code(CommandWord::no)}};
    return review;
}

bool names_product(const Item& item) { return item.gtin.number != 0 || !item.unclear.empty(); }

}  // namespace

/// Puts what a person said, now or before, in the place of the unclear code; a Review asks.
std::optional<Review> Desk::settle_reading(Turn& turn, Item& item) {
    if (item.unclear.empty()) return std::nullopt;
    const Date today = turn.bench.now.today;
    const auto take = [&](Item chosen) {
        chosen.label = item.label;
        item = std::move(chosen);
        return std::nullopt;
    };
    const auto known = std::ranges::find(settled_, item.unclear, &Settled::content);
    if (known != settled_.end()) return take(known->item);
    const CodeReadings readings = code_readings(item.unclear, rules_.codes->layouts, today);
    const auto all = readings.all();
    if (readings.too_many || all.empty()) {
        Review review = stop(What::code_unclear);
        review.about.reason = "too_many";
        return keep(turn, item, std::move(review));
    }
    if (turn.choice >= 1 && turn.choice <= all.size()) return take(item_of(all[turn.choice - 1], today));
    if (const CodeReading* const said = said_by(all, turn.bench.typed, today)) return take(item_of(*said, today));
    return keep(turn, item, ask_reading(all, turn.bench));
}

/// For the rest of this work: one code on fifty boxes is asked about once.
void Desk::remember(Settled settled) {
    if (settled.content.empty() || std::ranges::find(settled_, settled.content, &Settled::content) != settled_.end()) return;
    settled.item.label.clear();
    if (settled_.size() == kMostSettled) settled_.erase(settled_.begin());
    settled_.push_back(std::move(settled));
}

/// GLN and serial number are the pack's serial number, as it is told to the SNT.
Review Desk::see_label(Turn& turn, const WholesalerLabel& label) {
    Item item;
    item.label = std::string{label.gln} + std::string{label.serial};
    if (item.label.size() <= kLongestSerial) return see_item(turn, std::move(item));
    Review review = stop(What::not_supported);
    review.about.reason = "label_too_long";
    return review;
}

/// The product that a held label waits for, or the new label for a product that is being asked about.
void Desk::join_label(Turn& turn, Item& item) {
    if (!question_ || item.dose || item.pack) return;
    if (question_ == QuestionKind::product && item.label.empty() && names_product(item)) {
        item.label = asked_about_.label;
    } else if (!item.label.empty() && !names_product(item) && names_product(asked_about_) && asked_about_.label.empty() &&
               asked_work_.value_or(WorkKind::reception) == WorkKind::reception &&
               turn.bench.stock.packs_by_serial(item.label).empty()) {
        std::string label = std::move(item.label);
        item = asked_about_;
        item.label = std::move(label);
    } else {
        return;
    }
    if (!turn.work && asked_work_) open(turn, workflow_of(*asked_work_));
    turn.bench.typed = merge(turn.bench.typed, asked_typed_);
}

/// Makes the label the serial number of its pack. A Review asks for the product, or refuses one and goes on holding the label.
std::optional<Review> Desk::put_label(Turn& turn, Item& item) {
    if (item.label.empty()) return std::nullopt;
    const bool reception = turn.work->kind == WorkKind::reception;
    Item alone;
    alone.label = item.label;
    const auto refuse = [&](What what, const char* reason) {
        Review review = stop(what, describe(item, turn.bench));
        review.about.reason = reason;
        turn.bench.typed = {};  // it was of what is refused
        return keep(turn, alone, ask_product(std::move(review)));
    };
    if (!item.serial.empty() && item.serial != item.label) return refuse(What::product_needed, "own_serial");
    if (reception && turn.bench.typed.packs > 1) return refuse(What::serial_needs_one, "");
    item.serial = item.label;
    if (item.gtin.number != 0) return std::nullopt;
    const auto packs = turn.bench.stock.packs_by_serial(item.serial);
    if (packs.size() == 1) {
        item.gtin = packs.front().gtin;
        return std::nullopt;
    }
    if (packs.empty() && !reception) return keep(turn, item, stop(What::not_in_stock));
    return keep(turn, alone, ask_product(stop(What::product_needed)));
}

}  // namespace dosario
