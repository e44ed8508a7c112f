// SPDX-License-Identifier: Apache-2.0
// The counter's verbs: all are scans with something said beside the code.
#include "ctl/capture_file.hpp"
#include "ctl/reply_print.hpp"
#include "ctl/verbs.hpp"

#include "base/bytes.hpp"
#include "reader/driver.hpp"
#include "reader/event_json.hpp"
#include "reader/replay.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cstdio>
#include <iostream>

namespace dosario {
namespace {

namespace json = boost::json;

// Entries are numbered from 1; SQLite counts in 63 bits.
constexpr std::int64_t kFirstSeq = 1;
constexpr std::int64_t kLastSeq = INT64_MAX;

/// What a verb was given on the command line.
struct Said {
    const char* mode = "";
    std::vector<std::string> texts;
    bool from_stdin = false;
    std::string reader;
    std::string zone;
    std::string capture;
    std::string lot;
    std::string expires;
    std::uint32_t units = 0;
    std::string name;
    std::uint32_t packs = 0;
    std::uint32_t doses = 0;
    std::uint32_t units_per_dose = 0;
    std::uint32_t waste = 0;
    std::uint64_t undo_seq = 0;
    std::string note;
    std::string supplier;
};

}  // namespace

void print_reply(const json::value& reply) {
    const bool ok = reply.at("ok").as_bool();
    std::printf("%s [%s: %s]", text_of(reply, "message").c_str(), text_of(reply, "sound").c_str(),
                text_of(reply, "what").c_str());
    for (const json::value& seq : reply.at("seq").as_array()) std::printf(" #%s", json::serialize(seq).c_str());
    std::printf("\n");
    for (const json::value& line : reply.at("lines").as_array()) std::printf("  %s\n", line.as_string().c_str());
    if (const std::string pack = text_of(reply, "pack"); !pack.empty()) std::printf("  %s\n", pack.c_str());
    for (const json::value& dose : reply.at("doses").as_array()) {
        std::printf("  %s  x%llu  %s\n", text_of(dose, "code").c_str(), static_cast<unsigned long long>(number_of(dose, "units")),
                    text_of(dose, "beyond_use_on").c_str());
    }
    if (const json::value& ask = reply.at("ask"); ask.is_object()) {
        std::printf("  ? %s", text_of(ask, "question").c_str());
        for (const json::value& choice : ask.at("choices").as_array()) std::printf("  %s", choice.as_string().c_str());
        std::printf("\n");
    }
    if (!ok) std::fflush(stdout);
}

namespace {

int send(Session& session, const Said& said, const std::string& content) {
    json::object request{{"content", base64(content)},
                         {"reader", said.reader},
                         {"zone", said.zone},
                         {"operator", session.operator_badge},
                         {"witness", session.witness_badge},
                         {"mode", said.mode},
                         {"lot", said.lot},
                         {"expires", said.expires},
                         {"units_per_pack", said.units},
                         {"product_name", said.name},
                         {"packs", said.packs},
                         {"doses", said.doses},
                         {"units_per_dose", said.units_per_dose},
                         {"waste", said.waste},
                         {"undo_seq", said.undo_seq},
                         {"note", said.note},
                         {"supplier", said.supplier}};
    json::value reply;
    if (const int code = session.call_once("/v1/scan", request, reply); code != kDone) return code;
    if (session.json) {
        print_json(reply);
    } else {
        print_reply(reply);
    }
    std::fflush(stdout);
    return reply.at("ok").as_bool() ? kDone : kRefused;
}

/// The worst of two exit codes: a missing daemon over usage over a refusal.
int worse(int one, int other) { return std::max(one, other); }

/// Text with escapes, as typed; nothing (and a complaint) when the escapes are wrong.
std::optional<std::string> content_of(const Session& session, const std::string& text) {
    auto content = unescape(text);
    if (!content) complain(fail(Failure::invalid, "a backslash begins \\xHH or \\\\ only"), session.json);
    return content;
}

int send_arguments(Session& session, const Said& said) {
    std::vector<std::string> contents;
    for (const std::string& text : said.texts) {
        auto content = content_of(session, text);
        if (!content) return kUsage;
        contents.push_back(std::move(*content));
    }
    int code = kDone;
    for (const std::string& content : contents) {
        code = worse(code, send(session, said, content));
        if (code == kNoDaemon) return code;
    }
    return code;
}

int send_lines(Session& session, const Said& said) {
    int code = kDone;
    std::string line;
    while (std::getline(std::cin, line)) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (line.empty()) continue;
        const auto content = content_of(session, line);
        code = worse(code, content ? send(session, said, *content) : int{kUsage});
        if (code == kNoDaemon) return code;
    }
    return code;
}

int send_capture(Session& session, const Said& said) {
    const auto capture = read_capture(said.capture);
    if (!capture) return complain(capture.error(), session.json);
    int code = kDone;
    const auto on_event = [&](const ReaderEvent& event, MonoTime) {
        if (const auto* read = std::get_if<BarcodeRead>(&event)) {
            code = worse(code, send(session, said, std::string{read->aim.text()} + read->bytes));
        } else if (std::holds_alternative<ReaderFault>(event)) {
            std::fprintf(stderr, "dosario: %s\n", event_text(event).c_str());
            code = worse(code, kRefused);
        }
    };
    if (auto replayed = replay(*capture, all_drivers(), "", on_event, PortEnd::unplugged); !replayed)
        return complain(replayed.error(), session.json);
    return code;
}

int run(Session& session, const Said& said) {
    if ((said.from_stdin || !said.capture.empty()) && (!said.texts.empty() || (said.from_stdin && !said.capture.empty()))) {
        return complain(
            fail(Failure::invalid, "give codes as arguments, by --stdin or by --capture: one of them; nothing was sent"),
            session.json);
    }
    if (!said.capture.empty()) return send_capture(session, said);
    if (said.from_stdin) return send_lines(session, said);
    if (!said.texts.empty()) return send_arguments(session, said);
    if (*said.mode == '\0') return complain(fail(Failure::invalid, "give the text of a code, or --stdin"), session.json);
    return send(session, said, "");  // the verb alone: opens the work, or answers with what was typed
}

CLI::App* add_verb(CLI::App& app, Session& session, Action& action, const char* name, const char* help,
                   const std::shared_ptr<Said>& said) {
    CLI::App* verb = app.add_subcommand(name, help);
    verb->add_option("text", said->texts, "codes as a scanner gives them; \\xHH and \\\\ are escapes (\\x1d is the separator)");
    verb->add_flag("--stdin", said->from_stdin, "codes from standard input, one a line; the only way for a person's document");
    verb->add_option("--zone", said->zone, "where at the counter; else where the last scan was");
    verb->callback([&session, &action, said] { action = [&session, said] { return run(session, *said); }; });
    return verb;
}

}  // namespace

