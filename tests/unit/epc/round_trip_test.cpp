// SPDX-License-Identifier: Apache-2.0
// Every scheme, every partition, the edges of every field: what is written is what is read, and the other way round.
#include "epc/element_writer.hpp"
#include "unit/epc/tags.hpp"

#include <random>
#include <vector>

using namespace dosario;
using namespace dosario::test;

namespace {

std::string with_check(std::string digits) { return digits + gs1_check_digit(digits); }

/// Reads what was written of it; empty where it could not be.
std::string there_and_back(std::string_view scheme, std::string_view ais, std::uint8_t prefix_digits = 0,
                           std::uint8_t filter = 0) {
    const std::string hex = written(scheme, ais, prefix_digits, filter);
    INFO(scheme << " " << ais << " " << hex);
    Tag tag{hex.find('-') == std::string::npos ? hex : ""};
    const EpcReading reading = tag.read();
    CHECK(reading.ok());
    CHECK(reading.name == scheme);
    CHECK(reading.filter == filter);
    CHECK(reading.prefix_digits == prefix_digits);
    return bracketed(reading.elements());
}

/// Digits of a key's value behind `AI`, of the digits given.
std::string value_of(std::string_view ai, char digit, std::size_t digits) {
    return "(" + std::string{ai} + ")" + with_check(std::string(digits, digit));
}

const std::vector<std::string> kTexts = {
    "0", "00", "A", "a", "!\"%&'()*+,-./:;<=>?", "ABCDEFGHIJKLMNOPQRST", "01234567890123456789", "zz.99"};

/// For brackets.
std::string escaped(std::string text) {
    for (std::size_t at = 0; (at = text.find('(', at)) != std::string::npos; at += 2) text.insert(at, "\\");
    return text;
}

}  // namespace

TEST_CASE("every fixed scheme goes there and back for every partition and the edges of its fields", "[epc]") {
    for (std::uint8_t digits = 6; digits <= 12; ++digits) {
        const auto filter = static_cast<std::uint8_t>(digits % 8);
        for (const char fill : {'1', '9', '5'}) {
            for (const std::string serial : {"0", "1", "999999999", "274877906943"}) {
                const std::string item = value_of("01", fill, 13) + "(21)" + serial;
                CHECK(there_and_back("SGTIN-96", item, digits, filter) == item);
                const std::string piece = "(8006)" + with_check(std::string(13, fill)) + "0199(21)" + serial;
                CHECK(there_and_back("ITIP-110", piece, digits, filter) == piece);
                const std::string asset = "(8003)0" + with_check(std::string(12, fill)) + serial;
                CHECK(there_and_back("GRAI-96", asset, digits, filter) == asset);
            }
            for (const std::string& serial : kTexts) {
                const std::string text = escaped(serial);
                const std::string item = value_of("01", fill, 13) + "(21)" + text;
                CHECK(there_and_back("SGTIN-198", item, digits, filter) == item);
                const std::string piece = "(8006)" + with_check(std::string(13, fill)) + "9999(21)" + text;
                CHECK(there_and_back("ITIP-212", piece, digits, filter) == piece);
                const std::string place = value_of("414", fill, 12) + (serial == "0" ? "" : "(254)" + text);
                CHECK(there_and_back("SGLN-195", place, digits, filter) == place);
                if (serial.size() <= 16) {
                    const std::string asset = "(8003)0" + with_check(std::string(12, fill)) + text;
                    CHECK(there_and_back("GRAI-170", asset, digits, filter) == asset);
                }
                const std::string own = "(8004)" + std::string(digits, fill) + escaped(serial.substr(0, 30U - digits));
                CHECK(there_and_back("GIAI-202", own, digits, filter) == own);
            }
            for (const std::string extension : {"1", "2199023255551"}) {
                const std::string place = value_of("414", fill, 12) + "(254)" + extension;
                CHECK(there_and_back("SGLN-96", place, digits, filter) == place);
            }
            CHECK(there_and_back("SGLN-96", value_of("414", fill, 12), digits, filter) == value_of("414", fill, 12));
            CHECK(there_and_back("SSCC-96", value_of("00", fill, 17), digits, filter) == value_of("00", fill, 17));
            CHECK(there_and_back("GSRN-96", value_of("8018", fill, 17), digits, filter) == value_of("8018", fill, 17));
            CHECK(there_and_back("GSRNP-96", value_of("8017", fill, 17), digits, filter) == value_of("8017", fill, 17));
            for (const std::string own : {"0", "1", "4398046511103"}) {
                const std::string asset = "(8004)" + std::string(digits, fill) + own;
                CHECK(there_and_back("GIAI-96", asset, digits, filter) == asset);
            }
        }
    }
}

