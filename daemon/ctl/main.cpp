// SPDX-License-Identifier: Apache-2.0
// dosario: everything the counter can do, from a terminal. Exit codes: 0 done, 1 refused by a rule, 2 usage, 3 cannot reach the daemon.
#include "ctl/verbs.hpp"

#include "base/bytes.hpp"
#include "http/json.hpp"
#include "identity/person.hpp"
#include "wire/quiet_protobuf.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <span>

namespace {

/// As it stands, or with its escapes undone. A lot may look like a number of somebody, 20231105001: after --lot only cards count.
bool is_person(std::string_view word, bool is_lot) {
    const auto forbidden = [is_lot](std::string_view content) {
        const auto person = dosario::parse_person(content);
        return person && (!is_lot || person->id_kind == "DNI");
    };
    const auto content = dosario::unescape(word);
    return forbidden(word) || (content && forbidden(*content));
}

bool has_person(std::span<const char* const> words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (is_person(words[i], i > 0 && std::string_view{words[i - 1]} == "--lot")) return true;
    }
    return false;
}

/// Where a word is empty, mostly a shell's variable that is not set: never is nothing meant by it. Empty where all have something.
std::string empty_word(std::span<const char* const> words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string_view word = words[i];
        const std::string_view before = i > 0 ? words[i - 1] : "";
        if (word.starts_with("--") && word.find('=') == word.size() - 1) return "there is nothing after " + std::string{word};
        if (word.empty()) return "there is an empty word" + (before.starts_with("--") ? " after " + std::string{before} : "");
    }
    return {};
}

/// What is wrong with the command line. Of what belongs nowhere only words like those of verbs and options are repeated: anything else
/// may be of somebody's document.
std::string usage_words(const CLI::App& app, const CLI::ParseError& error) {
    const auto unknown = app.remaining(true);
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; };
    std::string words = error.what();
    if (!unknown.empty() && std::all_of(unknown.front().begin(), unknown.front().end(), plain)) {
        words = "there is no verb or option " + unknown.front();
    } else if (!unknown.empty()) {
        words = "there is an argument too many";
    }
    return dosario::fit_for_json(words) + " (--help lists what there is)";
}

}  // namespace

int main(int argc, char** argv) {
    using namespace dosario;
    std::signal(SIGPIPE, SIG_DFL);
    quiet_protobuf();
    CLI::App app{"Dosario from a terminal: scan, receive, fraction, verify, dispense, undo; look at stock, history and ledger."};
    Session session;
    Action action;
    app.set_version_flag("--version", DOSARIO_VERSION);
    app.add_option("--data", session.data_directory, "data directory of the daemon (its socket is dosario.sock in it)");
    app.add_option("--socket", session.socket, "socket of the daemon; else $DOSARIO_SOCKET, else /run/dosario/dosario.sock");
    app.add_option("--operator", session.operator_badge, "badge of who works: DOSARIO.B. and 8 characters, or the 8 characters");
    app.add_option("--witness", session.witness_badge, "badge of a second person who takes part");
    app.add_flag("--json", session.json, "answers as JSON, one object a line");
    app.require_subcommand(1);
    add_looking_verbs(app, session, action);
    add_sweep_verb(app, session, action);
    add_tag_verbs(app, session, action);
    add_reader_verbs(app, session, action);
    add_counter_verbs(app, session, action);
    add_ledger_verbs(app, session, action);
    add_backup_verbs(app, session, action);
    add_report_verbs(app, session, action);
    add_recall_verb(app, session, action);
    add_persons_verbs(app, session, action);
    add_decode_verb(app, session, action);
    add_encode_verb(app, session, action);
    add_sim_verb(app, session, action);
    add_practice_verb(app, session, action);
    add_watch_verb(app, session, action);
    add_doctor_verbs(app, session, action);
    add_test_codes_verb(app, session, action);
    // Options of the program may stand behind the verb too.
    std::function<void(CLI::App*)> fall_through = [&](CLI::App* parent) {
        for (CLI::App* verb : parent->get_subcommands([](const CLI::App*) { return true; })) {
            verb->fallthrough();
            fall_through(verb);
        }
    };
    fall_through(&app);
    const bool as_json = std::any_of(argv + 1, argv + argc, [](const char* word) { return std::string_view{word} == "--json"; });
    if (has_person({argv, static_cast<std::size_t>(argc)})) {
        return complain(
            fail(
                Failure::invalid,
                "a person's document is taken by --stdin only: arguments can be seen by every user of this computer; nothing was sent"),
            as_json);
    }
    if (const std::string empty = empty_word({argv + 1, static_cast<std::size_t>(std::max(argc - 1, 0))}); !empty.empty())
        return complain(fail(Failure::invalid, fit_for_json(empty) + " (a variable that is not set?): nothing was done"),
                        as_json);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
        return complain(fail(Failure::invalid, usage_words(app, error)), as_json);
    }
    try {
        return action ? action() : kUsage;
    } catch (const std::exception& error) {  // Boost.JSON's, when an answer is not shaped as docs/api.md says
        return complain(fail(Failure::io, std::string{"the daemon's answer is not understood: is it of another version? ("} +
                                              error.what() + ")"),
                        session.json);
    }
}
