// SPDX-License-Identifier: Apache-2.0
#include "app/ledger_thread.hpp"

#include <algorithm>

namespace dosario {
namespace {

/// Quiet for so long: time to move the write-ahead log into the database.
constexpr auto kQuiet = std::chrono::seconds{1};

}  // namespace

LedgerThread::LedgerThread(std::unique_ptr<Ledger> ledger, std::unique_ptr<Service> service, Hooks hooks)
    : ledger_(std::move(ledger)), service_(std::move(service)), hooks_(std::move(hooks)), thread_([this] { run(); }) {}

LedgerThread::~LedgerThread() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

bool LedgerThread::post(Job job) {
    {
        const std::lock_guard lock{mutex_};
        if (stopping_ || jobs_.size() >= kLongestQueue) return false;
        jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
    return true;
}

bool LedgerThread::post_chore(Chore chore) {
    {
        const std::lock_guard lock{mutex_};
        if (stopping_ || chores_.size() >= kMostChores) return false;
        chores_.push_back(std::move(chore));
    }
    wake_.notify_one();
    return true;
}

void LedgerThread::ask(std::function<void()> alive) {
    {
        const std::lock_guard lock{mutex_};
        question_.ask(std::move(alive));
    }
    wake_.notify_one();
}

std::size_t LedgerThread::waiting() const {
    const std::lock_guard lock{mutex_};
    return jobs_.size();
}

std::size_t LedgerThread::waiting_chores() const {
    const std::lock_guard lock{mutex_};
    return chores_.size();
}

void LedgerThread::run() {
    ledger_->database().on_progress([this] {
        question_.answer();
        return true;
    });
    bool written_since_checkpoint = false;
    auto quiet_at = std::chrono::steady_clock::now();
    std::unique_lock lock{mutex_};
    for (;;) {
        const auto busy = [this] { return stopping_ || question_.asked() || !jobs_.empty() || !chores_.empty(); };
        if (written_since_checkpoint) {
            if (!wake_.wait_until(lock, quiet_at, busy)) {
                lock.unlock();
                if (auto moved = ledger_->checkpoint(); !moved && moved.error().failure == Failure::io)
                    fail_for_good(moved.error());
                written_since_checkpoint = false;
                lock.lock();
                continue;
            }
        } else {
            wake_.wait(lock, busy);
        }
        if (question_.asked()) {  // a question breaks no quiet
            lock.unlock();
            question_.answer();
            lock.lock();
            continue;
        }
        if (jobs_.empty() && stopping_) return ledger_->database().on_progress(nullptr);
        if (!jobs_.empty()) {
            lock.unlock();
            written_since_checkpoint = run_jobs() || written_since_checkpoint;
            lock.lock();
        } else {
            Chore chore = std::move(chores_.front());
            chores_.pop_front();
            lock.unlock();
            const bool more = chore(*service_);
            lock.lock();
            if (more && !stopping_) chores_.push_back(std::move(chore));
        }
        quiet_at = std::chrono::steady_clock::now() + kQuiet;
    }
}

void LedgerThread::fail_for_good(const Error& why) {
    fatal_ = why;
    hooks_.fatal(why);
}

std::vector<Job> LedgerThread::take_group() {
    const std::lock_guard lock{mutex_};
    const auto end = jobs_.begin() + static_cast<std::ptrdiff_t>(std::min(jobs_.size(), kLargestGroup));
    std::vector<Job> group{std::make_move_iterator(jobs_.begin()), std::make_move_iterator(end)};
    jobs_.erase(jobs_.begin(), end);
    return group;
}

bool LedgerThread::run_jobs() {
    const std::vector<Job> group = take_group();
    if (fatal_) {
        for (const Job& job : group) job.answer(fatal_);
        return false;
    }
    const Seq before = ledger_->head_seq();
    const auto written = ledger_->database().changes_so_far();
    const auto began = std::chrono::steady_clock::now();
    if (auto failed = run_group(*service_, group)) fail_for_good(*failed);
    if (ledger_->database().changes_so_far() != written) hooks_.committed(group.size(), std::chrono::steady_clock::now() - began);
    if (ledger_->head_seq() == before) return false;
    hooks_.grew(ledger_->head_seq());
    return true;
}

}  // namespace dosario
