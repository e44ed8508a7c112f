// SPDX-License-Identifier: Apache-2.0
#include "support/day.hpp"

#include "base/check.hpp"

namespace dosario::test {
namespace {

bool ends_the_process(const Error& error) { return error.failure == Failure::io || error.failure == Failure::damaged; }

std::string take(std::vector<std::string>& from, std::uint64_t at) {
    const auto it = from.begin() + static_cast<std::ptrdiff_t>(at % from.size());
    std::string taken = *it;
    from.erase(it);
    return taken;
}

}  // namespace

Day::Day(Counter& counter, std::uint64_t seed, DayHooks hooks) : counter_(counter), random_(seed), hooks_(std::move(hooks)) {
    promise();
}

void Day::promise() {
    promises_.seq = counter_.ledger().head_seq();
    promises_.hash = counter_.ledger().head_hash();
    hooks_.answered(promises_);
}

Box Day::some_box(bool serial) {
    Box box{.product = 1 + static_cast<unsigned>(below(kKnownProducts))};
    box.lot = "L" + std::to_string(box.product) + std::to_string(below(3));
    if (serial) box.serial = "S" + std::to_string(++serials_);
    return box;
}

v1::ScanRequest Day::gesture() {
    switch (below(9)) {
        case 0:
        case 1: {
            const Box box = some_box(true);
            closed_.push_back(box.code());
            return Scan{box.code()}.mode("receive");
        }
        case 2: return Scan{some_box(false).code()}.mode("receive").packs(1 + static_cast<unsigned>(below(5)));
        case 3:
            if (closed_.empty()) return Scan{some_box(false).code()}.mode("fraction").by(kAna).units_per_dose(10);
            return Scan{take(closed_, random_())}
                .mode("fraction")
                .by(kAna)
                .units_per_dose(5 + 5 * static_cast<unsigned>(below(3)));
        case 4:
        case 5:
            if (made_.empty()) return Scan{some_box(false).code()}.mode("receive").packs(2);
            return Scan{made_[below(made_.size())]}.mode("verify").by(kEva);
        case 6:
            if (ready_.empty()) return Scan{some_box(false).code()}.mode("dispense");
            return Scan{take(ready_, random_())}.mode("dispense");
        case 7: return one_in(2) ? Scan{some_box(false).code()}.mode("dispense") : Scan{kPerson}.mode("dispense");
        default: return one_in(3) ? Scan{}.mode("undo") : one_in(2) ? Scan{one_in(2) ? kAna : kEva} : Scan{kDone};
    }
}

void Day::learn_from(const v1::ScanRequest& request, const Answer& answer) {
    ++tally_[answer.error ? "error" : answer.what()];
    if (answer.error || answer.reply.seq().empty()) return;
    ++recorded_scans_;
    for (const auto& dose : answer.reply.doses()) made_.push_back(dose.code());
    if (answer.what() == "verified") {
        std::erase(made_, request.content());
        ready_.push_back(request.content());
    }
    if (request.request_id().empty()) return;
    promises_.replies[request.request_id()] = answer.reply.SerializeAsString();
    asked_.push_back(request);
}

std::optional<Error> Day::step() {
    ++steps_;
    refused_.reset();
    counter_.clock.pass(std::chrono::seconds{1 + below(40)});
    if (auto failed = chore()) return failed;
    if (one_in(12) && !asked_.empty()) return retry();
    std::vector<v1::ScanRequest> group;
    for (std::uint64_t n = one_in(4) ? 2 + below(5) : 1; n > 0; --n) {
        group.push_back(gesture());
        if (one_in(2)) group.back().set_request_id("r" + std::to_string(++ids_));
    }
    hooks_.begins();
    const auto answers = counter_.scan_group(group);
    for (std::size_t i = 0; i < group.size(); ++i) {
        learn_from(group[i], answers[i]);
        if (answers[i].error) refused_ = answers[i].error;
    }
    if (counter_.fatal()) return counter_.fatal();
    promise();
    return std::nullopt;
}

/// An answer that got lost on its way: the same request again gets the same reply, and records nothing.
std::optional<Error> Day::retry() {
    ++retries_;
    const v1::ScanRequest& request = asked_[below(asked_.size())];
    const Seq head = counter_.ledger().head_seq();
    hooks_.begins();
    const Answer answer = counter_.scan(request);
    if (counter_.fatal()) return counter_.fatal();
    if (answer.error) {
        refused_ = answer.error;
    } else {
        DOSARIO_CHECK(answer.reply.SerializeAsString() == promises_.replies.at(request.request_id()));
    }
    DOSARIO_CHECK(counter_.ledger().head_seq() == head);
    promise();
    return std::nullopt;
}

std::optional<Error> Day::run_job(const std::function<Result<void>(Service&)>& decide) {
    hooks_.begins();
    std::optional<Error> failed;
    const Job job{[&](Service& service) {
                      if (auto done = decide(service); !done) failed = done.error();
                  },
                  [&](const std::optional<Error>& error) {
                      if (error) failed = error;
                  }};
    if (auto fatal = counter_.run(job)) return fatal;
    refused_ = failed;
    promise();
    return std::nullopt;
}

std::optional<Error> Day::restart(bool killed) {
    if (killed) counter_.ledger().database().leave_log(true);
    if (auto opened = counter_.reopen(); !opened) return opened.error();
    hooks_.opened(counter_.ledger());
    promise();
    return std::nullopt;
}

std::optional<Error> Day::chore() {
    const auto of = [](Result<void> done) -> std::optional<Error> {
        if (!done && ends_the_process(done.error())) return done.error();
        return std::nullopt;
    };
    const auto every = [&](int n, int at) { return steps_ % n == at; };
    if (every(40, 7)) return of(counter_.ledger().checkpoint());
    if (every(90, 30)) return of(counter_.ledger().database().execute("PRAGMA wal_checkpoint(TRUNCATE)"));
    if (every(70, 13)) return restart(false);
    if (every(70, 47)) return restart(true);
    if (every(120, 20)) {
        const auto made = rebuild(counter_.ledger());
        if (made) promise();
        return made ? std::nullopt : of(made.error());
    }
    if (every(100, 16)) return run_job([](Service& service) { return service.adopt("05e0:1200:S:0", ""); });
    if (every(25, 10)) {
        const Seq seq = promises_.seq;
        const Sha256 hash = promises_.hash;
        return run_job([this, seq, hash](Service& service) -> Result<void> {
            const auto tail = service.ledger().tail();
            if (!tail) return tail.error();
            return service.ledger().keep_acked(tail->branches.back().branch, seq, hash, counter_.clock.wall());
        });
    }
    return std::nullopt;
}

void Day::work(int scans) {
    while (recorded_scans_ < scans) DOSARIO_CHECK(!step());
}

}  // namespace dosario::test
