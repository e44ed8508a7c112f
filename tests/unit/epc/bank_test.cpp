// SPDX-License-Identifier: Apache-2.0
// The EPC bank: PC word, CRC, what is no EPC; and the TID bank.
#include "epc/tid.hpp"
#include "unit/epc/tags.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

struct Bank {
    explicit Bank(std::string_view hex) : bytes(from_hex(hex).value()), bank(read_epc_bank(bytes, kToday, buffer)) {}
    Bytes bytes;
    CodeBuffer buffer;
    EpcBank bank;
};

constexpr std::string_view kBox = "3066C4409047E140075BCD15";

std::string bank_of(std::string_view pc, std::string_view epc) { return std::string{pc} + std::string{epc}; }

}  // namespace

TEST_CASE("the PC word says how long the EPC is and what else there is", "[bank]") {
    const Bank plain{bank_of("3000", kBox)};
    CHECK(plain.bank.reading.ok());
    CHECK(plain.bank.words == 6);
    CHECK_FALSE((plain.bank.user_memory || plain.bank.extended || plain.bank.toggle));
    CHECK(plain.bank.attributes == 0);
    CHECK(bracketed(plain.bank.reading.elements()) == "(01)09506000134352(21)123456789");

    const Bank with{bank_of("3401", kBox)};
    CHECK(with.bank.reading.ok());
    CHECK(with.bank.user_memory);
    CHECK(with.bank.attributes == 1);
    const EpcReading& reading = with.bank.reading;
    CHECK(make_tag_uri(*reading.scheme, reading.elements(), {*reading.filter, reading.prefix_digits}, with.bank.control()).text ==
          "urn:epc:tag:[att=x01][umi=1]:sgtin-96:3.95060001343.05.123456789");
}

TEST_CASE("the CRC-16 is that of Gen2 over PC and EPC", "[bank]") {
    // The check value of CRC-16/GENIBUS, as catalogues of CRCs print it.
    CHECK(epc_crc16(as_bytes("123456789")) == 0xd64e);
    CHECK(Bank{bank_of("3000", kBox)}.bank.crc16 == epc_crc16(from_hex(bank_of("3000", kBox)).value()));
    // What follows the words is not in it.
    CHECK(Bank{bank_of("3000", kBox) + "FFFF"}.bank.crc16 == Bank{bank_of("3000", kBox)}.bank.crc16);
    CHECK(Bank{bank_of("3001", kBox)}.bank.crc16 != Bank{bank_of("3000", kBox)}.bank.crc16);
}

TEST_CASE("a bank with fewer words than its PC says is too short", "[bank]") {
    for (const std::string_view hex : {"", "30"}) {
        const Bank none{hex};
        CHECK(none.bank.reading.fault().error == CodeError::bank_too_short);
        CHECK_FALSE(none.bank.has_pc);
    }
    const std::string whole = bank_of("3000", kBox);
    for (std::size_t digits = 4; digits < whole.size(); digits += 2) {
        const Bank cut{whole.substr(0, digits)};
        CHECK(cut.bank.has_pc);
        CHECK(cut.bank.words == 6);
        CHECK(cut.bank.reading.fault().error == CodeError::bank_too_short);
        CHECK(cut.bank.reading.fault().offset == digits);
        CHECK_FALSE(cut.bank.crc16);
    }
    CHECK(Bank{whole}.bank.reading.ok());
}

TEST_CASE("a length in the PC word that cuts the EPC off makes it truncated", "[bank]") {
    const Bank cut{bank_of("2800", kBox)};
    CHECK(cut.bank.reading.fault().error == CodeError::truncated);
    CHECK(cut.bank.reading.fault().offset == 4 + 20);
    CHECK(make_raw_uri(cut.bank) == "urn:epc:raw:80.x3066C4409047E140075B");
}

