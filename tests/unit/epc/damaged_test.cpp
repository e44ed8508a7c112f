// SPDX-License-Identifier: Apache-2.0
// Memory that holds no EPC, or a damaged one: which class, and where.
#include "unit/epc/tags.hpp"

#include <random>

using namespace dosario;
using namespace dosario::test;

namespace {

struct Damaged {
    std::string_view hex;
    CodeError error;
    unsigned digit;  ///< hexadecimal digit from bit 20h
    std::string_view about;
};

constexpr Damaged kDamaged[] = {
    {"", CodeError::empty_epc, 0, "nothing"},
    {"3", CodeError::truncated, 1, "half a header"},
    {"000000000000000000000000", CodeError::unprogrammed, 0, "never written"},
    {"00", CodeError::unprogrammed, 0, "never written, a byte of it"},
    {"E28011602000764DC36502CE", CodeError::unknown_header, 0, "a copy of the TID"},
    {"FF0000000000000000000000", CodeError::unknown_header, 0, "reserved"},
    {"30", CodeError::truncated, 2, "a header alone"},
    {"3066C4409047E140075BCD1", CodeError::truncated, 23, "four bits are missing"},
    {"3666C4409047E159B2C2BF10000000000000000000000000", CodeError::truncated, 48, "192 of 198 bits"},
    {"307CC4409047E140075BCD15", CodeError::bad_partition, 2, "partition 7"},
    {"3003A3529440004000000001", CodeError::component_overflow, 3, "SGTIN-96, partition 0: company prefix of 13 digits"},
    {"300000000000068000000001", CodeError::component_overflow, 13, "SGTIN-96, partition 0: item of 2 digits"},
    {"3006E90EDD00004000000001", CodeError::component_overflow, 3, "SGTIN-96, partition 1: company prefix of 12 digits"},
    {"300400000000390000000001", CodeError::component_overflow, 12, "SGTIN-96, partition 1: item of 3 digits"},
    {"300A540BE400004000000001", CodeError::component_overflow, 3, "SGTIN-96, partition 2: company prefix of 11 digits"},
    {"300800000001FA0000000001", CodeError::component_overflow, 12, "SGTIN-96, partition 2: item of 4 digits"},
    {"300FB9ACA000004000000001", CodeError::component_overflow, 3, "SGTIN-96, partition 3: company prefix of 10 digits"},
    {"300C00000019C40000000001", CodeError::component_overflow, 11, "SGTIN-96, partition 3: item of 5 digits"},
    {"3012FAF08000004000000001", CodeError::component_overflow, 3, "SGTIN-96, partition 4: company prefix of 9 digits"},
    {"3010000000E1A80000000001", CodeError::component_overflow, 10, "SGTIN-96, partition 4: item of 6 digits"},
    {"3016625A0000004000000001", CodeError::component_overflow, 3, "SGTIN-96, partition 5: company prefix of 8 digits"},
    {"3014000007D0900000000001", CodeError::component_overflow, 9, "SGTIN-96, partition 5: item of 7 digits"},
    {"301BD0900000004000000001", CodeError::component_overflow, 3, "SGTIN-96, partition 6: company prefix of 7 digits"},
    {"301800006625A00000000001", CodeError::component_overflow, 8, "SGTIN-96, partition 6: item of 8 digits"},
    {"320000000000060000000001", CodeError::component_overflow, 13, "SGLN-96 without digits for a location"},
    {"330000000000044000000001", CodeError::component_overflow, 13, "GRAI-96 without digits for a type"},
    {"31180000574876E800000000", CodeError::component_overflow, 8, "SSCC-96"},
    {"311800004000000001000001", CodeError::bad_string, 18, "SSCC-96: filling that is not zero"},
    {"2D1800004000000001800000", CodeError::bad_string, 18, "GSRN-96: filling that is not zero"},
    {"3403A3529440000000000001", CodeError::component_overflow, 3, "GIAI-96: company prefix"},
    {"4014000004000072010000000004", CodeError::component_overflow, 14, "ITIP-110: piece 100"},
    {"4014000004000040FF0000000004", CodeError::component_overflow, 16, "ITIP-110: total 127"},
    {"36140000040000400000000000000000000000000000000000", CodeError::bad_string, 14, "SGTIN-198: no serial number"},
    {"36140000040000608084000000000000000000000000000000", CodeError::bad_string, 18, "SGTIN-198: a character behind the end"},
    {"3614000004000060A000000000000000000000000000000000", CodeError::bad_character, 16, "SGTIN-198: a blank"},
    {"3614000004000060A300000000000000000000000000000000", CodeError::bad_character, 16, "SGTIN-198: #"},
    {"3614000004000060FF00000000000000000000000000000000", CodeError::bad_character, 16, "SGTIN-198: 7Fh"},
    {"3914000004000300000000000000000000000000000000000", CodeError::bad_character, 13, "SGLN-195"},
    {"3714000004000040000000000000000000000000000", CodeError::bad_string, 14, "GRAI-170: no serial number"},
    {"381C00000000000000000000000000000000000000000000000", CodeError::bad_partition, 2, "GIAI-202"},
    {"380000000000060C183060C183060C183060C183060C1820000", CodeError::value_too_long, 45, "GIAI-202: 31 characters"},
    {"380000000000060800000000000000000000000000000000004", CodeError::bad_string, 50, "GIAI-202: the last bit"},
    {"381800004000000000000000000000000000000000000000000", CodeError::bad_string, 8, "GIAI-202: nothing behind the prefix"},
    {"381BD0902080000000000000000000000000000000000000000", CodeError::component_overflow, 3, "GIAI-202: company prefix"},
    {"F70", CodeError::truncated, 3, "SGTIN+: no filter"},
    {"F7007791234567898", CodeError::truncated, 17, "SGTIN+: GTIN of 13 digits"},
    {"F700779A234567898624B5", CodeError::bad_digit, 7, "SGTIN+: a letter in the GTIN"},
    {"F7007791234567898C200000", CodeError::bad_encoding_indicator, 17, "SGTIN+: encoding 6"},
    {"F7007791234567898E200000", CodeError::bad_encoding_indicator, 17, "SGTIN+: encoding 7"},
    {"F70077912345678980000000", CodeError::empty_value, 17, "SGTIN+: no serial number"},
    {"F7007791234567898350000000000000000000000000", CodeError::value_too_long, 17, "SGTIN+: 21 characters"},
    {"F700779123456789802C8", CodeError::component_overflow, 19, "SGTIN+: 100 in two digits"},
    {"F700779123456789874000000000000000", CodeError::truncated, 34, "SGTIN+: serial number cut off"},
    {"F7007791234567898624B5A00000", CodeError::bad_aidc_header, 22, "reserved header A0h"},
    {"F7007791234567898624B50F0000", CodeError::bad_aidc_header, 22, "reserved header 0Fh"},
    {"F7007791234567898624B5140000", CodeError::unknown_ai, 22, "no AI begins with 14"},
    {"F7007791234567898624B50307791234567898", CodeError::unknown_ai, 22, "(03) is not for tags"},
    {"F7007791234567898624B580140000000000000000", CodeError::unknown_ai, 22, "(8014) is not for tags"},
    {"F7007791234567898624B570990000000000000000", CodeError::unknown_ai, 22, "(7099) does not exist"},
    {"F7007791234567898624B580F30000000000000000", CodeError::bad_digit, 24, "third digit of an AI"},
    {"F7007791234567898624B580", CodeError::truncated, 24, "an AI cut off"},
    {"F7007791234567898624B51739A1", CodeError::bad_date, 24, "month 13"},
    {"F7007791234567898624B5173801", CodeError::bad_date, 24, "month 0"},
    {"F7007791234567898624B517389F", CodeError::bad_date, 24, "31st of April"},
    {"F7007791234567898624B517365D", CodeError::bad_date, 24, "29th of February 2027"},
    {"F7007791234567898624B517C821", CodeError::bad_date, 24, "year 100"},
    {"F7007791234567898624B517382", CodeError::truncated, 27, "a date cut off"},
    {"F7007791234567898624B570033821C80", CodeError::bad_date, 30, "hour 25"},
    {"F7007791234567898624B570033821C02", CodeError::bad_date, 30, "24:01"},
    {"F7007791234567898624B5700338210F8", CodeError::bad_date, 30, "minute 60"},
    {"F7007791234567898624B520C8", CodeError::component_overflow, 24, "variant 100"},
    {"F7007791234567898624B530900000000", CodeError::value_too_long, 24, "a count of nine digits"},
    {"F7007791234567898624B530000000000", CodeError::empty_value, 24, "a count without digits"},
    {"F7007791234567898624B54307680", CodeError::bad_character, 26, "a country of other than letters"},
    {"FB07382107791234567898624B5", CodeError::bad_date_type, 3, "date type 7"},
    {"FB08382107791234567898624B5", CodeError::bad_date_type, 3, "date type 8"},
    {"FB09382107791234567898624B5", CodeError::bad_date_type, 3, "date type 9"},
    {"FB0A382107791234567898624B5", CodeError::bad_date_type, 3, "date type 10"},
    {"FB0B382107791234567898624B5", CodeError::bad_date_type, 3, "date type 11"},
    {"FB0C382107791234567898624B5", CodeError::bad_date_type, 3, "date type 12"},
    {"FB0D382107791234567898624B5", CodeError::bad_date_type, 3, "date type 13"},
    {"FB0E382107791234567898624B5", CodeError::bad_date_type, 3, "date type 14"},
    {"FB0F382107791234567898624B5", CodeError::bad_date_type, 3, "date type 15"},
    {"FB04385E07791234567898624B5", CodeError::bad_date, 4, "DSGTIN+: 30th of February"},
    {"FB04C82107791234567898624B5", CodeError::bad_date, 4, "DSGTIN+: year 100"},
    {"FB04385E0779123456789A624B5", CodeError::bad_date, 4, "DSGTIN+: 30th of February, before a letter in the GTIN"},
    {"FB0F385E0779123456789A624B5", CodeError::bad_date_type, 3, "DSGTIN+: date type 15, before all else"},
    {"FB0438", CodeError::truncated, 6, "DSGTIN+: date cut off"},
    {"FA095A0", CodeError::bad_digit, 5, "GIAI+: Ah"},
    {"FA0F000", CodeError::empty_value, 3, "GIAI+: nothing"},
    {"FA09999999999999999999999999999999F", CodeError::value_too_long, 33, "GIAI+: 31 digits"},
    {"FA099999999999999999999E6B00000000000000000", CodeError::value_too_long, 24, "GIAI+: 31 characters"},
    {"FA099999999", CodeError::truncated, 11, "GIAI+: without end"},
    {"F100952114112345400", CodeError::empty_value, 19, "GRAI+: a kind, no thing"},
    {"F9009520123456789123", CodeError::truncated, 20, "SSCC+: 17 digits"},
};

/// Nothing of what is read may be outside of the memory or of the buffer, whatever the memory holds.
void check_sound(ByteView bytes, std::size_t bits) {
    CodeBuffer buffer;
    EpcReading reading = read_epc(bytes, bits, kToday, buffer);
    REQUIRE(reading.fault().offset <= bits / 4);
    for (const Gs1Element& element : reading.elements()) {
        REQUIRE((element.row != nullptr && !element.ai.empty()));
        if (reading.ok()) REQUIRE(!element.value.empty());
    }
    const bool was_ok = reading.ok();
    const Identity identity = identify_epc(reading, kToday);
    if (!was_ok) REQUIRE(std::holds_alternative<Unknown>(identity));
}

}  // namespace

