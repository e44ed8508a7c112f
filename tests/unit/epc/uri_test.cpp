// SPDX-License-Identifier: Apache-2.0
// EPC URIs: what they say, what they refuse and where.
#include "unit/epc/tags.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

struct Read {
    explicit Read(std::string text) : uri(std::move(text)), made(read_epc_uri(uri, buffer)) {}
    std::string uri;
    CodeBuffer buffer;
    EpcUri made;

    std::string ais() const {
        return made.reading.ok() ? bracketed(made.reading.elements()) : std::string{code_error_name(made.reading.fault().error)};
    }
    std::string again() const {
        const EpcReading& reading = made.reading;
        if (made.kind == EpcUri::Kind::raw) return make_raw_uri(made.raw, made.control);
        if (made.kind == EpcUri::Kind::tag) {
            return make_tag_uri(*reading.scheme, reading.elements(), {*reading.filter, reading.prefix_digits}, made.control).text;
        }
        return make_epc_uri(*reading.key, reading.elements(), reading.prefix_digits).text;
    }
};

struct Wrong {
    std::string_view uri;
    CodeError error;
    std::size_t at;
};

}  // namespace

TEST_CASE("URIs of every kind are read to AIs and made of them again", "[uri]") {
    struct Right {
        std::string_view uri, ais;
    };
    constexpr Right kRight[] = {
        {"urn:epc:id:sgtin:7791234.056789.S1", "(01)07791234567898(21)S1"},
        {"urn:epc:id:sgtin:779123456789.0.0001", "(01)07791234567898(21)0001"},
        {"urn:epc:id:sgtin:779123.0456789.a.b.c", "(01)07791234567898(21)a.b.c"},
        {"urn:epc:id:sgtin:7791234.056789.%22%25%26%2F%3C%3E%3F", "(01)07791234567898(21)\"%&/<>?"},
        {"urn:epc:id:sgtin:7791234.056789.!'()*+,-.:;=_", "(01)07791234567898(21)!'\\()*+,-.:;=_"},
        {"urn:epc:id:sgtin:7791234.956789.12345678901234567890", "(01)97791234567891(21)12345678901234567890"},
        {"urn:epc:id:sscc:779123456789.01234", "(00)077912345678912346"},
        {"urn:epc:id:sgln:779123456789..0", "(414)7791234567898"},
        {"urn:epc:id:sgln:7791234.56789.A", "(414)7791234567898(254)A"},
        {"urn:epc:id:grai:779123456789..1", "(8003)077912345678981"},
        {"urn:epc:id:grai:7791234.56789.1234567890123456", "(8003)077912345678981234567890123456"},
        {"urn:epc:id:giai:7791234.5.6", "(8004)77912345.6"},
        {"urn:epc:id:giai:779123.123456789012345678901234", "(8004)779123123456789012345678901234"},
        {"urn:epc:id:gsrn:7791234.1234567890", "(8018)779123412345678908"},
        {"urn:epc:id:gsrnp:7791234.1234567890", "(8017)779123412345678908"},
        {"urn:epc:id:itip:7791234.056789.03.10.S1", "(8006)077912345678980310(21)S1"},
        {"urn:epc:id:pgln:7791234.56789", "(417)7791234567898"},
        {"urn:epc:class:lgtin:7791234.056789.L%2F1", "(01)07791234567898(10)L/1"},
        {"urn:epc:tag:sgtin-96:7.7791234.056789.274877906943", "(01)07791234567898(21)274877906943"},
        {"urn:epc:tag:[att=x01]:sgtin-96:1.7791234.056789.1", "(01)07791234567898(21)1"},
        {"urn:epc:tag:[att=xFF][umi=1][xpc=x0004]:sgtin-198:1.7791234.056789.01", "(01)07791234567898(21)01"},
        {"urn:epc:tag:giai-96:0.779123.4611686018427387903", "(8004)7791234611686018427387903"},
        {"urn:epc:raw:96.x0123456789ABCDEF01234567", ""},
        {"urn:epc:raw:[umi=1]:64.x31.x0123456789ABCDEF", ""},
        {"urn:epc:raw:16.xA1.x0000", ""},
    };
    for (const Right& right : kRight) {
        INFO(right.uri);
        const Read read{std::string{right.uri}};
        CHECK(read.ais() == right.ais);
        CHECK(read.again() == right.uri);
    }
}

