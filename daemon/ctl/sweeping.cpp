// SPDX-License-Identifier: Apache-2.0
// `dosario sweep`: what a pad reads on a shelf against what the ledger has there.
#include "control/sweep_view.hpp"
#include "ctl/verbs.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <thread>

namespace dosario {
namespace {

namespace json = boost::json;

constexpr auto kBetweenLooks = std::chrono::milliseconds{250};

struct SweepWish {
    std::string reader;
    std::string gtin;
    int seconds = 5;
};

/// Everything that the pad read since the sweep began: the antenna goes along the shelf, and what it passed is there all the same. What it
/// read before is of another shelf.
struct Gathered {
    std::map<std::string, std::size_t> codes;  ///< and the most tags that said it at once
    std::uint64_t most_strangers = 0;

    std::uint64_t tags() const {
        std::uint64_t all = most_strangers;
        for (const auto& [code, times] : codes) all += times;
        return all;
    }
};

void add_look(const json::value& tray, Gathered& all) {
    std::map<std::string, std::size_t> seen;
    for (const json::value& code : tray.at("codes").as_array()) ++seen[std::string{code.as_string()}];
    for (const auto& [code, times] : seen) all.codes[code] = std::max(all.codes[code], times);
    const std::uint64_t strangers = number(tray, "tags") - tray.at("codes").as_array().size();
    all.most_strangers = std::max(all.most_strangers, strangers);
}

int gather(Session& session, const SweepWish& wish, Gathered& all) {
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    const auto end = begin + std::chrono::seconds{wish.seconds};
    for (bool is_last = false; !is_last;) {
        std::this_thread::sleep_for(kBetweenLooks);
        const auto now = Clock::now();
        is_last = now >= end;
        const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now - begin).count();
        json::value reply;
        if (const int code =
                session.call("/v1/readers/field", {{"reader", wish.reader}, {"read_within_ms", std::max<long>(since, 1)}}, reply);
            code != kDone)
            return code;
        add_look(reply.at("tray"), all);
        // A pad that holds so many may hold no more, and what it does not hold would be told as missing.
        if (all.tags() >= kMostSwept) {
            std::fprintf(stderr, "dosario: %zu tags or more were read: sweep the shelf in parts\n", kMostSwept);
            return kRefused;
        }
    }
    return kDone;
}

int sweep(Session& session, const SweepWish& wish) {
    Gathered all;
    if (const int code = gather(session, wish, all); code != kDone) return code;
    json::array codes;
    for (const auto& [code, times] : all.codes) codes.insert(codes.end(), times, json::value(code));
    const std::uint64_t tags = all.tags();
    json::value reply;
    if (const int code =
            session.call("/v1/sweep", {{"tray", json::object{{"codes", codes}, {"tags", tags}}}, {"gtin", wish.gtin}}, reply);
        code != kDone)
        return code;
    if (session.json) {
        print_json(reply);
    } else {
        std::printf("%s\n", text_of(reply, "message").c_str());
    }
    return text_of(reply, "verdict") == "same" ? kDone : kRefused;
}

}  // namespace

void add_sweep_verb(CLI::App& app, Session& session, Action& action) {
    auto wish = std::make_shared<SweepWish>();
    CLI::App* verb = app.add_subcommand("sweep", "a shelf as a pad reads it against the ledger: missing, extra, unknown");
    verb->add_option("--reader", wish->reader, "name or id of the pad; else the only one");
    verb->add_option("--product", wish->gtin,
                     "GTIN: that product alone; else each product of which anything is read, and no other");
    verb->add_option("--seconds", wish->seconds, "how long to read, while the antenna goes along the shelf")
        ->check(CLI::Range(1, 600));
    verb->callback([&session, &action, wish] { action = [&session, wish] { return sweep(session, *wish); }; });
}

}  // namespace dosario
