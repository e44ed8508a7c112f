// SPDX-License-Identifier: Apache-2.0
// The worked examples of the GS1 Tag Data Standard 2.3, annex E, and of its errata; each in both directions.
#include "unit/epc/tags.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

struct Example {
    std::string_view scheme;
    std::string_view hex;
    std::string_view ais;
    std::uint8_t filter = 3;
    std::uint8_t prefix_digits = 0;  ///< 0: a `+` scheme, no URIs
    std::string_view pure_uri{};
    std::string_view tag_uri{};
};

// E.1, E.2 and E.3, tables 506 to 550. The pure identity URI of table 506 is printed with another serial number than the rest of it; here as
// the binary says.
constexpr Example kExamples[] = {
    {"SGTIN-96", "3066C4409047E14000001A85", "(01)09506000134352(21)6789", 3, 11, "urn:epc:id:sgtin:95060001343.05.6789",
     "urn:epc:tag:sgtin-96:3.95060001343.05.6789"},
    {"SGTIN-96", "3066C4409047E140075BCD15", "(01)09506000134352(21)123456789", 3, 11,
     "urn:epc:id:sgtin:95060001343.05.123456789", "urn:epc:tag:sgtin-96:3.95060001343.05.123456789"},
    {"SGTIN-198", "3666C4409047E159B2C2BF100000000000000000000000000000", "(01)09506000134352(21)32a/b", 3, 11,
     "urn:epc:id:sgtin:95060001343.05.32a%2Fb", "urn:epc:tag:sgtin-198:3.95060001343.05.32a%2Fb"},
    {"SGTIN+", "F73795211411234538566CB0AFC4", "(01)79521141123453(21)32a/b"},
    {"DSGTIN+", "FB342CDE795211411234538566CB0AFC4", "(01)79521141123453(21)32a/b(17)220630"},
    {"SSCC-96", "311BA1B300CE0A6A83000000", "(00)095201234567891235", 0, 6, "urn:epc:id:sscc:952012.03456789123",
     "urn:epc:tag:sscc-96:0.952012.03456789123"},
    {"SSCC+", "F90095201234567891235", "(00)095201234567891235", 0},
    {"SGLN-96", "3276451FD46072000000162E", "(414)9521141123454(254)5678", 3, 7, "urn:epc:id:sgln:9521141.12345.5678",
     "urn:epc:tag:sgln-96:3.9521141.12345.5678"},
    {"SGLN-195", "3976451FD46072CD9615F8800000000000000000000000000000", "(414)9521141123454(254)32a/b", 3, 7,
     "urn:epc:id:sgln:9521141.12345.32a%2Fb", "urn:epc:tag:sgln-195:3.9521141.12345.32a%2Fb"},
    {"SGLN+", "F2395211411234548566CB0AFC4", "(414)9521141123454(254)32a/b"},
    {"GRAI-96", "3376451FD40C0E400000162E", "(8003)095211411234545678", 3, 7, "urn:epc:id:grai:9521141.12345.5678",
     "urn:epc:tag:grai-96:3.9521141.12345.5678"},
    {"GRAI-170", "3776451FD40C0E59B2C2BF1000000000000000000000", "(8003)0952114112345432a/b", 3, 7,
     "urn:epc:id:grai:9521141.12345.32a%2Fb", "urn:epc:tag:grai-170:3.9521141.12345.32a%2Fb"},
    {"GRAI+", "F13095211411234548566CB0AFC4", "(8003)0952114112345432a/b"},
    {"GIAI-96", "3476451FD40000000000162E", "(8004)95211415678", 3, 7, "urn:epc:id:giai:9521141.5678",
     "urn:epc:tag:giai-96:3.9521141.5678"},
    {"GIAI-202", "3876451FD59B2C2BF10000000000000000000000000000000000", "(8004)952114132a/b", 3, 7,
     "urn:epc:id:giai:9521141.32a%2Fb", "urn:epc:tag:giai-202:3.9521141.32a%2Fb"},
    {"GIAI+", "FA3952114132E83C2BF10", "(8004)952114132a/b"},
    {"GSRN-96", "2D76451FD4499602D2000000", "(8018)952114112345678906", 3, 7, "urn:epc:id:gsrn:9521141.1234567890",
     "urn:epc:tag:gsrn-96:3.9521141.1234567890"},
    {"GSRN+", "F43952114112345678906", "(8018)952114112345678906"},
    {"GSRNP-96", "2E76451FD4499602D2000000", "(8017)952114112345678906", 3, 7, "urn:epc:id:gsrnp:9521141.1234567890",
     "urn:epc:tag:gsrnp-96:3.9521141.1234567890"},
    {"GSRNP+", "F53952114112345678906", "(8017)952114112345678906"},
    {"ITIP-110", "4076451FD40C0E40820000000F54", "(8006)095211411234540102(21)981", 3, 7,
     "urn:epc:id:itip:9521141.012345.01.02.981", "urn:epc:tag:itip-110:3.9521141.012345.01.02.981"},
    {"ITIP-212", "4176451FD40C0E4082DBDD8B36600000000000000000000000000000", "(8006)095211411234540102(21)mw133", 3, 7,
     "urn:epc:id:itip:9521141.012345.01.02.mw133", "urn:epc:tag:itip-212:3.9521141.012345.01.02.mw133"},
    {"ITIP+", "F3309521141123454010266AE27FDF35", "(8006)095211411234540102(21)rif981"},
};

