// SPDX-License-Identifier: Apache-2.0
// What the desk does with codes that lost their separators: it asks, and remembers the answer.
#include "workflow/desk_turn.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::size_t kMostSettled = 16;

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

}  // namespace

/// Puts what a person said, now or before, in the place of the unclear code; a Review asks.
std::optional<Review> Desk::settle_reading(Turn& turn, Item& item) {
    if (item.unclear.empty()) return std::nullopt;
    const Date today = turn.bench.now.today;
    const auto take = [&](Item chosen) {
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
    if (settled_.size() == kMostSettled) settled_.erase(settled_.begin());
    settled_.push_back(std::move(settled));
}

}  // namespace dosario
