// SPDX-License-Identifier: Apache-2.0
// Reports over many days: made by the daemon beside the counter's work.
#include "ctl/verbs.hpp"

#include <boost/json.hpp>

#include <cstdio>

namespace dosario {
namespace {

namespace json = boost::json;

void print_moves(const char* word, const json::value& moves, const std::string& unit) {
    const char* const units = unit.empty() ? "units" : unit.c_str();
    std::string line;
    const auto add = [&](const std::string& part) { line += (line.empty() ? "" : "; ") + part; };
    const auto count = [&](const char* key) { return std::to_string(number(moves, key)); };
    if (number(moves, "received_units") > 0)
        add("received " + count("received_packs") + " packs, " + count("received_units") + " " + units);
    if (number(moves, "dispensed_units") > 0) {
        add("dispensed " + count("dispensed_packs") + " packs and " + count("dispensed_doses") + " doses, " +
            count("dispensed_units") + " " + units);
    }
    if (number(moves, "returned_units") > 0) {
        add("taken back " + count("returned_packs") + " packs and " + count("returned_doses") + " doses, " +
            count("returned_units") + " " + units);
    }
    if (number(moves, "wasted_units") > 0) add("wasted " + count("wasted_units") + " " + units);
    if (!line.empty()) std::printf("  %s%s\n", word, line.c_str());
}

int moves(Session& session, const json::object& request) {
    json::value reply;
    if (const int code = session.call("/v1/report/moves", request, reply); code != kDone) return code;
    if (session.json) return print_json(reply), kDone;
    for (const json::value& line : reply.at("lines").as_array()) {
        std::printf("%s  %s  lot %s\n", text_of(line, "gtin").c_str(), text_of(line, "name").c_str(),
                    text_of(line, "lot").c_str());
        print_moves("", line.at("booked"), text_of(line, "unit"));
        print_moves("undone: ", line.at("undone"), text_of(line, "unit"));
    }
    if (reply.at("lines").as_array().empty()) std::printf("nothing was moved in these days\n");
    if (number(reply, "copy_entries") == 0) {
        std::printf("read from the ledger itself, %llu entries\n", number(reply, "entries"));
    } else {
        std::printf("read from the verified copy of the last backup, %llu entries up to %s, and %llu that came after\n",
                    number(reply, "copy_entries"), second_of(reply, "copy_last_entry_at").c_str(),
                    number(reply, "entries") - number(reply, "copy_entries"));
    }
    return kDone;
}

}  // namespace

void add_report_verbs(CLI::App& app, Session& session, Action& action) {
    CLI::App* report = app.add_subcommand("report", "reports over many days; the counter works on");
    report->require_subcommand(1);
    struct Wanted {
        std::string from, to, gtin;
    };
    auto wanted = std::make_shared<Wanted>();
    CLI::App* moving = report->add_subcommand("moves", "what was received, dispensed, wasted and taken back, by lot");
    moving->add_option("--from", wanted->from, "the first day, YYYY-MM-DD")->required();
    moving->add_option("--to", wanted->to, "the last day")->required();
    moving->add_option("--gtin", wanted->gtin, "one product");
    moving->callback([&session, &action, wanted] {
        action = [&session, wanted] {
            return moves(session, {{"from", wanted->from}, {"to", wanted->to}, {"gtin", wanted->gtin}});
        };
    });
}

}  // namespace dosario
