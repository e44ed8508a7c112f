// SPDX-License-Identifier: Apache-2.0
#include "control/ledger_views.hpp"

#include "http/json.hpp"
#include "wire/fact_codec.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::uint32_t kLogPage = 256;
constexpr std::uint32_t kLargestPage = 1000;

std::string date_text(Date day) { return format_date(day); }

}  // namespace

Result<Gtin> gtin_of(const std::string& text) {
    const auto gtin = parse_gtin(text);
    if (!gtin) return fail(Failure::invalid, "this is no GTIN: 8, 12, 13 or 14 digits with a right check digit are wanted");
    return *gtin;
}

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

v1::VerifyReply verify_reply(const VerifyReport& report) {
    v1::VerifyReply reply;
    reply.set_ok(report.ok());
    reply.set_full(report.full);
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
