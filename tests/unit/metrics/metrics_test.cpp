// SPDX-License-Identifier: Apache-2.0
#include "metrics/metrics.hpp"
#include "metrics/process.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

#include <thread>

using namespace dosario;
using namespace dosario::test;

namespace {

bool has_line(const std::string& page, const std::string& line) {
    return ("\n" + page).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("a metric without any value is named with its help and type", "[metrics]") {
    Metrics metrics;
    (void)metrics.counters("answers_total", "Answers.");
    Readings readings;
    readings.gauge("lag", "Lag.", std::nullopt);
    readings.counter("faults_total", "Faults.", std::nullopt);
    CHECK(metrics.page(readings) ==
          "# HELP answers_total Answers.\n# TYPE answers_total counter\n"
          "# HELP faults_total Faults.\n# TYPE faults_total counter\n"
          "# HELP lag Lag.\n# TYPE lag gauge\n");
}

TEST_CASE("counts and readings stand in one page, by name", "[metrics]") {
    Metrics metrics;
    auto answers = metrics.counters("answers_total", "Answers.");
    answers.add({{"what", "received"}}, 0);
    answers.add({{"what", "expired"}});
    answers.add({{"what", "expired"}});
    Readings readings;
    readings.gauge("queue", "Waiting.", 3);
    readings.counter("a_total", "First.", 7, {{"reader", "desk"}});
    const std::string page = metrics.page(readings);
    CHECK(has_line(page, R"(a_total{reader="desk"} 7)"));
    CHECK(has_line(page, R"(answers_total{what="expired"} 2)"));
    CHECK(has_line(page, R"(answers_total{what="received"} 0)"));
    CHECK(has_line(page, "queue 3"));
    CHECK(page.find("a_total") < page.find("answers_total"));
    CHECK(page.find("answers_total") < page.find("queue"));
    CHECK(page.ends_with("\n"));
}

TEST_CASE("two readers of one name are one series", "[metrics]") {
    Readings readings;
    readings.counter("scans_total", "Scans.", 2, {{"reader", "desk"}});
    readings.counter("scans_total", "Scans.", 3, {{"reader", "desk"}});
    CHECK(Metrics{}.page(readings) == "# HELP scans_total Scans.\n# TYPE scans_total counter\nscans_total{reader=\"desk\"} 5\n");
}

TEST_CASE("a name that would break the page is escaped", "[metrics]") {
    Readings readings;
    readings.gauge("state", "State.", 1, {{"reader", "a\"b\\c\nd"}});
    CHECK(has_line(Metrics{}.page(readings), R"(state{reader="a\"b\\c\nd"} 1)"));
}

TEST_CASE("large numbers keep every digit", "[metrics]") {
    Readings readings;
    readings.gauge("free_bytes", "Free.", 9'007'199'254'740'991.0);
    readings.gauge("start_seconds", "Start.", 1'795'279'089.582345);
    const std::string page = Metrics{}.page(readings);
    CHECK(has_line(page, "free_bytes 9007199254740991"));
    CHECK(page.find("start_seconds 1795279089.582345") != std::string::npos);
}

TEST_CASE("a commit is counted in every bucket that it fits in", "[metrics]") {
    Metrics metrics;
    auto commits = metrics.histogram("commit_seconds", "Commit.", commit_bounds_s());
    commits.observe(0.00005);
    commits.observe(0.5);  // the end of a bucket belongs to it
    commits.observe(7);
    const std::string page = metrics.page({});
    CHECK(has_line(page, R"(commit_seconds_bucket{le="0.0001"} 1)"));
    CHECK(has_line(page, R"(commit_seconds_bucket{le="0.25"} 1)"));
    CHECK(has_line(page, R"(commit_seconds_bucket{le="0.5"} 2)"));
    CHECK(has_line(page, R"(commit_seconds_bucket{le="2"} 2)"));
    CHECK(has_line(page, R"(commit_seconds_bucket{le="5"} 2)"));
    CHECK(has_line(page, R"(commit_seconds_bucket{le="+Inf"} 3)"));
    CHECK(has_line(page, "commit_seconds_count 3"));
    CHECK(has_line(page, "commit_seconds_sum 7.50005"));
}

TEST_CASE("nothing is lost when threads count at once, and a page is made meanwhile", "[metrics]") {
    Metrics metrics;
    auto scans = metrics.counters("scans_total", "Scans.");
    auto jobs = metrics.histogram("jobs", "Jobs.", group_bounds());
    const auto work = [&] {
        for (int i = 0; i < 1000; ++i) {
            scans.add({{"source", i % 2 == 0 ? "api" : "reader"}});
            jobs.observe(1);
        }
    };
    std::thread one{work}, other{work};
    for (int i = 0; i < 20; ++i) CHECK(metrics.page({}).starts_with("# HELP jobs"));
    one.join();
    other.join();
    const std::string page = metrics.page({});
    CHECK(has_line(page, R"(scans_total{source="api"} 1000)"));
    CHECK(has_line(page, R"(scans_total{source="reader"} 1000)"));
    CHECK(has_line(page, "jobs_count 2000"));
}

TEST_CASE("a write-ahead log that is not there has no bytes", "[metrics]") {
    const TemporaryDirectory directory;
    write_file(directory.file("ledger.db-wal"), "12345");
    CHECK(file_bytes(directory.file("ledger.db-wal")) == 5);
    CHECK(file_bytes(directory.file("other")) == 0);
    CHECK(free_bytes_of(directory.path()).value_or(0) > 0);
    CHECK_FALSE(free_bytes_of(directory.file("other")));
}
