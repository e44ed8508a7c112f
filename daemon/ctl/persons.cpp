// SPDX-License-Identifier: Apache-2.0
// `persons`: who a visit was, and that it be forgotten. A document is read from standard input, never from the command line: other users
// see that, and the shell remembers it.
#include "ctl/hidden_line.hpp"
#include "ctl/verbs.hpp"

#include "crypto/secret_file.hpp"

#include <boost/json.hpp>

#include <cstdio>

namespace dosario {
namespace {

namespace json = boost::json;

struct Wish {
    std::string recipient;
    std::string purpose;
    bool document = false;
    bool forget = false;
};

void print_persons(const json::value& reply, bool forgotten) {
    for (const json::value& line : reply.at("persons").as_array()) {
        std::printf("visit %s", text_of(line, "recipient").c_str());
        if (!forgotten) std::printf("  %s  %s", text_of(line, "kept_on").c_str(), text_of(line, "pseudonym").c_str());
        const std::string number = text_of(line, "number");
        if (!number.empty())
            std::printf("  %s %s %s", text_of(line, "country").c_str(), text_of(line, "id_kind").c_str(), number.c_str());
        std::printf("\n");
    }
    if (reply.at("more").as_bool()) std::printf("these are the latest; there may be more\n");
    std::printf("%s\n", text_of(reply, "message").c_str());
}

int access(Session& session, const Wish& wish) {
    if (wish.document != wish.recipient.empty())
        return complain(fail(Failure::invalid, "say one of the two: a visit's reference, or --document"), session.json);
    json::object request{{"recipient", wish.recipient}, {"purpose", wish.purpose}, {"operator", session.operator_badge}};
    if (wish.document) {
        auto typed = read_hidden_line("Document (it is not shown): ");
        if (!typed) return complain(typed.error(), session.json);
        request["document"] = *typed;
        wipe(*typed);
    }
    json::value reply;
    if (const int code = session.call(wish.forget ? "/v1/persons/forget" : "/v1/persons/open", request, reply); code != kDone)
        return code;
    if (session.json) return print_json(reply), kDone;
    print_persons(reply, wish.forget);
    return kDone;
}

void add_access(CLI::App& verb, Session& session, Action& action, bool forget) {
    auto wish = std::make_shared<Wish>();
    wish->forget = forget;
    verb.add_option("visit", wish->recipient, "its reference of 32 hexadecimal digits, as `history` and `recall` show it");
    verb.add_flag("--document", wish->document, "every visit of the person whose document is typed or piped in");
    verb.add_option("--purpose", wish->purpose,
                    "recall, adverse_event, dispensing_error, persons_own_request or authority_request")
        ->required();
    verb.callback([&session, &action, wish] { action = [&session, wish] { return access(session, *wish); }; });
}

}  // namespace

void add_persons_verbs(CLI::App& app, Session& session, Action& action) {
    CLI::App* persons = app.add_subcommand("persons", "who a visit was, and that it be forgotten; each look is booked");
    persons->require_subcommand(1);
    add_access(*persons->add_subcommand("open", "says who it was, as far as that is kept"), session, action, false);
    add_access(*persons->add_subcommand("forget", "deletes who it was; what was dispensed stays booked"), session, action, true);
}

}  // namespace dosario
