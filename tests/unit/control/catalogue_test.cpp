// SPDX-License-Identifier: Apache-2.0
#include "control/catalogue.hpp"
#include "control/messages.hpp"
#include "support/catch.hpp"

#include <set>
#include <string>

using namespace dosario;

namespace {

constexpr int kWhats = static_cast<int>(What::tray_gone) + 1;

std::set<std::string> placeholders(std::string_view text) {
    std::set<std::string> found;
    for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
        found.insert(std::string{text.substr(open, text.find('}', open) - open + 1)});
    }
    return found;
}

/// A Review in which everything is said.
Review full(What what) {
    Review review;
    review.what = what;
    review.about.product = Product{{7791234567898}, "Invented {5} mg", "tablet", 30, 0, 0};
    review.about.gtin = Gtin{7791234567898};
    review.about.lot = "L{1}";
    review.about.expires_on = review.about.other_on = review.about.beyond_use_on = Date{std::chrono::days{20'000}};
    review.about.rule = BeyondUseRule::product_rule;
    review.about.work_kind = WorkKind::dispensing;
    review.about.suspect_missing_fnc1 = true;
    review.about.clock = ClockState::ahead;
    review.ask = QuestionKind::lot;
    return review;
}

}  // namespace

TEST_CASE("every answer has a sentence in three languages, with and without particulars", "[catalogue]") {
    for (int i = 0; i < kWhats; ++i) {
        const What what = static_cast<What>(i);
        INFO(what_name(what));
        std::set<std::string> texts;
        for (const Language language : {Language::es, Language::en, Language::pt}) {
            Review bare;
            bare.what = what;
            CHECK_FALSE(words_for(bare, language).message.empty());
            const Words words = words_for(full(what), language);
            CHECK_FALSE(words.message.empty());
            CHECK(words.lines.size() == (what == What::code_unclear ? 6 : 5));
            CHECK_FALSE(words.question.empty());
            texts.insert(words.message);
        }
        CHECK(texts.size() == 3);
    }
}

TEST_CASE("names of answers are there once each, and the list ends where this test thinks", "[catalogue]") {
    std::set<std::string_view> names;
    for (int i = 0; i < kWhats; ++i) CHECK(names.insert(what_name(static_cast<What>(i))).second);
    CHECK(names.size() == 47);
    CHECK(what_name(static_cast<What>(kWhats)) == "not_understood");  // the fallback of a value that is none
}

TEST_CASE("the three texts of a row speak of the same things", "[catalogue]") {
    std::set<std::string_view> keys;
    for (const CatalogueRow& row : catalogue()) {
        INFO(row.key);
        CHECK(keys.insert(row.key).second);
        CHECK_FALSE(row.es.empty());
        CHECK_FALSE(row.en.empty());
        CHECK_FALSE(row.pt.empty());
        CHECK(placeholders(row.es) == placeholders(row.en));
        CHECK(placeholders(row.es) == placeholders(row.pt));
    }
}

TEST_CASE("every key of the catalogue is one that an answer can have", "[catalogue]") {
    std::set<std::string> whats;
    for (int i = 0; i < kWhats; ++i) whats.insert(std::string{what_name(static_cast<What>(i))});
    for (const CatalogueRow& row : catalogue()) {
        const std::string key{row.key};
        const std::string head = key.substr(0, key.find('/'));
        INFO(key);
        CHECK((whats.contains(head) || key[0] == '?' || head == "count" || head == "code" || head == "work" || head == "rule" ||
               head == "line" || head == "decode" || head == "reading" || head == "tray" || head == "tag"));
    }
}

TEST_CASE("whatever stands in braces in a sentence or a line is known", "[catalogue]") {
    for (const CatalogueRow& row : catalogue()) {
        const auto slash = row.key.find('/');
        for (int i = 0; i < kWhats; ++i) {
            if (what_name(static_cast<What>(i)) != row.key.substr(0, slash)) continue;
            Review review = full(static_cast<What>(i));
            if (slash != std::string_view::npos) review.about.reason = row.key.substr(slash + 1);
            const Words words = words_for(review, Language::en);
            INFO(row.key << ": " << words.message);
            for (const std::string& name : placeholders(row.en)) CHECK(words.message.find(name) == std::string::npos);
            for (const std::string& line : words.lines) {
                for (const std::string& name : placeholders(line)) CHECK((name == "{5}" || name == "{1}"));
            }
        }
    }
}

TEST_CASE("all questions, kinds of work and rules have words", "[catalogue]") {
    for (const auto kind : {QuestionKind::lot, QuestionKind::which_lot, QuestionKind::units_per_pack, QuestionKind::short_life,
                            QuestionKind::which_work, QuestionKind::reading, QuestionKind::product}) {
        Review review;
        review.ask = kind;
        CHECK_FALSE(words_for(review, Language::pt).question.empty());
    }
    for (const auto kind : {WorkKind::reception, WorkKind::fractioning, WorkKind::verification, WorkKind::dispensing}) {
        Review review;
        review.what = What::work_opened;
        review.about.work_kind = kind;
        CHECK(words_for(review, Language::en).message.size() > 10);
    }
    for (const auto rule : {BeyondUseRule::maker_expiry, BeyondUseRule::days_after_opening, BeyondUseRule::share_of_time_left,
                            BeyondUseRule::product_rule}) {
        Review review = full(What::fractioned);
        review.about.rule = rule;
        CHECK(words_for(review, Language::es).message.find("()") == std::string::npos);
    }
}

TEST_CASE("a product's name with braces is only a name", "[catalogue]") {
    CHECK(words_for(full(What::received), Language::en).message.find("Invented {5} mg, lot L{1}") != std::string::npos);
}

TEST_CASE("one is one, and more are more", "[catalogue]") {
    Review review = full(What::dispensed);
    review.about.reason = "dose";
    review.about.product->name = "Ibuprofeno";
    const auto begins = [&](Language language) {
        const std::string message = words_for(review, language).message;
        return message.substr(0, message.find(", "));
    };
    struct Row {
        const char* unit;
        std::uint64_t units;
        const char* es;
        const char* en;
    };
    for (const Row& row : {Row{"comprimido", 10, "Entregado: dosis de 10 comprimidos", "Dispensed: dose of 10 comprimidos"},
                           Row{"comprimido", 1, "Entregado: dosis de 1 comprimido", "Dispensed: dose of 1 comprimido"},
                           Row{"ml", 10, "Entregado: dosis de 10 ml", "Dispensed: dose of 10 ml"},
                           Row{"tablet", 10, "Entregado: dosis de 10 tablet", "Dispensed: dose of 10 tablets"},
                           Row{"", 10, "Entregado: dosis de 10 unidades", "Dispensed: dose of 10 units"},
                           Row{"", 1, "Entregado: dosis de 1 unidad", "Dispensed: dose of 1 unit"}}) {
        review.about.product->unit = row.unit;
        review.about.units = row.units;
        CHECK(begins(Language::es) == row.es);
        CHECK(begins(Language::en) == row.en);
    }
    review.what = What::verified;
    review.about.doses.resize(1);
    CHECK(words_for(review, Language::en).message == "Verified: 1 dose.");
    review.about.doses.resize(2);
    CHECK(words_for(review, Language::pt).message == "Verificado: 2 doses.");
}

TEST_CASE("one tag is read, and two are", "[catalogue]") {
    Review review;
    review.what = What::tray_seen;
    review.about.strangers = 1;
    const auto said = [&](std::uint64_t tags, Language language) {
        review.about.tags = tags;
        return words_for(review, language).message;
    };
    CHECK(said(1, Language::es) == "En la bandeja se lee 1 etiqueta. Cuéntelas: así se guarda lo que todavía no se guardó.");
    CHECK(said(2, Language::es) == "En la bandeja se leen 2 etiquetas. Cuéntelas: así se guarda lo que todavía no se guardó.");
    CHECK(said(1, Language::en) == "On the tray 1 tag is read. Count them: that saves what is not saved yet.");
    CHECK(said(1, Language::pt) == "Na bandeja é lida 1 etiqueta. Conte-as: assim se salva o que ainda não foi salvo.");
    CHECK(words_for(review, Language::es).lines.front() == "1 no dice qué es: sáquela y escanee su código de barras.");
    review.about.strangers = 2;
    CHECK(words_for(review, Language::pt).lines.front() == "2 não dizem o que são: tire-as e escaneie seus códigos de barras.");
}

TEST_CASE("what is wrong with a code is said in words, of every rule", "[catalogue]") {
    for (int i = 1; i <= static_cast<int>(CodeError::parse_failed); ++i) {
        Review review;
        review.about.fault = CodeFault{static_cast<CodeError>(i), 8, ""};
        const std::string name{code_error_name(review.about.fault->error)};
        INFO(name);
        for (const Language language : {Language::es, Language::en, Language::pt}) {
            const std::string message = words_for(review, language).message;
            CHECK((message.find(name) == std::string::npos ||
                   message.find("--" + name) != std::string::npos));  // an option may be named so
            CHECK(message.find(":  (") == std::string::npos);
            CHECK(message.find(" 8)") != std::string::npos);
        }
    }
}

TEST_CASE("a lot whose expiry is not known stands alone", "[catalogue]") {
    Review review;
    review.about.lot = "Z9";
    CHECK(words_for(review, Language::es).lines == std::vector<std::string>{"Lote Z9"});
}
