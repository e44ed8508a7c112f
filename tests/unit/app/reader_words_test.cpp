// SPDX-License-Identifier: Apache-2.0
// Every reason why a device is not used has words in every language.
#include "control/reader_words.hpp"

#include "chafon_uhf/chafon_frame.hpp"
#include "control/reader_reasons.hpp"
#include "m100_uhf/m100_frame.hpp"
#include "rfid/gen2.hpp"
#include "support/catch.hpp"
#include "usb/unsupported.hpp"

#include <set>

namespace dosario {
namespace {

constexpr Language kLanguages[] = {Language::es, Language::en, Language::pt};

TEST_CASE("every family that is not driven is explained in every language", "[reader_words]") {
    for (int i = 0; i <= static_cast<int>(Unsupported::other); ++i) {
        const std::string key = "not_driven/" + std::string{unsupported_name(static_cast<Unsupported>(i))};
        INFO(key);
        for (const Language language : kLanguages) CHECK(reader_words(key, language).size() > 20);
        CHECK(reader_words(key, Language::es) != reader_words(key, Language::en));
    }
    for (const char* key : {"candidate",   "protected", "last_keyboard", "blocked",    "refused",        "not_plugged",
                            "asleep",      "poor",      "silent",        "silent_pad", "read_damaged",   "pad_reads",
                            "moved",       "no_zone",   "record_pad",    "trial_pad",  "failed/refused", "failed/unavailable",
                            "failed/full", "failed/io"}) {
        INFO(key);
        for (const Language language : kLanguages) CHECK(reader_words(key, language).size() > 20);
    }
    CHECK(reader_words("no such key", Language::es).empty());
}

TEST_CASE("a mode that is not driven names the configuration code to scan", "[reader_words]") {
    for (const char* family : {"ibm_hand_held", "ibm_table_top", "snapi"}) {
        for (const Language language : kLanguages) {
            const std::string words = reader_words(std::string{"not_driven/"} + family, language);
            CHECK(words.find("USB HID POS") != std::string::npos);
            CHECK(words.find("CDC COM") != std::string::npos);
        }
    }
}

TEST_CASE("whatever a tag or a reader of tags refuses with is said in every language", "[reader_words]") {
    // Those of an inventory that goes well, of kills and of tags of another kind: nobody gets them as a reason.
    const std::set<std::string> no_reasons{"ok",
                                           "done",
                                           "done, the time was over",
                                           "more follows",
                                           "the tag was not killed",
                                           "a kill password of zero kills nothing",
                                           "an inventory of 6B tags",
                                           "an EAS alarm, or a failure of it",
                                           "statistics of the inventory",
                                           "still there",
                                           "the tag could not be killed",
                                           "a command of a chip's maker failed"};
    const auto check = [&](const std::string& english) {
        if (no_reasons.contains(english)) return;
        INFO(english);
        for (const Language language : {Language::es, Language::pt}) CHECK(reader_reason(english, language) != english);
    };
    for (unsigned code = 0; code < 256; ++code) {
        check(tag_error_words(code));
        check(chafon::status_words(static_cast<std::uint8_t>(code), {}));
        check(m100::error_words(static_cast<std::uint8_t>(code)));
    }
}

TEST_CASE("values stand in their places", "[reader_words]") {
    const std::string words = reader_words("moved", Language::en, {{"from", "1-4"}, {"to", "1-3"}});
    CHECK(words.find("at port 1-4; it is now at 1-3") != std::string::npos);
    CHECK(words.find('{') == std::string::npos);
}

}  // namespace
}  // namespace dosario