TEST_CASE("what is no EPC has a raw URI", "[bank]") {
    const Bank iso{bank_of("31A1", "0123456789ABCDEF01234567")};
    CHECK(iso.bank.reading.fault().error == CodeError::not_epc_afi);
    CHECK(iso.bank.toggle);
    CHECK(iso.bank.attributes == 0xa1);
    CHECK(make_raw_uri(iso.bank) == "urn:epc:raw:96.xA1.x0123456789ABCDEF01234567");

    const Bank odd{bank_of("3401", "0123456789ABCDEF01234567")};
    CHECK(odd.bank.reading.fault().error == CodeError::unknown_header);
    CHECK(odd.bank.reading.fault().offset == 4);
    CHECK(make_raw_uri(odd.bank) == "urn:epc:raw:[att=x01][umi=1]:96.x0123456789ABCDEF01234567");

    CHECK(Bank{"0000"}.bank.reading.fault().error == CodeError::empty_epc);
    CHECK(Bank{bank_of("3000", "000000000000000000000000")}.bank.reading.fault().error == CodeError::unprogrammed);
}

TEST_CASE("XPC_W1 is read where the bank was read as far as 210h", "[bank]") {
    std::string memory = bank_of("3200", kBox);
    CHECK_FALSE(Bank{memory}.bank.xpc);
    memory.resize((0x210 - 0x10) / 4, '0');
    const Bank bank{memory + "0004"};
    CHECK(bank.bank.reading.ok());
    CHECK(bank.bank.xpc == 4);
    const EpcReading& reading = bank.bank.reading;
    CHECK(make_tag_uri(*reading.scheme, reading.elements(), {*reading.filter, reading.prefix_digits}, bank.bank.control()).text ==
          "urn:epc:tag:[xpc=x0004]:sgtin-96:3.95060001343.05.123456789");
}

TEST_CASE("a bank that was made is the bank that is read", "[bank]") {
    for (const std::string_view hex :
         {"3066C4409047E140075BCD15", "FB342CDE795211411234538566CB0AFC4", "F53952114112345678906"}) {
        Tag tag{hex};
        const EpcReading reading = tag.read();
        const EpcMade made = write_epc(*reading.scheme, reading.elements(), {*reading.filter, reading.prefix_digits});
        REQUIRE(made.ok());
        const Bytes bytes = make_epc_bank(made, {0x02, true, std::nullopt});
        CodeBuffer buffer;
        const EpcBank bank = read_epc_bank(bytes, kToday, buffer);
        CHECK(bank.reading.ok());
        CHECK(bank.words * 2U + 2U == bytes.size());
        CHECK(bank.user_memory);
        CHECK(bank.attributes == 2);
        CHECK(bracketed(bank.reading.elements()) == bracketed(reading.elements()));
    }
}

TEST_CASE("the TID says who made the chip, which it is, and its number", "[tid]") {
    const auto read = [](std::string_view hex) {
        static Bytes bytes;
        bytes = from_hex(hex).value();
        return read_tid(bytes);
    };
    const auto monza = read("E28011602000764DC36502CE");
    REQUIRE(monza);
    CHECK(monza->maker_name == "Impinj");
    CHECK(monza->model_name == "Monza R6");
    CHECK(monza->model == 0x160);
    CHECK(monza->extended);
    CHECK(to_hex(monza->serial) == "764dc36502ce");  // XTID header 2000h: 48 bits
    const auto higgs = read("E2003412013B");
    REQUIRE(higgs);
    CHECK(higgs->maker_name == "Alien Technology");
    CHECK(higgs->model_name == "Higgs-3");
    CHECK_FALSE(higgs->extended);
    CHECK(higgs->serial.empty());
    const auto ucode = read("E28069952000500101D589CC");
    REQUIRE(ucode);
    CHECK(ucode->maker_name == "NXP");
    CHECK(ucode->model == 0x995);
    CHECK(to_hex(ucode->serial) == "500101d589cc");
    const auto both = read("E2E1FFFF");
    REQUIRE(both);
    CHECK(both->security);
    CHECK(both->files);
    CHECK(both->maker == 0x1f);
    CHECK(both->model_name.empty());
    CHECK(read("E28011602000764DC365")->serial.empty());                      // cut off before its end
    CHECK(read("E2801160A000" + std::string(28, '1'))->serial.size() == 14);  // 5: 48 + 4 * 16 bits
    CHECK_FALSE(read("E0041602000764DC"));                                    // ISO/IEC 7816-6: another class
    CHECK_FALSE(read("E28011"));
}
