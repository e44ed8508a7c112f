// SPDX-License-Identifier: Apache-2.0
// What does a scan's commit cost, beside the disk's own price of one?   bench_ledger_commits [DIR [rounds]]        (default . 15)
// In one run, again and again in this order, on files in DIR: a raw overwrite of 4 KiB + fdatasync; the same commit by hand; a scan
// through the service in this process; through the ledger's thread with 1, 16 and 64 producers that wait for their answers. Then the
// same threads with 5 and 20 ms added to each sync. A scan is a box with a serial number into an open reception: one entry.
//   bench_ledger_commits hand DIR N   and   bench_ledger_commits scan DIR N
// make N commits by hand, or N scans in process, and nothing else, to be counted by callgrind: the difference between 2N and N, divided
// by N, is one.
#include "app/ledger_thread.hpp"
#include "bench/by_hand.hpp"
#include "bench/measure.hpp"
#include "bench/slow_disk.hpp"
#include "crypto/openssl.hpp"
#include "support/counter.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <semaphore>
#include <thread>

using namespace dosario;
using namespace dosario::bench;
using dosario::test::Counter;

namespace {

constexpr std::size_t kCommits = 400;  // of each kind in a round

/// A file that is all there; each round overwrites the same places.
class RawDisk {
public:
    explicit RawDisk(const std::string& directory)
        : file_(open((directory + "/raw").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
        DOSARIO_CHECK(file_ >= 0);
        for (std::size_t i = 0; i < kCommits; ++i) write_page(i);
        DOSARIO_CHECK(fsync(file_) == 0);
    }
    ~RawDisk() { close(file_); }
    RawDisk(const RawDisk&) = delete;
    RawDisk& operator=(const RawDisk&) = delete;
    void overwrite(std::size_t page) {
        write_page(page);
        DOSARIO_CHECK(fdatasync(file_) == 0);
    }

private:
    void write_page(std::size_t page) {
        ++page_[0];
        DOSARIO_CHECK(pwrite(file_, page_.data(), page_.size(), static_cast<off_t>(page * page_.size())) ==
                      static_cast<ssize_t>(page_.size()));
    }
    int file_;
    std::array<char, 4096> page_{};
};

std::atomic<std::uint64_t> boxes = 0;

v1::ScanRequest next_box() {
    return test::Scan{test::Box{1, "L1", "2031-06-30", std::to_string(100'000'000'000 + ++boxes)}.code()};
}

v1::ScanRequest into_reception(const char* badge) {
    return test::Scan{test::Box{1, "L1", "2031-06-30", std::to_string(100'000'000'000 + ++boxes)}.code()}.mode("receive").by(
        badge);
}

test::CounterOptions options_in(const std::string& directory, const char* vfs) {
    test::CounterOptions options;
    options.directory = directory;
    options.vfs = vfs;
    return options;
}

/// A fresh directory under another one.
std::string inside(const std::string& directory, const std::string& name) {
    const std::string path = directory + "/" + name;
    std::filesystem::create_directories(path);
    return path;
}

/// The service and the ledger in this process, one group for each scan.
class InProcess {
public:
    explicit InProcess(const std::string& directory) : counter_(options_in(directory, nullptr)) {
        DOSARIO_CHECK(counter_.scan(into_reception(test::kAna)).ok());
    }
    void scan() { DOSARIO_CHECK(counter_.scan(next_box()).seq() != 0); }
    void checkpoint() { DOSARIO_CHECK(counter_.ledger().checkpoint().has_value()); }

private:
    Counter counter_;
};

/// The daemon's ledger thread, and producers that each wait for their answer.
class Threaded {
public:
    Threaded(const std::string& directory, const char* vfs) {
        LedgerOpening opening;
        opening.directory = directory;
        opening.digest = digest_.get();
        opening.entropy = &entropy_;
        opening.now = {clock_.wall(), clock_.mono(), false};
        opening.vfs = vfs;
        auto ledger = Ledger::open(opening);
        DOSARIO_CHECK(ledger.has_value());
        ServiceSettings settings;
        settings.directory = directory;
        settings.rules = {0, 0, 0};
        settings.site_day = [](UtcTime at) { return std::chrono::floor<std::chrono::days>(at); };
        settings.released_at = UtcTime{test::day(test::kReleasedOn)};
        auto service = std::make_unique<Service>(**ledger, clock_, entropy_, std::move(settings));
        const Job learn{[](Service& counter) {
                            const Product product{test::gtin(1), "Product", "tablet", 30, 0, 0};
                            DOSARIO_CHECK(counter.learn({&product, 1}).has_value());
                        },
                        [](const std::optional<Error>& failed) { DOSARIO_CHECK(!failed); }};
        run_group(*service, {&learn, 1});
        LedgerThread::Hooks hooks;
        hooks.fatal = [](const Error& error) { std::fprintf(stderr, "%s\n", error.message.c_str()), std::abort(); };
        hooks.grew = [](Seq) {};
        hooks.committed = [this](std::size_t, std::chrono::nanoseconds) { ++commits_; };
        thread_ = std::make_unique<LedgerThread>(std::move(*ledger), std::move(service), std::move(hooks));
        wait_for(into_reception(test::kAna));
    }

    void wait_for(const v1::ScanRequest& request) {
        std::binary_semaphore answered{0};
        Seq seq = 0;
        const bool taken = thread_->post({[&](Service& service) {
                                              const auto reply = service.scan(request);
                                              if (reply && !reply->seq().empty()) seq = reply->seq(0);
                                          },
                                          [&](const std::optional<Error>& failed) {
                                              if (failed) seq = 0;
                                              answered.release();
                                          }});
        DOSARIO_CHECK(taken);
        answered.acquire();
        DOSARIO_CHECK(seq != 0);
    }
    void checkpoint() {
        std::binary_semaphore done{0};
        DOSARIO_CHECK(thread_->post_chore([&](Service& service) {
            DOSARIO_CHECK(service.ledger().checkpoint().has_value());
            done.release();
            return false;
        }));
        done.acquire();
    }
    std::size_t commits() const { return commits_; }

private:
    test::ManualClock clock_;
    test::SeededEntropy entropy_{1};
    std::unique_ptr<Digest> digest_ = make_digest();
    std::atomic<std::size_t> commits_ = 0;
    std::unique_ptr<LedgerThread> thread_;
};

/// One line of the table.
struct Line {
    std::string name;
    std::function<std::size_t(Times&)> round;  ///< adds the times of its rounds; how many commits it took
    std::function<void()> rest = [] {};        ///< between rounds
    Times latency = {};
    Times rates = {};   ///< per second, one for each round
    Times ratios = {};  ///< of that to the first line's, in the same round
    std::size_t events = 0;
    std::size_t commits = 0;
};

std::function<std::size_t(Times&)> one_by_one(std::function<void(std::size_t)> commit) {
    return [commit = std::move(commit)](Times& times) {
        for (std::size_t i = 0; i < kCommits; ++i) times.add(time_us([&] { commit(i); }));
        return kCommits;
    };
}

std::function<std::size_t(Times&)> producers(Threaded& threaded, std::size_t count, std::size_t each) {
    return [&threaded, count, each](Times& times) {
        const std::size_t before = threaded.commits();
        std::vector<Times> own(count);
        std::vector<std::thread> threads;
        for (Times& mine : own) {
            threads.emplace_back([&threaded, &mine, each] {
                for (std::size_t i = 0; i < each; ++i) {
                    const auto box = next_box();
                    mine.add(time_us([&] { threaded.wait_for(box); }));
                }
            });
        }
        for (std::thread& thread : threads) thread.join();
        for (const Times& mine : own) times.add(mine);
        return threaded.commits() - before;
    };
}

void run(std::vector<Line>& lines, std::size_t rounds) {
    for (std::size_t round = 0; round <= rounds; ++round) {
        double first = 0;
        for (Line& line : lines) {
            line.rest();
            Times latency;
            std::size_t commits = 0;
            const double us = time_us([&] { commits = line.round(latency); });
            const double rate = static_cast<double>(latency.count()) / us * 1e6;
            if (&line == lines.data()) first = rate;
            if (round == 0) continue;  // makes files, caches and allocators warm
            line.latency.add(latency);
            line.rates.add(rate);
            line.ratios.add(rate / first);
            line.events += latency.count();
            line.commits += commits;
        }
    }
}

void print(std::vector<Line>& lines, bool with_ratio) {
    for (Line& line : lines) {
        std::printf("  %-38s %8.0f /s  p50 %8.0f us  p99 %8.0f us  %5.1f a commit", line.name.c_str(), line.rates.p50(),
                    line.latency.p50(), line.latency.p99(), static_cast<double>(line.events) / static_cast<double>(line.commits));
        if (with_ratio) std::printf("  %.2f of raw (%.2f to %.2f)", line.ratios.p50(), line.ratios.at(0.1), line.ratios.at(0.9));
        std::printf("\n");
    }
}

void as_it_is(const std::string& directory, std::size_t rounds) {
    RawDisk raw{directory};
    InProcess alone{inside(directory, "in_process")};  // first: it sets SQLite up as the daemon does
    ByHand hand{inside(directory, "by_hand")};
    Threaded threaded{inside(directory, "thread"), nullptr};
    const auto rest = [&] { threaded.checkpoint(); };
    std::vector<Line> lines;
    lines.push_back({"overwrite 4 KiB + fdatasync", one_by_one([&](std::size_t i) { raw.overwrite(i); })});
    lines.push_back({"the same commit by hand", one_by_one([&](std::size_t) { hand.commit_one(); }), [&] { hand.checkpoint(); }});
    lines.push_back({"in process, 1 producer", one_by_one([&](std::size_t) { alone.scan(); }), [&] { alone.checkpoint(); }});
    for (const std::size_t count : {1, 16, 64})
        lines.push_back({"ledger thread, " + std::to_string(count) + (count == 1 ? " producer" : " producers"),
                         producers(threaded, count, kCommits / (count == 1 ? 1 : 8)), rest});
    run(lines, rounds);
    std::printf("as the disk is, medians of %zu rounds\n", rounds);
    print(lines, true);
}

void slowed(const std::string& directory, std::chrono::milliseconds longer) {
    Threaded threaded{inside(directory, "slow" + std::to_string(longer.count())), slow_disk(longer)};
    std::vector<Line> lines;
    for (const std::size_t count : {1, 16, 64})
        lines.push_back({"ledger thread, " + std::to_string(count) + (count == 1 ? " producer" : " producers"),
                         producers(threaded, count, 50), [&] { threaded.checkpoint(); }});
    run(lines, 3);
    std::printf("%lld ms added to each sync\n", static_cast<long long>(longer.count()));
    print(lines, false);
}

/// Only these, to be counted.
int count_one(std::string_view kind, const std::string& directory, std::size_t count) {
    std::filesystem::create_directories(directory);
    if (kind == "hand") {
        ByHand hand{directory};
        for (std::size_t i = 0; i < count; ++i) hand.commit_one();
    } else {
        InProcess alone{directory};
        for (std::size_t i = 0; i < count; ++i) alone.scan();
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view kind = argc == 4 ? argv[1] : "";
    if (kind == "hand" || kind == "scan") return count_one(kind, argv[2], std::strtoul(argv[3], nullptr, 10));
    const std::string where = argc > 1 ? argv[1] : ".";
    const std::size_t rounds = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 15;
    std::string directory = where + "/bench.XXXXXX";
    DOSARIO_CHECK(mkdtemp(directory.data()) != nullptr);
    as_it_is(directory, rounds);
    slowed(directory, std::chrono::milliseconds{5});
    slowed(directory, std::chrono::milliseconds{20});
    std::filesystem::remove_all(directory);
    return 0;
}
