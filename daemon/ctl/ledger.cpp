// SPDX-License-Identifier: Apache-2.0
// Verbs on the ledger itself: through the daemon when one holds it, else by opening the file.
#include "ctl/ledger_file.hpp"
#include "ctl/progress_bar.hpp"
#include "ctl/verbs.hpp"

#include "http/json.hpp"
#include "control/ledger_views.hpp"
#include "ledger/snapshot.hpp"

#include <boost/json.hpp>

#include <climits>
#include <cstdio>
#include <cstdlib>

namespace dosario {
namespace {

namespace json = boost::json;

constexpr std::uint32_t kPage = 1000;

/// As ask(), with a bar meanwhile.
int ask_slowly(Session& session, const char* path, const json::object& request,
               const std::function<Result<json::value>(Ledger&, const TellProgress&)>& on_file, json::value& reply) {
    ProgressBar bar;
    auto file = open_file(session);
    if (!file) return complain(file.error(), session.json);
    if (*file == nullptr) {
        bar.follow(session.socket_path());
        return session.call(path, request, reply);
    }
    auto answered = on_file(*(*file)->ledger, bar.teller());
    if (!answered) return complain(answered.error(), session.json);
    reply = std::move(*answered);
    return kDone;
}

int verify(Session& session, bool full) {
    json::value reply;
    const auto on_file = [full](Ledger& ledger, const TellProgress& progress) -> Result<json::value> {
        VerifyHow how;
        how.full = full;
        how.progress = progress;
        const auto report = verify(ledger, how);
        if (!report) return report.error();
        return as_value(verify_reply(*report));
    };
    if (const int code = ask_slowly(session, "/v1/ledger/verify", {{"full", full}}, on_file, reply); code != kDone) return code;
    const bool ok = reply.at("ok").as_bool();
    if (session.json) {
        print_json(reply);
    } else {
        std::printf("%s: %llu entries, branch %s, head %s\n",
                    ok ? (full ? "the ledger is whole, and the audit agrees" : "the ledger is whole") : "THE LEDGER IS DAMAGED",
                    static_cast<unsigned long long>(number_of(reply, "entries")), text_of(reply, "branch").c_str(),
                    text_of(reply, "head").c_str());
        for (const json::value& fault : reply.at("faults").as_array()) {
            const std::uint64_t seq = number_of(fault, "seq");
            const std::string where = seq == 0 ? "" : "entry " + std::to_string(seq) + ": ";
            std::printf("  %s%s\n", where.c_str(), text_of(fault, "what").c_str());
        }
    }
    return ok ? kDone : kRefused;
}

void print_log_line(const Session& session, const json::value& entry) {
    if (session.json) return print_json(entry);
    std::printf("#%-6llu %s  %-17s %-8s %s\n", static_cast<unsigned long long>(number_of(entry, "seq")),
                second_of(entry, "at").c_str(), text_of(entry, "kind").c_str(), text_of(entry, "operator").c_str(),
                json::serialize(entry.at("body")).c_str());
}

int log(Session& session, std::uint64_t after, std::uint64_t limit) {
    auto file = open_file(session);
    if (!file) return complain(file.error(), session.json);
    while (limit > 0) {
        v1::LogRequest request;
        request.set_after(after);
        request.set_limit(static_cast<std::uint32_t>(std::min<std::uint64_t>(limit, kPage)));
        json::value reply;
        if (*file == nullptr) {
            if (const int code = session.call("/v1/ledger/log", {{"after", request.after()}, {"limit", request.limit()}}, reply);
                code != kDone)
                return code;
        } else {
            auto page = log_reply(*(*file)->ledger, request);
            if (!page) return complain(page.error(), session.json);
            reply = as_value(*page);
        }
        const json::array& entries = reply.at("entries").as_array();
        for (const json::value& entry : entries) print_log_line(session, entry);
        if (entries.size() < request.limit()) return kDone;
        after = number_of(entries.back(), "seq");
        limit -= entries.size();
    }
    return kDone;
}

/// Beforehand, on standard error: how much room and about how long.
int say_estimate(Session& session, const std::string& path) {
    const auto on_file = [&path](Ledger& ledger) -> Result<json::value> {
        const auto estimate = estimate_snapshot(ledger, path, 1024);
        if (!estimate) return estimate.error();
        v1::SnapshotReply reply;
        reply.set_bytes(estimate->bytes);
        reply.set_free_bytes(estimate->free_bytes);
        reply.set_seconds(static_cast<std::uint64_t>(estimate->takes.count()));
        return as_value(reply);
    };
    json::value reply;
    if (const int code = ask(session, "/v1/ledger/snapshot", {{"path", path}, {"estimate", true}}, on_file, reply); code != kDone)
        return code;
    if (session.json) return kDone;
    std::fprintf(stderr, "needs %llu MiB of %llu MiB free, takes about %llu s; the counter works on\n",
                 static_cast<unsigned long long>((number_of(reply, "bytes") >> 20) + 1),
                 static_cast<unsigned long long>(number_of(reply, "free_bytes") >> 20),
                 static_cast<unsigned long long>(number_of(reply, "seconds")));
    return kDone;
}

int snapshot(Session& session, const std::string& given) {
    const std::string path = whole_path(given);
    if (const int code = say_estimate(session, path); code != kDone) return code;
    const auto on_file = [&path](Ledger& ledger, const TellProgress& progress) -> Result<json::value> {
        auto copy = Snapshot::start(ledger, path);
        if (!copy) return copy.error();
        for (;;) {
            const auto more = (*copy)->step(1024);
            if (!more) return more.error();
            if (!*more) break;
            if (progress) progress({"copying", (*copy)->copied_pages(), (*copy)->all_pages()});
        }
        v1::SnapshotReply reply;
        reply.set_path(path);
        reply.set_entries((*copy)->entries());
        reply.set_bytes((*copy)->bytes());
        return as_value(reply);
    };
    json::value reply;
    if (const int code = ask_slowly(session, "/v1/ledger/snapshot", {{"path", path}}, on_file, reply); code != kDone) return code;
    if (session.json) return print_json(reply), kDone;
    std::printf("%s: %llu entries, %llu bytes, a plain SQLite file\n", path.c_str(),
                static_cast<unsigned long long>(number_of(reply, "entries")),
                static_cast<unsigned long long>(number_of(reply, "bytes")));
    return kDone;
}

int remake(Session& session) {
    const auto on_file = [](Ledger& ledger, const TellProgress& progress) -> Result<json::value> {
        const auto entries = rebuild(ledger, progress);
        if (!entries) return entries.error();
        v1::RebuildReply reply;
        reply.set_entries(*entries);
        return as_value(reply);
    };
    json::value reply;
    if (const int code = ask_slowly(session, "/v1/ledger/rebuild", {}, on_file, reply); code != kDone) return code;
    if (session.json) return print_json(reply), kDone;
    std::printf("all lists were made again from %llu entries\n", static_cast<unsigned long long>(number_of(reply, "entries")));
    return kDone;
}

}  // namespace

void add_ledger_verbs(CLI::App& app, Session& session, Action& action) {
    CLI::App* ledger = app.add_subcommand("ledger", "the ledger itself; opened directly when no daemon holds it (--data DIR)");
    ledger->require_subcommand(1);
    auto full = std::make_shared<bool>(false);
    CLI::App* look = ledger->add_subcommand("verify", "is it what was written? chain, rules, every list; the counter works on");
    look->add_flag("--full", *full, "and an audit: what must be in the house, counted from the entries by other code");
    look->callback([&session, &action, full] { action = [&session, full] { return verify(session, *full); }; });

    struct Range {
        std::uint64_t after = 0;
        std::uint64_t limit = ULLONG_MAX;
    };
    constexpr std::int64_t kNone = 0;
    constexpr std::int64_t kMost = INT64_MAX;
    auto range = std::make_shared<Range>();
    CLI::App* entries = ledger->add_subcommand("log", "the entries, oldest first");
    entries->add_option("--after", range->after, "only entries after that number")->check(CLI::Range(kNone, kMost));
    entries->add_option("--limit", range->limit, "at most so many")->check(CLI::Range(kNone, kMost));
    entries->callback(
        [&session, &action, range] { action = [&session, range] { return log(session, range->after, range->limit); }; });

    auto path = std::make_shared<std::string>();
    CLI::App* copy = ledger->add_subcommand("snapshot", "a copy as one plain SQLite file, for reports");
    copy->add_option("file", *path, "a new file")->required();
    copy->callback([&session, &action, path] { action = [&session, path] { return snapshot(session, *path); }; });

    add_proof_verbs(*ledger, session, action);
    add_mending_verbs(*ledger, session, action);
    ledger
        ->add_subcommand("rebuild",
                         "make all lists again from the entries; the counter waits meanwhile, about 2 s for each 100,000 entries")
        ->callback([&] { action = [&session] { return remake(session); }; });
}

}  // namespace dosario
