// SPDX-License-Identifier: Apache-2.0
// Verbs on readers: what is plugged in, adopting a keyboard-like scanner, saying where one stands, replaying a capture without a daemon.
#include "ctl/capture_file.hpp"
#include "ctl/readers_table.hpp"
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

int list(Session& session) {
    json::value reply;
    if (const int code = session.call("/v1/readers", {}, reply); code != kDone) return code;
    if (session.json) return print_json(reply), kDone;
    print_readers(reply.at("readers").as_array());
    return kDone;
}

/// One line of a person at a terminal, empty when there is none.
std::string answer_to(const std::string& question) {
    std::printf("%s ", question.c_str());
    std::fflush(stdout);
    std::string line;
    std::getline(std::cin, line);
    return line;
}

/// Says what to scan, if it is a candidate. The daemon refuses what is none, and says why.
int ask_for_test_code(Session& session, const std::string& reader) {
    json::value known;
    if (const int code = session.call("/v1/readers/adopt", {{"reader", ""}}, known); code != kDone) return code;
    for (const json::value& one : known.at("candidates").as_array()) {
        if (text_of(one, "id") != reader || text_of(one, "state") != "candidate") continue;
        std::printf("trying %s for 20 seconds: scan the code DOSARIO.PRUEBA with it now\n", reader.c_str());
        std::fflush(stdout);
    }
    return kDone;
}

int try_reader(Session& session, const std::string& reader) {
    if (!session.json) {
        if (const int code = ask_for_test_code(session, reader); code != kDone) return code;
    }
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
    if (!candidates.empty()) print_readers(candidates);
    if (candidates.empty() || isatty(STDIN_FILENO) == 0) return kDone;
    const std::string id = answer_to("which one? (its id, or nothing to leave)");
    return id.empty() ? int{kDone} : try_reader(session, id);
}

struct ZoneSaid {
    std::string reader, zone;
    bool none = false;
};

int say_zone(Session& session, const std::string& reader, const std::string& zone) {
    json::value reply;
    if (const int code = session.call("/v1/readers/zone", {{"reader", reader}, {"zone", zone}}, reply); code != kDone)
        return code;
    if (session.json) return print_json(reply), kDone;
    std::printf("%s: %s\n", reader.c_str(), text_of(reply, "message").c_str());
    return kDone;
}

/// Each open reader without zone, one after the other.
int ask_zones(Session& session) {
    json::value reply;
    if (const int code = session.call("/v1/readers", {}, reply); code != kDone) return code;
    if (session.json) return print_json(reply), kDone;
    print_readers(reply.at("readers").as_array());
    if (isatty(STDIN_FILENO) == 0) return kDone;
    for (const json::value& reader : reply.at("readers").as_array()) {
        if (text_of(reader, "state") != "open" || !text_of(reader, "zone").empty()) continue;
        const std::string id = text_of(reader, "id");
        const std::string zone = answer_to("where does " + id + " stand? (such as mostrador, or nothing to leave it)");
        if (zone.empty()) continue;
        if (const int code = say_zone(session, id, zone); code != kDone) return code;
    }
    return kDone;
}

int zone(Session& session, const ZoneSaid& said) {
    if (said.reader.empty()) return ask_zones(session);
    if (said.zone.empty() != said.none)
        return complain(fail(Failure::invalid, "say where the reader stands, or --none: dosario readers zone ID ZONE"),
                        session.json);
    return say_zone(session, said.reader, said.zone);
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

    auto placed = std::make_shared<ZoneSaid>();
    CLI::App* zoning =
        readers->add_subcommand("zone", "say where a reader stands; without an id it is asked of each that has no zone");
    zoning->add_option("id", placed->reader, "id of a reader");
    zoning->add_option("zone", placed->zone, "name of a place at the counter, such as mostrador");
    zoning->add_flag("--none", placed->none, "it has no zone any more");
    zoning->callback([&session, &action, placed] { action = [&session, placed] { return zone(session, *placed); }; });

    add_record_verb(*readers, session, action);

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
