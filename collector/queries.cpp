// SPDX-License-Identifier: Apache-2.0
#include "collector/queries.hpp"

#include "base/time.hpp"
#include "http/json.hpp"
#include "identity/identity.hpp"
#include "ledger/columns.hpp"
#include "wire/fact_codec.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::uint32_t kUsualLimit = 1000;
constexpr std::uint32_t kLargestLimit = 10'000;
constexpr std::uint32_t kLongestLog = 1000;
constexpr std::size_t kMostLoggedBytes = 1024 * 1024;  ///< of bodies; as JSON three times that
constexpr std::int64_t kMostDoses = 10'000;

std::string day(const Query& query, int column) { return format_date(Date{std::chrono::days{query.number(column)}}); }
std::string instant(std::int64_t us) { return format_utc(UtcTime{Micros{us}}); }

std::int64_t limit_of(std::uint32_t asked) { return asked == 0 ? kUsualLimit : std::min(asked, kLargestLimit); }

/// 0 for an empty text.
Result<std::int64_t> gtin_of(const std::string& text) {
    if (text.empty()) return std::int64_t{0};
    const auto gtin = parse_gtin(text);
    if (!gtin) return fail(Failure::invalid, "a GTIN has 8, 12, 13 or 14 digits with a right check digit");
    return static_cast<std::int64_t>(gtin->number);
}

void put_line(v1::CollectorStockLine& line, const Query& query) {
    line.set_station(query.text(0));
    line.set_ledger(to_hex(query.blob_view(1)));
    line.set_gtin(Gtin{natural(query, 2)}.text());
    line.set_name(query.text(3));
    line.set_unit(query.text(4));
    line.set_lot(query.text(5));
    line.set_expires_on(day(query, 6));
    line.set_packs_received(natural(query, 8));
    line.set_packs_out(natural(query, 9));
    line.set_packs(natural(query, 10));
    line.set_opened_packs(natural(query, 11));
    line.set_opened_units(natural(query, 12));
    line.set_doses_to_verify(natural(query, 13));
    line.set_doses_ready(natural(query, 14));
    line.set_doses_out(natural(query, 15));
    line.set_units(natural(query, 10) * natural(query, 7) + natural(query, 12) + natural(query, 16));
}

constexpr const char* kStockLines =
    "SELECT l.station, l.ledger, s.gtin, coalesce(p.name, ''), coalesce(p.unit, ''), s.lot, s.expires_on, s.units_per_pack,"
    " s.packs_received, s.packs_out, s.packs, s.opened_packs, s.opened_units, s.doses_to_verify, s.doses_ready, s.doses_out, s.dose_units"
    " FROM stock s JOIN ledger l ON l.id = s.ledger LEFT JOIN product p ON p.ledger = s.ledger AND p.gtin = s.gtin"
    " WHERE (?1 = '' OR l.station = ?1) AND (?2 = 0 OR s.gtin = ?2) AND (?3 = '' OR s.lot = ?3) AND s.expires_on < ?4"
    " ORDER BY l.station, l.id, s.gtin, s.expires_on, s.lot LIMIT ?5";

}  // namespace

Result<std::uint64_t> projection_lag(Database& db) {
    const auto lag = db.number("SELECT coalesce((SELECT max(n) FROM event), 0) - (SELECT n FROM projected)");
    if (!lag) return lag.error();
    return static_cast<std::uint64_t>(*lag);
}

Result<v1::StationsReply> stations(Database& db) {
    v1::StationsReply reply;
    auto ledgers = db.query(
        "SELECT id, station, ledger, last_seen_us, build, coalesce(other_machine_us, 0), count(*) OVER (PARTITION BY station) FROM ledger"
        " ORDER BY station, id");
    while (ledgers.row()) {
        auto& line = *reply.add_stations();
        const std::int64_t id = ledgers.number(0);
        line.set_station(ledgers.text(1));
        line.set_ledger(to_hex(ledgers.blob_view(2)));
        line.set_last_seen(instant(ledgers.number(3)));
        line.set_build(ledgers.text(4));
        if (ledgers.number(5) != 0)
            line.add_warnings("it came from another computer on " + instant(ledgers.number(5)) + ": was its disk copied?");
        if (ledgers.number(6) > 1)
            line.add_warnings("this station has " + std::to_string(ledgers.number(6)) +
                              " ledgers: a new disk, or two computers with one certificate?");
        auto branches = db.query("SELECT branch, head_seq, head_hash FROM branch WHERE ledger = ? ORDER BY starts_after, id");
        branches.bind(id);
        while (branches.row()) {
            auto& branch = *line.add_branches();
            branch.set_branch(to_hex(branches.blob_view(0)));
            branch.set_seq(natural(branches, 1));
            branch.set_hash(to_hex(branches.blob_view(2)));
        }
    }
    // What waits, and what was set aside, is little: counted over all, not once for each station.
    const auto count = [&](const char* sql, auto put) {
        auto each = db.query(sql);
        while (each.row()) {
            for (auto& line : *reply.mutable_stations()) {
                if (line.ledger() == to_hex(each.blob_view(0))) put(line, natural(each, 1));
            }
        }
    };
    count(
        "SELECT l.ledger, count(*) FROM event e JOIN branch b ON b.id = e.branch JOIN ledger l ON l.id = b.ledger"
        " WHERE e.n > (SELECT n FROM projected) GROUP BY l.id",
        [](v1::StationLine& line, std::uint64_t lag) { line.set_lag(lag); });
    count(
        "SELECT l.ledger, count(*) FROM quarantine q JOIN event e USING (n) JOIN branch b ON b.id = e.branch"
        " JOIN ledger l ON l.id = b.ledger GROUP BY l.id",
        [](v1::StationLine& line, std::uint64_t set_aside) { line.set_quarantined(set_aside); });
    if (auto failure = db.take_failure()) return *failure;
    return reply;
}

