// SPDX-License-Identifier: Apache-2.0
#include "control/service.hpp"

#include "http/json.hpp"
#include "control/head_view.hpp"
#include "control/history_view.hpp"
#include "control/ledger_views.hpp"
#include "control/persons_view.hpp"
#include "control/plain_text.hpp"
#include "control/proof.hpp"
#include "control/recall_view.hpp"
#include "identity/person.hpp"
#include "ledger/damage_mark.hpp"
#include "identity/remito.hpp"
#include "reader/driver.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::size_t kLongestText = 200;  // typed names and lots
constexpr std::size_t kLongestLot = 20;    // AI 10
constexpr std::size_t kLongestRequestId = 64;
constexpr std::size_t kMostUnrecorded = 256;
constexpr std::size_t kLastShown = 3;
constexpr std::uint64_t kLowSpace_bytes = 1ULL << 30;
constexpr auto kSlowIsTold = std::chrono::hours{1};

ThingId largest_thing(Ledger& ledger) {
    // Of all that ever had a history: labels of an undone fractioning may still be about.
    auto query = ledger.database().query("SELECT coalesce(max(subject), 0) FROM subject_event");
    return {query.row() ? static_cast<std::uint64_t>(query.number(0)) : 0};
}

std::string_view clock_name(ClockState state) {
    switch (state) {
        case ClockState::good: return "good";
        case ClockState::behind:
        case ClockState::ahead: return "suspect";
        case ClockState::unknown: return "unknown";
    }
    return "unknown";
}

const char* clock_warning(ClockState state) {
    switch (state) {
        case ClockState::good: return "";
        case ClockState::behind:
            return "the clock is behind the last saved entry or this version's release: set the date of this computer";
        case ClockState::ahead:
            return "the clock jumped ahead by more than a day and is not believed: set the date of this computer; if it is right now, "
                   "start dosariod again";
        case ClockState::unknown:
            return "the clock is far ahead of the last saved entry and nothing is booked: set the date of this computer; if it is "
                   "right, say so in the configuration ([station] not_before) and start dosariod again";
    }
    return "";
}

Error invalid(std::string message) { return fail(Failure::invalid, std::move(message)); }

}  // namespace

std::optional<std::string> parse_badge(std::string_view text) {
    constexpr std::string_view kPrefix = "DOSARIO.B.";
    if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
    const auto allowed = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
    if (text.size() != 8 || !std::all_of(text.begin(), text.end(), allowed)) return std::nullopt;
    return std::string{text};
}

Service::Service(Ledger& ledger, const Clock& clock, Entropy& entropy, ServiceSettings settings)
    : ledger_(ledger),
      clock_(clock),
      settings_(std::move(settings)),
      trusted_clock_(clock, settings_.released_at),
      mint_(entropy, largest_thing(ledger)),
      desk_(settings_.rules),
      desk_at_begin_(desk_),
      reserve_(settings_.directory, settings_.least_free_bytes),
      started_at_(clock.wall()) {
    if (!settings_.free_bytes) settings_.free_bytes = [directory = settings_.directory] { return bytes_left_at(directory); };
}

void Service::group_begins() {
    desk_at_begin_ = desk_;
    unrecorded_in_group_ = 0;
}

void Service::group_failed() {
    desk_ = desk_at_begin_;
    for (; unrecorded_in_group_ > 0; --unrecorded_in_group_) unrecorded_.pop_back();
    to_forget_.clear();
}

Result<std::optional<v1::ScanReply>> Service::reply_again(const std::string& request_id) const {
    if (request_id.empty()) return std::optional<v1::ScanReply>{};
    const auto found =
        std::find_if(unrecorded_.begin(), unrecorded_.end(), [&](const auto& one) { return one.first == request_id; });
    if (found != unrecorded_.end()) return std::optional{found->second};
    const auto kept = ledger_.reply_to(request_id);
    if (!kept) return kept.error();  // unread is not unknown: it may have been booked
    if (!*kept) return std::optional<v1::ScanReply>{};
    v1::ScanReply reply;
    if (!reply.ParseFromArray((*kept)->data(), static_cast<int>((*kept)->size()))) {
        return fail(Failure::damaged,
                    "the reply that was kept for this request cannot be read: it was saved before, do not repeat it;"
                    " run `dosario ledger verify`");
    }
    return std::optional{std::move(reply)};
}

void Service::remember(const std::string& request_id, const v1::ScanReply& reply) {
    unrecorded_.emplace_back(request_id, reply);
    ++unrecorded_in_group_;
    if (unrecorded_.size() > kMostUnrecorded) unrecorded_.pop_front();
}