TEST_CASE("each kind of damage has its class and its place", "[epc]") {
    for (const Damaged& one : kDamaged) {
        INFO(one.about << ", " << one.hex);
        const CodeFault fault = fault_of(one.hex);
        CHECK(code_error_name(fault.error) == code_error_name(one.error));
        CHECK(fault.offset == one.digit);
    }
}

TEST_CASE("an EPC cut off at any bit is refused or is the whole of a shorter one", "[epc]") {
    for (const std::string_view hex :
         {"3066C4409047E140075BCD15", "3666C4409047E159B2C2BF100000000000000000000000000000", "FB342CDE795211411234538566CB0AFC4",
          "4176451FD40C0E4082DBDD8B36600000000000000000000000000000", "FA3952114132E83C2BF10"}) {
        Tag tag{hex};
        const EpcReading whole = tag.read();
        const std::size_t needed = whole.scheme->bits;
        for (std::size_t bits = 0; bits < tag.bits; ++bits) {
            CodeBuffer buffer;
            const EpcReading reading = read_epc(tag.bytes, bits, kToday, buffer);
            check_sound(tag.bytes, bits);
            if (needed == 0 || bits >= needed) continue;
            CHECK(reading.fault().error == (bits == 0 ? CodeError::empty_epc : CodeError::truncated));
        }
    }
}