Result<v1::CollectorStockReply> stock(Database& db, const v1::CollectorStockRequest& request) {
    const auto gtin = gtin_of(request.gtin());
    if (!gtin) return gtin.error();
    std::int64_t before = std::numeric_limits<std::int64_t>::max();
    if (!request.expires_before().empty()) {
        const auto date = parse_date(request.expires_before());
        if (!date) return fail(Failure::invalid, "a day is wanted as YYYY-MM-DD");
        before = date->time_since_epoch().count();
    }
    const std::int64_t limit = limit_of(request.limit());
    v1::CollectorStockReply reply;
    auto query = db.query(kStockLines);
    query.bind(request.station()).bind(*gtin).bind(request.lot()).bind(before).bind(limit + 1);
    while (query.row()) {
        if (reply.lines_size() == limit) {
            reply.set_more(true);
            break;
        }
        put_line(*reply.add_lines(), query);
    }
    if (query.failed()) return query.error();
    const auto lag = projection_lag(db);
    if (!lag) return lag.error();
    reply.set_lag(*lag);
    return reply;
}

Result<v1::LotReply> lot(Database& db, const v1::LotRequest& request) {
    if (request.lot().empty()) return fail(Failure::invalid, "which lot?");
    v1::CollectorStockRequest wanted;
    wanted.set_gtin(request.gtin());
    wanted.set_lot(request.lot());
    wanted.set_limit(kLargestLimit);
    const auto lines = stock(db, wanted);
    if (!lines) return lines.error();
    v1::LotReply reply;
    *reply.mutable_lines() = lines->lines();
    reply.set_lag(lines->lag());
    const auto gtin = gtin_of(request.gtin());
    auto query = db.query(
        "SELECT l.station, d.dose, d.gtin, d.lot, d.units, d.state, d.expires_on, d.beyond_use_on, d.out_on FROM dose d"
        " JOIN ledger l ON l.id = d.ledger WHERE d.lot = ?1 AND (?2 = 0 OR d.gtin = ?2) ORDER BY l.station, d.gtin, d.dose LIMIT ?3");
    query.bind(request.lot()).bind(*gtin).bind(kMostDoses + 1);
    while (query.row()) {
        if (reply.doses_size() == kMostDoses) {
            reply.set_more(true);
            break;
        }
        auto& dose = *reply.add_doses();
        dose.set_station(query.text(0));
        dose.set_dose(dose_code({natural(query, 1)}));
        dose.set_gtin(Gtin{natural(query, 2)}.text());
        dose.set_lot(query.text(3));
        dose.set_units(static_cast<std::uint32_t>(query.number(4)));
        const std::int64_t state = query.number(5);
        dose.set_state(state == 1 ? "to_verify" : state == 2 ? "ready" : "dispensed");
        dose.set_expires_on(day(query, 6));
        dose.set_beyond_use_on(day(query, 7));
        if (state == 3) dose.set_dispensed_on(day(query, 8));
    }
    if (query.failed()) return query.error();
    return reply;
}

Result<v1::QuarantineReply> quarantined(Database& db, const v1::QuarantineRequest& request) {
    const std::int64_t limit = limit_of(request.limit());
    v1::QuarantineReply reply;
    auto query = db.query(
        "SELECT l.station, l.ledger, b.branch, e.seq, e.kind, e.wall_us, q.why FROM quarantine q JOIN event e USING (n)"
        " JOIN branch b ON b.id = e.branch JOIN ledger l ON l.id = b.ledger ORDER BY q.n LIMIT ?");
    query.bind(limit + 1);
    while (query.row()) {
        if (reply.lines_size() == limit) {
            reply.set_more(true);
            break;
        }
        auto& line = *reply.add_lines();
        line.set_station(query.text(0));
        line.set_ledger(to_hex(query.blob_view(1)));
        line.set_branch(to_hex(query.blob_view(2)));
        line.set_seq(natural(query, 3));
        line.set_kind(std::string{kind_name(static_cast<std::int32_t>(query.number(4)))});
        line.set_at(instant(query.number(5)));
        line.set_why(query.text(6));
    }
    if (query.failed()) return query.error();
    return reply;
}

