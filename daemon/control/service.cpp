// SPDX-License-Identifier: Apache-2.0
#include "control/service.hpp"

#include "control/head_view.hpp"
#include "control/history_view.hpp"
#include "control/ledger_views.hpp"
#include "control/proof.hpp"
#include "control/scan_request.hpp"
#include "control/sweep_view.hpp"
#include "control/thing_label.hpp"
#include "http/json.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::size_t kLongestRequestId = 64;
constexpr std::size_t kMostUnrecorded = 256;

}  // namespace

ThingId Service::largest_thing(Ledger& ledger) {
    // Of all that ever had a history: labels of an undone fractioning may still be about.
    auto query = ledger.database().query("SELECT coalesce(max(subject), 0) FROM subject_event");
    return {query.row() ? static_cast<std::uint64_t>(query.number(0)) : 0};
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

/// The reply says which reader it answers, and what is kept of it does not: that is of the facts.
Result<v1::ScanReply> Service::scan(const v1::ScanRequest& request) {
    auto reply = scan_once(request);
    if (!reply) return reply;
    if (may_be_repeated(request.reader())) reply->set_reader(request.reader());
    reply->set_zone(request.zone());
    return reply;
}

Result<v1::ScanReply> Service::scan_once(const v1::ScanRequest& request) {
    if (request.request_id().size() > kLongestRequestId) return invalid("a request id has at most 64 characters");
    auto again = reply_again(request.request_id());
    if (!again) return again.error();
    if (*again) return std::move(**again);
    const auto scan = read_scan(request, clock_.mono());
    if (!scan) {
        // What lies there now is not what lay there before.
        if (request.has_tray() && (request.zone().empty() || is_zone(request.zone())))
            desk_.tray_refused(request.zone(), request.reader());
        return scan.error();
    }
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
    review.about.clock = now.now.clock;
    review.about.today = now.now.today;
    auto answered = review.what == What::tray_booked ? book_tray(std::move(review), scan, now) : book(review, now);
    if (!answered) return answered;
    v1::ScanReply& reply = *answered;
    if (request_id.empty() || reply.seq().empty()) return reply;
    if (auto kept = ledger_.keep_reply(request_id, as_bytes(reply.SerializeAsString()), now.now.at); !kept) return kept.error();
    return answered;
}

Result<v1::ScanReply> Service::book(const Review& review, const Moment& now) {
    std::vector<Seq> written;
    for (const SignedFact& fact : review.facts) {
        const auto seq = ledger_.append(fact, now.stamp);
        if (!seq) return seq.error();
        written.push_back(*seq);
    }
    return reply_for(review, std::move(written));
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

Result<v1::StockReply> Service::stock(const v1::StockRequest& request) { return stock_reply(ledger_, request); }
Result<v1::HistoryReply> Service::history(const v1::HistoryRequest& request) {
    return history_reply(ledger_, request, *settings_.rules.codes);
}
Result<v1::SweepReply> Service::sweep(const v1::SweepRequest& request) {
    return sweep_reply(ledger_, request, *settings_.rules.codes, moment().now.today, settings_.language);
}
Result<std::string> Service::label_of(std::string_view code) { return thing_label(ledger_, code, settings_.language); }
Result<v1::LogReply> Service::log(const v1::LogRequest& request) { return log_reply(ledger_, request); }
Result<v1::HeadReply> Service::head(const v1::HeadRequest& request) { return head_reply(ledger_, request); }
Result<v1::ProofReply> Service::proof(const v1::ProofRequest& request) { return proof_reply(ledger_, request); }

}  // namespace dosario
