// SPDX-License-Identifier: Apache-2.0
#include "doctor/words.hpp"
#include "support/catch.hpp"
#include "support/healthy.hpp"

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

using namespace dosario;

namespace {

std::vector<CatalogueRow> all_rows() {
    std::vector<CatalogueRow> rows;
    for (const auto& part : {doctor_catalogue(), doctor_catalogue_ledger(), scanner_catalogue()})
        rows.insert(rows.end(), part.begin(), part.end());
    return rows;
}

std::set<std::string> names_in_braces(std::string_view text) {
    std::set<std::string> found;
    for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1))
        found.insert(std::string{text.substr(open + 1, text.find('}', open) - open - 1)});
    return found;
}

/// What a pattern finds in the sources of the judges.
std::set<std::string> found_in_judges(const std::regex& pattern) {
    std::set<std::string> found;
    for (const char* name :
         {"judge_machine", "judge_readers", "judge_disk", "judge_ledger", "judge_far", "checks", "scanner_judges"}) {
        std::ifstream file{std::string{DOSARIO_SOURCE_DIR} + "/daemon/doctor/" + name + ".cpp"};
        std::stringstream text;
        text << file.rdbuf();
        const std::string source = text.str();
        for (auto at = std::sregex_iterator{source.begin(), source.end(), pattern}; at != std::sregex_iterator{}; ++at) {
            found.insert((*at)[1]);
            if (at->size() > 2 && (*at)[2].matched) found.insert((*at)[2]);
        }
    }
    return found;
}

}  // namespace

TEST_CASE("doctor's rows are there once, in three languages, and speak of the same things", "[doctor]") {
    std::set<std::string_view> keys;
    for (const CatalogueRow& row : all_rows()) {
        INFO(row.key);
        CHECK(keys.insert(row.key).second);
        CHECK_FALSE(row.es.empty());
        CHECK_FALSE(row.en.empty());
        CHECK_FALSE(row.pt.empty());
        CHECK(names_in_braces(row.es) == names_in_braces(row.en));
        CHECK(names_in_braces(row.es) == names_in_braces(row.pt));
    }
}

TEST_CASE("every check has a title, and every row that is not fine says what to do", "[doctor]") {
    std::set<std::string> keys;
    for (const CatalogueRow& row : all_rows()) keys.insert(std::string{row.key});
    for (const Check& check : doctor_checks()) CHECK(keys.contains(std::string{check.id}));
    for (const std::string& key : keys) {
        INFO(key);
        if (key.ends_with('!')) CHECK(keys.contains(key.substr(0, key.size() - 1)));
    }
    for (const char* code : {"no_daemon", "not_permitted", "not_here", "not_answered"})
        CHECK(keys.contains(std::string{"blind/"} + code + "!"));
}

TEST_CASE("every code of a judge has its sentence, and every sentence its code", "[doctor]") {
    // `{Verdict::fails, "missing"`, and the two codes of a condition in its place.
    const auto codes =
        found_in_judges(std::regex{R"re(Verdict::\w+[^"{;]*?,\s*(?:[^"{};]*\? )?"([a-z_0-9]+)"(?: : "([a-z_0-9]+)")?)re"});
    const auto words = found_in_judges(std::regex{R"re("([a-z_0-9]+)")re"});
    CHECK(codes.size() > 80);
    std::set<std::string> written;
    for (const CatalogueRow& row : all_rows()) {
        const auto slash = row.key.find('/');
        const std::string kind{row.key.substr(0, slash)};
        if (slash == std::string_view::npos || std::set<std::string>{"verdict", "summary", "ask", "way", "sheet"}.contains(kind))
            continue;
        std::string code{row.key.substr(slash + 1)};
        if (code.ends_with('!')) code.pop_back();
        INFO(row.key);
        CHECK(words.contains(code));
        written.insert(code);
    }
    for (const std::string& code : codes) {
        INFO(code);
        CHECK(written.contains(code));
    }
}

TEST_CASE("whatever is found is said whole, in each language, and what is wrong has a remedy", "[doctor]") {
    // Facts of many kinds: each check is judged with each of them.
    std::vector<Facts> kinds{test::healthy(), Facts{}};
    Facts broken = test::healthy();
    broken.daemon.socket = SocketState::not_there;
    broken.daemon.processes.clear();
    broken.unit = UnitFacts{};
    broken.config = ConfigFacts{"x.toml", true, {"x.toml:1:1: wrong {here}"}};
    broken.rule.state = RuleState::missing;
    broken.readers = std::vector<ReaderSeen>{{"a:b", "", "failed", "another program holds it"}};
    FolderFacts folder = *broken.folder;
    folder.writable = false;
    folder.free_bytes = 0;
    folder.sync_us = {600'000};
    folder.filesystem = "nfs";
    broken.folder = folder;
    broken.ledger = LedgerFacts{"page 1", "page 1", {}, true};
    broken.backup = BackupFacts{{{"/a", false, {}, ""}}, true, ""};
    broken.certificates = std::vector<CertificateFacts>{{"station.pem", "No such file", {}, true, false}};
    broken.persons = PersonFacts{true, true, false, false, ""};
    broken.memory = MemoryFacts{1, 2};
    kinds.push_back(broken);
    broken.daemon.socket = SocketState::answers;
    broken.daemon.version = "0";
    kinds.push_back(broken);
    std::set<std::string> told;
    for (const Facts& facts : kinds) {
        for (const Check& check : doctor_checks()) {
            const Finding finding = check.judge(facts);
            INFO(check.id << " " << finding.code);
            std::set<std::string> languages;
            for (const Language language : {Language::es, Language::en, Language::pt}) {
                const DoctorWords words = words_of(check, finding, language);
                CHECK_FALSE(words.title.empty());
                CHECK_FALSE(words.found.empty());
                CHECK(words.fix.empty() == (finding.verdict == Verdict::ok));
                for (const std::string& name : names_in_braces(words.found + words.fix)) CHECK(name == "here");
                languages.insert(words.title + words.found + words.fix);
            }
            told.insert(std::string{check.id} + " " + std::string{finding.code});
        }
    }
    CHECK(told.size() > 55);
}
