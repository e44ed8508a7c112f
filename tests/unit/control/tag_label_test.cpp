// SPDX-License-Identifier: Apache-2.0
// From what is printed on a thing to what its tag holds.
#include "control/tag_label.hpp"

#include "control/tag_code.hpp"
#include "control/tag_words.hpp"
#include "control/thing_label.hpp"
#include "identity/identity.hpp"
#include "support/catch.hpp"
#include "support/reading_codes.hpp"
#include "support/counter.hpp"
#include "support/result.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

Result<TagLabel> label_of(std::string_view code, std::string_view scheme = "") {
    return make_tag_label(code, scheme, kToday, Language::en);
}

/// What a pad would make of it.
std::string read_back(const TagLabel& label) {
    Sighting seen;
    seen.epc.assign(label.epc().begin(), label.epc().end());
    seen.pc =
        static_cast<std::uint16_t>(std::to_integer<unsigned>(label.bank[0]) << 8 | std::to_integer<unsigned>(label.bank[1]));
    return tag_code(seen, kToday).value_or("");
}

}  // namespace

TEST_CASE("each label goes onto a tag in the form that says all of it", "[tag_label]") {
    struct Row {
        std::string code;
        const char* scheme;
    };
    const Row rows[] = {
        {"]d201077912345678981728063010L-2041\x1d"
         "21SN0001",
         "DSGTIN+"},
        {"]d2010779123456789821SN0001", "SGTIN+"},
        {"]C100077912340000000012", "SSCC+"},
        {"]d28006077912345678980103\x1d"
         "21ABC",
         "ITIP+"},
    };
    for (const Row& row : rows) {
        INFO(row.scheme);
        const auto label = label_of(row.code);
        REQUIRE(label.has_value());
        CHECK(label->scheme == row.scheme);
    }
    CHECK(read_back(*label_of(rows[0].code)) ==
          "]d20107791234567898"
          "21SN0001\x1d"
          "1728063010L-2041");
    CHECK(label_of("(01)07791234567898(17)280630(10)L1(21)S1")->scheme == "DSGTIN+");
    CHECK(label_of("https://id.gs1.org/01/07791234567898/21/S1?17=280630")->scheme == "DSGTIN+");
    CHECK(label_of("https://id.gs1.org/01/07791234567898/21/S1", "sgtin+")->scheme == "SGTIN+");
    CHECK(label_of("(01)07791234567898(21)A\\(B", "")->bank == label_of("]d2010779123456789821A(B")->bank);
    CHECK(label_of("urn:epc:id:sgtin:7791234.056789.S1", "sgtin-198")->scheme == "SGTIN-198");
    CHECK_FALSE(label_of("urn:epc:id:sgtin:7791234.056789.S1").has_value());       // in which form?
    CHECK(label_of("]d2010779123456789821123", "sgtin-96").has_value() == false);  // who owns how much of the number is not known
}

TEST_CASE("a dose's tag says the dose, and takes 208 bits", "[tag_label]") {
    const ThingId dose{0x0123456789ABCDE};
    DoseContent content{dose, *parse_gtin("07791234567898"), 2, 3, "L-2041", parse_date("2027-05-01")};
    const auto label = label_of(dose_label(content));
    REQUIRE(label.has_value());
    CHECK(label->scheme == "ITIP+");
    CHECK(label->epc().size() * 8 == 208);
    const std::string code = read_back(*label);
    CHECK(code ==
          "]d28006077912345678980203\x1d"
          "21" +
              dose_serial(dose));
    CHECK(label_of("(8006)077912345678980203(10)L1(91)" + dose_code(dose))->bank == label->bank);
    const Identity by_tag = identify("]d2", std::string_view{code}.substr(3), kToday, buffer);
    REQUIRE(std::holds_alternative<DoseLabel>(by_tag));
    CHECK(std::get<DoseLabel>(by_tag).dose == dose);
}

TEST_CASE("a scheme that parts the company prefix takes its length", "[tag_label]") {
    const auto label = make_tag_label("]d2010779123456789821123", "sgtin-96", kToday, Language::es, 7);
    REQUIRE(label.has_value());
    CHECK(label->scheme == "SGTIN-96");
}