void add_counter_verbs(CLI::App& app, Session& session, Action& action) {
    auto scan = std::make_shared<Said>();
    CLI::App* verb =
        add_verb(app, session, action, "scan", "what a scanner would send: goods, labels, badges and desk codes", scan);
    verb->add_option("--reader", scan->reader, "name of the reader it comes from");
    verb->add_option("--capture", scan->capture, "the scans of a capture file");

    auto receive = std::make_shared<Said>();
    receive->mode = "receive";
    verb = add_verb(app, session, action, "receive", "take packs in", receive);
    verb->add_option("--lot", receive->lot, "lot, where the code carries none");
    verb->add_option("--expires", receive->expires, "expiry YYYY-MM-DD, where the code carries none");
    verb->add_option("--packs", receive->packs, "how many packs without serial number")->check(CLI::Range(1, 9999));
    verb->add_option("--units", receive->units, "base units in a pack, for a product that is not known yet")
        ->check(CLI::Range(1, 9999));
    verb->add_option("--name", receive->name, "name of a product that is not known yet");
    verb->add_option("--note", receive->note, "number of the delivery note (remito) they came with, R0001-00001234");
    verb->add_option("--supplier", receive->supplier, "who sent them: CUIT of a company or GLN; with --note");

    auto fraction = std::make_shared<Said>();
    fraction->mode = "fraction";
    verb = add_verb(app, session, action, "fraction", "cut a pack into doses", fraction);
    verb->add_option("--doses", fraction->doses, "how many doses; else as many as fit")->check(CLI::Range(1, 9999));
    verb->add_option("--units-per-dose", fraction->units_per_dose, "base units in a dose; else as last time")
        ->check(CLI::Range(1, 9999));
    verb->add_option("--waste", fraction->waste, "base units lost in cutting")->check(CLI::Range(0, 9999));
    verb->add_option("--lot", fraction->lot, "lot, where the code carries none");

    auto verify = std::make_shared<Said>();
    verify->mode = "verify";
    add_verb(app, session, action, "verify-doses",
             "a second person confirms doses by their labels, or all doses by the opened pack's label", verify);

    auto dispense = std::make_shared<Said>();
    dispense->mode = "dispense";
    verb = add_verb(app, session, action, "dispense", "hand out doses or whole packs", dispense);
    verb->add_option("--lot", dispense->lot, "lot, where the code carries none");
    verb->add_option("--packs", dispense->packs, "how many packs without serial number")->check(CLI::Range(1, 9999));

    for (const auto& [name, help] :
         {std::pair{"return", "take back into quarantine what was dispensed"},
          std::pair{"release", "put what is in quarantine back to the shelf: who does it answers for it"}}) {
        auto said = std::make_shared<Said>();
        said->mode = name;
        verb = add_verb(app, session, action, name, help, said);
        verb->add_option("--lot", said->lot, "lot, where the code carries none");
        verb->add_option("--packs", said->packs, "how many packs without serial number")->check(CLI::Range(1, 9999));
    }

    auto undo = std::make_shared<Said>();
    undo->mode = "undo";
    verb = app.add_subcommand("undo", "take back the last booking, or the one with that number");
    verb->add_option("--seq", undo->undo_seq, "number of the entry")->check(CLI::Range(kFirstSeq, kLastSeq));
    verb->callback([&session, &action, undo] { action = [&session, undo] { return run(session, *undo); }; });
}

}  // namespace dosario
