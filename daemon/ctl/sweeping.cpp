// SPDX-License-Identifier: Apache-2.0
// `dosario sweep`: what a pad reads on a shelf against what the ledger has there.
#include "ctl/verbs.hpp"

#include <boost/json.hpp>

#include <chrono>
#include <cstdio>
#include <set>
#include <thread>

namespace dosario {
namespace {

namespace json = boost::json;

struct SweepWish {
    std::string reader;
    std::string gtin;
    int seconds = 5;
};

/// Everything that the pad read within that time: the antenna goes along the shelf, and what it passed is there all the same.
struct Gathered {
    std::set<std::string> codes;
    std::uint64_t most_strangers = 0;
};

int gather(Session& session, const SweepWish& wish, Gathered& all) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{wish.seconds};
    for (;;) {
        json::value reply;
        if (const int code = session.call("/v1/readers/field", {{"reader", wish.reader}}, reply); code != kDone) return code;
        const json::value& tray = reply.at("tray");
        for (const json::value& code : tray.at("codes").as_array()) all.codes.emplace(code.as_string());
        const std::uint64_t strangers = number(tray, "tags") - tray.at("codes").as_array().size();
        all.most_strangers = std::max(all.most_strangers, strangers);
        if (std::chrono::steady_clock::now() >= end) return kDone;
        std::this_thread::sleep_for(std::chrono::milliseconds{250});
    }
}

void print_lines(const json::value& reply, const char* key, const char* words) {
    const json::array& lines = reply.at(key).as_array();
    if (lines.empty()) return;
    std::printf("%s: %zu\n", words, lines.size());
    for (const json::value& line : lines) {
        const std::string code = text_of(line, "code");
        const std::string serial = text_of(line, "serial");
        const std::string state = text_of(line, "state");
        const std::string thing = !code.empty() ? code : text_of(line, "gtin") + " serial " + serial;
        std::printf("  %s  %s  lot %s  expires %s%s%s\n", thing.c_str(), text_of(line, "name").c_str(),
                    text_of(line, "lot").c_str(), text_of(line, "expires_on").c_str(), state.empty() ? "" : "  ", state.c_str());
    }
}

int sweep(Session& session, const SweepWish& wish) {
    Gathered all;
    if (const int code = gather(session, wish, all); code != kDone) return code;
    json::array codes;
    for (const std::string& code : all.codes) codes.emplace_back(code);
    const std::uint64_t tags = all.codes.size() + all.most_strangers;
    json::value reply;
    if (const int code =
            session.call("/v1/sweep", {{"tray", json::object{{"codes", codes}, {"tags", tags}}}, {"gtin", wish.gtin}}, reply);
        code != kDone)
        return code;
    const bool same = reply.at("missing").as_array().empty() && reply.at("extra").as_array().empty() &&
                      reply.at("unknown").as_array().empty() && number(reply, "strangers") == 0;
    if (session.json) {
        print_json(reply);
        return same ? kDone : kRefused;
    }
    std::printf("%llu tags, %llu of them on the shelf by the ledger\n", number(reply, "tags"), number(reply, "found"));
    print_lines(reply, "missing", "missing (by the ledger on the shelf, and not read)");
    print_lines(reply, "extra", "extra (read, and by the ledger not on the shelf)");
    print_lines(reply, "unknown", "unknown (read, and never received)");
    if (number(reply, "strangers") > 0) std::printf("tags that say nothing of ours: %llu\n", number(reply, "strangers"));
    if (reply.at("more").as_bool()) std::printf("more is missing than is listed: ask with --product\n");
    if (same) std::printf("the shelf is as the ledger says\n");
    return same ? kDone : kRefused;
}

}  // namespace

void add_sweep_verb(CLI::App& app, Session& session, Action& action) {
    auto wish = std::make_shared<SweepWish>();
    CLI::App* verb = app.add_subcommand("sweep", "a shelf as a pad reads it against the ledger: missing, extra, unknown");
    verb->add_option("--reader", wish->reader, "name or id of the pad; else the only one");
    verb->add_option("--product", wish->gtin, "GTIN: that product alone; else the products of which anything is read");
    verb->add_option("--seconds", wish->seconds, "how long to read, while the antenna goes along the shelf")
        ->check(CLI::Range(1, 600));
    verb->callback([&session, &action, wish] { action = [&session, wish] { return sweep(session, *wish); }; });
}

}  // namespace dosario
