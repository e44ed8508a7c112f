// SPDX-License-Identifier: Apache-2.0
// Verbs that only look: status, stock, history.
#include "ctl/verbs.hpp"

#include "base/bytes.hpp"

#include <boost/json.hpp>

#include <cstdio>

namespace dosario {
namespace {

namespace json = boost::json;

void print_entry(const json::value& entry) {
    std::printf("  #%-6llu %s  %-17s %-8s %s\n", number(entry, "seq"), second_of(entry, "at").c_str(),
                text_of(entry, "kind").c_str(), text_of(entry, "operator").c_str(), json::serialize(entry.at("body")).c_str());
}

int show_status(Session& session) {
    json::value reply;
    if (const int code = session.call("/v1/status", {}, reply); code != kDone) return code;
    if (session.json) return print_json(reply), kDone;
    std::printf("%s  %s  version %s\n", text_of(reply, "station").c_str(), text_of(reply, "site").c_str(),
                text_of(reply, "version").c_str());
    std::printf("today %s (clock %s), %llu entries, head %llu %s\n", text_of(reply, "today").c_str(),
                text_of(reply, "clock").c_str(), number(reply, "entries"), number(reply, "entries"),
                text_of(reply, "head_code").c_str());
    const std::string who = text_of(reply, "operator");
    std::printf("working: %s%s%s\n", who.empty() ? "nobody said" : who.c_str(),
                reply.at("work").is_null() ? "" : ", open: ", text_of(reply, "work_kind").c_str());
    if (const json::value& uplink = reply.at("uplink"); uplink.is_object()) {
        std::printf("collector %s: %s, %llu entries to send\n", text_of(uplink, "collector").c_str(),
                    text_of(uplink, "state").c_str(), number(uplink, "lag"));
    }
    for (const json::value& warning : reply.at("warnings").as_array()) std::printf("! %s\n", warning.as_string().c_str());
    if (!reply.at("last").as_array().empty()) std::printf("last entries:\n");
    for (const json::value& entry : reply.at("last").as_array()) print_entry(entry);
    return kDone;
}

int show_stock(Session& session, const json::object& request) {
    json::value reply;
    if (const int code = session.call("/v1/stock", request, reply); code != kDone) return code;
    if (session.json) return print_json(reply), kDone;
    if (reply.at("lines").as_array().empty()) std::printf("nothing in stock\n");
    for (const json::value& line : reply.at("lines").as_array()) {
        std::printf(
            "%s  %s  lot %s  expires %s: %llu packs, %llu units in opened packs, %llu doses ready, %llu to verify; %llu %s in all\n",
            text_of(line, "gtin").c_str(), text_of(line, "name").c_str(), text_of(line, "lot").c_str(),
            text_of(line, "expires_on").c_str(), number(line, "packs"), number(line, "opened_units"), number(line, "doses_ready"),
            number(line, "doses_to_verify"), number(line, "units"),
            text_of(line, "unit").empty() ? "units" : text_of(line, "unit").c_str());
    }
    if (reply.at("more").as_bool()) std::printf("there are more: ask with --gtin, --lot or --expires-before\n");
    return kDone;
}

/// `#12 2026-11-21 ANA00001`, empty when nobody did it.
std::string step_of(const json::value& reply, const char* key) {
    const json::value& step = reply.at(key);
    if (!step.is_object()) return "";
    const std::string who = text_of(step, "operator");
    return "#" + std::to_string(number(step, "seq")) + " " + text_of(step, "on") + " " + (who.empty() ? "nobody said who" : who);
}

void print_step(const json::value& reply, const char* key, const char* words) {
    const std::string step = step_of(reply, key);
    if (step.empty()) return;
    const std::string recipient = text_of(reply.at(key), "recipient");
    std::printf("%s: %s%s%s\n", words, step.c_str(), recipient.empty() ? "" : ", for visit ", recipient.c_str());
}

void print_box(const json::value& reply) {
    const std::string serial = text_of(reply, "serial");
    const std::string mother = text_of(reply, "mother");
    const unsigned long long among = number(reply, "box_among");
    if (!mother.empty()) std::printf("cut from box %s\n", mother.c_str());
    if (!serial.empty()) std::printf("the box has serial number %s\n", serial.c_str());
    if (among > 0)
        std::printf("the box has no serial number: it is one of %s%llu packs of this lot that came in by then\n",
                    reply.at("more_receptions").as_bool() ? "at least " : "the ", among);
    for (const json::value& reception : reply.at("receptions").as_array()) {
        const std::string note = text_of(reception, "note");
        const std::string supplier = text_of(reception, "supplier");
        std::printf("received: #%llu %s %s, %llu packs, note %s, supplier %s\n", number(reception, "seq"),
                    text_of(reception, "on").c_str(), text_of(reception, "operator").c_str(), number(reception, "packs"),
                    note.empty() ? "not named" : note.c_str(), supplier.empty() ? "not said" : supplier.c_str());
    }
    if (reply.at("more_receptions").as_bool()) std::printf("and more receptions of this lot\n");
}

void print_sisters(const json::value& reply) {
    const bool of_dose = text_of(reply, "kind") == "dose";
    const json::array& sisters = reply.at("sisters").as_array();
    if (!sisters.empty()) std::printf("%s\n", of_dose ? "other doses of the same box:" : "doses cut from it:");
    for (const json::value& dose : sisters) {
        std::printf("  %s  %s, %s, %llu units, use until %s\n", text_of(dose, "code").c_str(), text_of(dose, "state").c_str(),
                    text_of(dose, "place").c_str(), number(dose, "units"), text_of(dose, "beyond_use_on").c_str());
    }
    if (reply.at("more_sisters").as_bool()) std::printf("  and more\n");
    if (const auto others = number(reply, "doses_of_other_boxes"); others > 0) {
        std::printf("%llu doses of this lot%s\n", others,
                    text_of(reply, "kind") == "lot" ? "" : " in other boxes: `dosario history GTIN/LOT`");
    }
}

int show_history(Session& session, const std::string& typed) {
    const auto id = unescape(typed);
    if (!id) return complain(fail(Failure::invalid, "a backslash begins \\xHH or \\\\ only"), session.json);
    json::value reply;
    if (const int code = session.call("/v1/history", {{"id", *id}}, reply); code != kDone) return code;
    if (session.json) return print_json(reply), kDone;
    std::printf("%s %s: %s %s, lot %s, expires %s\n", text_of(reply, "kind").c_str(), text_of(reply, "id").c_str(),
                text_of(reply, "gtin").c_str(), text_of(reply, "name").c_str(), text_of(reply, "lot").c_str(),
                text_of(reply, "expires_on").c_str());
    if (const std::string recall = text_of(reply, "recall"); !recall.empty()) std::printf("RECALLED: %s\n", recall.c_str());
    if (const std::string until = text_of(reply, "beyond_use_on"); !until.empty()) std::printf("use until %s\n", until.c_str());
    if (const std::string state = text_of(reply, "state"); !state.empty()) {
        const std::string place = text_of(reply, "place");
        std::printf("state: %s%s%s\n", state.c_str(), place.empty() ? "" : ", ", place.c_str());
    }
    print_box(reply);
    print_step(reply, "fractioned", "fractioned");
    print_step(reply, "verified", "verified");
    print_step(reply, "dispensed", "dispensed");
    print_step(reply, "returned", "came back");
    print_sisters(reply);
    std::printf("entries:\n");
    for (const json::value& entry : reply.at("entries").as_array()) print_entry(entry);
    if (reply.at("more").as_bool()) std::printf("  these are the first 1000: `dosario ledger log` has all\n");
    return kDone;
}

}  // namespace

void add_looking_verbs(CLI::App& app, Session& session, Action& action) {
    app.add_subcommand("status", "how the station is")->callback([&session, &action] {
        action = [&session] { return show_status(session); };
    });

    struct Filter {
        std::string gtin, lot, expires_before;
    };
    auto filter = std::make_shared<Filter>();
    CLI::App* stock = app.add_subcommand("stock", "what is in the house, by lot, earliest expiry first");
    stock->add_option("--gtin", filter->gtin, "one product");
    stock->add_option("--lot", filter->lot, "one lot");
    stock->add_option("--expires-before", filter->expires_before, "YYYY-MM-DD");
    stock->callback([&session, &action, filter] {
        action = [&session, filter] {
            return show_stock(session,
                              {{"gtin", filter->gtin}, {"lot", filter->lot}, {"expires_before", filter->expires_before}});
        };
    });

    auto id = std::make_shared<std::string>();
    CLI::App* history = app.add_subcommand("history", "everything that happened to a dose, a pack or a lot");
    history->add_option("id", *id, "dose or pack code, GTIN/LOT, or the code of a pack")->required();
    history->callback([&session, &action, id] { action = [&session, id] { return show_history(session, *id); }; });
}

}  // namespace dosario
