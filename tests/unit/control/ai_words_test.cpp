// SPDX-License-Identifier: Apache-2.0
#include "control/ai_words.hpp"

#include "control/catalogue.hpp"
#include "identity/gs1_ai_table.hpp"
#include "support/catch.hpp"

#include <cstdio>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace dosario;
using namespace std::chrono;

namespace {

constexpr Language kLanguages[] = {Language::es, Language::en, Language::pt};
constexpr Date kToday = sys_days{year{2026} / 11 / 21};

std::string es(std::string_view ai, std::string_view value) { return ai_meaning(ai, value, kToday, Language::es); }
std::string en(std::string_view ai, std::string_view value) { return ai_meaning(ai, value, kToday, Language::en); }
std::string pt(std::string_view ai, std::string_view value) { return ai_meaning(ai, value, kToday, Language::pt); }

/// 00 to 99, 000 to 999, 0000 to 9999.
std::vector<std::string> all_numbers() {
    std::vector<std::string> all;
    int end = 100;
    for (int width = 2; width <= 4; ++width, end *= 10) {
        for (int number = 0; number < end; ++number) {
            char text[16];
            std::snprintf(text, sizeof text, "%0*d", width, number);
            all.emplace_back(text);
        }
    }
    return all;
}

std::vector<std::string> all_ais() {
    std::vector<std::string> ais = all_numbers();
    std::erase_if(ais, [](const std::string& ai) { return gs1_find_ai(ai) == nullptr; });
    return ais;
}

std::string in_brackets(std::string_view title) {
    const std::size_t open = title.rfind('(');
    return open == std::string_view::npos ? "" : std::string{title.substr(open)};
}

std::set<std::string> placeholders(std::string_view text) {
    std::set<std::string> found;
    for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
        found.insert(std::string{text.substr(open, text.find('}', open) - open + 1)});
    }
    return found;
}

}  // namespace

TEST_CASE("what is an AI has a title in three languages, and nothing else has one", "[ai_words]") {
    std::size_t ais = 0;
    for (const std::string& ai : all_numbers()) {
        const bool exists = gs1_find_ai(ai) != nullptr;
        ais += exists ? 1 : 0;
        for (const Language language : kLanguages) {
            if (ai_title(ai, language).empty() == exists) FAIL_CHECK(ai << (exists ? " has no title" : " is no AI"));
        }
    }
    CHECK(ais > 500);
    for (const char* odd : {"", "1", "01000", "3100-3105", "91-99", "9x", "310\xff", "word", "word/yes", "ab"}) {
        INFO(odd);
        CHECK(ai_title(odd, Language::es).empty());
        CHECK(es(odd, "000001").empty());
    }
}

TEST_CASE("titles are words of the field", "[ai_words]") {
    CHECK(ai_title("17", Language::es) == "Vencimiento");
    CHECK(ai_title("17", Language::en) == "Expiry");
    CHECK(ai_title("17", Language::pt) == "Validade");
    CHECK(ai_title("10", Language::es) == "Lote");
    CHECK(ai_title("21", Language::pt) == "Número de série");
    CHECK(ai_title("3103", Language::es) == "Peso neto (kg)");
    CHECK(ai_title("3224", Language::en) == "Length in feet (ft)");
    CHECK(ai_title("713", Language::pt) == "Número nacional de saúde: Brasil (registro na Anvisa)");
    CHECK(ai_title("95", Language::es) == ai_title("91", Language::es));
    CHECK(ai_title("90", Language::es) != ai_title("91", Language::es));
}

TEST_CASE("each row is there once, says the same in three languages, and only the words have places to fill", "[ai_words]") {
    std::set<std::string_view> keys;
    std::string_view before;
    for (const CatalogueRow& row : ai_catalogue()) {
        INFO(row.key);
        CHECK(keys.insert(row.key).second);
        CHECK((before < row.key || row.key.starts_with("word/")));
        before = row.key;
        CHECK_FALSE(row.es.empty());
        CHECK_FALSE(row.en.empty());
        CHECK_FALSE(row.pt.empty());
        CHECK(placeholders(row.es) == placeholders(row.en));
        CHECK(placeholders(row.es) == placeholders(row.pt));
        if (!row.key.starts_with("word/")) CHECK(placeholders(row.es).empty());
    }
}

TEST_CASE("titles that are taken for one another are told apart", "[ai_words]") {
    std::set<std::string_view> titles[3];
    for (const CatalogueRow& row : ai_catalogue()) {
        INFO(row.key);
        CHECK(titles[0].insert(row.es).second);
        CHECK(titles[1].insert(row.en).second);
        CHECK(titles[2].insert(row.pt).second);
    }
}