namespace {

/// What was counted between two readings of one clock. A station says what it likes: nothing here may overflow.
std::uint64_t apart(std::int64_t one, std::int64_t other) {
    return one < other ? static_cast<std::uint64_t>(other) - static_cast<std::uint64_t>(one)
                       : static_cast<std::uint64_t>(one) - static_cast<std::uint64_t>(other);
}

/// When something happened by the collector's clock: by the nearest sample of the same run; without one, between what is known to be
/// earlier and what is known to be later.
void correct_clock(Database& db, std::int64_t ledger, std::int64_t boot, std::int64_t mono_us, std::int64_t wall_us,
                   std::int64_t received_us, v1::CollectorLogEntry& out) {
    constexpr std::uint64_t kDrift_ppm = 100;
    auto near = db.query(
        "SELECT * FROM (SELECT mono_us, collector_us, rtt_us FROM station_clock WHERE ledger = ?1 AND boot = ?2 AND mono_us <= ?3"
        "               ORDER BY mono_us DESC LIMIT 1)"
        " UNION ALL "
        "SELECT * FROM (SELECT mono_us, collector_us, rtt_us FROM station_clock WHERE ledger = ?1 AND boot = ?2 AND mono_us > ?3"
        "               ORDER BY mono_us LIMIT 1)");
    near.bind(ledger).bind(boot).bind(mono_us);
    std::optional<std::uint64_t> nearest;
    while (near.row()) {
        const std::uint64_t distance = apart(mono_us, near.number(0));
        std::int64_t since = 0;
        std::int64_t at = 0;
        if ((nearest && distance >= *nearest) || __builtin_sub_overflow(mono_us, near.number(0), &since) ||
            __builtin_add_overflow(near.number(1), since, &at))
            continue;
        nearest = distance;
        out.set_corrected_at(instant(at));
        out.set_error_us(natural(near, 2) / 2 + distance / 1'000'000 * kDrift_ppm);
    }
    if (nearest) return;
    auto bounds = db.query(
        "SELECT coalesce((SELECT max(collector_us) FROM station_clock WHERE ledger = ?1 AND boot < ?2), 0),"
        " min(?3, coalesce((SELECT min(collector_us) FROM station_clock WHERE ledger = ?1 AND boot > ?2), ?3))");
    bounds.bind(ledger).bind(boot).bind(received_us);
    if (!bounds.row()) return;
    const std::int64_t latest = bounds.number(1);
    const std::int64_t earliest = std::min(bounds.number(0), latest);
    const std::int64_t guess = std::clamp(wall_us, earliest, latest);
    out.set_corrected_at(instant(guess));
    out.set_error_us(std::max(apart(guess, earliest), apart(latest, guess)));
}

}  // namespace

Result<v1::CollectorLogReply> log_entries(Database& db, const v1::CollectorLogRequest& request) {
    v1::CollectorLogReply reply;
    auto query = db.query(
        "SELECT e.n, l.station, l.ledger, b.branch, e.seq, e.kind, e.wall_us, e.hash, e.body, l.id, e.boot, e.mono_us, e.received_us"
        " FROM event e JOIN branch b ON b.id = e.branch JOIN ledger l ON l.id = b.ledger WHERE e.n > ?1 AND (?2 = '' OR l.station = ?2)"
        " ORDER BY e.n LIMIT ?3");
    query.bind(static_cast<std::int64_t>(std::min<std::uint64_t>(request.after(), std::numeric_limits<std::int64_t>::max())));
    query.bind(request.station()).bind(std::int64_t{request.limit() == 0 ? 256 : std::min(request.limit(), kLongestLog)});
    std::size_t bytes = 0;
    while (query.row()) {
        bytes += query.blob_view(8).size();
        if (reply.entries_size() > 0 && bytes > kMostLoggedBytes) break;
        auto& entry = *reply.add_entries();
        entry.set_n(natural(query, 0));
        entry.set_station(query.text(1));
        entry.set_ledger(to_hex(query.blob_view(2)));
        entry.set_branch(to_hex(query.blob_view(3)));
        entry.set_seq(natural(query, 4));
        entry.set_kind(std::string{kind_name(static_cast<std::int32_t>(query.number(5)))});
        entry.set_at(instant(query.number(6)));
        entry.set_hash(to_hex(query.blob_view(7)));
        entry.set_body(body_json(query.blob_view(8)));
        if (const auto fact = decode_fact(query.blob_view(8))) {
            entry.set_operator_(fact->operator_badge);
            entry.set_witness(fact->witness_badge);
            entry.set_work(fact->work);
        }
        correct_clock(db, query.number(9), query.number(10), query.number(11), query.number(6), query.number(12), entry);
    }
    if (query.failed()) return query.error();
    return reply;
}

}  // namespace dosario
