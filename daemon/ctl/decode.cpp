// SPDX-License-Identifier: Apache-2.0
// `dosario decode`: what a code says. It needs no daemon and looks nothing up.
#include "ctl/verbs.hpp"

#include "base/bytes.hpp"
#include "control/decoding.hpp"
#include "ctl/decode_print.hpp"

#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>

namespace dosario {
namespace {

struct Request {
    std::vector<std::string> inputs;
    bool from_stdin = false;
    std::string mode = "auto";
    std::string profile;
    std::string as_of;
    std::string language;
    bool short_gtin = false;
};

const std::map<std::string, DecodeMode> kModes = {
    {"auto", DecodeMode::automatic},  {"aim", DecodeMode::aim}, {"assume-gs1", DecodeMode::assume_gs1},
    {"element", DecodeMode::element}, {"dl", DecodeMode::link}, {"digits", DecodeMode::digits},
    {"id", DecodeMode::id},           {"epc", DecodeMode::epc}, {"bank", DecodeMode::bank},
    {"uri", DecodeMode::uri},         {"tid", DecodeMode::tid},
};

class Decoder {
public:
    Decoder(const DecodeRules& rules, const DecodePrinter& printer) : rules_(rules), printer_(printer) {}

    /// False when the input says something that cannot be.
    bool run(std::string_view typed) {
        ++count_;
        const auto input = unescape_code(typed);
        if (!input) {
            printer_.print_bad_escape(count_);
            return false;
        }
        CodeBuffer buffer;
        const Decoding decoding = decode(*input, rules_, buffer);
        printer_.print(decoding, count_);
        return decoding.ok();
    }

private:
    const DecodeRules& rules_;
    const DecodePrinter& printer_;
    std::size_t count_ = 0;
};

/// A document, or a GS1 message about a patient, however it is to be read.
bool is_person(const std::string& typed, const DecodeRules& rules) {
    const auto input = unescape_code(typed);
    if (rules.mode == DecodeMode::id) return true;
    CodeBuffer buffer;
    DecodeRules automatic = rules;
    automatic.mode = DecodeMode::automatic;
    return input && (decode(*input, automatic, buffer).kind == "person" || is_about_patient(*input, rules));
}

int run_decode(const Session& session, const Request& request) {
    const auto refuse = [&](const char* what) { return complain(fail(Failure::invalid, what), session.json); };
    DecodeRules rules;
    rules.mode = kModes.at(request.mode);
    if (!request.profile.empty()) rules.profile = request.profile == "strict" ? Gs1Profile::strict : Gs1Profile::lenient;
    rules.short_gtin = request.short_gtin;
    rules.as_of = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    if (!request.as_of.empty()) {
        const auto day = parse_date(request.as_of);
        if (!day) return refuse("--as-of wants a day as 2026-11-21");
        rules.as_of = *day;
    }
    if (request.from_stdin != request.inputs.empty()) return refuse("give codes as arguments, or --stdin with one code a line");
    for (const std::string& input : request.inputs) {
        if (is_person(input, rules)) {
            return refuse("a person's document is taken by --stdin only: arguments can be seen by every user of this computer");
        }
    }
    const DecodePrinter printer{session.json, language_of(request.language), rules};
    Decoder decoder{rules, printer};
    bool all = true;
    for (const std::string& input : request.inputs) all = decoder.run(input) && all;
    if (request.from_stdin) {
        std::ios::sync_with_stdio(false);
        for (std::string line; std::getline(std::cin, line);) {
            if (line.ends_with('\r')) line.pop_back();
            all = decoder.run(line) && all;
        }
    }
    if (std::fflush(stdout) != 0 || std::ferror(stdout))
        return complain(fail(Failure::io, "the answer cannot be written"), session.json);
    return all ? kDone : kRefused;
}

}  // namespace

void add_decode_verb(CLI::App& app, Session& session, Action& action) {
    auto request = std::make_shared<Request>();
    CLI::App* verb = app.add_subcommand("decode", "what a code says, field by field; no daemon is needed");
    verb->add_option("code", request->inputs, "codes as a scanner sends them; \\xHH and \\\\ are escapes, \\x1d is GS");
    verb->add_flag("--stdin", request->from_stdin, "codes from standard input, one a line");
    std::vector<std::string> modes;
    for (const auto& [name, mode] : kModes) modes.push_back(name);
    verb->add_option("--mode", request->mode, "how to read them: auto is what the counter does")->check(CLI::IsMember(modes));
    verb->add_option("--profile", request->profile,
                     "strict wants AIs that must come in pairs; else strict, and lenient in mode auto")
        ->check(CLI::IsMember({"strict", "lenient"}));
    verb->add_option("--as-of", request->as_of, "the day that decides the century of two-digit years, YYYY-MM-DD; else today");
    verb->add_flag("--allow-short-gtin", request->short_gtin, "Digital Links with a GTIN of 8, 12 or 13 digits");
    verb->add_option("--language", request->language, "of the explanation: es, en, pt; else that of the terminal")
        ->check(CLI::IsMember({"es", "en", "pt"}));
    verb->callback([&session, &action, request] { action = [&session, request] { return run_decode(session, *request); }; });
}

}  // namespace dosario