TEST_CASE("an escape that need not be, and zero fields, are read and not made again", "[uri]") {
    CHECK(Read{"urn:epc:id:sgtin:7791234.056789.%41%2f"}.again() == "urn:epc:id:sgtin:7791234.056789.A%2F");
    CHECK(Read{"urn:epc:tag:[att=x00][umi=0]:sgtin-96:1.7791234.056789.1"}.again() == "urn:epc:tag:sgtin-96:1.7791234.056789.1");
}

TEST_CASE("a wrong URI has its class and its place", "[uri]") {
    constexpr Wrong kWrong[] = {
        {"", CodeError::bad_uri, 0},
        {"urn:epc", CodeError::bad_uri, 0},
        {"URN:EPC:ID:SGTIN:7791234.056789.1", CodeError::bad_uri, 0},
        {"urn:epc:pat:sgtin-96:3.7791234.056789.*", CodeError::bad_uri, 8},
        {"urn:epc:idpat:sgtin:7791234.056789.*", CodeError::bad_uri, 8},
        {"https://id.gs1.org/01/07791234567898", CodeError::bad_uri, 0},
        {"urn:epc:id:sgtin", CodeError::bad_uri, 11},
        {"urn:epc:id:gdti:7791234.56789.1", CodeError::unknown_scheme, 11},
        {"urn:epc:id:SGTIN:7791234.056789.1", CodeError::unknown_scheme, 11},
        {"urn:epc:id:lgtin:7791234.056789.1", CodeError::unknown_scheme, 11},
        {"urn:epc:id:sgtin-96:1.7791234.056789.1", CodeError::unknown_scheme, 11},
        {"urn:epc:class:sgtin:7791234.056789.1", CodeError::unknown_scheme, 14},
        {"urn:epc:tag:sgtin:1.7791234.056789.1", CodeError::unknown_scheme, 12},
        {"urn:epc:tag:sgtin+:1.7791234.056789.1", CodeError::unknown_scheme, 12},
        {"urn:epc:tag:SGTIN-96:1.7791234.056789.1", CodeError::unknown_scheme, 12},
        {"urn:epc:id:sgtin:7791234", CodeError::bad_uri, 17},
        {"urn:epc:id:sgtin:7791234.056789", CodeError::bad_uri, 25},
        {"urn:epc:id:sscc:7791234.0123456789.1", CodeError::bad_uri, 34},
        {"urn:epc:id:sgtin:77912.05678901.1", CodeError::bad_component_length, 17},
        {"urn:epc:id:sgtin:7791234567890.1.1", CodeError::bad_component_length, 17},
        {"urn:epc:id:sgtin:7791234.05678.1", CodeError::bad_component_length, 25},
        {"urn:epc:id:sgtin:7791234..1", CodeError::bad_component_length, 25},
        {"urn:epc:id:itip:7791234.056789.1.10.1", CodeError::bad_component_length, 31},
        {"urn:epc:id:itip:7791234.056789.01.100.1", CodeError::bad_component_length, 34},
        {"urn:epc:id:sgtin:779123A.056789.1", CodeError::bad_digit, 23},
        {"urn:epc:id:sgtin:7791234.0567 9.1", CodeError::bad_digit, 29},
        {"urn:epc:id:sgtin:7791234.056789.", CodeError::empty_value, 32},
        {"urn:epc:id:sgln:7791234.56789.", CodeError::empty_value, 30},
        {"urn:epc:id:sgtin:7791234.056789.123456789012345678901", CodeError::serial_too_long, 32},
        {"urn:epc:id:grai:7791234.56789.12345678901234567", CodeError::serial_too_long, 30},
        {"urn:epc:id:giai:779123.1234567890123456789012345", CodeError::serial_too_long, 23},
        {"urn:epc:id:sgtin:7791234.056789.a b", CodeError::bad_character, 33},
        {"urn:epc:id:sgtin:7791234.056789.a/b", CodeError::bad_character, 33},
        {"urn:epc:id:sgtin:7791234.056789.a#b", CodeError::bad_character, 33},
        {"urn:epc:id:sgtin:7791234.056789.a%", CodeError::bad_escape, 33},
        {"urn:epc:id:sgtin:7791234.056789.a%2", CodeError::bad_escape, 33},
        {"urn:epc:id:sgtin:7791234.056789.a%2G", CodeError::bad_escape, 33},
        {"urn:epc:id:sgtin:7791234.056789.a%20", CodeError::bad_escape, 33},
        {"urn:epc:id:sgtin:7791234.056789.a%00", CodeError::bad_escape, 33},
        {"urn:epc:tag:sgtin-96:8.7791234.056789.1", CodeError::bad_filter, 21},
        {"urn:epc:tag:sgtin-96:01.7791234.056789.1", CodeError::bad_filter, 21},
        {"urn:epc:tag:sgtin-96:7791234.056789.1", CodeError::bad_filter, 21},
        {"urn:epc:tag:sgtin-96:x.7791234.056789.1", CodeError::bad_filter, 21},
        {"urn:epc:tag:sgtin-96:1.7791234.056789.274877906944", CodeError::serial_out_of_range, 38},
        {"urn:epc:tag:sgtin-96:1.7791234.056789.01", CodeError::serial_leading_zero, 38},
        {"urn:epc:tag:sgtin-96:1.7791234.056789.1A", CodeError::serial_not_numeric, 38},
        {"urn:epc:tag:sgln-96:1.7791234.56789.2199023255552", CodeError::serial_out_of_range, 36},
        {"urn:epc:tag:grai-96:1.7791234.56789.01", CodeError::serial_leading_zero, 36},
        {"urn:epc:tag:giai-96:0.779123.4611686018427387904", CodeError::serial_out_of_range, 29},
        {"urn:epc:tag:giai-96:0.779123.01", CodeError::serial_leading_zero, 29},
        {"urn:epc:tag:itip-110:0.7791234.056789.01.02.A", CodeError::serial_not_numeric, 44},
        {"urn:epc:tag:[umi=2]:sgtin-96:1.7791234.056789.1", CodeError::bad_uri, 12},
        {"urn:epc:tag:[umi=1][att=x01]:sgtin-96:1.7791234.056789.1", CodeError::bad_uri, 19},
        {"urn:epc:tag:[att=x1]:sgtin-96:1.7791234.056789.1", CodeError::bad_uri, 12},
        {"urn:epc:raw:96", CodeError::bad_uri, 12},
        {"urn:epc:raw:0.x", CodeError::bad_uri, 12},
        {"urn:epc:raw:96.1234", CodeError::bad_uri, 15},
        {"urn:epc:raw:16.x12345", CodeError::component_overflow, 16},
        {"urn:epc:raw:31.xFFFFFFFF", CodeError::component_overflow, 16},
        {"urn:epc:raw:16.x012345", CodeError::component_overflow, 16},
        {"urn:epc:raw:16.x12g4", CodeError::bad_character, 18},
        {"urn:epc:raw:16.xA.x1234", CodeError::bad_uri, 16},
        {"urn:epc:raw:512.x12", CodeError::value_too_long, 12},
    };
    for (const Wrong& wrong : kWrong) {
        INFO(wrong.uri);
        const Read read{std::string{wrong.uri}};
        CHECK(code_error_name(read.made.reading.fault().error) == code_error_name(wrong.error));
        CHECK(read.made.reading.fault().offset == wrong.at);
    }
}