TEST_CASE("every measure has its unit, the same in three languages", "[ai_words]") {
    const std::set<std::string> units = {"(kg)", "(m)",   "(m²)",  "(L)",   "(m³)",  "(lb)",   "(in)",
                                         "(ft)", "(yd)",  "(in²)", "(ft²)", "(yd²)", "(oz t)", "(oz)",
                                         "(qt)", "(gal)", "(in³)", "(ft³)", "(yd³)", "(kg/m²)"};
    for (const std::string& ai : all_ais()) {
        if (ai.size() != 4 || ai < "3100" || ai > "3699") continue;
        INFO(ai);
        const std::string unit = in_brackets(ai_title(ai, Language::es));
        CHECK(units.contains(unit));
        CHECK(unit == in_brackets(ai_title(ai, Language::en)));
        CHECK(unit == in_brackets(ai_title(ai, Language::pt)));
        CHECK_FALSE(es(ai, "001250").empty());
    }
}

TEST_CASE("a date is read as people write it, and the last of a month is said to be", "[ai_words]") {
    CHECK(es("17", "270630") == "30/06/2027");
    CHECK(pt("17", "270630") == "30/06/2027");
    CHECK(en("17", "270630") == "2027-06-30");
    CHECK(es("17", "270600") == "30/06/2027 (último día del mes)");
    CHECK(en("17", "280200") == "2028-02-29 (last day of the month)");
    CHECK(pt("17", "280200") == "29/02/2028 (último dia do mês)");
    CHECK(es("11", "990131") == "31/01/1999");
    CHECK(es("12", "270630") == "30/06/2027");
    CHECK(es("13", "270630") == "30/06/2027");
    CHECK(es("15", "270630") == "30/06/2027");
    CHECK(es("16", "270630") == "30/06/2027");
    CHECK(es("4326", "270630") == "30/06/2027");
    CHECK(es("7006", "270630") == "30/06/2027");
    for (const char* odd : {"270631", "271300", "270230", "2706", "27063a", "", "27 630"}) CHECK(es("17", odd).empty());
    for (const char* ai : {"4326", "7003", "7006", "7007", "7011", "8008"}) CHECK(es(ai, "270600").empty());
}

TEST_CASE("a date with a time is read to the minute or second that is there", "[ai_words]") {
    CHECK(es("7003", "2706301405") == "30/06/2027 14:05");
    CHECK(en("7003", "2706301405") == "2027-06-30 14:05");
    CHECK(es("7011", "270630") == "30/06/2027");
    CHECK(es("7011", "2706300000") == "30/06/2027 00:00");
    CHECK(es("8008", "27063014") == "30/06/2027 14 h");
    CHECK(es("8008", "2706301405") == "30/06/2027 14:05");
    CHECK(es("8008", "270630140509") == "30/06/2027 14:05:09");
    CHECK(es("4324", "2706301405") == "30/06/2027 14:05");
    CHECK(es("4325", "2706001405") == "30/06/2027 14:05 (último día del mes)");
    CHECK(es("4325", "2706309999") == "30/06/2027");
    for (const char* odd : {"2706302400", "2706301460", "270630140560", "2706301", "27063014050900", "270630ab"}) {
        CHECK(es("8008", odd).empty());
    }
}

TEST_CASE("a harvest is one day or from one day to another", "[ai_words]") {
    CHECK(es("7007", "270601") == "01/06/2027");
    CHECK(es("7007", "270601270630") == "del 01/06/2027 al 30/06/2027");
    CHECK(en("7007", "270601270630") == "2027-06-01 to 2027-06-30");
    CHECK(pt("7007", "270601270630") == "de 01/06/2027 a 30/06/2027");
    CHECK(es("7007", "270601270631").empty());
    CHECK(es("7007", "2706012706").empty());
}

TEST_CASE("a measure has the decimals that its AI says", "[ai_words]") {
    CHECK(es("3103", "001250") == "1,250 kg");
    CHECK(pt("3103", "001250") == "1,250 kg");
    CHECK(en("3103", "001250") == "1.250 kg");
    CHECK(es("3100", "001250") == "1250 kg");
    CHECK(es("3105", "000001") == "0,00001 kg");
    CHECK(es("3105", "999999") == "9,99999 kg");
    CHECK(es("3100", "000000") == "0 kg");
    CHECK(es("3102", "000000") == "0,00 kg");
    CHECK(es("3152", "000500") == "5,00 L");
    CHECK(es("3371", "001234") == "123,4 kg/m²");
    CHECK(en("3411", "000125") == "12.5 in");
    CHECK(en("3562", "000125") == "1.25 oz t");
    CHECK(es("3106", "001250").empty());
    CHECK(es("3380", "001250").empty());
    for (const char* odd : {"", "00125a", "-01250", " 01250"}) CHECK(es("3103", odd).empty());
}

TEST_CASE("an amount has its decimals, and the number of its currency", "[ai_words]") {
    CHECK(es("3902", "1250") == "12,50");
    CHECK(en("3902", "1250") == "12.50");
    CHECK(es("3902", "5") == "0,05");
    CHECK(es("3900", "0001250") == "1250");
    CHECK(es("3900", "1250").empty());  // says what the value says
    CHECK(es("3909", "123456789012345") == "123456,789012345");
    CHECK(es("3912", "0321250") == "12,50 (moneda 032)");
    CHECK(en("3932", "0321250") == "12.50 (currency 032)");
    CHECK(pt("3930", "9860") == "0 (moeda 986)");
    CHECK(pt("3922", "1250") == "12,50");
    CHECK(es("3953", "001250") == "1,250");
    CHECK(es("3941", "0125") == "12,5 %");
    CHECK(es("3912", "032").empty());
    CHECK(es("3912", "03a1250").empty());
    CHECK(es("3944", "0125").empty());
}

