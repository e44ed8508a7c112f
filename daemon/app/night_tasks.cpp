// SPDX-License-Identifier: Apache-2.0
#include "app/night_tasks.hpp"

#include "system/log.hpp"

#include <boost/asio/post.hpp>

namespace dosario {
namespace {

using Ended = std::function<void(bool good)>;

/// Night wants to hear it on its own thread.
Ended on_main(boost::asio::io_context& context, Ended ended) {
    return [&context, ended = std::move(ended)](bool good) { boost::asio::post(context, [ended, good] { ended(good); }); };
}

std::optional<UtcTime> unknown() { return std::nullopt; }

/// On the ledger thread, in a group of its own.
void keep_result(LedgerThread& ledger, UtcTime at, const VerifyReport& report) {
    const bool good = report.ok();
    std::string detail = good ? "" : report.faults.front().what;
    Job job;
    job.decide = [at, good, detail = std::move(detail)](Service& service) {
        (void)service.ledger().keep_upkeep(kVerified, {at, good, detail});
    };
    job.answer = [](const std::optional<Error>&) {};  // a hint: the report itself was told
    (void)ledger.post(std::move(job));
}

}  // namespace

NightTask verify_task(const NightHands& hands, int hour, std::optional<UtcTime> last_good) {
    NightTask task{"verify", hour, [last_good] { return last_good; }, {}};
    task.begin = [hands](Ended ended) {
        const Ended done = on_main(hands.context, ended);
        auto chore = hands.verifying.chore([hands, done](const Result<VerifyReport>& report) {
            if (!report) log(Level::warning, "night_verify_failed", {{"why", report.error().message}});
            if (report) keep_result(hands.ledger, hands.clock.wall(), *report);
            done(report.has_value());
        });
        if (!hands.ledger.post_chore(std::move(chore))) ended(false);
    };
    return task;
}

NightTask tidy_task(const NightHands& hands, int hour) {
    NightTask task{"tidy", hour, unknown, {}};
    task.begin = [hands](Ended ended) {
        const Ended done = on_main(hands.context, ended);
        const bool taken = hands.ledger.post_chore([done](Service& service) {
            const auto tidied = service.ledger().cut_log();
            if (!tidied) log(Level::warning, "night_tidy_failed", {{"why", tidied.error().message}});
            done(tidied.has_value());
            return false;
        });
        if (!taken) ended(false);
    };
    return task;
}

NightTask forget_task(const NightHands& hands, int hour, int keep_days) {
    NightTask task{"forget persons", hour, unknown, {}};
    task.begin = [hands, keep_days](Ended ended) {
        const Ended done = on_main(hands.context, ended);
        const bool taken = hands.ledger.post_chore([done, keep_days](Service& service) {
            const auto forgotten = service.forget_older(keep_days);
            if (!forgotten) log(Level::warning, "persons_not_forgotten", {{"why", forgotten.error().message}});
            if (forgotten && *forgotten > 0) log(Level::info, "persons_forgotten", {{"visits", std::to_string(*forgotten)}});
            done(forgotten.has_value());
            return false;
        });
        if (!taken) ended(false);
    };
    return task;
}

}  // namespace dosario
