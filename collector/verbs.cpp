// SPDX-License-Identifier: Apache-2.0
#include "collector/verbs.hpp"

#include "collector/api.hpp"
#include "collector/pki.hpp"
#include "collector/verify.hpp"
#include "crypto/openssl.hpp"
#include "http/client.hpp"
#include "http/json.hpp"
#include "system/system_clock.hpp"

#include <boost/json.hpp>

#include <unistd.h>

#include <cstdio>

namespace dosario {
namespace {

namespace json = boost::json;

enum ExitCode : int { kDone = 0, kRefused = 1, kUsage = 2, kNoCollector = 3 };

}  // namespace

int complain(const Error& error, bool as_json) {
    if (as_json)
        std::printf("%s\n", error_reply(error).body.c_str());
    else
        std::fprintf(stderr, "dosario-collector: %s\n", error.message.c_str());
    return error.failure == Failure::unavailable ? kNoCollector : error.failure == Failure::invalid ? kUsage : kRefused;
}

namespace {

/// What no collector is needed for: its store can be read when nobody has it open. Its status is not in the store.
ApiReply ask_store(const std::string& directory, std::string_view path, const std::string& body) {
    const auto nobody = error_reply(fail(Failure::unavailable, "no collector runs in " + directory));
    if (path == "/v1/status") return nobody;
    auto store = SqliteStore::open(directory, false);
    if (!store) return error_reply(store.error());
    for (const CollectorCall& call : collector_calls()) {
        if (call.path == path) return call.answer(**store, body);
    }
    if (path == "/v1/verify") {
        const auto digest = make_digest();
        StoreVerifier verifier{(*store)->database(), *digest};
        for (;;) {
            const auto more = verifier.step(5000);
            if (!more) return error_reply(more.error());
            if (!*more) return {200, to_json(verifier.report())};
        }
    }
    if (path == "/v1/rebuild") {
        if (auto forgotten = (*store)->forget_projections(); !forgotten) return error_reply(forgotten.error());
        v1::CollectorRebuildReply done;
        const auto entries = (*store)->database().number("SELECT count(*) FROM event");
        done.set_entries(entries ? static_cast<std::uint64_t>(*entries) : 0);
        for (;;) {
            const auto more = (*store)->project(5000);
            if (!more) return error_reply(more.error());
            if (!*more) return {200, to_json(done)};
        }
    }
    return nobody;
}

/// Asks the collector that runs; without one, the store itself. Prints a failure and returns its exit code.
int ask(const CollectorPlace& place, const char* path, const json::object& request, json::value& answer) {
    std::string socket = place.socket;
    if (socket.empty())
        socket = place.directory.empty() ? "/run/dosario-collector/collector.sock" : place.directory + "/collector.sock";
    ApiReply reply;
    auto client = Client::connect(socket);
    if (client) {
        auto answered = (*client)->call(path, json::serialize(request));
        if (!answered) return complain(answered.error(), place.json);
        reply = {answered->status, answered->body};
    } else if (!place.directory.empty()) {
        reply = ask_store(place.directory, path, json::serialize(request));
    } else {
        return complain(fail(Failure::unavailable,
                             "no collector answers at " + socket + ": is it running? --data DIR says where its directory is"),
                        place.json);
    }
    boost::system::error_code broken;
    answer = json::parse(reply.body, broken);
    if (!broken && reply.status == 200) return kDone;
    std::string message = "the collector answered what is not understood";
    std::string failure;
    if (!broken && answer.is_object()) {
        if (const auto* text = answer.as_object().if_contains("message"); text != nullptr && text->is_string())
            message = text->as_string();
        if (const auto* text = answer.as_object().if_contains("error"); text != nullptr && text->is_string())
            failure = text->as_string();
    }
    if (place.json)
        std::printf("%s\n", reply.body.c_str());
    else
        std::fprintf(stderr, "dosario-collector: %s\n", message.c_str());
    return failure == "unavailable" ? kNoCollector : failure == "invalid" ? kUsage : kRefused;
}

void print(const json::value& value) { std::printf("%s\n", json::serialize(value).c_str()); }

std::string text(const json::value& object, const char* key) {
    const auto* found = object.as_object().if_contains(key);
    return found != nullptr && found->is_string() ? std::string{found->as_string()} : std::string{};
}

long long number(const json::value& object, const char* key) {
    const auto* found = object.as_object().if_contains(key);
    if (found == nullptr) return 0;
    if (found->is_uint64()) return static_cast<long long>(found->as_uint64());
    return found->is_int64() ? found->as_int64() : 0;
}

const json::array& list(const json::value& object, const char* key) { return object.as_object().at(key).as_array(); }

void say_lag(const json::value& answer) {
    if (const auto lag = number(answer, "lag"); lag > 0)
        std::printf("(%lld entries came in and are not counted here yet)\n", lag);
}

void print_stock_line(const json::value& line) {
    std::printf(
        "%-20s %s  %-34s lot %-16s expires %s  %lld packs, %lld units in opened packs, doses: %lld to verify, %lld ready, %lld out",
        text(line, "station").c_str(), text(line, "gtin").c_str(), text(line, "name").c_str(), text(line, "lot").c_str(),
        text(line, "expires_on").c_str(), number(line, "packs"), number(line, "opened_units"), number(line, "doses_to_verify"),
        number(line, "doses_ready"), number(line, "doses_out"));
    if (number(line, "packs_out") > 0) std::printf(", packs: %lld out", number(line, "packs_out"));
    std::printf("\n");
}

void print_stock(const json::value& answer) {
    for (const auto& line : list(answer, "lines")) print_stock_line(line);
    if (list(answer, "lines").empty()) std::printf("no pharmacy has reported any of it\n");
}

void print_stations(const json::value& answer) {
    for (const auto& line : list(answer, "stations")) {
        std::printf("%-20s %s  %s  last seen %s", text(line, "station").c_str(), text(line, "ledger").c_str(),
                    line.at("connected").as_bool() ? "connected   " : "disconnected", text(line, "last_seen").c_str());
        if (number(line, "lag") > 0) std::printf("  %lld entries not counted yet", number(line, "lag"));
        if (number(line, "quarantined") > 0) std::printf("  %lld in quarantine", number(line, "quarantined"));
        std::printf("\n");
        for (const auto& warning : list(line, "warnings")) std::printf("    ! %s\n", warning.as_string().c_str());
        for (const auto& branch : list(line, "branches"))
            std::printf("    branch %s up to entry %lld  %.16s\n", text(branch, "branch").c_str(), number(branch, "seq"),
                        text(branch, "hash").c_str());
    }
}

void print_lot(const json::value& answer) {
    print_stock(answer);
    for (const auto& dose : list(answer, "doses")) {
        std::printf("    %-24s %-20s %-10s %lld units, use before %s", text(dose, "dose").c_str(), text(dose, "station").c_str(),
                    text(dose, "state").c_str(), number(dose, "units"), text(dose, "beyond_use_on").c_str());
        if (!text(dose, "dispensed_on").empty()) std::printf(", dispensed %s", text(dose, "dispensed_on").c_str());
        std::printf("\n");
    }
    say_lag(answer);
}

void print_log_entry(const json::value& entry) {
    std::printf("%8lld  %-16s %6lld  %s  %-18s %s\n", number(entry, "n"), text(entry, "station").c_str(), number(entry, "seq"),
                text(entry, "corrected_at").c_str(), text(entry, "kind").c_str(), json::serialize(entry.at("body")).c_str());
}

int show_log(const CollectorPlace& place, const std::string& station) {
    std::uint64_t after = 0;
    for (;;) {
        json::value answer;
        if (const int code = ask(place, "/v1/log", {{"station", station}, {"after", after}, {"limit", 1000}}, answer);
            code != kDone)
            return code;
        const auto& entries = list(answer, "entries");
        for (const auto& entry : entries) place.json ? print(entry) : print_log_entry(entry);
        if (entries.empty()) return kDone;
        after = static_cast<std::uint64_t>(number(entries.back(), "n"));
    }
}

int verify(const CollectorPlace& place) {
    json::value answer;
    if (const int code = ask(place, "/v1/verify", {}, answer); code != kDone) return code;
    const bool ok = answer.at("ok").as_bool();
    if (place.json) {
        print(answer);
    } else {
        for (const auto& fault : list(answer, "faults"))
            std::printf("%s branch %s entry %lld: %s\n", text(fault, "station").c_str(), text(fault, "branch").c_str(),
                        number(fault, "seq"), text(fault, "what").c_str());
        std::printf("%s: %lld entries in %lld branches\n", ok ? "all is as it was sent" : "DAMAGED", number(answer, "entries"),
                    number(answer, "branches"));
    }
    return ok ? kDone : kRefused;
}

}  // namespace

void add_looking_verbs(CLI::App& app, CollectorPlace& place, CollectorAction& action) {
    const auto verb = [&](const char* name, const char* what) {
        CLI::App* sub = app.add_subcommand(name, what);
        sub->fallthrough();
        sub->add_flag("--json", place.json, "answers as JSON");
        return sub;
    };
    verb("stations", "every station and ledger, how far it is here, and when it was last seen")->callback([&] {
        action = [&place] {
            json::value answer;
            if (const int code = ask(place, "/v1/stations", {}, answer); code != kDone) return code;
            if (!place.json) return print_stations(answer), kDone + 0;
            for (const auto& line : list(answer, "stations")) print(line);
            return kDone + 0;
        };
    });
    struct Wanted {
        std::string station, gtin, lot, before;
    };
    const auto wanted = std::make_shared<Wanted>();
    CLI::App* stock = verb("stock", "what every pharmacy has, by product and lot");
    stock->add_option("--station", wanted->station, "only that station");
    stock->add_option("--gtin", wanted->gtin, "only that product");
    stock->add_option("--lot", wanted->lot, "only that lot");
    stock->add_option("--expires-before", wanted->before, "only what expires before that day, YYYY-MM-DD");
    stock->callback([&place, &action, wanted] {
        action = [&place, wanted] {
            json::value answer;
            const json::object request{{"station", wanted->station},
                                       {"gtin", wanted->gtin},
                                       {"lot", wanted->lot},
                                       {"expires_before", wanted->before},
                                       {"limit", 10000}};
            if (const int code = ask(place, "/v1/stock", request, answer); code != kDone) return code;
            if (place.json) return print(answer), kDone + 0;
            print_stock(answer);
            if (answer.at("more").as_bool()) std::printf("(and more: narrow it by --station, --gtin, --lot, --expires-before)\n");
            say_lag(answer);
            return kDone + 0;
        };
    });
    CLI::App* lot = verb("lot", "where a lot is, and every dose that was cut from it");
    lot->add_option("lot", wanted->lot, "the lot")->required();
    lot->add_option("--gtin", wanted->gtin, "of that product only");
    lot->callback([&place, &action, wanted] {
        action = [&place, wanted] {
            json::value answer;
            if (const int code = ask(place, "/v1/lot", {{"lot", wanted->lot}, {"gtin", wanted->gtin}}, answer); code != kDone)
                return code;
            if (place.json)
                print(answer);
            else
                print_lot(answer);
            return kDone + 0;
        };
    });
    verb("quarantine", "entries that were set aside, and why")->callback([&] {
        action = [&place] {
            json::value answer;
            if (const int code = ask(place, "/v1/quarantine", {{"limit", 10000}}, answer); code != kDone) return code;
            if (place.json) return print(answer), kDone + 0;
            for (const auto& line : list(answer, "lines"))
                std::printf("%-20s entry %6lld  %-18s %s\n", text(line, "station").c_str(), number(line, "seq"),
                            text(line, "kind").c_str(), text(line, "why").c_str());
            if (list(answer, "lines").empty()) std::printf("nothing is set aside\n");
            return kDone + 0;
        };
    });
    CLI::App* log = verb("log", "every entry in the order it came in, with the time by the collector's clock");
    log->add_option("--station", wanted->station, "only that station");
    log->callback([&place, &action, wanted] { action = [&place, wanted] { return show_log(place, wanted->station); }; });
    verb("status", "how the collector is")->callback([&] {
        action = [&place] {
            json::value answer;
            if (const int code = ask(place, "/v1/status", {}, answer); code != kDone) return code;
            if (place.json) return print(answer), kDone + 0;
            std::printf("collector %s %s: %lld stations connected, %lld entries, %lld not counted yet, %lld in quarantine\n",
                        text(answer, "collector").c_str(), text(answer, "version").c_str(), number(answer, "connected"),
                        number(answer, "entries"), number(answer, "lag"), number(answer, "quarantined"));
            for (const auto& warning : list(answer, "warnings")) std::printf("%s\n", std::string{warning.as_string()}.c_str());
            return kDone + 0;
        };
    });
    verb("verify", "prove that every chain is whole")->callback([&] { action = [&place] { return verify(place); }; });
    verb("rebuild", "derive stock and doses again from the first entry")->callback([&] {
        action = [&place] {
            json::value answer;
            if (const int code = ask(place, "/v1/rebuild", {}, answer); code != kDone) return code;
            if (place.json)
                print(answer);
            else
                std::printf("derived again from %lld entries\n", number(answer, "entries"));
            return kDone + 0;
        };
    });
}

void add_pki_verbs(CLI::App& app, CollectorPlace& place, CollectorAction& action) {
    CLI::App* pki = app.add_subcommand("pki", "certificates by which stations and the collector know each other");
    pki->require_subcommand(1);
    pki->fallthrough();
    struct Wanted {
        std::string name = "collector", station;
        bool again = false;
        int days = 365;
    };
    const auto wanted = std::make_shared<Wanted>();
    const auto directory_or = [&place] {
        if (!place.directory.empty()) return true;
        complain(fail(Failure::invalid, "--data DIR is wanted: the collector's directory"), place.json);
        return false;
    };
    CLI::App* init = pki->add_subcommand("init", "make the authority, and the collector's own certificate");
    init->fallthrough();
    init->add_option("--name", wanted->name, "of the collector; stations expect it (default: collector)");
    init->callback([&place, &action, wanted, directory_or] {
        action = [&place, wanted, directory_or] {
            if (!directory_or()) return kUsage + 0;
            const auto clock = make_system_clock();
            if (auto made = init_pki(place.directory, wanted->name, clock->wall()); !made)
                return complain(made.error(), place.json);
            const PkiPaths paths = pki_paths(place.directory);
            std::printf("made %s (keep a copy of it under lock), %s and %s\n", paths.authority.c_str(), paths.ca.c_str(),
                        paths.collector.c_str());
            return kDone + 0;
        };
    });
    CLI::App* renew = pki->add_subcommand(
        "renew", "make the collector's own certificate anew; it does so itself while the authority is at hand");
    renew->fallthrough();
    renew->callback([&place, &action, directory_or] {
        action = [&place, directory_or] {
            if (!directory_or()) return kUsage + 0;
            const auto until = renew_collector(place.directory, make_system_clock()->wall());
            if (!until) return complain(until.error(), place.json);
            std::printf("made %s, valid until %s; a collector that runs reads it at SIGHUP\n",
                        pki_paths(place.directory).collector.c_str(), format_utc(*until).c_str());
            return kDone + 0;
        };
    });
    CLI::App* issue = pki->add_subcommand("issue", "make a station's certificate and key");
    issue->fallthrough();
    issue->add_option("name", wanted->station, "of the station: 1 to 64 of a-z 0-9 . _ -")->required();
    issue->add_flag("--again", wanted->again, "although it has one: the old one stays valid until it expires");
    issue->add_option("--days", wanted->days, "how long it is valid")->check(CLI::Range(1, 3650));
    issue->callback([&place, &action, wanted, directory_or] {
        action = [&place, wanted, directory_or] {
            if (!directory_or()) return kUsage + 0;
            const auto clock = make_system_clock();
            const auto path = issue_station(place.directory, wanted->station, wanted->again, clock->wall(),
                                            std::chrono::hours{24} * wanted->days);
            if (!path) return complain(path.error(), place.json);
            std::printf("%s\nGive the station this file and %s, and nobody else the first.\n", path->c_str(),
                        pki_paths(place.directory).ca.c_str());
            return kDone + 0;
        };
    });
}

}  // namespace dosario
