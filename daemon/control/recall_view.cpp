// SPDX-License-Identifier: Apache-2.0
#include "control/recall_view.hpp"

#include "base/time.hpp"
#include "control/history_view.hpp"
#include "control/ledger_views.hpp"
#include "control/plain_text.hpp"
#include "identity/person.hpp"
#include "ledger/recall_list.hpp"

namespace dosario {
namespace {

constexpr std::size_t kLongestReference = 60;    // characters
constexpr std::size_t kLongestLotOfRecall = 20;  // AI 10

void show(const Recall& recall, Ledger& ledger, v1::RecallReply& reply) {
    v1::RecallLine& line = *reply.add_recalls();
    line.set_gtin(recall.gtin.text());
    if (const auto product = ledger.stock().product(recall.gtin)) line.set_name(product->name);
    line.set_lot(recall.lot);
    line.set_reference(recall.reference);
    line.set_seq(recall.seq);
}

void show(const TouchedLot& lot, v1::RecallReply& reply) {
    v1::RecalledLot& line = *reply.add_lots();
    line.set_lot(lot.lot);
    line.set_expires_on(format_date(lot.expires_on));
    line.set_packs_on_shelf(lot.packs_on_shelf);
    line.set_packs_in_quarantine(lot.packs_in_quarantine);
    line.set_opened_packs(lot.opened_packs);
    line.set_opened_units(lot.opened_units);
    line.set_doses_to_verify(lot.doses_to_verify);
    line.set_doses_ready(lot.doses_ready);
    line.set_doses_in_quarantine(lot.doses_in_quarantine);
    line.set_packs_out(lot.packs_out);
    line.set_doses_out(lot.doses_out);
}

void show(const TouchedThing& thing, const std::string& lot, v1::RecallReply& reply) {
    v1::RecalledThing& line = *reply.add_things();
    const bool dose = thing.what == TouchedThing::What::dose;
    line.set_what(dose ? "dose" : thing.what == TouchedThing::What::pack ? "pack" : "packs");
    line.set_code(dose ? dose_code(thing.id) : thing.serial);
    line.set_lot(lot);
    line.set_state(std::string{state_name(dose ? Story::Of::dose : Story::Of::pack, thing.state)});
    line.set_packs(thing.packs);
    if (thing.left.seq == 0) return;
    line.set_seq(thing.left.seq);
    line.set_on(format_date(thing.left.on));
    if (thing.left.recipient) line.set_recipient(to_hex(*thing.left.recipient));
}

}  // namespace

Result<std::optional<Fact>> recall_fact(const v1::RecallRequest& request) {
    if (request.gtin().empty()) {
        if (!request.lot().empty() || !request.reference().empty() || request.lift())
            return invalid("say which product: its GTIN, or GTIN/LOT");
        return std::optional<Fact>{};
    }
    const auto gtin = gtin_of(request.gtin());
    if (!gtin) return gtin.error();
    if (request.lot().size() > kLongestLotOfRecall || !is_plain_text(request.lot()))
        return invalid("a lot has at most 20 characters and no control characters");
    const std::string& reference = request.reference();
    if (reference.empty())
        return invalid("a recall needs the reference of the alert or disposition that says so, and so does lifting it");
    if (!is_plain_text(reference) || count_characters(reference) > kLongestReference)
        return invalid("a reference has at most 60 characters and no control characters");
    if (parse_person(reference))
        return invalid("a reference cannot be a person's document: it would stand in the ledger for ever");
    if (request.lift()) return std::optional<Fact>{RecallLifted{*gtin, request.lot(), reference}};
    return std::optional<Fact>{LotRecalled{*gtin, request.lot(), reference}};
}

Result<v1::RecallReply> recall_reply(Ledger& ledger, const v1::RecallRequest& request) {
    v1::RecallReply reply;
    const auto all = recalls(ledger);
    if (!all) return all.error();
    for (const Recall& recall : *all) show(recall, ledger, reply);
    reply.set_ok(true);
    if (request.gtin().empty()) return reply;
    const auto gtin = gtin_of(request.gtin());
    if (!gtin) return gtin.error();
    const auto touched = touched_by(ledger, *gtin, request.lot());
    if (!touched) return touched.error();
    for (const TouchedLot& lot : touched->lots) {
        show(lot, reply);
        for (const TouchedThing& thing : lot.things) show(thing, lot.lot, reply);
    }
    reply.set_more(touched->more);
    return reply;
}

}  // namespace dosario
