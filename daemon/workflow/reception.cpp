// SPDX-License-Identifier: Apache-2.0
// Reception without a delivery note: packs come in with lot and expiry, from the code or typed once per lot.
#include "workflow/workflow.hpp"

namespace dosario {
namespace {

/// Pack sizes offered for a product nobody knows yet, the most common first; any DOSARIO.Xn is an answer.
constexpr std::string_view kPackSizes[] = {"DOSARIO.X30", "DOSARIO.X20", "DOSARIO.X10", "DOSARIO.X1"};

Review ask(What what, QuestionKind kind, Particulars about) {
    Review review = stop(what, std::move(about));
    review.ask = kind;
    return review;
}

/// Lot and expiry from the code, from what is known, from what was typed; in conflict none wins.
struct Batch {
    std::string lot;
    std::optional<Date> expires_on;
    bool typed = false;
    std::string other_lot;  ///< this and the next: what contradicts it
    std::optional<Date> other_on;
};

Batch find_batch(const Item& item, const Bench& bench) {
    Batch batch{item.lot, item.expires_on, false, "", std::nullopt};
    const Typed& typed = bench.typed;
    if (batch.lot.empty()) {
        batch.lot = typed.lot;
        batch.typed = !typed.lot.empty();
        if (batch.lot.empty()) {
            // What was typed once holds for the linear codes of this pile, labels of a wholesaler on them or not, and not for a code that
            // names a pack or an expiry of its own.
            const bool alike = (item.serial.empty() || !item.label.empty()) && !item.expires_on;
            if (const auto before = alike ? bench.stock.typed_lot(bench.work.id, item.gtin) : std::nullopt) {
                batch.lot = before->lot;
                batch.typed = true;
                if (!batch.expires_on && !typed.expires_on) batch.expires_on = before->expires_on;
            }
        }
    } else if (!typed.lot.empty() && typed.lot != batch.lot) {
        batch.lot = typed.lot;
        batch.other_lot = item.lot;
    }
    if (typed.expires_on) {
        if (item.expires_on && *item.expires_on != *typed.expires_on) {
            batch.expires_on = typed.expires_on;
            batch.other_on = item.expires_on;
        } else if (!item.expires_on) {
            batch.expires_on = typed.expires_on;
            batch.typed = true;
        }
    }
    if (batch.lot.empty() || !batch.other_lot.empty() || batch.other_on) return batch;
    if (const auto known = bench.stock.lot(item.gtin, batch.lot, Place::shelf)) {
        if (!batch.expires_on) {
            batch.expires_on = known->expires_on;
        } else if (*batch.expires_on != known->expires_on) {
            batch.other_on = known->expires_on;
        }
    }
    return batch;
}

/// The product, from the catalogue or learned now; a Review says why not.
std::variant<Product, Review> find_product(const Item& item, const Bench& bench, Review& learned) {
    const std::uint32_t typed_units = bench.typed.units_per_pack;
    if (auto known = bench.stock.product(item.gtin)) {
        if (typed_units != 0 && typed_units != known->units_per_pack) {
            Particulars about = describe(item, bench);
            about.units = typed_units;
            return stop(What::units_differ, std::move(about));
        }
        return *known;
    }
    if (typed_units == 0) {
        Review review = ask(What::unknown_product, QuestionKind::units_per_pack, describe(item, bench));
        review.choices.assign(std::begin(kPackSizes), std::end(kPackSizes));
        review.choices.emplace_back(command_code(CommandWord::no));
        return review;
    }
    const Product product{item.gtin, bench.typed.product_name, "", typed_units, 0, 0};
    learned.facts.push_back(bench.sign(ProductLearned{item.gtin, product.name, product.unit, typed_units, 0, 0}));
    return product;
}

Review book(const Item& item, const Bench& bench, const Product& product, const Batch& batch, Particulars about) {
    const std::uint32_t packs = bench.typed.packs == 0 ? 1 : bench.typed.packs;
    ThingId pack;
    if (!item.serial.empty()) {
        if (packs != 1) return stop(What::serial_needs_one, std::move(about));
        pack = bench.mint.thing();
    }
    about.packs = packs;
    about.units = std::uint64_t{packs} * product.units_per_pack;
    return recorded(What::received,
                    bench.sign(PacksReceived{item.gtin, item.serial, batch.lot, *batch.expires_on, packs, product.units_per_pack,
                                             pack, batch.typed}),
                    std::move(about));
}

}  // namespace

Review see_reception(const Item& item, const Bench& bench) {
    if (item.dose || item.pack) {
        Particulars about = describe(item, bench);
        about.reason = "own_label";
        return stop(What::not_understood, std::move(about));
    }
    if (!item.serial.empty()) {
        if (const auto pack = bench.stock.pack_by_serial(item.gtin, item.serial)) {
            Particulars about = describe(item, bench);
            if (auto stopped = contradiction(item, bench.typed, pack->lot, pack->expires_on, about)) return std::move(*stopped);
            about.lot = pack->lot;
            about.expires_on = pack->expires_on;
            if (pack->state != PackState::out) return repeated(What::already_received, std::move(about));
            about.reason = "already_out";
            return stop(What::already_received, std::move(about));
        }
    }
    Review learned;
    auto found = find_product(item, bench, learned);
    if (auto* refusal = std::get_if<Review>(&found)) return std::move(*refusal);
    const Product& product = std::get<Product>(found);

    const Batch batch = find_batch(item, bench);
    Particulars about = describe(item, bench);
    about.product = product;
    about.lot = batch.lot;
    about.expires_on = batch.expires_on;
    about.other_lot = batch.other_lot;
    about.other_on = batch.other_on;
    if (!batch.other_lot.empty() || batch.other_on) return wrong_lot(std::move(about));
    if (batch.lot.empty() || !batch.expires_on) return ask(What::lot_needed, QuestionKind::lot, std::move(about));
    if (auto stopped = recalled(item.gtin, batch.lot, bench, about)) return std::move(*stopped);
    if (*batch.expires_on < bench.now.today) return stop(What::expired, std::move(about));
    const auto life = (*batch.expires_on - bench.now.today).count();
    if (life < static_cast<long>(bench.rules.shortest_life_days) && !bench.life_accepted) {
        Review review = ask(What::short_life, QuestionKind::short_life, std::move(about));
        review.choices = {std::string{command_code(CommandWord::yes)}, std::string{command_code(CommandWord::no)}};
        return review;
    }
    if (const auto lot = bench.stock.lot(item.gtin, batch.lot, Place::shelf);
        lot && lot->units_per_pack != product.units_per_pack) {
        about.units = lot->units_per_pack;
        return stop(What::units_differ, std::move(about));
    }
    Review review = book(item, bench, product, batch, std::move(about));
    if (review.ok) review.facts.insert(review.facts.begin(), learned.facts.begin(), learned.facts.end());
    return review;
}

}  // namespace dosario