TEST_CASE("what follows a scheme of fixed length is filling, whatever it is", "[epc]") {
    CHECK(ais_of("3066C4409047E140075BCD150000") == "(01)09506000134352(21)123456789");
    CHECK(ais_of("3066C4409047E140075BCD15FFFFFFFF") == "(01)09506000134352(21)123456789");
}

TEST_CASE("behind a + scheme fewer than 8 bits, and 8 zeros too few for an SSCC, are filling", "[epc]") {
    CHECK(ais_of("F90095201234567891235F") == "(00)095201234567891235");
    CHECK(ais_of("F90095201234567891235" + std::string(19, '0')) == "(00)095201234567891235");
    CHECK(ais_of("F53952114112345678906"
                 "00"
                 "095201234567891235") == "(8017)952114112345678906(00)095201234567891235");
    CHECK(fault_of("F90095201234567891235"
                   "F0")
              .error == CodeError::bad_aidc_header);
}

TEST_CASE("the toggle for more data is not needed to find it", "[epc]") {
    const std::string without = written("SGTIN+", "(01)07791234567898(21)S1");
    const std::string with = written("SGTIN+", "(01)07791234567898(21)S1(17)281231");
    CHECK(without[2] == '0');
    CHECK(with[2] == '8');
    std::string hidden = with;
    hidden[2] = '0';
    CHECK(ais_of(hidden) == "(01)07791234567898(21)S1(17)281231");
}

