// SPDX-License-Identifier: Apache-2.0
// The counter while its ledger is verified: held up in the middle, it answers all the same.
#include "app/long_calls.hpp"
#include "crypto/openssl.hpp"
#include "support/catch.hpp"
#include "support/counter.hpp"
#include "support/shim_vfs.hpp"

#include <sqlite3.h>

#include <condition_variable>
#include <future>

using namespace dosario;
using namespace dosario::test;

namespace {

constexpr int kEntries = 2500;  // more than are read at once

/// Stops whoever hashes until the gate is open, and counts them.
class GatedDigest final : public Digest {
public:
    Sha256 sha256(std::span<const std::span<const std::byte>> parts) const override {
        std::unique_lock lock{mutex_};
        ++asked_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
        return digest_->sha256(parts);
    }
    std::optional<Keyed> keyed(std::span<const std::span<const std::byte>> parts) const override { return digest_->keyed(parts); }
    void wait_until_asked() {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return asked_ > 0; });
    }
    void open() {
        const std::lock_guard lock{mutex_};
        open_ = true;
        changed_.notify_all();
    }
    int asked() const {
        const std::lock_guard lock{mutex_};
        return asked_;
    }

private:
    std::unique_ptr<Digest> digest_ = make_digest();
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    mutable int asked_ = 0;
    bool open_ = false;
};

/// The ledger thread of a daemon, and what verifies beside it.
class Daemon {
public:
    /// `vfs`: its disk fails some day, and the process then ends.
    explicit Daemon(const char* vfs = nullptr) {
        {
            Counter counter{{.directory = directory_.path()}};
            std::vector<v1::ScanRequest> boxes(kEntries, Scan{Box{}.code()}.mode("receive"));
            counter.scan_group(boxes);
        }
        LedgerOpening opening;
        opening.directory = directory_.path();
        opening.digest = digest_.get();
        opening.entropy = &entropy_;
        opening.now = {clock_.wall(), clock_.mono(), false};
        opening.vfs = vfs;
        auto ledger = Ledger::open(opening);
        DOSARIO_CHECK(ledger.has_value());
        ServiceSettings settings;
        settings.directory = directory_.path();
        settings.language = Language::en;
        settings.rules = {0, 0, 0};
        settings.site_day = [](UtcTime at) { return std::chrono::floor<std::chrono::days>(at); };
        settings.released_at = UtcTime{day(kReleasedOn)};
        auto service = std::make_unique<Service>(**ledger, clock_, entropy_, std::move(settings));
        thread.emplace(std::move(*ledger), std::move(service),
                       LedgerThread::Hooks{[this, vfs](const Error& why) {
                                               DOSARIO_CHECK(vfs != nullptr);
                                               fatal.set_value(why);
                                           },
                                           [](Seq) {}});
    }

    std::future<ApiReply> call(const std::string& path) {
        auto promise = std::make_shared<std::promise<ApiReply>>();
        auto chore =
            long_call(path, "{}", *verifying, progress, [promise](ApiReply reply) { promise->set_value(std::move(reply)); });
        DOSARIO_CHECK(chore.has_value() && thread->post_chore(std::move(*chore)));
        return promise->get_future();
    }
    std::future<ApiReply> verify() { return call("/v1/ledger/verify"); }

    /// Books one box; what the counter says.
    std::string scan() {
        auto promise = std::make_shared<std::promise<std::string>>();
        auto what = std::make_shared<std::string>();
        Job job;
        job.decide = [what](Service& service) {
            const auto reply = service.scan(Scan{Box{}.code()}.mode("receive"));
            *what = reply ? reply->what() : reply.error().message;
        };
        job.answer = [promise, what](const std::optional<Error>& failed) {
            promise->set_value(failed ? failed->message : *what);
        };
        DOSARIO_CHECK(thread->post(std::move(job)));
        return promise->get_future().get();
    }

private:
    TemporaryDirectory directory_;
    ManualClock clock_;
    SeededEntropy entropy_{7};
    std::unique_ptr<Digest> digest_ = make_digest();

public:
    GatedDigest* gate = new GatedDigest;  ///< of `verifying`, which owns it
    ProgressBoard progress;
    std::promise<Error> fatal;
    std::optional<Verifying> verifying{std::in_place, std::unique_ptr<Digest>{gate}, progress};
    std::optional<LedgerThread> thread;
};

