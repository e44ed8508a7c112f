// SPDX-License-Identifier: Apache-2.0
// The work of a night on a real ledger thread.
#include "app/night_tasks.hpp"
#include "crypto/openssl.hpp"
#include "support/catch.hpp"
#include "support/counter.hpp"

#include <sys/stat.h>

#include <future>

using namespace dosario;
using namespace dosario::test;

namespace {

/// A station at night; nothing else is asked of it.
class Station {
public:
    Station() {
        {
            Counter counter{{.directory = directory_.path()}};
            counter.scan(kAna);
            counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("receive"));
            counter.scan(kDispense);
            counter.scan(kPerson);
            counter.scan(Box{.serial = "S1"}.code());
        }
        open();
    }
    void open() {
        ledger_.reset();
        persons_ = std::make_unique<PersonTable>(directory_.path(), KeepPersons::pseudonym, entropy_);
        LedgerOpening opening;
        opening.directory = directory_.path();
        opening.digest = digest_.get();
        opening.entropy = &entropy_;
        opening.now = {clock.wall(), clock.mono(), false};
        auto ledger = Ledger::open(opening);
        DOSARIO_CHECK(ledger.has_value());
        ServiceSettings settings;
        settings.directory = directory_.path();
        settings.rules = {0, 0, 0};
        settings.site_day = [](UtcTime at) { return std::chrono::floor<std::chrono::days>(at); };
        settings.released_at = UtcTime{day(kReleasedOn)};
        settings.persons = persons_.get();
        auto service = std::make_unique<Service>(**ledger, clock, entropy_, std::move(settings));
        ledger_ = std::make_unique<LedgerThread>(
            std::move(*ledger), std::move(service),
            LedgerThread::Hooks{[](const Error&) {}, [](Seq) {}, [](std::size_t, std::chrono::nanoseconds) {}});
    }
    NightHands hands() { return {context_, *ledger_, verifying_, clock}; }
    /// Begins it and waits; how it ended.
    bool run(const NightTask& task) {
        std::optional<bool> ended;
        task.begin([&](bool good) { ended = good; });
        while (!ended) context_.run_one_for(std::chrono::milliseconds{50}), context_.restart();
        return *ended;
    }
    template <class Asked>
    auto ask(Asked asked) {
        std::promise<decltype(asked(std::declval<Service&>()))> said;
        auto answer = said.get_future();
        DOSARIO_CHECK(
            ledger_->post({[&](Service& service) { said.set_value(asked(service)); }, [](const std::optional<Error>&) {}}));
        return answer.get();
    }
    std::int64_t size_of(const char* name) const {
        struct stat found {};
        return stat((directory_.path() + name).c_str(), &found) == 0 ? found.st_size : -1;
    }

    ManualClock clock;

private:
    TemporaryDirectory directory_;
    SeededEntropy entropy_{11};
    std::unique_ptr<Digest> digest_ = make_digest();
    boost::asio::io_context context_{1};
    std::unique_ptr<PersonTable> persons_;
    ProgressBoard progress_;
    Verifying verifying_{make_digest(), progress_};
    std::unique_ptr<LedgerThread> ledger_;
};

std::string receive(Service& service, const char* serial) {
    v1::ScanRequest request = Scan{Box{.serial = serial}.code()}.mode("receive").by(kAna);
    const auto reply = service.scan(request);
    return reply ? reply->what() : reply.error().message;
}

}  // namespace

TEST_CASE("the ledger is verified by night, and the status says when", "[night]") {
    Station station;
    CHECK(station.ask([](Service& service) { return service.status({})->verified_at(); }).empty());
    REQUIRE(station.run(verify_task(station.hands(), 3, std::nullopt)));
    const std::string at = station.ask([](Service& service) { return service.status({})->verified_at(); });
    CHECK(at == format_utc(station.clock.wall()));
    station.open();  // it is kept
    CHECK(station.ask([](Service& service) { return service.status({})->verified_at(); }) == at);
    CHECK(station.ask([](Service& service) { return service.status({})->warnings_size(); }) == 0);
}

TEST_CASE("a fault that the night finds is told until a night finds none", "[night]") {
    Station station;
    REQUIRE(station.ask([](Service& service) {
        return service.ledger()
            .database()
            .execute("UPDATE product SET name = 'other' WHERE rowid = (SELECT max(rowid) FROM product)")
            .has_value();
    }));
    REQUIRE(station.run(verify_task(station.hands(), 3, std::nullopt)));
    const auto warning = station.ask([](Service& service) { return service.status({})->warnings(0); });
    CHECK(warning.find("product") != std::string::npos);
    REQUIRE(station.ask([](Service& service) {
        return service.ledger()
            .database()
            .execute("UPDATE product SET name = 'Product 5' WHERE rowid = (SELECT max(rowid) FROM product)")
            .has_value();
    }));
    REQUIRE(station.run(verify_task(station.hands(), 3, std::nullopt)));
    CHECK(station.ask([](Service& service) { return service.status({})->warnings_size(); }) == 0);
}

TEST_CASE("the log gives its room back by night, and scans go on", "[night]") {
    Station station;
    for (int n = 0; n < 50; ++n)
        CHECK(station.ask([&](Service& service) { return receive(service, ("T" + std::to_string(n)).c_str()); }) == "received");
    CHECK(station.size_of("/ledger.db-wal") > 0);
    REQUIRE(station.run(tidy_task(station.hands(), 3)));
    CHECK(station.size_of("/ledger.db-wal") == 0);
    CHECK(station.ask([](Service& service) { return receive(service, "T50"); }) == "received");
}

TEST_CASE("persons are forgotten by night when their days are over, unless the clock is wrong", "[night]") {
    Station station;
    const auto kept = [&] {
        return station.ask([](Service& service) {
            v1::PersonsRequest request;
            request.set_document("12345678");
            request.set_purpose("recall");
            request.set_operator_(kAna);
            return service.open_persons(request).has_value();
        });
    };
    const NightTask forget = forget_task(station.hands(), 3, 30);
    REQUIRE(station.run(forget));
    CHECK(kept());
    station.clock.set_wall(station.clock.wall() + std::chrono::hours{24 * 400});  // it jumped ahead: nobody believes it
    REQUIRE_FALSE(station.run(forget));  // tried again an hour later
    CHECK(kept());
    station.clock.set_wall(station.clock.wall() - std::chrono::hours{24 * 400});
    station.clock.pass(std::chrono::hours{24 * 30});
    REQUIRE(station.run(forget));
    CHECK(kept());
    station.clock.pass(std::chrono::hours{24});
    REQUIRE(station.run(forget));
    CHECK_FALSE(kept());
}
