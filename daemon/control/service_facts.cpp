// SPDX-License-Identifier: Apache-2.0
// What the service books that no scan decided: the catalogue, readers, recalls, who looked at the table of persons.
#include "control/ledger_views.hpp"
#include "control/persons_view.hpp"
#include "control/recall_view.hpp"
#include "control/scan_request.hpp"
#include "control/service.hpp"

namespace dosario {
namespace {

/// Rows of `upkeep`: where a reader stands is no fact of medicine, and the collector need not know it.
constexpr std::string_view kZone = "zone:";

}  // namespace

/// What is decided here stays in the group, or nothing of it does.
template <class Decide>
auto Service::all_or_nothing(Decide decide) -> decltype(decide()) {
    if (auto saved = ledger_.savepoint(); !saved) return saved.error();
    auto decided = decide();
    if (auto ended = decided ? ledger_.keep() : ledger_.undo(); !ended) return ended.error();
    return decided;
}

Result<Seq> Service::append(const Fact& fact, const std::string& operator_badge, const Moment& now) {
    return ledger_.append({fact, 0, operator_badge, "", now.now.today}, now.stamp);
}

/// A fact that no scan decided.
Result<Seq> Service::append_alone(const Fact& fact, const std::string& operator_badge, const Moment& now) {
    return all_or_nothing([&] { return append(fact, operator_badge, now); });
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
    return all_or_nothing([&] { return book_recall(request, **fact, *badge, held.value_or("")); });
}

Result<v1::RecallReply> Service::book_recall(const v1::RecallRequest& request, const Fact& fact, const std::string& badge,
                                             const std::string& held) {
    const auto seq = append(fact, badge, moment());
    if (!seq) {
        if (seq.error().failure != Failure::refused) return seq.error();
        return fail(Failure::refused,
                    request.lift()
                        ? "this is not recalled under this GTIN and lot: `dosario recall` lists what is; nothing was saved"
                        : "this is recalled already (" + held + "): lift that recall first; nothing was saved");
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
    auto booked = all_or_nothing([&] { return book_access(*visits, {{}, *purpose, forget}, *badge); });
    if (!booked) return booked;
    if (forget) to_forget_.insert(to_forget_.end(), visits->begin(), visits->end());
    v1::PersonsReply& reply = *booked;
    reply.set_ok(true);
    reply.set_more(visits->size() == kMostVisits);
    reply.set_message(forget ? "forgotten: the entries of these visits stay, and nobody can tell any more whose they were"
                             : "each visit that is shown here was booked, with who asked and why");
    return booked;
}

Result<v1::PersonsReply> Service::book_access(std::span<const Recipient> visits, RecipientAccessed access,
                                              const std::string& badge) {
    v1::PersonsReply reply;
    const Moment now = moment();
    for (const Recipient& visit : visits) {
        if (auto shown = show_visit(*settings_.persons, visit, !access.erased, reply); !shown) return shown.error();
        access.recipient = visit;
        const auto seq = append(access, badge, now);
        if (!seq) return seq.error();
        reply.add_seq(*seq);
    }
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
    if (now.now.clock != ClockState::good)
        return fail(Failure::unavailable, "nobody is forgotten by a clock that is not believed: set the date of this computer");
    return settings_.persons->forget_before(now.now.today - std::chrono::days{days});
}

std::set<std::string> Service::adopted_readers() {
    auto query = ledger_.database().query("SELECT reader FROM reader");
    std::set<std::string> readers;
    while (query.row()) readers.insert(query.text(0));
    return readers;
}

Result<void> Service::keep_zone(const std::string& reader, const std::string& zone) {
    const std::string what = std::string{kZone} + reader;
    if (zone.empty()) return ledger_.drop_upkeep(what);
    const auto kept = zones();
    if (!kept) return kept.error();
    if (kept->size() >= kMostZonesKept && !kept->contains(reader))
        return fail(Failure::refused,
                    "256 readers have a zone already: take it back from one that is not used any more "
                    "(`dosario readers zone ID --none`)");
    return ledger_.keep_upkeep(what, {clock_.wall(), true, zone});
}

Result<std::map<std::string, std::string>> Service::zones() const {
    const auto kept = ledger_.upkeep_of(kZone);
    if (!kept) return kept.error();
    std::map<std::string, std::string> all;
    for (const auto& [reader, how] : *kept) all[reader] = how.detail;
    return all;
}

}  // namespace dosario