TEST_CASE("every + scheme goes there and back, with data behind it", "[epc]") {
    const std::string item = "(01)07791234567898";
    for (const std::string& serial : kTexts) {
        const std::string text = escaped(serial);
        for (const std::string more :
             {"", "(10)L1(17)281231", "(17)280200(10)abc-DEF_9(22)V.1", "(7003)2812312359(30)12(20)05"}) {
            CHECK(there_and_back("SGTIN+", item + "(21)" + text + more, 0, 7) == item + "(21)" + text + more);
            CHECK(there_and_back("ITIP+", "(8006)077912345678980110(21)" + text + more) ==
                  "(8006)077912345678980110(21)" + text + more);
        }
        const std::string place = "(414)9521141123454" + (serial == "0" ? "" : "(254)" + text);
        CHECK(there_and_back("SGLN+", place) == place);
        if (serial.size() <= 16) CHECK(there_and_back("GRAI+", "(8003)09521141123454" + text) == "(8003)09521141123454" + text);
        if (serial.size() <= 20) CHECK(there_and_back("GIAI+", "(8004)9521141123" + text) == "(8004)9521141123" + text);
    }
    CHECK(there_and_back("SSCC+", "(00)095201234567891235(02)07791234567898(37)12") ==
          "(00)095201234567891235(02)07791234567898(37)12");
    CHECK(there_and_back("GSRN+", "(8018)952114112345678906(8019)1234567890") == "(8018)952114112345678906(8019)1234567890");
    CHECK(there_and_back("GSRNP+", "(8017)952114112345678906") == "(8017)952114112345678906");
}

TEST_CASE("a DSGTIN+ carries each kind of date, and the expiry where there are several", "[epc]") {
    const std::string item = "(01)07791234567898(21)S1";
    for (const std::string ai : {"11", "13", "15", "16", "17", "7006", "7007"}) {
        const std::string ais = item + "(" + ai + ")280229";
        CHECK(there_and_back("DSGTIN+", ais) == ais);
    }
    CHECK(there_and_back("DSGTIN+", "(11)260101(17)280200(01)07791234567898(10)L(21)S1") == item + "(17)280200(11)260101(10)L");
    CHECK(written("DSGTIN+", item) == "ai-requisite-missing");
    CHECK(written("DSGTIN+", item + "(7007)260101260131") == "ai-requisite-missing");  // a range has no room there
}

