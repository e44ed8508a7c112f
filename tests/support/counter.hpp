// SPDX-License-Identifier: Apache-2.0
// A counter to work at: a real ledger in a directory of its own and a real Service, driven by groups as the daemon drives them.
#pragma once

#include "control/group.hpp"
#include "ledger/ledger_copy.hpp"
#include "ledger/verify.hpp"
#include "support/gs1_codes.hpp"
#include "support/manual_clock.hpp"
#include "support/temporary_directory.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace dosario::test {

/// One gesture, built by saying what is odd about it.
class Scan {
public:
    explicit Scan(const std::string& content = "") { request_.set_content(content); }
    Scan by(const char* badge) && { return request_.set_operator_(badge), std::move(*this); }
    Scan witness(const char* badge) && { return request_.set_witness(badge), std::move(*this); }
    Scan mode(const char* mode) && { return request_.set_mode(mode), std::move(*this); }
    Scan lot(const char* lot) && { return request_.set_lot(lot), std::move(*this); }
    Scan expires(const char* day) && { return request_.set_expires(day), std::move(*this); }
    Scan packs(unsigned n) && { return request_.set_packs(n), std::move(*this); }
    Scan units_per_pack(unsigned n) && { return request_.set_units_per_pack(n), std::move(*this); }
    Scan doses(unsigned n) && { return request_.set_doses(n), std::move(*this); }
    Scan units_per_dose(unsigned n) && { return request_.set_units_per_dose(n), std::move(*this); }
    Scan waste(unsigned n) && { return request_.set_waste(n), std::move(*this); }
    Scan undo_seq(Seq seq) && { return request_.set_undo_seq(seq), std::move(*this); }
    Scan note(const char* number) && { return request_.set_note(number), std::move(*this); }
    Scan supplier(const char* number) && { return request_.set_supplier(number), std::move(*this); }
    Scan at(const char* zone) && { return request_.set_zone(zone), std::move(*this); }
    Scan gs(const char* trust) && { return request_.set_gs(trust), std::move(*this); }
    Scan reader(const char* name) && { return request_.set_reader(name), std::move(*this); }
    Scan id(const char* id) && { return request_.set_request_id(id), std::move(*this); }
    operator const v1::ScanRequest&() const { return request_; }

private:
    v1::ScanRequest request_;
};

/// A reply, or why there is none. Reads as the reply.
struct Answer {
    std::optional<Error> error;
    v1::ScanReply reply;

    bool ok() const { return !error && reply.ok(); }
    std::string what() const { return error ? "error: " + error->message : reply.what(); }
    std::string sound() const { return reply.sound(); }
    /// Number of the last entry that it wrote, 0 = none.
    Seq seq() const { return reply.seq().empty() ? 0 : reply.seq(reply.seq_size() - 1); }
};

struct CounterOptions {
    Rules rules{0, 0, 0};  ///< no rule but the maker's expiry
    std::uint64_t seed = 1;
    const char* vfs = nullptr;
    std::string directory = {};  ///< empty: one of its own
    bool products = true;        ///< products 1 to 5 are known, 30 tablets a pack
    KeepPersons persons = KeepPersons::pseudonym;
    bool open = true;  ///< false: reopen() and learn_products() are the caller's
    std::function<Date(UtcTime)> site_day = [](UtcTime at) { return std::chrono::floor<std::chrono::days>(at); };
};

inline constexpr unsigned kKnownProducts = 5;

class Counter {
public:
    explicit Counter(CounterOptions options = {});

    /// One group with one scan.
    Answer scan(const v1::ScanRequest& request);
    Answer scan(const std::string& content) { return scan(Scan{content}); }
    /// One group with all of them.
    std::vector<Answer> scan_group(const std::vector<v1::ScanRequest>& requests);
    /// One group with that job; what run_group said.
    std::optional<Error> run(const Job& job);
    /// What run_group said of the last group.
    const std::optional<Error>& fatal() const { return fatal_; }

    /// A fact that no workflow decided, by the rules of a group with one decision.
    Result<Seq> append(const Fact& fact, WorkId work = 0, const char* badge = "", const char* witness = "",
                       std::string_view on = "");

    /// Fractions that box into doses; their codes.
    std::vector<std::string> fraction(const v1::ScanRequest& request);
    /// The same, verified by Eva.
    std::vector<std::string> ready_doses(const v1::ScanRequest& request);

    /// What run_group said, or what failed in the job.
    std::optional<Error> learn_products();
    /// Closes and opens the ledger and the desk again.
    Result<void> reopen();
    void close();
    bool is_open() const { return service_ != nullptr; }
    VerifyReport verify();
    /// Rows of a query as text, columns by `|`, rows by a new line.
    std::string rows(const char* sql);

    Ledger& ledger() { return *ledger_; }
    Service& service() { return *service_; }
    PersonTable& persons() { return *persons_; }
    const Stock& stock() { return ledger_->stock(); }
    const std::string& directory() const { return directory_; }
    std::string file() const { return directory_ + "/ledger.db"; }
    LedgerOpening opening();
    Date today() const { return std::chrono::floor<std::chrono::days>(clock.wall()); }
    Stamp stamp() const { return {clock.wall(), clock.mono(), false}; }

    ManualClock clock;

private:
    CounterOptions options_;
    SeededEntropy entropy_;
    std::unique_ptr<Digest> digest_;
    std::unique_ptr<TemporaryDirectory> own_;
    std::string directory_;
    std::unique_ptr<Ledger> ledger_;
    std::unique_ptr<PersonTable> persons_;
    std::unique_ptr<Service> service_;
    std::optional<Error> fatal_;
};

/// Of the version under test: see ServiceSettings::released_at.
inline constexpr const char* kReleasedOn = "2026-11-01";

/// Verifies in place.
VerifyReport verify_all(Ledger& ledger);
/// Verifies a copy, as the daemon does; `between` happens between its steps.
VerifyReport verify_copy(
    Ledger& ledger, int pages = 64, const std::function<void()>& between = [] {});
/// The first finding's words, empty when all is well.
std::string first_fault(const VerifyReport& report);

}  // namespace dosario::test