std::string filled(std::string_view hex) {
    std::string words{hex};
    while (words.size() % 4 != 0) words += '0';
    return words;
}

}  // namespace

TEST_CASE("the examples of the standard are read to their AIs", "[epc]") {
    for (const Example& example : kExamples) {
        INFO(example.hex);
        Tag tag{example.hex};
        const EpcReading reading = tag.read();
        REQUIRE(reading.ok());
        CHECK(bracketed(reading.elements()) == example.ais);
        CHECK(reading.name == example.scheme);
        CHECK(reading.filter == example.filter);
        CHECK(reading.prefix_digits == example.prefix_digits);
        CHECK((reading.key != nullptr) == !example.pure_uri.empty());
        CHECK(epc_rule(reading, kToday).error == CodeError::none);
    }
}

TEST_CASE("the examples of the standard are written from their AIs", "[epc]") {
    for (const Example& example : kExamples) {
        CHECK(written(example.scheme, example.ais, example.prefix_digits, example.filter) == filled(example.hex));
    }
}

TEST_CASE("the URIs of the standard's examples are read and made", "[epc]") {
    for (const Example& example : kExamples) {
        if (example.pure_uri.empty()) continue;
        INFO(example.pure_uri);
        Tag tag{example.hex};
        const EpcReading reading = tag.read();
        CHECK(make_epc_uri(*reading.key, reading.elements(), reading.prefix_digits).text == example.pure_uri);
        CHECK(make_tag_uri(*reading.scheme, reading.elements(), {*reading.filter, reading.prefix_digits}).text ==
              example.tag_uri);
        CodeBuffer buffer;
        const EpcUri pure = read_epc_uri(example.pure_uri, buffer);
        REQUIRE(pure.reading.ok());
        CHECK(bracketed(pure.reading.elements()) == example.ais);
        CHECK(pure.kind == EpcUri::Kind::pure);
        CHECK(pure.reading.prefix_digits == example.prefix_digits);
        CHECK(!pure.reading.filter);
        const EpcUri whole = read_epc_uri(example.tag_uri, buffer);
        REQUIRE(whole.reading.ok());
        CHECK(bracketed(whole.reading.elements()) == example.ais);
        CHECK(whole.reading.name == example.scheme);
        CHECK(whole.reading.filter == example.filter);
    }
}

TEST_CASE("schemes with a host name, and others of the table, are named and not read", "[epc]") {
    struct Named {
        std::string_view hex, name;
    };
    constexpr Named kNamed[] = {
        {"FD3795211411234538566CB0AFC525065F1876F0D996D800", "SGTIN++"},
        {"FC342CDE795211411234538566CB0AFC525065F1876F0D996D80", "DSGTIN++"},
        {"E9395211411234548566CB0AFC525065F1876F0D996D8000", "SGLN++"},
        {"2C76451FD46072000000162E", "GDTI-96"},
        {"3E76451FD7039B061438997367D0C18B266D1AB66EE0", "GDTI-174"},
        {"F6395211411234540458B8", "GDTI+"},
        {"3C76451FD400C0E680003039", "CPI-96"},
        {"3D76451FD75411DEF6B4CC00000003039000", "CPI-var"},
        {"F0395211415E87A145BAFB4D19A8C0E4", "CPI+"},
        {"3F76451FD612640000019907", "SGCN-96"},
        {"F839521141678909509338", "SGCN+"},
        {"3500E86F8000A9E000000586", "GID-96"},
        {"2F320434147455900000162E", "USDoD-96"},
        {"3B0E0CF5E76C9047759AD00373DC7602E7200", "ADI-var"},
    };
    for (const Named& named : kNamed) {
        Tag tag{named.hex};
        const EpcReading reading = tag.read();
        CHECK(reading.fault().error == CodeError::unknown_header);
        CHECK(reading.name == named.name);
        CHECK(reading.elements().empty());
    }
    for (unsigned header = 1; header < 256; ++header) {
        Tag tag{to_hex(Bytes{static_cast<std::byte>(header)}) + "0000000000000000000000"};
        const EpcReading reading = tag.read();
        CHECK((epc_scheme(static_cast<std::uint8_t>(header)) != nullptr) == (reading.fault().error != CodeError::unknown_header));
        CHECK(reading.name == epc_header_name(static_cast<std::uint8_t>(header)));
    }
    CHECK(epc_header_name(0xe2).empty());  // a copy of the TID: never assigned
}