TEST_CASE("no flipped bit of an EPC reads outside of it", "[epc]") {
    for (const std::string_view hex :
         {"3066C4409047E140075BCD15", "FB342CDE795211411234538566CB0AFC4000", "F3309521141123454010266AE27FDF35",
          "3876451FD59B2C2BF10000000000000000000000000000000000"}) {
        Tag tag{hex};
        for (std::size_t i = 0; i < tag.bits; ++i) {
            for (std::size_t j = i; j < tag.bits; j += 7) {
                Bytes bytes = tag.bytes;
                bytes[i / 8] ^= std::byte{0x80} >> (i % 8);
                if (j != i) bytes[j / 8] ^= std::byte{0x80} >> (j % 8);
                check_sound(bytes, tag.bits);
            }
        }
    }
}

TEST_CASE("random memory is read or refused", "[epc]") {
    std::mt19937_64 random{11};
    for (int i = 0; i < 20'000; ++i) {
        Bytes bytes(random() % 66);
        for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
        if (!bytes.empty() && i % 2 == 0)
            bytes[0] = static_cast<std::byte>(epc_schemes()[random() % epc_schemes().size()].header);
        check_sound(bytes, bytes.size() * 8);
    }
}

TEST_CASE("memory is read however much of it there is, as far as a fault can say where", "[epc]") {
    const std::string box = "3066C4409047E140075BCD15";
    CHECK(ais_of(box + std::string(0xffff - box.size(), '7')) == "(01)09506000134352(21)123456789");
    CHECK(fault_of(box + std::string(0x10000, '0')).error == CodeError::value_too_long);
    // More values than a message has room for.
    std::string crowd = "F90095201234567891235";
    for (int i = 0; i < 70; ++i) crowd += "10214";
    CHECK(fault_of(crowd).error == CodeError::parse_failed);
}

TEST_CASE("what an EPC has no place for is not written", "[epc]") {
    const std::string item = "(01)07791234567898(21)";
    CHECK(written("SGTIN-96", item + "274877906944", 7) == "serial-out-of-range");
    CHECK(written("SGTIN-96", item + "99999999999999999999", 7) == "serial-out-of-range");
    CHECK(written("SGTIN-96", item + "0123", 7) == "serial-leading-zero");
    CHECK(written("SGTIN-96", item + "12A", 7) == "serial-not-numeric");
    CHECK(written("SGTIN-96", item + "123") == "company-prefix-length");
    CHECK(written("SGTIN-96", item + "123", 5) == "company-prefix-length");
    CHECK(written("SGTIN-96", item + "123", 13) == "company-prefix-length");
    CHECK(written("SGTIN-96", item + "123", 7, 8) == "bad-filter");
    CHECK(written("SGTIN-96", "(01)07791234567898", 7) == "ai-requisite-missing");
    CHECK(written("SGTIN-96", item + "123(10)L1", 7) == "unknown-ai");
    CHECK(written("SGTIN+", "(01)02001234567893(21)1") == "restricted-number");
    CHECK(written("SGTIN+", item + "1(8014)1987654Ad4X4bL5ttr2310c2K") == "unknown-ai");
    CHECK(written("SGTIN+", item + "1(91)" + std::string(90, 'z')) == "value-too-long");  // 496 bits are the most
    CHECK(written("SGLN-96", "(414)9521141123454(254)A", 7) == "serial-not-numeric");
    CHECK(written("SGLN-96", "(414)9521141123454(254)2199023255552", 7) == "serial-out-of-range");
    CHECK(written("GRAI-96", "(8003)09521141123454", 7) == "empty-value");
    CHECK(written("GRAI+", "(8003)09521141123454") == "empty-value");
    CHECK(written("GIAI-96", "(8004)9521141", 7) == "empty-value");
    CHECK(written("GIAI-96", "(8004)9521141A", 7) == "serial-not-numeric");
    CHECK(written("GIAI-96", "(8004)9521A", 7) == "company-prefix-length");
    CHECK(written("GIAI-202", "(8004)952114" + std::string(24, 'A'), 6).starts_with("38"));
    CHECK(written("SSCC-96", "(01)07791234567898", 7) == "ai-requisite-missing");
}