// Both clocks are read once for a decision: its stamps must not fall behind the day that was decided for.
Service::Moment Service::moment() {
    const TrustedClock::Reading reading = trusted_clock_.read(ledger_.last_good_wall());
    mint_.set_time(reading.at);
    // Entries of a bad clock raise no clock, but the day never goes back behind one that was decided for.
    const Date today = std::max(settings_.site_day(reading.at), ledger_.last_decided_on().value_or(Date::min()));
    return {{reading.at, today, reading.state}, {reading.wall, reading.mono, reading.state != ClockState::good}};
}

/// The paper that goods come with, in the form in which it is kept.
static Result<void> read_note(const v1::ScanRequest& request, Typed& typed) {
    if (!request.supplier().empty() && request.note().empty())
        return invalid("a supplier is said with the number of its delivery note");
    if (!request.note().empty()) {
        const auto note = parse_remito(request.note());
        if (!note) return invalid("this is no number of a delivery note: write it as R0001-00001234");
        typed.note = note->text();
    }
    if (request.supplier().empty()) return {};
    const auto gln = parse_gln(request.supplier());
    const auto cuit = parse_company_cuit(request.supplier());
    if (!gln && !cuit) return invalid("a supplier is the CUIT of a company (11 digits) or a GLN of 13, with a right check digit");
    typed.supplier = gln ? gln->text() : *cuit;
    return {};
}

Result<DeskScan> Service::desk_scan(const v1::ScanRequest& request) const {
    if (request.content().size() > kLongestBarcode) return invalid("the code is longer than any barcode");
    if (request.lot().size() > kLongestLot || !is_plain_text(request.lot()))
        return invalid("a lot has at most 20 characters and no control characters");
    if (request.product_name().size() > kLongestText || !is_plain_text(request.product_name()))
        return invalid("a product's name has at most 200 characters");
    if (parse_person(request.product_name())) return invalid("a product's name cannot be a person's document");
    constexpr std::uint32_t kMost = 9999;
    for (const std::uint32_t number :
         {request.units_per_pack(), request.doses(), request.units_per_dose(), request.waste(), request.packs()}) {
        if (number > kMost) return invalid("quantities go up to 9999");
    }
    DeskScan scan;
    const BarcodeRead read = make_barcode(request.content(), clock_.mono());
    scan.aim = read.aim.text();
    scan.content = read.bytes;
    constexpr std::string_view kModes[] = {"", "receive", "fraction", "verify", "dispense", "return", "release", "undo"};
    if (std::find(std::begin(kModes), std::end(kModes), request.mode()) == std::end(kModes)) return invalid("unknown mode");
    scan.mode = request.mode();
    scan.typed = {request.lot(),
                  std::nullopt,
                  request.units_per_pack(),
                  request.product_name(),
                  request.packs(),
                  request.doses(),
                  request.units_per_dose(),
                  request.waste(),
                  request.undo_seq(),
                  "",
                  ""};
    if (auto named = read_note(request, scan.typed); !named) return named.error();
    if (!request.expires().empty()) {
        scan.typed.expires_on = parse_date(request.expires());
        if (!scan.typed.expires_on) return invalid("the expiry is no day: write it as 2027-06-30");
    }
    for (const auto& [text, badge] :
         {std::pair{&request.operator_(), &scan.operator_badge}, std::pair{&request.witness(), &scan.witness_badge}}) {
        if (text->empty()) continue;
        const auto parsed = parse_badge(*text);
        if (!parsed) return invalid("a badge is DOSARIO.B. and 8 characters A-Z 0-9");
        *badge = *parsed;
    }
    return scan;
}

Result<v1::ScanReply> Service::scan(const v1::ScanRequest& request) {
    if (request.request_id().size() > kLongestRequestId) return invalid("a request id has at most 64 characters");
    auto again = reply_again(request.request_id());
    if (!again) return again.error();
    if (*again) return std::move(**again);
    const auto scan = desk_scan(request);
    if (!scan) return scan.error();
    if (auto saved = ledger_.savepoint(); !saved) return saved.error();
    const Desk before = desk_;
    auto reply = decide(*scan, request.request_id());
    if (!reply) {
        desk_ = before;
        if (auto undone = ledger_.undo(); !undone) return undone.error();
        return reply;
    }
    if (auto kept = ledger_.keep(); !kept) return kept.error();
    if (!request.request_id().empty() && reply->seq().empty()) remember(request.request_id(), *reply);
    return reply;
}

bool Service::opens_work_without_room(const Review& review) const {
    const bool opens =
        std::ranges::any_of(review.facts, [](const SignedFact& fact) { return std::holds_alternative<WorkOpened>(fact.fact); });
    return opens && settings_.free_bytes().value_or(settings_.least_free_bytes) < settings_.least_free_bytes;
}

