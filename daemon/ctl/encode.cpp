// SPDX-License-Identifier: Apache-2.0
// `dosario encode`: the way back from `decode`. It needs no daemon and looks nothing up.
#include "ctl/verbs.hpp"

#include "base/bytes.hpp"
#include "control/decoding.hpp"
#include "control/tag_encoding.hpp"
#include "ctl/decode_print.hpp"

#include <algorithm>
#include <cstdio>
#include <iostream>

namespace dosario {
namespace {

struct Request {
    std::string to;
    std::vector<std::string> inputs;
    bool from_stdin = false;
    std::string gtin, lot, use_by;
    unsigned piece = 0, total = 0;
    TagWish tag;
};

struct Made {
    std::string text;
    CodeFault fault;
    std::string members{};  ///< more of the JSON object, each with a comma in front
};

Made make_message(const Request& request, const std::string& typed) {
    CodeBuffer buffer;
    const auto input = unescape_code(typed);
    if (!input) return {{}, {CodeError::parse_failed, 0, {}}};
    const Date today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    const bool is_link = is_web_uri(*input);
    const Gs1Message message = is_link ? parse_digital_link(*input, today, buffer) : parse_bracketed(*input, today, buffer);
    if (!message.ok()) return {{}, {message.fault.error, message.fault.offset, {}}};
    if (request.to == "element") return {bracketed(message.elements()), {}};
    if (request.to.empty() || request.to == "scan") return {element_string(message.elements()), {}};
    const auto link = make_digital_link(message.elements());
    if (link) return {*link, {}};
    const auto is_key = [](const Gs1Element& element) { return make_digital_link({&element, 1}).has_value(); };
    const bool has_key = std::ranges::any_of(message.elements(), is_key);
    return {{}, {has_key ? CodeError::dl_not_attribute : CodeError::dl_no_key, 0, {}}};
}

/// A label for printing says all that was asked for, or why it cannot: the daemon's own way out, the bare code, would hide a mistake.
Made make_dose(const Request& request, const std::string& typed) {
    const auto refuse = [](CodeError error) { return Made{{}, {error, 0, {}}}; };
    const auto thing = parse_thing(typed);
    if (!thing) return refuse(CodeError::check_character);
    const bool wants_more = request.piece != 0 || request.total != 0 || !request.lot.empty() || !request.use_by.empty();
    if (request.gtin.empty()) return wants_more ? refuse(CodeError::ai_requisite_missing) : Made{"]d1" + dose_code(*thing), {}};
    DoseContent content{*thing, {}, request.piece, request.total, request.lot, std::nullopt};
    const auto gtin = parse_gtin(request.gtin);
    if (!gtin || is_restricted(*gtin)) return refuse(CodeError::check_digit);
    content.gtin = *gtin;
    if (!request.use_by.empty()) {
        content.use_by = parse_date(request.use_by);
        if (!content.use_by) return refuse(CodeError::bad_date);
    }
    if (content.piece == 0 || content.piece > content.total || content.total > 99) return refuse(CodeError::bad_piece_total);
    const std::string label = dose_label(content);
    return label.starts_with("]d2") ? Made{label, {}} : refuse(CodeError::bad_character);
}

/// For a tag: the memory in hexadecimal, or its URI.
Made make_for_tag(const Request& request, const std::string& typed) {
    const auto input = unescape_code(typed);
    if (!input) return {{}, {CodeError::parse_failed, 0, {}}};
    const TagMade tag = make_tag(*input, request.tag, std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()));
    if (tag.fault.error != CodeError::none) return {{}, tag.fault};
    const std::string& text = request.to == "uri" || tag.epc.empty() ? tag.uri : request.to == "bank" ? tag.bank : tag.epc;
    if (text.empty()) return {{}, {CodeError::unknown_scheme, 0, {}}};  // a + scheme has no URI
    std::string members = tag_members(tag.facts);
    if (!tag.epc.empty()) members += ",\"epc\":" + json_bytes(tag.epc) + ",\"epc_bank\":" + json_bytes(tag.bank);
    return {text, {}, members};
}

/// Makes one and prints it; false when it cannot be.
bool encode_one(const Session& session, const Request& request, const std::string& input, Language language) {
    const Made made = !request.tag.scheme.empty() ? make_for_tag(request, input)
                      : request.to == "dose"      ? make_dose(request, input)
                                                  : make_message(request, input);
    const bool ok = made.fault.error == CodeError::none;
    const std::string words = ok ? std::string{} : fault_words(made.fault, language);
    if (session.json) {
        const std::string line = ok ? "{\"ok\":true,\"code\":" + json_bytes(made.text) + made.members + "}"
                                    : "{\"ok\":false,\"error\":" + json_bytes(code_error_name(made.fault.error)) +
                                          ",\"offset\":" + std::to_string(made.fault.offset) +
                                          ",\"message\":" + json_words(words) + "}";
        std::printf("%s\n", line.c_str());
    } else if (ok) {
        std::printf("%s\n", escape(made.text).c_str());
    } else {
        std::fprintf(stderr, "dosario: %s\n", words.c_str());
    }
    return ok;
}

bool names_patient(const std::string& typed) {
    const auto plain = unescape_code(typed);
    const DecodeMode mode = plain && plain->starts_with("urn:epc:") ? DecodeMode::uri : DecodeMode::automatic;
    return plain && is_about_patient(*plain, {mode, Gs1Profile::lenient, Date{}, false});
}

int run_encode(const Session& session, const Request& request) {
    const auto refuse = [&](const char* what) { return complain(fail(Failure::invalid, what), session.json); };
    const bool is_for_tag = request.to == "epc" || request.to == "bank" || request.to == "uri";
    if (is_for_tag && request.tag.scheme.empty()) return refuse("say which scheme: --scheme sgtin-96, sgtin+, sscc-96, ...");
    if (!request.tag.scheme.empty() && !request.to.empty() && !is_for_tag)
        return refuse("with --scheme only --to epc, bank or uri can be made");
    if (request.from_stdin != request.inputs.empty())
        return refuse("give what is to be encoded as arguments, or --stdin with one a line");
    if (std::ranges::any_of(request.inputs, names_patient)) {
        return refuse(
            "data of a patient are taken by --stdin only: arguments can be seen by every user of this computer; nothing was made");
    }
    const Language language = language_of("");
    bool all = true;
    for (const std::string& input : request.inputs) all = encode_one(session, request, input, language) && all;
    if (request.from_stdin) {
        for (std::string line; std::getline(std::cin, line);) {
            if (line.ends_with('\r')) line.pop_back();
            all = encode_one(session, request, line, language) && all;
        }
    }
    return all ? kDone : kRefused;
}

}  // namespace

