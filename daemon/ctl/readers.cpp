// SPDX-License-Identifier: Apache-2.0
// Verbs on readers: what is plugged in, adopting a keyboard-like scanner, replaying a capture without a daemon.
#include "ctl/capture_file.hpp"
#include "ctl/verbs.hpp"

#include "reader/event_json.hpp"
#include "reader/replay.hpp"

#include <boost/json.hpp>

#include <unistd.h>

#include <cstdio>
#include <iostream>

namespace dosario {
namespace {

namespace json = boost::json;

/// What `dosario doctor scanner` learnt of it.
void print_gs(const std::string& state, const std::string& sent) {
    if (state == "kept") std::printf("    it keeps GS\n");
    if (state == "lost") std::printf("    it LOSES GS: `dosario doctor scanner` says what to change\n");
    if (state == "replaced")
        std::printf("    it sends %s in the place of GS: `dosario doctor scanner` says what to change\n", sent.c_str());
}

void print_reader(const json::value& reader) {
    std::printf("%-28s %-12s %-12s %s\n", text_of(reader, "id").c_str(), text_of(reader, "state").c_str(),
                text_of(reader, "driver").c_str(), text_of(reader, "product").c_str());
    if (const std::string name = text_of(reader, "name"); name != text_of(reader, "id"))
        std::printf("    name: %s\n", name.c_str());
    if (const std::string why = text_of(reader, "explanation"); !why.empty()) std::printf("    %s\n", why.c_str());
    print_gs(text_of(reader, "gs"), text_of(reader, "gs_sent"));
}

int list(Session& session) {
    json::value reply;
    if (const int code = session.call("/v1/readers", {}, reply); code != kDone) return code;
    if (session.json) return print_json(reply), kDone;
    if (reply.at("readers").as_array().empty()) std::printf("no reader is plugged in\n");
    for (const json::value& reader : reply.at("readers").as_array()) print_reader(reader);
    return kDone;
}

int try_reader(Session& session, const std::string& reader) {
    if (!session.json) std::printf("trying %s for 20 seconds: scan the code DOSARIO.PRUEBA with it now\n", reader.c_str());
    std::fflush(stdout);
    json::value reply;
    if (const int code = session.call("/v1/readers/adopt", {{"reader", reader}, {"operator", session.operator_badge}}, reply);
        code != kDone)
        return code;
    if (session.json) {
        print_json(reply);
    } else {
        std::printf("%s\n", text_of(reply, "message").c_str());
    }
    return reply.at("ok").as_bool() ? kDone : kRefused;
}

int adopt(Session& session, const std::string& chosen) {
    if (!chosen.empty()) return try_reader(session, chosen);
    json::value reply;
    if (const int code = session.call("/v1/readers/adopt", {{"reader", ""}}, reply); code != kDone) return code;
    if (session.json) return print_json(reply), kDone;
    const json::array& candidates = reply.at("candidates").as_array();
    std::printf("%s\n", text_of(reply, "message").c_str());
    for (const json::value& reader : candidates) print_reader(reader);
    if (candidates.empty() || isatty(STDIN_FILENO) == 0) return kDone;
    std::printf("which one? (its id, or nothing to leave) ");
    std::fflush(stdout);
    std::string id;
    if (!std::getline(std::cin, id) || id.empty()) return kDone;
    return try_reader(session, id);
}

int replay_file(const Session& session, const std::string& driver, const std::string& path) {
    const auto capture = read_capture(path);
    if (!capture) return complain(capture.error(), session.json);
    bool faulty = false;
    const auto on_event = [&](const ReaderEvent& event, MonoTime) {
        faulty = faulty || std::holds_alternative<ReaderFault>(event);
        std::printf("%s\n", (session.json ? event_json(event) : event_text(event)).c_str());
    };
    if (auto replayed = replay(*capture, all_drivers(), driver, on_event); !replayed)
        return complain(replayed.error(), session.json);
    return faulty ? kRefused : kDone;
}

}  // namespace

void add_reader_verbs(CLI::App& app, Session& session, Action& action) {
    CLI::App* readers = app.add_subcommand("readers", "what is plugged in, and what becomes of it");
    readers->callback([&session, &action] {
        if (!action) action = [&session] { return list(session); };
    });

    auto chosen = std::make_shared<std::string>();
    CLI::App* adopting = readers->add_subcommand(
        "adopt", "take a scanner that looks like a keyboard; proven by scanning DOSARIO.PRUEBA within 20 seconds");
    adopting->add_option("id", *chosen, "id of a candidate; without it they are listed");
    adopting->callback([&session, &action, chosen] { action = [&session, chosen] { return adopt(session, *chosen); }; });

    struct Replay {
        std::string driver, file;
    };
    auto said = std::make_shared<Replay>();
    CLI::App* replaying =
        readers->add_subcommand("replay", "the events of a capture file, without a daemon; exit code 1 after a fault");
    replaying->add_option("--driver", said->driver, "driver to use; else the capture says, or its bytes do");
    replaying->add_option("file", said->file, "capture file")->required();
    replaying->callback(
        [&session, &action, said] { action = [&session, said] { return replay_file(session, said->driver, said->file); }; });
}

}  // namespace dosario