/// A row whose visit is not saved then stays behind, and leads nowhere.
bool Service::could_not_keep(const Review& review, Date today) {
    return review.visitor && settings_.persons != nullptr &&
           !settings_.persons->keep(review.visitor->recipient, review.visitor->person, today);
}

/// In a savepoint: the facts and the kept reply are saved together or not at all. Without facts nothing is written: no sync to wait
/// for, and a full disk still answers.
Result<v1::ScanReply> Service::decide(const DeskScan& scan, const std::string& request_id) {
    const Moment now = moment();
    const Desk before = desk_;
    Review review = desk_.see(scan, ledger_.stock(), now.now, mint_);
    if (const auto& unread = ledger_.database().failure()) return *unread;  // an unread row must not look like an absent one
    if (opens_work_without_room(review)) {
        desk_ = before;
        review = Review{};
        review.what = What::disk_low;
    }
    if (could_not_keep(review, now.now.today)) {
        desk_ = before;
        review = Review{};
        review.what = What::person_not_kept;
    }
    std::vector<Seq> written;
    for (const SignedFact& fact : review.facts) {
        const auto seq = ledger_.append(fact, now.stamp);
        if (!seq) return seq.error();
        written.push_back(*seq);
    }
    review.about.clock = now.now.clock;
    review.about.today = now.now.today;
    v1::ScanReply reply = reply_for(review, std::move(written));
    if (request_id.empty() || reply.seq().empty()) return reply;
    if (auto kept = ledger_.keep_reply(request_id, as_bytes(reply.SerializeAsString()), now.now.at); !kept) return kept.error();
    return reply;
}

v1::ScanReply Service::reply_for(const Review& review, std::vector<Seq> written) {
    v1::ScanReply reply;
    reply.set_ok(review.ok);
    reply.set_sound(std::string{sound_name(review.sound)});
    reply.set_what(std::string{what_name(review.what)});
    for (const Seq seq : written) reply.add_seq(seq);
    if (const auto work = ledger_.stock().open_work()) reply.set_work(work->id);
    const Words words = words_for(review, settings_.language);
    reply.set_message(words.message);
    for (const std::string& line : words.lines) reply.add_lines(line);
    if (review.ask) {
        reply.mutable_ask()->set_id(desk_.question_number());
        reply.mutable_ask()->set_question(words.question);
        for (const std::string& choice : review.choices) reply.mutable_ask()->add_choices(choice);
    }
    if (review.what == What::fractioned) {
        reply.set_pack(pack_code(review.about.pack));
        DoseContent content{{}, review.about.gtin.value_or(Gtin{}), 0, 0, review.about.lot, review.about.beyond_use_on};
        content.total = static_cast<unsigned>(review.about.doses.size());
        for (const MadeDose& made : review.about.doses) {
            auto& line = *reply.add_doses();
            content.dose = made.dose;
            ++content.piece;
            line.set_label(dose_label(content));
            line.set_code(dose_code(made.dose));
            line.set_units(made.units);
            if (review.about.beyond_use_on) line.set_beyond_use_on(format_date(*review.about.beyond_use_on));
        }
    }
    return reply;
}

/// A fact that no scan decided; when it is refused, nothing of it stays in the group.
Result<Seq> Service::append_alone(const Fact& fact, const std::string& operator_badge, const Moment& now) {
    if (auto saved = ledger_.savepoint(); !saved) return saved.error();
    auto seq = ledger_.append({fact, 0, operator_badge, "", now.now.today}, now.stamp);
    if (auto ended = seq ? ledger_.keep() : ledger_.undo(); !ended) return ended.error();
    return seq;
}

Result<void> Service::learn(std::span<const Product> products) {
    const Moment now = moment();
    for (const Product& product : products) {
        const auto known = ledger_.stock().product(product.gtin);
        if (const auto& unread = ledger_.database().failure()) return *unread;
        if (known && known->name == product.name && known->unit == product.unit &&
            known->units_per_pack == product.units_per_pack && known->beyond_use_days == product.beyond_use_days &&
            known->units_per_dose == product.units_per_dose) {
            continue;
        }
        const ProductLearned fact{
            product.gtin, product.name, product.unit, product.units_per_pack, product.beyond_use_days, product.units_per_dose};
        if (auto seq = append_alone(fact, "", now); !seq) return seq.error();
    }
    return {};
}

Result<void> Service::restore(std::span<const Entry> entries) {
    if (auto restored = ledger_.restore(entries, moment().stamp); !restored) return restored;
    mint_.stay_above(largest_thing(ledger_));
    return {};
}