TEST_CASE("every AI of table F goes there and back behind an EPC", "[epc]") {
    const std::vector<std::string> values = {
        "(00)095201234567891235",
        "(02)07791234567898",
        "(10)A",
        "(11)260131",
        "(12)260100",
        "(13)261231",
        "(15)260228",
        "(16)270101",
        "(17)991231",
        "(20)00",
        "(20)99",
        "(22)ABC",
        "(235)abcdefghijklmnopqrstuvwxyz_!",
        "(240)123456789012345678901234567890",
        "(241)x",
        "(242)1",
        "(242)999999",
        "(243)q",
        "(250)q",
        "(251)q",
        "(253)9521141123454",
        "(253)952114112345412345678901234567",
        "(254)A",
        "(255)9521141123454",
        "(255)9521141123454999999999999",
        "(30)1",
        "(30)99999999",
        "(3100)000000",
        "(3103)999999",
        "(3695)123456",
        "(37)8",
        "(3900)1",
        "(3909)999999999999999",
        "(3915)978123456789012345",
        "(3929)0",
        "(3932)0321",
        "(3943)9999",
        "(3953)123456",
        "(400)A",
        "(401)95060001",
        "(402)95211411234567896",
        "(403)A",
        "(410)9521141123454",
        "(417)9521141123454",
        "(420)2000",
        "(421)0322000",
        "(422)032",
        "(423)032076858",
        "(424)032",
        "(425)032076",
        "(426)032",
        "(427)BA",
        "(4300)A%20B",
        "(4303)C",
        "(4307)AR",
        "(4308)1",
        "(4309)02790858483015297971",
        "(4312)x",
        "(4317)ZW",
        "(4318)x",
        "(4319)x",
        "(4320)x",
        "(4321)0",
        "(4323)1",
        "(4324)2601012359",
        "(4325)2601000000",
        "(4326)260131",
        "(4330)000123",
        "(4331)999999-",
        "(4333)000000-",
        "(7001)1234567890123",
        "(7002)A",
        "(7003)2601010000",
        "(7004)1234",
        "(7005)123456789012",
        "(7006)260101",
        "(7007)260101",
        "(7007)260101260131",
        "(7008)abc",
        "(7009)a",
        "(7010)ab",
        "(7011)260101",
        "(7011)2601012359",
        "(7020)A",
        "(7022)A",
        "(7023)9506000",
        "(7023)9506000A-1",
        "(7030)032A1",
        "(7039)999z",
        "(7040)1ABC",
        "(7041)1A",
        "(710)1",
        "(713)123",
        "(716)x",
        "(7230)EM1",
        "(7240)P",
        "(7241)02",
        "(7242)x",
        "(7250)19800229",
        "(7251)198002291200",
        "(7252)9",
        "(7253)x",
        "(7255)x",
        "(7256)x",
        "(7257)x",
        "(7258)1/3",
        "(7259)x",
        "(8001)12345678901234",
        "(8002)A",
        "(8003)09521141123454",
        "(8003)09521141123454A",
        "(8004)9521",
        "(8004)9521141A-",
        "(8005)123456",
        "(8006)095211411234540102",
        "(8007)ES9121000418450200051332",
        "(8008)26010112",
        "(8008)2601011230",
        "(8008)260101123059",
        "(8009)x",
        "(8010)9521141",
        "(8010)9521141#/Q",
        "(8011)123456789012",
        "(8012)1",
        "(8013)1987654Ad4X4bL5ttr2310c2K",
        "(8017)952114112345678906",
        "(8018)952114112345678906",
        "(8019)1234567890",
        "(8020)A",
        "(8026)095211411234540102",
        "(8030)AbC_-9",
        "(8111)1234",
        "(8200)http",
        "(90)A",
        "(91)A",
        "(99)" + std::string(90, '9'),
        "(91)" + std::string(57, 'z'),
        "(98)" + std::string(90, '0'),
        "(98)" + std::string(89, '9'),
    };
    for (const std::string& value : values) {
        const std::string ais = "(00)095201234567891235" + (value.starts_with("(00)") ? "" : value);
        CodeBuffer buffer;
        const std::string_view rest = std::string_view{ais}.substr(22);
        // Company of AIs is not the question here: the values are taken as they stand.
        Gs1Message message;
        ElementWriter writer{message, buffer};
        writer.begin("00");
        writer.put("095201234567891235");
        if (!rest.empty()) {
            writer.begin(rest.substr(1, rest.find(')') - 1));
            writer.put(rest.substr(rest.find(')') + 1));
        }
        writer.end();
        const EpcMade made = write_epc(*epc_scheme("SSCC+"), message.elements(), {});
        INFO(ais);
        REQUIRE(made.ok());
        CodeBuffer again;
        const EpcReading reading = read_epc(made.words(), kToday, again);
        INFO(code_error_name(reading.fault().error) << " at " << reading.fault().offset << " of " << to_hex(made.words()));
        CHECK(reading.ok());
        CHECK(bracketed(reading.elements()) == bracketed(message.elements()));
    }
}

TEST_CASE("text is written in the encoding with the fewest bits", "[epc]") {
    // Behind the 84 bits of an SSCC+ stand 8 bits of AI, 3 of encoding, 5 of length.
    const auto encoding_of = [](const std::string& lot) {
        CodeBuffer buffer;
        const std::string ais = "(00)095201234567891235(10)" + lot;
        const Gs1Message message = parse_bracketed(ais, kToday, buffer, Gs1Profile::lenient);
        REQUIRE(message.ok());
        const EpcMade made = write_epc(*epc_scheme("SSCC+"), message.elements(), {});
        REQUIRE(made.ok());
        EpcBits bits{made.words(), made.bits};
        bits.read(60);
        bits.read(32);
        return std::pair{bits.read(3), made.bits - 84 - 8 - 3 - 5};
    };
    using Encoded = std::pair<std::uint64_t, std::size_t>;
    CHECK(encoding_of("0012345678") == Encoded{0, 34});
    CHECK(encoding_of("00C0FFEE") == Encoded{1, 32});
    CHECK(encoding_of("00c0ffee") == Encoded{2, 32});
    CHECK(encoding_of("Lot_1-a") == Encoded{3, 42});
    CHECK(encoding_of("AZ") == Encoded{3, 12});  // URN Code 40 takes 16
    CHECK(encoding_of("A.Z") == Encoded{5, 16});
    CHECK(encoding_of("XYZ123") == Encoded{5, 32});   // base 64 takes 36
    CHECK(encoding_of("XYZ1234") == Encoded{3, 42});  // URN Code 40 takes 48
    CHECK(encoding_of("a/b") == Encoded{4, 21});
    CHECK(encoding_of("A:B1") == Encoded{4, 28});  // URN Code 40 takes 32
}