TEST_CASE("a URI cut off at any place is refused or says something else", "[uri]") {
    const std::string whole = "urn:epc:tag:[att=x01][umi=1]:itip-212:3.7791234.056789.01.02.A%2FB";
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const Read read{whole.substr(0, size)};
        CHECK(read.made.reading.fault().offset <= size);
        CHECK(read.ais() != Read{whole}.ais());
    }
}

TEST_CASE("a URI needs the length of the company prefix and the AIs of its key", "[uri]") {
    CodeBuffer buffer;
    const Gs1Message message = parse_bracketed("(01)07791234567898(21)S1", kToday, buffer, Gs1Profile::lenient);
    CHECK(make_epc_uri(*epc_key("sgtin"), message.elements(), 0).error == CodeError::company_prefix_length);
    CHECK(make_epc_uri(*epc_key("sgtin"), message.elements(), 13).error == CodeError::company_prefix_length);
    CHECK(make_epc_uri(*epc_key("lgtin"), message.elements(), 7).error == CodeError::ai_requisite_missing);
    CHECK(make_epc_uri(*epc_key("sscc"), message.elements(), 7).error == CodeError::ai_requisite_missing);
    CHECK(make_epc_uri(*epc_key("sgtin"), message.elements(), 9).text == "urn:epc:id:sgtin:779123456.0789.S1");
}