Result<void> Service::adopt(const std::string& reader, const std::string& operator_badge) {
    const auto seq = append_alone(ReaderAdopted{reader}, operator_badge, moment());
    if (!seq) return seq.error();
    return {};
}

/// Of who is named, or works at the desk.
Result<std::string> Service::answering_badge(const std::string& named, const char* for_what) {
    if (!named.empty()) {
        const auto parsed = parse_badge(named);
        if (!parsed) return invalid("a badge is DOSARIO.B. and 8 characters A-Z 0-9");
        return *parsed;
    }
    std::string badge = ledger_.stock().operator_badge();
    if (badge.empty())
        return fail(Failure::refused,
                    std::string{"somebody answers for "} + for_what + ": scan a badge, or say --operator; nothing was saved");
    return badge;
}

Result<v1::RecallReply> Service::recall(const v1::RecallRequest& request) {
    const auto fact = recall_fact(request);
    if (!fact) return fact.error();
    if (!*fact) return recall_reply(ledger_, request);
    const auto badge = answering_badge(request.operator_(), "a recall");
    if (!badge) return badge.error();
    const auto held = ledger_.stock().recalled(*gtin_of(request.gtin()), request.lot());
    if (auto unread = ledger_.database().take_failure()) return *unread;
    const auto seq = append_alone(**fact, *badge, moment());
    if (!seq) {
        if (seq.error().failure != Failure::refused) return seq.error();
        return fail(Failure::refused,
                    request.lift()
                        ? "this is not recalled under this GTIN and lot: `dosario recall` lists what is; nothing was saved"
                        : "this is recalled already (" + held.value_or("") + "): lift that recall first; nothing was saved");
    }
    auto reply = recall_reply(ledger_, request);
    if (!reply) return reply;
    reply->add_seq(*seq);
    reply->set_message(request.lift()
                           ? "the recall is lifted: what is on the shelf may leave again, what is in quarantine stays there"
                           : "recalled: from now on nothing of it is received, cut, verified, released or dispensed here");
    return reply;
}

Result<v1::PersonsReply> Service::open_persons(const v1::PersonsRequest& request) { return access_persons(request, false); }
Result<v1::PersonsReply> Service::forget_persons(const v1::PersonsRequest& request) { return access_persons(request, true); }

Result<v1::PersonsReply> Service::access_persons(const v1::PersonsRequest& request, bool forget) {
    const auto purpose = access_purpose(request.purpose());
    if (!purpose) return purpose.error();
    const auto badge = answering_badge(request.operator_(), "opening the table of persons");
    if (!badge) return badge.error();
    if (settings_.persons == nullptr) return fail(Failure::not_found, "there is no table of persons here");
    const auto visits = visits_asked_for(*settings_.persons, request);
    if (!visits) return visits.error();
    v1::PersonsReply reply;
    for (const Recipient& visit : *visits) {
        if (auto shown = show_visit(*settings_.persons, visit, !forget, reply); !shown) return shown.error();
        const auto seq = append_alone(RecipientAccessed{visit, *purpose, forget}, *badge, moment());
        if (!seq) return seq.error();
        reply.add_seq(*seq);
        if (forget) to_forget_.push_back(visit);
    }
    reply.set_ok(true);
    reply.set_more(visits->size() == kMostVisits);
    reply.set_message(forget ? "forgotten: the entries of these visits stay, and nobody can tell any more whose they were"
                             : "each visit that is shown here was booked, with who asked and why");
    return reply;
}

Result<void> Service::finish_forgetting() {
    if (to_forget_.empty()) return {};
    if (auto forgotten = settings_.persons->forget(to_forget_); !forgotten) {
        return fail(forgotten.error().failure,
                    "it is booked that they are forgotten, but their rows could not be deleted yet: say it again (" +
                        forgotten.error().message + ")");
    }
    to_forget_.clear();
    return {};
}

Result<std::int64_t> Service::forget_older(int days) {
    if (settings_.persons == nullptr) return std::int64_t{0};
    const Moment now = moment();
    if (now.now.clock != ClockState::good) return std::int64_t{0};  // nobody is forgotten by a wrong clock
    return settings_.persons->forget_before(now.now.today - std::chrono::days{days});
}

std::set<std::string> Service::adopted_readers() {
    auto query = ledger_.database().query("SELECT reader FROM reader");
    std::set<std::string> readers;
    while (query.row()) readers.insert(query.text(0));
    return readers;
}

