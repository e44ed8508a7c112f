// SPDX-License-Identifier: Apache-2.0
// `doctor`: looks at all that can be wrong with a station and says what to do, with a daemon or without.
#include "ctl/doctor_facts.hpp"
#include "ctl/doctor_scanner.hpp"
#include "ctl/verbs.hpp"
#include "doctor/words.hpp"

#include <boost/json.hpp>

#include <cstdio>
#include <set>

namespace dosario {
namespace {

namespace json = boost::json;

/// A remedy that stands above already is not repeated.
void print_for_people(const Check& check, const Finding& finding, Language language, std::set<std::string>& remedies) {
    const DoctorWords words = words_of(check, finding, language);
    const std::string verdict = doctor_text("verdict/" + std::string{verdict_name(finding.verdict)}, language);
    std::printf("[%s] %s: %s\n", verdict.c_str(), words.title.c_str(), words.found.c_str());
    if (finding.verdict != Verdict::ok && remedies.insert(words.fix).second) std::printf("      -> %s\n", words.fix.c_str());
}

json::object as_json(const Check& check, const Finding& finding, Language language) {
    const DoctorWords words = words_of(check, finding, language);
    return {{"id", check.id},       {"verdict", verdict_name(finding.verdict)},
            {"code", finding.code}, {"title", words.title},
            {"found", words.found}, {"fix", finding.verdict == Verdict::ok ? "" : words.fix}};
}

int examine(Session& session, const DoctorWishes& wishes) {
    const DoctorSight sight = look_around(session, wishes);
    std::vector<Finding> findings;
    for (const Check& check : doctor_checks()) findings.push_back(check.judge(sight.facts));
    const int code = doctor_exit_code(sight.facts, findings);
    json::array checks;
    std::set<std::string> remedies;
    std::array<std::size_t, 4> counts{};
    for (std::size_t i = 0; i < findings.size(); ++i) {
        const Check& check = doctor_checks()[i];
        ++counts[static_cast<std::size_t>(findings[i].verdict)];
        if (session.json) {
            checks.push_back(as_json(check, findings[i], sight.language));
        } else {
            print_for_people(check, findings[i], sight.language, remedies);
        }
    }
    if (session.json) {
        print_json(json::object{{"ok", code == kDone},
                                {"daemon", sight.facts.daemon.socket == SocketState::answers},
                                {"version", sight.facts.tool_version},
                                {"checks", std::move(checks)}});
        return code;
    }
    const auto count = [&](Verdict verdict) { return std::to_string(counts[static_cast<std::size_t>(verdict)]); };
    const std::vector<std::pair<std::string_view, std::string>> words{
        {"fails", count(Verdict::fails)}, {"warnings", count(Verdict::warning)}, {"unknown", count(Verdict::unknown)}};
    const bool all_well = counts[static_cast<std::size_t>(Verdict::ok)] == findings.size();
    std::printf("%s\n", doctor_text(all_well ? "summary/ok" : "summary/counts", sight.language, words).c_str());
    return code;
}

}  // namespace

void add_doctor_verbs(CLI::App& app, Session& session, Action& action) {
    CLI::App* doctor =
        app.add_subcommand("doctor", "what is wrong with this station, and what to do; works without the daemon too");
    doctor->footer(
        "Exit codes: 0 all fine or only warnings, 1 something fails, 2 usage, 3 the daemon does not answer (all else was looked at). "
        "The page doctor.md has every check.");
    auto wishes = std::make_shared<DoctorWishes>();
    doctor->add_option("--config", wishes->config,
                       "the daemon's configuration; else what the daemon says, else /etc/dosario/dosario.toml");
    doctor->add_option("--language", wishes->language, "es, en or pt; else the station's")
        ->check(CLI::IsMember({"es", "en", "pt"}));
    doctor->add_option("--root", wishes->root, "look at the system that is mounted there instead of this one");
    doctor->callback([&session, &action, wishes] {
        if (!action) action = [&session, wishes] { return examine(session, *wishes); };
    });
    add_doctor_scanner_verb(*doctor, session, action, {wishes, &wishes->language});
}

}  // namespace dosario
