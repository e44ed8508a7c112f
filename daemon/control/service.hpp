// SPDX-License-Identifier: Apache-2.0
// Request in, reply out: the counter's decisions over the ledger. Lives on the ledger thread; knows no socket.
#pragma once

#include "control/messages.hpp"
#include "control/mint.hpp"
#include "control/trusted_clock.hpp"
#include "dosario/v1/control.pb.h"
#include "ledger/ledger.hpp"
#include "ledger/reserve.hpp"
#include "persons/person_table.hpp"
#include "workflow/desk.hpp"

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace dosario {

struct ServiceSettings {
    std::string station;
    std::string site;
    std::string version;
    std::string directory;  ///< of the ledger, for the free space
    Language language = Language::es;
    Rules rules;
    std::function<Date(UtcTime)> site_day;                                 ///< the calendar day at the site
    UtcTime released_at{};                                                 ///< no honest clock is before this: see TrustedClock
    std::function<std::size_t()> waiting = [] { return std::size_t{0}; };  ///< length of the queue, for the status
    std::function<v1::UplinkStatus()> uplink;                              ///< for the status; null: the station works alone
    std::function<std::optional<UtcTime>()> last_slow;                     ///< when an answer took long last; null: nobody looks
    std::uint64_t least_free_bytes = 256ULL << 20;                         ///< with less no new work is opened
    std::function<std::optional<std::uint64_t>()> free_bytes;              ///< on the ledger's disk; null: of `directory`
    PersonTable* persons = nullptr;  ///< who the visits were; null: nobody asks, and nothing is kept
    /// What else the staff should know, for the status.
    std::function<std::vector<std::string>()> more_warnings = [] { return std::vector<std::string>{}; };
};

class Service {
public:
    /// All references outlive the service.
    Service(Ledger& ledger, const Clock& clock, Entropy& entropy, ServiceSettings settings);

    /// Around every group of the ledger: what the desk remembers follows the transaction.
    void group_begins();
    void group_failed();
    /// Something could not be written for want of space: the reserve is given back, so that open work can be finished.
    void disk_full() { reserve_.release(); }
    /// When nothing is asked: the reserve is made again, if there is space.
    void rest() { (void)reserve_.keep(); }

    /// Within a group, writing.
    Result<v1::ScanReply> scan(const v1::ScanRequest& request);
    /// The pad whose tray the last scan could be about; empty: none.
    const std::string& pad_at_hand() const { return desk_.pad_at_hand(); }
    /// Products of the configuration that the ledger does not know so yet.
    Result<void> learn(std::span<const Product> products);
    /// Entries that this ledger had before it was restored from an older copy; new ids do not meet theirs.
    Result<void> restore(std::span<const Entry> entries);
    /// Books a recall, or that it is lifted, and tells what it touches; without a product only the list.
    Result<v1::RecallReply> recall(const v1::RecallRequest& request);
    /// Who a visit was, or the visits of a document; each one that is shown is booked.
    Result<v1::PersonsReply> open_persons(const v1::PersonsRequest& request);
    /// Books that they are forgotten; finish_forgetting(), after the commit, forgets them. Otherwise a commit that failed would leave a row that
    /// is gone and no entry that says so.
    Result<v1::PersonsReply> forget_persons(const v1::PersonsRequest& request);
    Result<void> finish_forgetting();
    /// All who were kept so many days ago and longer; how many visits. Outside of a group.
    Result<std::int64_t> forget_older(int days);
    Result<void> adopt(const std::string& reader, const std::string& operator_badge);
    /// Where a reader stands from now on; an empty zone takes that back. At most kMostZonesKept readers have one.
    Result<void> keep_zone(const std::string& reader, const std::string& zone);
    static constexpr std::size_t kMostZonesKept = 256;

    /// Reading.
    Result<v1::StatusReply> status(const v1::StatusRequest& request);
    Result<v1::StockReply> stock(const v1::StockRequest& request);
    Result<v1::HistoryReply> history(const v1::HistoryRequest& request);
    Result<v1::SweepReply> sweep(const v1::SweepRequest& request);
    /// thing_label().
    Result<std::string> label_of(std::string_view code);
    Result<v1::LogReply> log(const v1::LogRequest& request);
    Result<v1::HeadReply> head(const v1::HeadRequest& request);
    Result<v1::ProofReply> proof(const v1::ProofRequest& request);
    std::set<std::string> adopted_readers();
    /// Zones by the reader's id.
    Result<std::map<std::string, std::string>> zones() const;
    /// Why the table of persons cannot be used; nothing when it can, or none is kept.
    std::optional<Error> persons_problem() const {
        return settings_.persons == nullptr ? std::nullopt : settings_.persons->problem();
    }
    /// What decisions are made by now: see TrustedClock.
    UtcTime believed_time() { return moment().now.at; }

    Ledger& ledger() { return ledger_; }

    /// Outside of a group something failed after which the process must not go on; whoever drives this service takes it.
    void set_fatal(Error why) { fatal_ = std::move(why); }
    std::optional<Error> take_fatal() { return std::exchange(fatal_, std::nullopt); }

private:
    struct Moment {
        Now now;
        Stamp stamp;
    };
    static ThingId largest_thing(Ledger& ledger);
    Moment moment();
    bool opens_work_without_room(const Review& review) const;
    Result<v1::ScanReply> scan_once(const v1::ScanRequest& request);
    Result<v1::ScanReply> decide(const DeskScan& scan, const std::string& request_id);
    Result<v1::ScanReply> book(const Review& review, const Moment& now);
    Result<v1::ScanReply> book_tray(Review review, const DeskScan& scan, const Moment& now);
    template <class Decide>
    auto all_or_nothing(Decide decide) -> decltype(decide());
    Result<Seq> append(const Fact& fact, const std::string& operator_badge, const Moment& moment);
    Result<v1::RecallReply> book_recall(const v1::RecallRequest& request, const Fact& fact, const std::string& badge,
                                        const std::string& held);
    Result<v1::PersonsReply> book_access(std::span<const Recipient> visits, RecipientAccessed access, const std::string& badge);
    Result<Seq> append_alone(const Fact& fact, const std::string& operator_badge, const Moment& moment);
    v1::ScanReply reply_for(const Review& review, std::vector<Seq> written);
    Result<std::optional<v1::ScanReply>> reply_again(const std::string& request_id) const;
    bool could_not_keep(const Review& review, Date today);
    Result<std::string> answering_badge(const std::string& named, const char* for_what);
    Result<v1::PersonsReply> access_persons(const v1::PersonsRequest& request, bool forget);
    void remember(const std::string& request_id, const v1::ScanReply& reply);

    Ledger& ledger_;
    const Clock& clock_;
    ServiceSettings settings_;
    TrustedClock trusted_clock_;
    ThingMint mint_;
    Desk desk_;
    Desk desk_at_begin_;
    // Replies to request ids that recorded nothing, youngest last. Like the desk's open question they are worth no sync, and end with
    // the process; the ledger keeps those that recorded.
    std::deque<std::pair<std::string, v1::ScanReply>> unrecorded_;
    std::size_t unrecorded_in_group_ = 0;
    Reserve reserve_;
    std::vector<Recipient> to_forget_;  ///< booked, and not forgotten yet
    UtcTime started_at_;
    std::optional<Error> fatal_;
};

}  // namespace dosario