Result<v1::StatusReply> Service::status(const v1::StatusRequest&) {
    v1::StatusReply reply;
    const Now now = moment().now;
    reply.set_station(settings_.station);
    reply.set_site(settings_.site);
    reply.set_version(settings_.version);
    reply.set_started_at(format_utc(started_at_));
    reply.set_operator_(ledger_.stock().operator_badge());
    if (const auto work = ledger_.stock().open_work()) {
        reply.set_work(work->id);
        reply.set_work_kind(std::string{workflow_of(work->kind).mode});
    }
    reply.set_ledger(to_hex(ledger_.id()));
    reply.set_entries(ledger_.head_seq());
    reply.set_head(to_hex(ledger_.head_hash()));
    reply.set_head_code(code_text(short_code(ledger_.head_seq(), ledger_.head_hash())));
    reply.set_clock(std::string{clock_name(now.clock)});
    reply.set_today(format_date(now.today));
    reply.set_queue(static_cast<std::uint32_t>(settings_.waiting()));
    reply.set_free_bytes(settings_.free_bytes().value_or(0));
    if (ledger_.damage()) {
        reply.set_read_only(ledger_.damage()->message);
        reply.add_warnings(reply.read_only());
    } else if (const auto mark = read_damage_mark(settings_.directory)) {
        reply.add_warnings("damage was found in the ledger: " + mark->what +
                           "; from the next start on it is only read, until it is mended (`dosario ledger mend`)");
    }
    if (const auto verified = ledger_.upkeep(kVerified); verified && *verified) {
        reply.set_verified_at(format_utc((*verified)->at));
        if (!(*verified)->good)
            reply.add_warnings("the check of " + reply.verified_at() + " found a fault in the ledger: " + (*verified)->detail +
                               "; run `dosario ledger verify`");
    }
    if (const char* warning = clock_warning(now.clock); *warning != '\0') reply.add_warnings(warning);
    if (ledger_.log_damage() && !ledger_.log_was_mended())
        reply.add_warnings("saved scans are missing at the end of the ledger: " + ledger_.log_damage()->words());
    if (reply.free_bytes() < settings_.least_free_bytes) {
        reply.add_warnings("the disk is nearly full: no new work is opened, the open one can be finished; make room now");
    } else if (reply.free_bytes() < kLowSpace_bytes) {
        reply.add_warnings("less than 1 GiB is free on the disk: make room before saving stops");
    }
    if (ledger_.lost_log()) {
        reply.add_warnings(
            "the ledger was found without its write-ahead log (ledger.db-wal): it was copied alone, or the log was deleted. Entries may "
            "be missing at its end; a collector gives back those that it has, and what is written here begins a branch");
    }
    const auto slow = settings_.last_slow ? settings_.last_slow() : std::nullopt;
    if (slow && clock_.wall() - *slow < kSlowIsTold)
        reply.add_warnings("the disk was slow at " + format_utc(*slow) +
                           ": answers took longer than half a second; is it failing?");
    if (settings_.uplink) {
        v1::UplinkStatus& uplink = *reply.mutable_uplink();
        uplink = settings_.uplink();
        const auto lag = ledger_.unacknowledged();
        if (!lag) return lag.error();
        uplink.set_lag(*lag);
        if (!uplink.problem().empty()) {
            reply.add_warnings("the collector cannot be reached: " + uplink.problem() + "; " + std::to_string(*lag) +
                               " entries wait here, nothing is lost");
        }
        for (const std::string& notice : uplink.notices()) reply.add_warnings(notice);
    }
    if (settings_.persons != nullptr && settings_.persons->problem()) reply.add_warnings(settings_.persons->problem()->message);
    for (const std::string& warning : settings_.more_warnings()) reply.add_warnings(warning);
    const Seq after = ledger_.head_seq() > kLastShown ? ledger_.head_seq() - kLastShown : 0;
    const auto last = ledger_.entries_after(after, kLastShown);
    if (!last && !ledger_.damage()) return last.error();
    for (const Entry& entry : last ? *last : std::vector<Entry>{}) *reply.add_last() = log_entry(entry);
    return reply;
}

Result<v1::StockReply> Service::stock(const v1::StockRequest& request) { return stock_reply(ledger_, request); }
Result<v1::HistoryReply> Service::history(const v1::HistoryRequest& request) {
    return history_reply(ledger_, request, *settings_.rules.codes);
}
Result<v1::LogReply> Service::log(const v1::LogRequest& request) { return log_reply(ledger_, request); }
Result<v1::HeadReply> Service::head(const v1::HeadRequest& request) { return head_reply(ledger_, request); }
Result<v1::ProofReply> Service::proof(const v1::ProofRequest& request) { return proof_reply(ledger_, request); }

}  // namespace dosario
