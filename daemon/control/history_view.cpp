// SPDX-License-Identifier: Apache-2.0
#include "control/history_view.hpp"

#include "base/time.hpp"
#include "control/ledger_views.hpp"
#include "reader/driver.hpp"

namespace dosario {
namespace {

std::string_view place_name(int state) {
    switch (state) {
        case Story::kUndone: return "";
        case 3: return "dispensed";
        case 4: return "quarantine";
        default: return "shelf";
    }
}

Result<Story> find_story(Ledger& ledger, const std::string& id, const CodeHabits& habits) {
    if (const auto thing = parse_thing(id)) return story_of_thing(ledger, *thing);
    const auto slash = id.find('/');
    if (slash != std::string::npos) {
        const auto gtin = gtin_of(id.substr(0, slash));
        if (!gtin) return gtin.error();
        return story_of_lot(ledger, *gtin, id.substr(slash + 1));
    }
    const BarcodeRead read = make_barcode(id, MonoTime{});
    CodeBuffer unescaped;
    const Identity identity = identify(read.aim.text(), read.bytes, Date{}, unescaped, habits);
    if (const auto* pack = std::get_if<SerialPack>(&identity)) return story_of_serial(ledger, pack->gtin, pack->serial);
    if (const auto* lot = std::get_if<ProductLot>(&identity); lot != nullptr && !lot->lot.empty())
        return story_of_lot(ledger, lot->gtin, lot->lot);
    if (const auto* label = std::get_if<WholesalerLabel>(&identity)) {
        const std::string serial = std::string{label->gln} + std::string{label->serial};
        const auto packs = ledger.stock().packs_by_serial(serial);
        if (packs.size() == 1) return story_of_serial(ledger, packs.front().gtin, serial);
        if (!packs.empty()) return fail(Failure::invalid, "packs of several products carry this label: give GTIN/LOT");
    }
    if (std::holds_alternative<UnclearCode>(identity)) {
        return fail(Failure::invalid,
                    "this code lacks a separator and can be read in several ways: give GTIN/LOT, or the code with the "
                    "AIs in brackets, (01)…(21)…");
    }
    if (const auto* unknown = std::get_if<Unknown>(&identity);
        unknown != nullptr && unknown->why.error == CodeError::check_character && read.bytes.starts_with("DOSARIO.")) {
        return fail(Failure::invalid,
                    "the check character of this code is wrong: scan the label again, or look for a mistyped character");
    }
    return fail(Failure::invalid, "give a dose or pack code (DOSARIO.D.…, DOSARIO.P.…), GTIN/LOT, or the code of a pack");
}

void show_step(const Step& step, v1::Step* (v1::HistoryReply::*field)(), v1::HistoryReply& reply) {
    if (step.seq == 0) return;
    v1::Step& out = *(reply.*field)();
    out.set_seq(step.seq);
    out.set_on(format_date(step.on));
    out.set_operator_(step.badge);
    if (step.recipient) out.set_recipient(to_hex(*step.recipient));
}

void show_receptions(const Story& story, v1::HistoryReply& reply) {
    for (const Received& received : story.receptions) {
        v1::Reception& out = *reply.add_receptions();
        out.set_seq(received.seq);
        out.set_on(format_date(received.on));
        out.set_operator_(received.operator_badge);
        out.set_packs(received.packs);
        out.set_serial(received.serial);
        out.set_note(received.note);
        out.set_supplier(received.supplier);
    }
    reply.set_more_receptions(story.more_receptions);
    reply.set_box_among(story.box_among);
}

void show_sisters(const Story& story, v1::HistoryReply& reply) {
    for (const Sister& sister : story.sisters) {
        v1::Sister& out = *reply.add_sisters();
        out.set_code(dose_code(sister.id));
        out.set_state(std::string{state_name(Story::Of::dose, sister.state)});
        out.set_place(std::string{place_name(sister.state)});
        out.set_units(sister.units);
        out.set_beyond_use_on(format_date(sister.beyond_use_on));
        if (story.of == Story::Of::pack) reply.add_doses(out.code());
    }
    reply.set_more_sisters(story.more_sisters);
    reply.set_doses_of_other_boxes(story.doses_of_other_boxes);
}

void show_thing(const Story& story, v1::HistoryReply& reply) {
    switch (story.of) {
        case Story::Of::dose:
            reply.set_kind("dose");
            reply.set_id(dose_code(story.id));
            reply.set_mother(pack_code(story.mother));
            break;
        case Story::Of::pack:
            reply.set_kind("pack");
            reply.set_id(pack_code(story.id));
            break;
        case Story::Of::lot:
            reply.set_kind("lot");
            reply.set_id(story.gtin.text() + "/" + story.lot);
            break;
    }
    reply.set_state(std::string{state_name(story.of, story.state)});
    if (story.of != Story::Of::lot) reply.set_place(std::string{place_name(story.state)});
    reply.set_gtin(story.gtin.text());
    reply.set_lot(story.lot);
    reply.set_expires_on(format_date(story.expires_on));
    reply.set_serial(story.serial);
    reply.set_recall(story.recall);
    if (story.beyond_use_on) reply.set_beyond_use_on(format_date(*story.beyond_use_on));
}

}  // namespace

std::string_view state_name(Story::Of of, int state) {
    if (of == Story::Of::lot) return "";
    const bool dose = of == Story::Of::dose;
    switch (state) {
        case Story::kUndone: return "undone";
        case 1: return dose ? "to_verify" : "closed";
        case 2: return dose ? "ready" : "opened";
        case 4: return "returned";
        default: return "dispensed";
    }
}

Result<v1::HistoryReply> history_reply(Ledger& ledger, const v1::HistoryRequest& request, const CodeHabits& habits) {
    const auto story = find_story(ledger, request.id(), habits);
    if (!story) return story.error();
    v1::HistoryReply reply;
    show_thing(*story, reply);
    if (const auto product = ledger.stock().product(story->gtin)) reply.set_name(product->name);
    show_receptions(*story, reply);
    show_step(story->fractioned, &v1::HistoryReply::mutable_fractioned, reply);
    show_step(story->verified, &v1::HistoryReply::mutable_verified, reply);
    show_step(story->dispensed, &v1::HistoryReply::mutable_dispensed, reply);
    show_step(story->returned, &v1::HistoryReply::mutable_returned, reply);
    show_sisters(*story, reply);
    for (const Seq seq : story->entries) {
        const auto entry = entry_at(ledger, seq);
        if (!entry) return entry.error();
        *reply.add_entries() = log_entry(*entry);
    }
    reply.set_more(story->more);
    return reply;
}

}  // namespace dosario