bool holds(const ApiReply& reply, const char* word) { return reply.body.find(word) != std::string::npos; }

}  // namespace

TEST_CASE("scans are answered while the ledger is verified", "[verifying]") {
    Daemon daemon;
    auto verified = daemon.verify();
    daemon.gate->wait_until_asked();
    for (int i = 0; i < 10; ++i) CHECK(daemon.scan() == "received");  // would never end on the thread that verifies
    daemon.gate->open();
    const ApiReply reply = verified.get();
    INFO(reply.body);
    CHECK(reply.status == 200);
    CHECK(holds(reply, R"("ok":true)"));
    CHECK(daemon.gate->asked() >= kEntries);
}

TEST_CASE("a second verification at the same time is told so, and a third one after it is served", "[verifying]") {
    Daemon daemon;
    auto first = daemon.verify();
    auto while_copying = daemon.verify();
    daemon.gate->wait_until_asked();
    auto while_looking = daemon.verify();
    for (auto* second : {&while_copying, &while_looking}) {
        const ApiReply reply = second->get();
        CHECK(reply.status == 503);
        CHECK(holds(reply, "the ledger is being verified already"));
    }
    daemon.gate->open();
    CHECK(holds(first.get(), R"("ok":true)"));
    CHECK(holds(daemon.verify().get(), R"("ok":true)"));
}

TEST_CASE("a verification in the middle is broken off when the daemon stops, and says so", "[verifying]") {
    Daemon daemon;
    auto verified = daemon.verify();
    daemon.gate->wait_until_asked();
    daemon.verifying->break_off();
    daemon.thread.reset();
    daemon.gate->open();
    const ApiReply reply = verified.get();
    CHECK(reply.status == 503);
    CHECK(holds(reply, "broken off"));
    CHECK(daemon.gate->asked() < kEntries);  // it did not read to the end first
    daemon.verifying.reset();
}

TEST_CASE("a report that is ready when the daemon stops is given to nobody: who takes it may have ended", "[verifying]") {
    Daemon daemon;
    daemon.verifying->on_report([&daemon](const VerifyReport&) { daemon.verifying->break_off(); });
    daemon.gate->open();
    const ApiReply reply = daemon.verify().get();
    CHECK(reply.status == 503);
    CHECK(holds(reply, "the daemon stops"));
}

TEST_CASE("the daemon stops in the middle of a copy too", "[verifying]") {
    Daemon daemon;
    daemon.gate->open();
    const auto verified = daemon.verify();  // answered or dropped with the copy: both may happen
    CHECK(daemon.scan() == "received");
    daemon.verifying->break_off();
    daemon.thread.reset();
    daemon.verifying.reset();
}

TEST_CASE("lists are made again while the ledger is verified", "[verifying]") {
    Daemon daemon;
    auto verified = daemon.verify();
    daemon.gate->wait_until_asked();
    CHECK(daemon.call("/v1/ledger/rebuild").get().status == 200);
    CHECK(daemon.scan() == "received");
    daemon.gate->open();
    CHECK(holds(verified.get(), R"("ok":true)"));
    CHECK(holds(daemon.verify().get(), R"("ok":true)"));
}

TEST_CASE("a rebuild whose sync fails ends the process like a scan whose sync fails", "[verifying]") {
    ShimVfs disk{"rebuilding"};
    Daemon daemon{"rebuilding"};
    disk.fail_syncs(1, SQLITE_IOERR_FSYNC);
    CHECK(daemon.call("/v1/ledger/rebuild").get().status >= 500);
    CHECK(daemon.fatal.get_future().get().failure == Failure::io);
    disk.heal();
    CHECK(daemon.scan().find("the disk reports an error") != std::string::npos);  // nothing is decided any more
}
