// SPDX-License-Identifier: Apache-2.0
// What the desk does with codes that do not say everything: those that lost their separators are asked about, and labels of wholesalers
// wait for the barcode of their pack.
#include "workflow/desk_turn.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::size_t kMostSettled = 16;
constexpr auto kLabelHolds = std::chrono::seconds{60};
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

/// `…10L1` as a serial number without lot, when L1 is the lot that was typed: it may have been swallowed.
bool ends_with_typed_lot(const Item& item, const Typed& typed) {
    const std::string tail = "10" + typed.lot;
    return !item.as_read.empty() && !typed.lot.empty() && item.serial.size() > tail.size() && item.serial.ends_with(tail);
}

std::string without_aim(const std::string& code) { return code.starts_with(']') ? code.substr(3) : code; }

bool names_product(const Item& item) { return item.gtin.number != 0 || !item.unclear.empty(); }

}  // namespace

/// Puts what a person said, now or before, in the place of the unclear code; a Review asks.
std::optional<Review> Desk::settle_reading(Turn& turn, Item& item) {
    if (item.unclear.empty() && ends_with_typed_lot(item, turn.bench.typed)) item.unclear = without_aim(item.as_read);
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
    // A short lot may end a right serial number by chance: there what was typed raises the question, and does not answer it.
    const CodeReading* const said = item.as_read.empty() ? said_by(all, turn.bench.typed, today) : nullptr;
    if (said != nullptr) return take(item_of(*said, today));
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
    item.lot = label.lot;
    item.expires_on = label.expires_on;
    if (item.label.size() <= kLongestSerial) return see_item(turn, std::move(item));
    Review review = stop(What::not_supported);
    review.about.reason = "label_too_long";
    return review;
}

/// A label waits for a minute, or as long as there is a question about its pack; for one person, in one kind of work.
void Desk::let_label_go(const Turn& turn, const Workflow* chosen) {
    if (!label_) return;
    const bool asked = question_ && asked_about_.label == label_->number;
    const bool late = !asked && turn.bench.now.at - label_->at > kLabelHolds;
    const std::string& who = turn.bench.operator_badge;
    const bool of_another = !who.empty() && !label_->of.empty() && who != label_->of;
    const bool elsewhere = (chosen != nullptr && chosen->kind != label_->work) || (turn.work && turn.work->kind != label_->work);
    if (late || of_another || elsewhere) label_.reset();
}

void Desk::hold_label(const Turn& turn, const Item& item) {
    if (!label_ || label_->number != item.label) {
        label_ = HeldLabel{item.label, item.lot, item.expires_on, turn.bench.typed, {}, turn.work->kind, {}, {}};
    }
    label_->at = turn.bench.now.at;
    label_->of = turn.bench.operator_badge;
}

/// The next product belongs to the label that waits.
void Desk::join_label(Turn& turn, Item& item) {
    if (!label_ || !item.label.empty() || item.dose || item.pack || !names_product(item)) return;
    item.label = label_->number;
    if (!turn.work) open(turn, workflow_of(label_->work));  // a stop wrote nothing, not even that work
    turn.bench.typed = merge(turn.bench.typed, label_->typed);
}

/// Makes the label the serial number of its pack. A Review asks for the product, or refuses one; the label waits on.
std::optional<Review> Desk::put_label(Turn& turn, Item& item) {
    if (item.label.empty()) return std::nullopt;
    const bool reception = turn.work->kind == WorkKind::reception;
    const bool alone = item.gtin.number == 0;
    const auto packs = turn.bench.stock.packs_by_serial(item.label);
    if (alone && packs.size() == 1) {
        item.serial = item.label;
        item.gtin = packs.front().gtin;
        return std::nullopt;
    }
    if (alone && packs.empty() && !reception) return keep(turn, item, stop(What::not_in_stock, describe(item, turn.bench)));
    if (turn.bench.typed.packs > 1 && reception) {
        turn.bench.typed = {};  // it was of what is refused
        hold_label(turn, item);
        return keep(turn, item, ask_product(stop(What::serial_needs_one, describe(item, turn.bench))));
    }
    hold_label(turn, item);
    const auto refuse = [&](const char* reason, Particulars about) {
        about.reason = reason;
        about.label = label_->number;
        Item waiting;
        waiting.label = label_->number;
        return keep(turn, waiting, ask_product(stop(What::product_needed, std::move(about))));
    };
    if (alone) {
        label_->joined = {};  // scanned again: the person begins anew
        return refuse("", describe(item, turn.bench));
    }
    if (!item.serial.empty() && item.serial != item.label) return refuse("own_serial", describe(item, turn.bench));
    if (label_->joined.number != 0 && label_->joined != item.gtin) {
        Item other;
        other.gtin = label_->joined;
        return refuse("other_product", describe(other, turn.bench));
    }
    label_->joined = item.gtin;
    item.serial = item.label;
    if (!label_->lot.empty() && !item.lot.empty() && label_->lot != item.lot) {
        Particulars about = describe(item, turn.bench);
        about.other_lot = label_->lot;
        return keep(turn, item, wrong_lot(std::move(about)));
    }
    if (label_->expires_on && item.expires_on && *label_->expires_on != *item.expires_on) {
        Particulars about = describe(item, turn.bench);
        about.other_on = label_->expires_on;
        return keep(turn, item, wrong_lot(std::move(about)));
    }
    if (item.lot.empty()) item.lot = label_->lot;
    if (!item.expires_on) item.expires_on = label_->expires_on;
    return std::nullopt;
}

}  // namespace dosario