void add_encode_verb(CLI::App& app, Session& session, Action& action) {
    auto request = std::make_shared<Request>();
    CLI::App* verb = app.add_subcommand("encode", "the way back from decode: what to print for these AIs, or for a dose");
    verb->add_option(
        "what", request->inputs,
        "AIs in brackets, (01)07791234567898(10)L1, or a Digital Link, for tags also an EPC URI; of a dose its code");
    verb->add_flag("--stdin", request->from_stdin, "the same from standard input, one a line");
    verb->add_option(
            "--to", request->to,
            "scan: as a scanner sends it, GS as \\x1d; element: AIs in brackets; link: Digital Link; dose; with --scheme: epc (hexadecimal), "
            "bank (with the PC word) or uri")
        ->check(CLI::IsMember({"scan", "element", "link", "dose", "epc", "bank", "uri"}));
    verb->add_option(
        "--scheme", request->tag.scheme,
        "of a tag: sgtin-96, sgtin-198, sgtin+, dsgtin+, sscc-96, sscc+, ...; of a URI alone sgtin, sscc, lgtin, ...");
    verb->add_option("--filter", request->tag.filter, "of a tag: 0 to 7, else that of the URI, else 0");
    verb->add_option("--prefix-length", request->tag.prefix_digits,
                     "of a tag: digits of the company prefix, 6 to 12, as GS1 gave it; schemes with + and URIs need none");
    verb->add_flag("--user-memory", request->tag.user_memory, "of a tag: its user memory holds data (a bit of the PC word)");
    verb->add_option("--gtin", request->gtin, "of a dose: the pack it was cut from");
    verb->add_option("--piece", request->piece, "of a dose: which of --total, from 1");
    verb->add_option("--total", request->total, "of a dose: how many were cut together, at most 99");
    verb->add_option("--lot", request->lot, "of a dose: its lot");
    verb->add_option("--use-by", request->use_by, "of a dose: its last day, YYYY-MM-DD");
    verb->callback([&session, &action, request] { action = [&session, request] { return run_encode(session, *request); }; });
}

}  // namespace dosario