TEST_CASE("the register says the label of a dose and of an opened pack from their codes", "[tag_label]") {
    Counter counter;
    counter.scan(kReceive);
    const std::string box = Box{.serial = "S1"}.code();
    counter.scan(box);
    const Answer cut = counter.scan(Scan{box}.mode("fraction").doses(3).units_per_dose(10).by(kAna));
    REQUIRE(cut.reply.doses_size() == 3);
    for (const v1::DoseLine& dose : cut.reply.doses()) {
        CHECK(is_bare_code(dose.code()));
        for (const std::string& code : {dose.code(), "]d1" + dose.code()}) {
            const auto label = counter.service().label_of(code);
            REQUIRE(label.has_value());
            CHECK(*label == dose.label());
        }
    }
    const auto pack = counter.service().label_of(cut.reply.pack());
    REQUIRE(pack.has_value());
    CHECK(must(make_tag_label(*pack, "", kToday, Language::es)).bank == must(make_tag_label(box, "", kToday, Language::es)).bank);
    CHECK(must(counter.service().label_of(box)) == box);  // says all by itself
    CHECK_FALSE(is_bare_code(box));
    CHECK_FALSE(is_bare_code(cut.reply.doses(0).label()));

    std::string mistyped = cut.reply.doses(0).code();
    mistyped.back() = mistyped.back() == '0' ? '1' : '0';
    for (const std::string& code : {mistyped, dose_code(ThingId{77}), pack_code(ThingId{77})}) {
        INFO(code);
        const auto none = counter.service().label_of(code);
        REQUIRE_FALSE(none.has_value());
        CHECK(none.error().message.size() > 20);
    }
}

TEST_CASE("a pack without serial number has no tag of its own", "[tag_label]") {
    Counter counter;
    counter.scan(kReceive);
    REQUIRE(counter.scan(Box{}.code()).ok());
    const Answer cut = counter.scan(Scan{Box{}.code()}.mode("fraction").doses(3).units_per_dose(10).by(kAna));
    REQUIRE(cut.ok());
    const auto none = counter.service().label_of(cut.reply.pack());
    REQUIRE_FALSE(none.has_value());
    CHECK(none.error().failure == Failure::invalid);
    CHECK(counter.service().label_of(cut.reply.doses(0).code()).has_value());
}

TEST_CASE("what can have no tag is refused in words of every language", "[tag_label]") {
    for (const char* code :
         {"7791234567898", "DOSARIO.D.0000000000010", "hello", "]d2010779123456789810L1", "]d20107791234567890"})
        for (const Language language : {Language::es, Language::en, Language::pt}) {
            INFO(code);
            const auto label = make_tag_label(code, "", kToday, language);
            REQUIRE_FALSE(label.has_value());
            CHECK(label.error().failure == Failure::invalid);
            CHECK(label.error().message.size() > 20);
        }
    CHECK_FALSE(label_of("(01)07791234567898(21)S1", "nonsense").has_value());
    CHECK_FALSE(label_of("(01)07791234567898(21)S1", "sgtin").has_value());  // a URI alone is nothing to write
    CHECK_FALSE(label_of("]d24147791234567898").has_value());
}

TEST_CASE("sentences about tags are there in three languages, and say their numbers", "[tag_label]") {
    for (const char* key :
         {"read", "written", "locked", "none", "several", "no_chip", "too_short", "as_before", "unknown", "not_locked", "no_gs1",
          "no_serial", "which_scheme", "mistyped", "not_known", "no_gs1_dose", "no_pack_serial"}) {
        INFO(key);
        CHECK(tag_words(key, Language::es) != tag_words(key, Language::en));
        for (const Language language : {Language::es, Language::en, Language::pt})
            CHECK(tag_words(key, language, {{"tags", "7"}, {"bits", "224"}, {"why", "because"}}).find('{') == std::string::npos);
    }
    CHECK(tag_words("too_short", Language::es, {{"bits", "224"}}).find("224") != std::string::npos);
    CHECK(tag_words("no such key", Language::es).empty());
}