TEST_CASE("a country is told in two letters, and what follows it stands behind", "[ai_words]") {
    CHECK(es("422", "032") == "032 = AR");
    CHECK(en("426", "076") == "076 = BR");
    CHECK(es("424", "858") == "858 = UY");
    CHECK(es("423", "032076152") == "032 = AR, 076 = BR, 152 = CL");
    CHECK(es("425", "032001") == "032 = AR, 001");
    CHECK(es("421", "0321425") == "032 = AR, 1425");
    CHECK(es("7033", "0321234A") == "032 = AR, 1234A");
    for (const char* odd : {"", "0", "03", "001", "999", "AR1", "0321", "032076152604484858"}) CHECK(es("423", odd).empty());
    for (const char* odd : {"", "032", "9991425", "0x21425"}) CHECK(es("421", odd).empty());
}

TEST_CASE("a place is told in degrees, south and west negative", "[ai_words]") {
    CHECK(es("4309", "02790858483015297971") == "latitud -62,0914152°, longitud -58,4702029°");
    CHECK(en("4309", "02790858483015297971") == "latitude -62.0914152°, longitude -58.4702029°");
    CHECK(pt("4309", "18000000001800000000") == "latitude 90,0000000°, longitude 180,0000000°");
    CHECK(en("4309", "09000000000000000000") == "latitude 0.0000000°, longitude 0.0000000°");
    CHECK(en("4309", "08999999991800000001") == "latitude -0.0000001°, longitude -179.9999999°");
    for (const char* odd : {"18000000010000000000", "09000000003600000001", "0900000000", "0900000000000000000a"}) {
        CHECK(es("4309", odd).empty());
    }
}

TEST_CASE("temperatures are hundredths, and the minus stands behind", "[ai_words]") {
    CHECK(es("4331", "000800") == "8,00 °C");
    CHECK(es("4333", "002000-") == "-20,00 °C");
    CHECK(en("4330", "004650") == "46.50 °F");
    CHECK(pt("4332", "000005-") == "-0,05 °F");
    CHECK(es("4333", "000000-") == "0,00 °C");
    for (const char* odd : {"", "-", "--", "0008-0", "00080a"}) CHECK(es("4331", odd).empty());
}

TEST_CASE("a piece of a whole, and yes and no", "[ai_words]") {
    CHECK(es("8006", "077912345678980312") == "GTIN 07791234567898, pieza 3 de 12");
    CHECK(en("8026", "077912345678981212") == "GTIN 07791234567898, piece 12 of 12");
    CHECK(pt("8006", "077912345678980101") == "GTIN 07791234567898, peça 1 de 1");
    for (const char* odd : {"077912345678980012", "077912345678981312", "07791234567898", "0779123456789803 2"}) {
        CHECK(es("8006", odd).empty());
    }
    CHECK(es("4321", "1") == "sí");
    CHECK(en("4322", "0") == "no");
    CHECK(pt("4323", "0") == "não");
    CHECK(es("4323", "2").empty());
    CHECK(es("4323", "").empty());
}

TEST_CASE("what speaks for itself has no meaning beside it, and neither has anything of a patient", "[ai_words]") {
    CHECK(es("01", "07791234567898").empty());
    CHECK(es("10", "270630").empty());
    CHECK(es("21", "270630").empty());
    CHECK(es("37", "12").empty());
    CHECK(es("99", "270630").empty());
    for (const char* ai : {"7250", "7251", "7252", "7253", "7254", "7255", "7256", "7257", "7258", "7259"}) {
        for (const char* value : {"20270630", "202706301405", "1", "270630", "1/2", "X", "A%20B"}) {
            for (const Language language : kLanguages) CHECK(ai_meaning(ai, value, kToday, language).empty());
        }
    }
}

TEST_CASE("no value is too odd to be looked at", "[ai_words]") {
    std::mt19937 chance{7};
    std::vector<std::string> odd = {"",   "-",  " ", "\xff", std::string(90, '9'), std::string(200, '0'), std::string(3, '\0'),
                                    "{}", "{0}"};
    for (int i = 0; i < 60; ++i) {
        std::string value(chance() % 22, '0');
        for (char& c : value) c = chance() % 8 == 0 ? static_cast<char>(chance() % 256) : static_cast<char>('0' + chance() % 10);
        odd.push_back(value);
    }
    const std::string digits = "202706301405091231";
    for (std::size_t size = 1; size <= digits.size(); ++size) odd.push_back(digits.substr(0, size));
    for (const std::string& ai : all_ais()) {
        for (const std::string& value : odd) {
            for (const Language language : kLanguages) CHECK_NOTHROW(ai_meaning(ai, value, kToday, language));
        }
    }
}
