// SPDX-License-Identifier: Apache-2.0
#include "support/counter.hpp"

#include "crypto/openssl.hpp"
#include "wire/quiet_protobuf.hpp"

namespace dosario::test {

namespace {

[[maybe_unused]] const bool kQuiet = (quiet_protobuf(), true);  // bodies that a test damages are its own business

}  // namespace

Counter::Counter(CounterOptions options) : options_(std::move(options)), entropy_(options_.seed), digest_(make_digest()) {
    if (options_.directory.empty()) {
        own_ = std::make_unique<TemporaryDirectory>();
        directory_ = own_->path();
    } else {
        directory_ = options_.directory;
    }
    if (!options_.open) return;
    DOSARIO_CHECK(reopen().has_value());
    if (options_.products) DOSARIO_CHECK(!learn_products());
}

std::optional<Error> Counter::learn_products() {
    std::vector<Product> products;
    for (unsigned n = 1; n <= kKnownProducts; ++n) {
        products.push_back({gtin(n), "Product " + std::to_string(n), "tablet", kTablets, 0, 0});
    }
    std::optional<Error> failed;
    const Job learn{[&](Service& service) {
                        if (auto learned = service.learn(products); !learned) failed = learned.error();
                    },
                    [&](const std::optional<Error>& error) {
                        if (error) failed = error;
                    }};
    (void)run(learn);
    return failed;
}

std::optional<Error> Counter::run(const Job& job) { return fatal_ = run_group(*service_, {&job, 1}); }

LedgerOpening Counter::opening() {
    LedgerOpening opening;
    opening.directory = directory_;
    opening.digest = digest_.get();
    opening.entropy = &entropy_;
    opening.now = stamp();
    opening.build = "test";
    opening.vfs = options_.vfs;
    return opening;
}

void Counter::close() {
    service_.reset();
    persons_.reset();
    ledger_.reset();
}

Result<void> Counter::reopen() {
    close();
    auto ledger = Ledger::open(opening());
    if (!ledger) return ledger.error();
    ledger_ = std::move(*ledger);
    persons_ = std::make_unique<PersonTable>(directory_, options_.persons, entropy_);
    ServiceSettings settings;
    settings.persons = persons_.get();
    settings.station = "test";
    settings.directory = directory_;
    settings.language = Language::en;
    settings.rules = options_.rules;
    settings.site_day = options_.site_day;
    settings.released_at = UtcTime{day(kReleasedOn)};
    service_ = std::make_unique<Service>(*ledger_, clock, entropy_, std::move(settings));
    return {};
}

Answer Counter::scan(const v1::ScanRequest& request) { return scan_group({request}).front(); }

std::vector<Answer> Counter::scan_group(const std::vector<v1::ScanRequest>& requests) {
    std::vector<Answer> answers(requests.size());
    std::vector<Job> jobs;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        Job job;
        job.decide = [&answers, &requests, i](Service& service) {
            auto reply = service.scan(requests[i]);
            if (reply) {
                answers[i].reply = std::move(*reply);
            } else {
                answers[i].error = reply.error();
            }
        };
        job.answer = [&answers, i](const std::optional<Error>& failed) {
            if (failed) answers[i] = {failed, {}};
        };
        jobs.push_back(std::move(job));
    }
    fatal_ = run_group(*service_, jobs);
    return answers;
}

Result<Seq> Counter::append(const Fact& fact, WorkId work, const char* badge, const char* witness, std::string_view on) {
    if (auto begun = ledger_->begin(); !begun) return begun.error();
    if (auto saved = ledger_->savepoint(); !saved) return saved.error();
    auto seq = ledger_->append({fact, work, badge, witness, on.empty() ? today() : *parse_date(on)}, stamp());
    if (auto ended = seq ? ledger_->keep() : ledger_->undo(); !ended) return ended.error();
    if (auto committed = ledger_->commit(); !committed) return committed.error();
    return seq;
}

std::vector<std::string> Counter::fraction(const v1::ScanRequest& request) {
    v1::ScanRequest cut = request;
    cut.set_mode("fraction");
    cut.set_operator_(kAna);
    const Answer answer = scan(cut);
    DOSARIO_CHECK(answer.what() == "fractioned");
    std::vector<std::string> codes;
    for (const auto& dose : answer.reply.doses()) codes.push_back(dose.code());
    return codes;
}

std::vector<std::string> Counter::ready_doses(const v1::ScanRequest& request) {
    const auto codes = fraction(request);
    for (const auto& code : codes) DOSARIO_CHECK(scan(Scan{code}.mode("verify").by(kEva)).what() == "verified");
    return codes;
}

VerifyReport Counter::verify() { return verify_all(*ledger_); }

std::string Counter::rows(const char* sql) {
    std::string all;
    auto query = ledger_->database().query(sql);
    while (query.row()) {
        if (!all.empty()) all += '\n';
        for (int i = 0; i < query.columns(); ++i) all += (i == 0 ? "" : "|") + query.text(i);
    }
    return all;
}

VerifyReport verify_all(Ledger& ledger) {
    auto report = verify(ledger);
    DOSARIO_CHECK(report.has_value());
    return std::move(*report);
}

VerifyReport verify_copy(Ledger& ledger, int pages, const std::function<void()>& between) {
    auto copy = LedgerCopy::start(ledger, "");
    DOSARIO_CHECK(copy.has_value());
    for (;;) {
        const auto more = (*copy)->step(pages);
        DOSARIO_CHECK(more.has_value());
        if (!*more) break;
        between();
    }
    const auto database = (*copy)->take();
    auto report = verify({*database, ledger.digest(), (*copy)->head_seq(), (*copy)->head_hash()});
    DOSARIO_CHECK(report.has_value());
    return std::move(*report);
}

std::string first_fault(const VerifyReport& report) { return report.ok() ? "" : report.faults.front().what; }

}  // namespace dosario::test
