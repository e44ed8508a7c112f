// SPDX-License-Identifier: Apache-2.0
// `dosario tag`: the one tag that lies on a pad is read, or gets the code of the thing that it is to be put on.
#include "ctl/hidden_line.hpp"
#include "ctl/verbs.hpp"

#include "base/bytes.hpp"
#include "control/decoding.hpp"
#include "crypto/secret_file.hpp"

#include <boost/json.hpp>

#include <cstdio>

namespace dosario {
namespace {

namespace json = boost::json;

struct TagWords {
    std::string code;
    std::string scheme;
    std::string reader;
    unsigned prefix_length = 0;
    std::string lock;  ///< file of the password; `-`: it is typed
};

/// Never an argument: those can be seen by every user of the computer.
Result<std::string> password_from(const std::string& file) {
    auto text =
        file == "-" ? read_hidden_line("Password of the tag, 8 hexadecimal digits (it is not shown): ") : read_secret(file);
    if (!text) return text;
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r' || text->back() == ' ')) text->pop_back();
    if (text->empty()) return fail(Failure::invalid, "the password is empty: 8 hexadecimal digits are wanted");
    return text;
}

void print_tag(const json::value& reply) {
    std::printf("%s\n", text_of(reply, "message").c_str());
    const std::string old_epc = text_of(reply, "old_epc"), epc = text_of(reply, "epc");
    if (!old_epc.empty() && old_epc != epc) std::printf("EPC before  %s\n", old_epc.c_str());
    if (!epc.empty()) std::printf("EPC         %s\n", epc.c_str());
    if (const std::string code = text_of(reply, "code"); !code.empty()) std::printf("says        %s\n", escape(code).c_str());
    const std::string maker = text_of(reply, "chip_maker"), model = text_of(reply, "chip_model");
    const std::string serial = text_of(reply, "chip_serial");
    if (const std::string tid = text_of(reply, "tid"); !tid.empty())
        std::printf("chip        %s %s%s%s, TID %s\n", maker.empty() ? "of an unknown maker" : maker.c_str(), model.c_str(),
                    serial.empty() ? "" : ", serial ", serial.c_str(), tid.c_str());
}

int ask_for_tag(Session& session, json::object request) {
    json::value reply;
    if (const int code = session.call("/v1/readers/tag", request, reply); code != kDone) return code;
    if (session.json) {
        print_json(reply);
    } else {
        print_tag(reply);
    }
    return reply.at("ok").as_bool() ? kDone : kRefused;
}

int write_tag(Session& session, const TagWords& words) {
    const auto code = unescape(words.code);
    if (!code) return complain(fail(Failure::invalid, "a backslash begins \\xHH or \\\\ only"), session.json);
    const DecodeMode mode = code->starts_with("urn:epc:") ? DecodeMode::uri : DecodeMode::automatic;
    if (is_about_patient(*code, {mode, Gs1Profile::lenient, Date{}, false}))
        return complain(
            fail(Failure::invalid,
                 "a tag for goods holds no data of a patient, and arguments can be seen by every user: nothing was written"),
            session.json);
    json::object request{
        {"reader", words.reader}, {"code", base64(*code)}, {"scheme", words.scheme}, {"prefix_length", words.prefix_length}};
    if (!words.lock.empty()) {
        auto password = password_from(words.lock);
        if (!password) return complain(password.error(), session.json);
        request["password"] = *password;
        wipe(*password);
    }
    return ask_for_tag(session, std::move(request));
}

}  // namespace

void add_tag_verbs(CLI::App& app, Session& session, Action& action) {
    CLI::App* tag = app.add_subcommand("tag", "the one RFID tag that lies on a pad");
    tag->require_subcommand(1);
    auto words = std::make_shared<TagWords>();
    CLI::App* reading = tag->add_subcommand("read", "its EPC, what that says, and its chip");
    reading->add_option("--reader", words->reader, "name or id of the pad; else the only one");
    reading->callback([&session, &action, words] {
        action = [&session, words] { return ask_for_tag(session, {{"reader", words->reader}}); };
    });
    CLI::App* writing = tag->add_subcommand("write", "writes the code of a pack, a dose or a crate on it, and reads it back");
    writing
        ->add_option("CODE", words->code,
                     "what a scanner sends for its label; the code of a dose or an opened pack, DOSARIO.D. or DOSARIO.P.; AIs in "
                     "brackets, a Digital Link, an EPC URI")
        ->required();
    writing->add_option("--scheme", words->scheme,
                        "dsgtin+, sgtin+, itip+, sgtin-96, ...; else the one that says all of the code");
    writing->add_option("--prefix-length", words->prefix_length, "digits of the company prefix, for schemes without +")
        ->check(CLI::Range(6U, 12U));
    writing->add_option("--reader", words->reader, "name or id of the pad; else the only one");
    writing->add_option("--lock", words->lock,
                        "locks it with the password in this file (8 hexadecimal digits, mode 0600); -: it is typed, or piped in");
    writing->callback([&session, &action, words] { action = [&session, words] { return write_tag(session, *words); }; });
}

}  // namespace dosario
