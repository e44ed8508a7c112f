// SPDX-License-Identifier: Apache-2.0
// `dosario practice`: what a person does with the readers of a practice pharmacy, which are not there.
#include "ctl/verbs.hpp"

#include "base/bytes.hpp"

#include <boost/json.hpp>

#include <chrono>
#include <cstdio>
#include <thread>

namespace dosario {
namespace {

namespace json = boost::json;

constexpr auto kPadPatience = std::chrono::seconds{15};

struct PracticeWish {
    std::vector<std::string> words;
    std::string pad;
};

/// Until the station's pad has told as many tags: it tells what lies there when that has been the same for a while.
int await_tags(Session& session, const std::string& reader, std::uint64_t tags) {
    const auto end = std::chrono::steady_clock::now() + kPadPatience;
    for (;;) {
        json::value field;
        if (const int code = session.call("/v1/readers/field", {{"reader", reader}}, field); code != kDone) return code;
        if (number_of(field.at("tray"), "tags") == tags) return kDone;
        if (std::chrono::steady_clock::now() >= end)
            return complain(
                fail(Failure::unavailable, "they lie there, and the pad has not told so in 15 seconds: `dosario readers`"),
                session.json);
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
}

int lay(Session& session, const PracticeWish& wish, const json::array& codes, bool lift, json::value& reply) {
    const json::object request{{"tray", codes}, {"pad", wish.pad}, {"lift", lift}};
    if (const int code = session.call("/v1/practice", request, reply); code != kDone) return code;
    return await_tags(session, text_of(reply, "reader"), number_of(reply, "tags"));
}

/// What lay there is taken away first, and the pad sees that: another tray. A tray that cannot lie there changes nothing.
int lay_tray(Session& session, const PracticeWish& wish) {
    json::array codes;
    for (std::size_t i = 1; i < wish.words.size(); ++i) {
        const auto code = unescape(wish.words[i]);
        if (!code) return complain(fail(Failure::invalid, "a backslash begins \\xHH or \\\\ only"), session.json);
        codes.emplace_back(base64(*code));
    }
    json::value reply;
    if (const int code = lay(session, wish, codes, true, reply); code != kDone) return code;
    if (!codes.empty()) {
        if (const int code = lay(session, wish, codes, false, reply); code != kDone) return code;
    }
    if (session.json) return print_json(reply), kDone;
    std::printf("%s: %llu tags lie there\n", text_of(reply, "pad").c_str(), number(reply, "tags"));
    return kDone;
}

int practise(Session& session, const PracticeWish& wish) {
    if (wish.words.front() == "tray") return lay_tray(session, wish);
    std::string words;
    for (const std::string& word : wish.words) words += (words.empty() ? "" : " ") + word;
    json::value reply;
    if (const int code = session.call("/v1/practice", {{"words", words}}, reply); code != kDone) return code;
    if (session.json) return print_json(reply), kDone;
    const std::string said = text_of(reply, "message");
    std::printf("ok%s%s\n", said.empty() ? "" : " ", said.c_str());
    return kDone;
}

}  // namespace

void add_practice_verb(CLI::App& app, Session& session, Action& action) {
    auto wish = std::make_shared<PracticeWish>();
    CLI::App* verb = app.add_subcommand(
        "practice", "moves things on the simulated readers of a practice pharmacy; in a real one it is refused");
    verb->add_option(
            "words", wish->words,
            "tray [CODE...]: a tag for each lies on the pad from now on, alone: nothing; or words of `dosario sim`: pad NAME add "
            "EPC..., pad NAME clear, card NAME lay UID ..., scan NAME CODE, unplug NAME, plug NAME, list")
        ->required();
    verb->add_option("--pad", wish->pad, "of tray: the practice pad's name; else the only one");
    verb->callback([&session, &action, wish] { action = [&session, wish] { return practise(session, *wish); }; });
}

}  // namespace dosario
