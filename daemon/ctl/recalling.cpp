// SPDX-License-Identifier: Apache-2.0
// `recall`: blocks a lot or a product, and says where it is and who has it.
#include "ctl/verbs.hpp"

#include <boost/json.hpp>

#include <cstdio>

namespace dosario {
namespace {

namespace json = boost::json;

void print_list(const json::value& reply) {
    const json::array& recalls = reply.at("recalls").as_array();
    if (recalls.empty()) std::printf("nothing is recalled\n");
    for (const json::value& recall : recalls) {
        const std::string lot = text_of(recall, "lot");
        std::printf("%s  %s  %s: %s (#%llu)\n", text_of(recall, "gtin").c_str(), text_of(recall, "name").c_str(),
                    lot.empty() ? "every lot" : ("lot " + lot).c_str(), text_of(recall, "reference").c_str(),
                    number(recall, "seq"));
    }
}

void print_touched(const json::value& reply) {
    if (reply.at("lots").as_array().empty()) std::printf("nothing of it was ever received here\n");
    for (const json::value& lot : reply.at("lots").as_array()) {
        std::printf("lot %s, expires %s\n", text_of(lot, "lot").c_str(), text_of(lot, "expires_on").c_str());
        std::printf("  on the shelf: %llu packs, %llu opened (%llu units), %llu doses ready, %llu to verify\n",
                    number(lot, "packs_on_shelf"), number(lot, "opened_packs"), number(lot, "opened_units"),
                    number(lot, "doses_ready"), number(lot, "doses_to_verify"));
        std::printf("  in quarantine: %llu packs, %llu doses\n", number(lot, "packs_in_quarantine"),
                    number(lot, "doses_in_quarantine"));
        std::printf("  OUT: %llu packs, %llu doses\n", number(lot, "packs_out"), number(lot, "doses_out"));
    }
    for (const json::value& thing : reply.at("things").as_array()) {
        const std::string recipient = text_of(thing, "recipient");
        const std::string code = text_of(thing, "code");
        std::printf("  %s %s  lot %s  %s", text_of(thing, "what").c_str(),
                    code.empty() ? (std::to_string(number(thing, "packs")) + " without serial number").c_str() : code.c_str(),
                    text_of(thing, "lot").c_str(), text_of(thing, "state").c_str());
        if (number(thing, "seq") > 0)
            std::printf("  left #%llu %s for visit %s", number(thing, "seq"), text_of(thing, "on").c_str(), recipient.c_str());
        std::printf("\n");
    }
    if (reply.at("more").as_bool()) std::printf("  and more: ask lot by lot, or by a snapshot\n");
}

struct RecallWish {
    std::string what;
    std::string reference;
    bool lift = false;
};

int recall(Session& session, const RecallWish& wish) {
    const auto slash = wish.what.find('/');
    const std::string lot = slash == std::string::npos ? "" : wish.what.substr(slash + 1);
    if (slash != std::string::npos && lot.empty())
        return complain(
            fail(Failure::invalid, "a lot is wanted behind the slash; for every lot of the product give the GTIN alone"),
            session.json);
    json::value reply;
    const json::object request{{"gtin", wish.what.substr(0, slash)},
                               {"lot", lot},
                               {"reference", wish.reference},
                               {"lift", wish.lift},
                               {"operator", session.operator_badge}};
    if (const int code = session.call("/v1/recall", request, reply); code != kDone) return code;
    if (session.json) return print_json(reply), kDone;
    if (wish.what.empty()) return print_list(reply), kDone;
    std::printf("%s\n", text_of(reply, "message").c_str());
    print_touched(reply);
    return kDone;
}

}  // namespace

void add_recall_verb(CLI::App& app, Session& session, Action& action) {
    auto wish = std::make_shared<RecallWish>();
    CLI::App* verb = app.add_subcommand("recall", "blocks a lot or a product and says where it is; alone: what is recalled");
    verb->add_option("what", wish->what, "GTIN/LOT, or a GTIN for every lot");
    verb->add_option("--reference", wish->reference, "of the alert or disposition that says so, at most 60 characters");
    verb->add_flag("--lift", wish->lift, "the recall ends");
    verb->callback([&session, &action, wish] { action = [&session, wish] { return recall(session, *wish); }; });
}

}  // namespace dosario