TEST_CASE("any encoding that holds the characters is read", "[epc]") {
    // SSCC+ and lot (10) in the six encodings of table E.
    const std::string head =
        "F90095201234567891235"
        "10";
    const auto with_lot = [&](std::uint64_t encoding, std::size_t length, std::uint64_t value, std::size_t bits) {
        EpcBitWriter out;
        for (const char c : head) out.put(static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'A' + 10), 4);
        out.put(encoding, 3);
        out.put(length, 5);
        out.put(value, bits);
        CodeBuffer buffer;
        const EpcReading reading = read_epc(out.bytes(), out.size(), kToday, buffer);
        return reading.ok() ? std::string{*reading.symbol.message.find(10)} : std::string{code_error_name(reading.fault().error)};
    };
    CHECK(with_lot(0, 3, 7, 10) == "007");
    CHECK(with_lot(1, 3, 0x00f, 12) == "00F");
    CHECK(with_lot(2, 3, 0x00f, 12) == "00f");
    CHECK(with_lot(3, 3, 052 << 12 | 076 << 6 | 077, 18) == "q-_");
    CHECK(with_lot(4, 2, 'A' << 7 | '!', 14) == "A!");
    CHECK(with_lot(5, 3, 1600 * 1 + 40 * 30 + 27 + 1, 16) == "A0-");
    CHECK(with_lot(5, 1, 1600 * 39 + 1, 16) == "9");
    CHECK(with_lot(6, 1, 0, 16) == "bad-encoding-indicator");
    CHECK(with_lot(7, 1, 0, 16) == "bad-encoding-indicator");
    CHECK(with_lot(0, 3, 1000, 10) == "component-overflow");
    CHECK(with_lot(4, 1, ' ', 7) == "bad-character");
    CHECK(with_lot(5, 1, 0, 16) == "bad-character");
    CHECK(with_lot(5, 1, 64001, 16) == "bad-character");
    CHECK(with_lot(5, 1, 1600 + 40 + 1, 16) == "bad-string");      // two characters where one is announced
    CHECK(with_lot(5, 3, 1600 * 1 + 27 + 1, 16) == "bad-string");  // a hole in the middle
    CHECK(with_lot(0, 0, 0, 8) == "empty-value");
    CHECK(with_lot(3, 21, 0, 60) == "value-too-long");
}

TEST_CASE("random messages go there and back", "[epc]") {
    std::mt19937_64 random{7};
    constexpr std::string_view kAlphabets[] = {"0123456789",  "0123456789ABCDEF", "0123456789abcdef",
                                               "ABCxyz019-_", "ABC019.:-",        "!\"%&'()*+,-./09:;<=>?AZ_az"};
    const auto text = [&](std::size_t most) {
        const std::string_view alphabet = kAlphabets[random() % std::size(kAlphabets)];
        std::string out;
        for (std::size_t i = 1 + random() % most; i > 0; --i) out += alphabet[random() % alphabet.size()];
        return escaped(out);
    };
    const auto digits = [&](std::size_t count) {
        std::string out;
        while (out.size() < count) out += static_cast<char>('0' + random() % 10);
        return out;
    };
    for (int i = 0; i < 3000; ++i) {
        std::string item = "1" + digits(12);
        if (is_restricted(*parse_gtin(with_check(item)))) item = "1779123456789";
        const std::string ais = "(01)" + with_check(item) + "(21)" + text(20);
        const std::string whole = ais + "(10)" + text(20) + "(17)28" + (i % 2 == 0 ? "0630" : "0200");
        CHECK(there_and_back("SGTIN+", whole) == whole);
        const auto prefix = static_cast<std::uint8_t>(6 + random() % 7);
        const std::string fixed = "(01)" + with_check(item) + "(21)" + std::to_string(random() % (std::uint64_t{1} << 38));
        CHECK(there_and_back("SGTIN-96", fixed, prefix) == fixed);
        CHECK(there_and_back("SGTIN-198", ais, prefix) == ais);
    }
}
