// SPDX-License-Identifier: Apache-2.0
#include "app/verifying.hpp"

#include <system_error>

namespace dosario {
namespace {

/// A mebibyte: a scan waits for one step at most, some milliseconds.
constexpr int kPagesInStep = 256;

/// Copy and scratch database are temporary files: what fails there did not touch the ledger.
Error in_our_words(const Error& error) {
    switch (error.failure) {
        case Failure::full:
            return fail(
                Failure::full,
                "there is no room for the temporary copy of the ledger that verifying reads; the ledger is untouched: free some"
                " space in the folder for temporary files (/var/tmp, or what SQLITE_TMPDIR says) and verify again");
        case Failure::damaged:
            return fail(
                Failure::damaged,
                "the ledger's file is so damaged that it cannot be copied to be verified: keep it, stop the daemon, and run"
                " `dosario --data DIR ledger verify`, which reads it where it is");
        case Failure::io:
            return fail(Failure::io,
                        "the ledger could not be verified, because reading it or writing its temporary copy failed; the ledger is"
                        " untouched: " +
                            error.message);
        case Failure::invalid:
        case Failure::refused:
        case Failure::not_found:
        case Failure::unavailable:
        case Failure::newer: break;
    }
    return error;
}

}  // namespace

struct Verifying::Copying {
    Answer answer;
    std::unique_ptr<LedgerCopy> copy;
    bool full = false;
};

Verifying::~Verifying() {
    break_off();
    if (thread_.joinable()) thread_.join();
}

void Verifying::break_off() {
    const std::lock_guard lock{answering_};
    stopping_ = true;
}

LedgerThread::Chore Verifying::chore(Answer answer, bool full) {
    auto copying = std::make_shared<Copying>(Copying{std::move(answer), nullptr, full});
    return [this, copying](Service& service) { return copy_some(*copying, service.ledger()); };
}

bool Verifying::copy_some(Copying& copying, Ledger& ledger) {
    if (copying.copy == nullptr) {
        if (busy_.exchange(true)) {
            copying.answer(fail(Failure::unavailable, "the ledger is being verified already: verify again when that has ended"));
            return false;
        }
        auto started = LedgerCopy::start(ledger, "");
        if (!started) return finish(copying.answer, started.error()), false;
        copying.copy = std::move(*started);
    }
    const auto more = copying.copy->step(kPagesInStep);
    if (!more) {
        copying.copy.reset();
        finish(copying.answer, more.error());
        return false;
    }
    progress_.tell({"copying", copying.copy->pages_copied(), copying.copy->pages()});
    if (!*more) look_at(std::move(copying.copy), copying.answer, copying.full);
    return *more;
}

void Verifying::look_at(std::unique_ptr<LedgerCopy> copy, Answer answer, bool full) {
    if (thread_.joinable()) thread_.join();  // it is not busy: at its end
    auto look = [this, database = copy->take(), seq = copy->head_seq(), hash = copy->head_hash(), answer, full]() mutable {
        VerifyHow how;
        how.full = full;
        how.stop = [this] { return stopping_.load(); };
        how.progress = [this](const LedgerProgress& progress) { progress_.tell(progress); };
        auto report = verify({*database, *digest_, seq, hash}, how);
        database.reset();  // its room is free when the answer is heard
        finish(answer, std::move(report));
    };
    try {
        thread_ = std::thread{std::move(look)};
    } catch (const std::system_error& error) {
        finish(answer, fail(Failure::unavailable, std::string{"the system gives no thread to verify on: "} + error.what()));
    }
}

void Verifying::finish(const Answer& answer, Result<VerifyReport> report) {
    if (report) told_(*report);
    progress_.clear();
    busy_ = false;
    const std::lock_guard lock{answering_};
    if (report && stopping_) report = fail(Failure::unavailable, "the daemon stops: verify again when it runs");
    answer(report ? std::move(report) : in_our_words(report.error()));
}

}  // namespace dosario
