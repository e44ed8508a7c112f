// SPDX-License-Identifier: Apache-2.0
#include "control/ledger_views.hpp"

#include "http/json.hpp"
#include "reader/driver.hpp"
#include "wire/fact_codec.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::uint32_t kLogPage = 256;
constexpr std::uint32_t kLargestPage = 1000;

std::string date_text(Date day) { return format_date(day); }

Result<Gtin> gtin_of(const std::string& text) {
    const auto gtin = parse_gtin(text);
    if (!gtin) return fail(Failure::invalid, "this is no GTIN: 8, 12, 13 or 14 digits with a right check digit are wanted");
    return *gtin;
}

std::string_view state_name(const Story& story) {
    if (story.of == Story::Of::lot) return "";
    const bool dose = story.of == Story::Of::dose;
    switch (story.state) {
        case Story::kUndone: return "undone";
        case 1: return dose ? "to_verify" : "closed";
        case 2: return dose ? "ready" : "opened";
        case 4: return "returned";
        default: return "dispensed";
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

}  // namespace

v1::LogEntry log_entry(const Entry& entry) {
    v1::LogEntry out;
    out.set_seq(entry.header.seq);
    out.set_kind(std::string{kind_name(entry.header.kind)});
    out.set_at(format_utc(UtcTime{Micros{entry.header.wall_us}}));
    out.set_hash(to_hex(entry.hash));
    out.set_body(body_json(entry.body));
    if (const auto fact = decode_fact(entry.body)) {
        out.set_operator_(fact->operator_badge);
        out.set_witness(fact->witness_badge);
        out.set_work(fact->work);
    }
    return out;
}

Result<v1::LogReply> log_reply(Ledger& ledger, const v1::LogRequest& request) {
    const std::uint32_t limit = request.limit() == 0 ? kLogPage : std::min(request.limit(), kLargestPage);
    const auto entries = ledger.entries_after(std::min<std::uint64_t>(request.after(), INT64_MAX), limit);
    if (!entries) return entries.error();
    v1::LogReply reply;
    for (const Entry& entry : *entries) *reply.add_entries() = log_entry(entry);
    return reply;
}

Result<v1::StockReply> stock_reply(Ledger& ledger, const v1::StockRequest& request) {
    StockFilter filter;
    if (!request.gtin().empty()) {
        const auto gtin = gtin_of(request.gtin());
        if (!gtin) return gtin.error();
        filter.gtin = *gtin;
    }
    filter.lot = request.lot();
    if (!request.expires_before().empty()) {
        filter.expires_before = parse_date(request.expires_before());
        if (!filter.expires_before) return fail(Failure::invalid, "this is no day: write it as 2027-06-30");
    }
    filter.limit = request.limit() == 0 ? kLargestPage : std::min(request.limit(), kLargestPage);
    const auto lines = stock_lines(ledger, filter);
    if (!lines) return lines.error();
    v1::StockReply reply;
    for (const StockLine& line : *lines) {
        if (static_cast<std::size_t>(reply.lines_size()) == filter.limit) {
            reply.set_more(true);
            break;
        }
        auto& out = *reply.add_lines();
        out.set_gtin(line.gtin.text());
        out.set_name(line.name);
        out.set_unit(line.unit);
        out.set_place(line.place == Place::shelf ? "shelf" : "quarantine");
        out.set_recalled(line.recalled);
        out.set_lot(line.lot);
        out.set_expires_on(date_text(line.expires_on));
        out.set_packs(line.closed_packs);
        out.set_opened_packs(line.opened_packs);
        out.set_opened_units(line.opened_units);
        out.set_doses_to_verify(line.doses_made);
        out.set_doses_ready(line.doses_ready);
        out.set_units(line.units);
    }
    return reply;
}

Result<v1::HistoryReply> history_reply(Ledger& ledger, const v1::HistoryRequest& request, const CodeHabits& habits) {
    const auto story = find_story(ledger, request.id(), habits);
    if (!story) return story.error();
    v1::HistoryReply reply;
    switch (story->of) {
        case Story::Of::dose:
            reply.set_kind("dose");
            reply.set_id(dose_code(story->id));
            reply.set_mother(pack_code(story->mother));
            break;
        case Story::Of::pack:
            reply.set_kind("pack");
            reply.set_id(pack_code(story->id));
            break;
        case Story::Of::lot:
            reply.set_kind("lot");
            reply.set_id(story->gtin.text() + "/" + story->lot);
            break;
    }
    reply.set_gtin(story->gtin.text());
    if (const auto product = ledger.stock().product(story->gtin)) reply.set_name(product->name);
    reply.set_lot(story->lot);
    reply.set_expires_on(date_text(story->expires_on));
    reply.set_serial(story->serial);
    if (story->beyond_use_on) reply.set_beyond_use_on(date_text(*story->beyond_use_on));
    reply.set_state(std::string{state_name(*story)});
    for (const ThingId dose : story->doses) reply.add_doses(dose_code(dose));
    for (const Seq seq : story->entries) {
        const auto entry = entry_at(ledger, seq);
        if (!entry) return entry.error();
        *reply.add_entries() = log_entry(*entry);
    }
    return reply;
}

v1::VerifyReply verify_reply(const VerifyReport& report) {
    v1::VerifyReply reply;
    reply.set_ok(report.ok());
    reply.set_entries(report.entries);
    reply.set_branch(report.branch);
    reply.set_head(to_hex(report.head));
    for (const VerifyFinding& finding : report.faults) {
        auto& out = *reply.add_faults();
        out.set_seq(finding.seq);
        out.set_what(finding.what);
    }
    return reply;
}

}  // namespace dosario
