// SPDX-License-Identifier: Apache-2.0
#include "app/settings.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

struct Read {
    TemporaryDirectory directory;
    SettingsProblems problems;
    Settings settings;

    explicit Read(const std::string& toml, const std::string& catalogue = "") {
        write_file(directory.file("dosario.toml"), toml);
        write_file(directory.file("catalogue.toml"), catalogue);
        settings = read_settings(directory.file("dosario.toml"), problems);
    }
    /// Some problem is at that place of that file and holds that word.
    bool says(const std::string& file, const std::string& place, const std::string& word) const {
        for (const std::string& line : problems.lines) {
            if (line.starts_with(directory.file(file) + ":" + place + ": ") && line.find(word) != std::string::npos) return true;
        }
        return false;
    }
};

}  // namespace

TEST_CASE("an empty file is all defaults", "[settings]") {
    const Read read{""};
    CHECK(read.problems.lines.empty());
    CHECK(read.settings.language == Language::es);
    CHECK(read.settings.rules.beyond_use_days == 180);
    CHECK(read.settings.usb);
    CHECK(read.settings.tcp.address.empty());
}

TEST_CASE("backups have folders, a number and an hour, and none by default", "[settings]") {
    CHECK(Read{""}.settings.backup.directories.empty());
    const Read read{R"([backup]
directories = ["/media/a", "/mnt/b"]
keep = 3
hour = 23
same_disk = true)"};
    REQUIRE(read.problems.lines.empty());
    CHECK(read.settings.backup.directories == std::vector<std::string>{"/media/a", "/mnt/b"});
    CHECK(read.settings.backup.keep == 3);
    CHECK(read.settings.backup.hour == 23);
    CHECK(read.settings.backup.same_disk);
    const Read wrong{R"([backup]
directories = ["stick"]
keep = 0
hour = 24)"};
    CHECK(wrong.problems.lines.size() == 3);
    CHECK(wrong.says("dosario.toml", "2:16", "whole path"));
}

TEST_CASE("the files that come with Dosario are right", "[settings]") {
    for (const char* name : {"dosario.toml", "practice.toml"}) {
        SettingsProblems problems;
        read_settings(std::string{DOSARIO_SOURCE_DIR} + "/config/" + name, problems);
        INFO(name << (problems.lines.empty() ? "" : problems.lines.front()));
        CHECK(problems.lines.empty());
    }
}

TEST_CASE("everything wrong is said at once, each with line and column", "[settings]") {
    const Read read{R"(catalogue = "catalogue.toml"
colour = "red"
[station]
name = 7
langauge = "es"
language = "fr"
time_zone = "Mars/Olympus"
[rules]
beyond_use_days = -1
share_of_time_left_percent = 101
shortest_life_days = "ten"
[api]
listen = "0.0.0.0:80"
socket = "relative"
hosts = [1, "a"]
[usb]
enabled = "yes"
[[reader]]
match = "scanner"
layout = "dvorak"
idle_ms = 5
)",
                    R"([[product]]
gtin = "7791234567899"
name = "Wrong digit"
units_per_pack = 30
[[product]]
gtin = "7791234567898"
units_per_pack = 0
)"};
    CHECK(read.says("dosario.toml", "2:1", "colour"));
    CHECK(read.says("dosario.toml", "4:8", "station.name"));
    CHECK(read.says("dosario.toml", "5:1", "langauge"));
    CHECK(read.says("dosario.toml", "6:12", "fr"));
    CHECK(read.says("dosario.toml", "7:13", "Mars/Olympus"));
    CHECK(read.says("dosario.toml", "9:19", "0 to 3650"));
    CHECK(read.says("dosario.toml", "10:30", "0 to 100"));
    CHECK(read.says("dosario.toml", "11:22", "whole number"));
    CHECK(read.says("dosario.toml", "13:10", "loopback"));
    CHECK(read.says("dosario.toml", "14:10", "/"));
    CHECK(read.says("dosario.toml", "15:10", "text"));
    CHECK(read.says("dosario.toml", "17:11", "true or false"));
    CHECK(read.says("dosario.toml", "19:9", "05e0:1200"));
    CHECK(read.says("dosario.toml", "20:10", "dvorak"));
    CHECK(read.says("dosario.toml", "21:11", "20 to 5000"));
    CHECK(read.says("catalogue.toml", "2:8", "check digit"));
    CHECK(read.says("catalogue.toml", "5:1", "name"));
    CHECK(read.says("catalogue.toml", "7:18", "1 to 9999"));
    CHECK(read.problems.lines.size() == 18);
}

TEST_CASE("what is no TOML, and what is no file, is said with its place", "[settings]") {
    CHECK(Read{"[station]\nname = \n"}.problems.lines.size() == 1);
    CHECK(Read{"[station]\nname = \n"}.says("dosario.toml", "2:8", ""));
    SettingsProblems problems;
    read_settings("/no/such/dosario.toml", problems);
    REQUIRE(problems.lines.size() == 1);
    CHECK(problems.lines[0].starts_with("/no/such/dosario.toml: "));
    CHECK(problems.lines[0].find("the example dosario.toml (config/ in the sources, /usr/share/dosario when installed)") !=
          std::string::npos);
    const Read missing{"# first\ncatalogue = \"missing.toml\""};
    CHECK(missing.problems.lines.size() == 1);
    CHECK(missing.says("dosario.toml", "2:13", "catalogue: " + missing.directory.file("missing.toml") + " is not there"));
    CHECK(missing.says("dosario.toml", "2:13", "the example catalogue.toml"));
}

TEST_CASE("a key where a section is wanted, and the other way round", "[settings]") {
    CHECK(Read{"station = 1\nrules = []\nreader = 2"}.problems.lines.size() == 3);
    CHECK(Read{"[reader]\nmatch = \"05e0:1200\""}.problems.lines.size() == 1);
    CHECK(Read{"[catalogue]\nx = 1"}.problems.lines.size() >= 1);
    CHECK(Read{"reader = [1]"}.problems.lines.size() == 1);
}

TEST_CASE("a reader has a zone and what it does with separators", "[settings]") {
    const Read read{
        "[[reader]]\nmatch = \"05e0:1200\"\nzone = \"mostrador\"\ngs = \"lost\"\n[[reader]]\nmatch = \"05e0:2100\"\n"};
    CHECK(read.problems.lines.empty());
    REQUIRE(read.settings.readers.size() == 2);
    CHECK(read.settings.readers[0].zone == "mostrador");
    CHECK(read.settings.readers[0].gs == GsHabit::lost);
    CHECK(read.settings.readers[1].zone.empty());
    CHECK_FALSE(read.settings.readers[1].gs);
    CHECK(Read{"[[reader]]\nmatch = \"05e0:1200\"\nzone = \" x\""}.problems.lines.size() == 1);
    CHECK(Read{"[[reader]]\nmatch = \"05e0:1200\"\ngs = \"perhaps\""}.problems.lines.size() == 1);
    CHECK(Read{"[[reader]]\nmatch = \"05e0:1200\"\ngs = 1"}.problems.lines.size() == 1);
}

TEST_CASE("a reader that transmits in UHF wants a country, and no more power than is allowed there", "[settings]") {
    const Read fine{R"([rfid]
country = "CL"
[[reader]]
match = "10c4:ea60"
driver = "chafon_uhf"
power_dbm = 20)"};
    REQUIRE(fine.problems.lines.empty());
    CHECK(fine.settings.readers[0].settings.uhf_country == "CL");
    CHECK(fine.settings.readers[0].settings.power_cdbm == 2000);
    const Read nowhere{R"([[reader]]
match = "10c4:ea60"
driver = "m100_uhf")"};
    CHECK(nowhere.problems.lines.size() == 1);
    CHECK(nowhere.says("dosario.toml", "3:10", "country = \"AR\""));
    const Read wrong{R"([rfid]
country = "US")"};
    CHECK(wrong.says("dosario.toml", "2:11", "AR BR CL"));
    const Read strong{R"([rfid]
country = "CL"
[[reader]]
match = "10c4:ea60"
driver = "chafon_uhf"
power_dbm = 28)"};
    CHECK(strong.says("dosario.toml", "6:13", "27"));
    const Read scanner{R"([[reader]]
match = "10c4:ea60"
driver = "serial_scanner")"};
    CHECK(scanner.problems.lines.empty());
}

TEST_CASE("a day that has surely come is a day", "[settings]") {
    CHECK_FALSE(Read{"[station]\nnot_before = \"\""}.settings.not_before);
    CHECK(Read{"[station]\nnot_before = \"2027-06-30\""}.settings.not_before == parse_date("2027-06-30"));
    CHECK(Read{"[station]\nnot_before = \"2027-06-31\""}.says("dosario.toml", "2:14", "2027-06-30"));
}

TEST_CASE("addresses to listen on are loopback with a port", "[settings]") {
    const auto taken = [](const std::string& listen) {
        return Read{"[api]\nlisten = \"" + listen + "\""}.problems.lines.empty();
    };
    CHECK(taken("127.0.0.1:8460"));
    CHECK(taken("[::1]:8460"));
    for (const char* odd : {"127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:99999999999", "127.0.0.1:8x",
                            "localhost:80", "0.0.0.0:8460", ":8460"}) {
        INFO(odd);
        CHECK_FALSE(taken(odd));
    }
}

TEST_CASE("products are taken as the ledger will", "[settings]") {
    const Read read{"catalogue = \"catalogue.toml\"",
                    "[[product]]\ngtin = \"7791234567898\"\nname = \"Invented\"\nunits_per_pack = 30\nunits_per_dose = 10\n"};
    REQUIRE(read.problems.lines.empty());
    REQUIRE(read.settings.products.size() == 1);
    CHECK(read.settings.products[0].gtin.text() == "07791234567898");
    CHECK(read.settings.products[0].units_per_dose == 10);
}

TEST_CASE("a product that is there twice is a mistake", "[settings]") {
    const std::string row = "[[product]]\ngtin = \"7791234567898\"\nname = \"Invented\"\nunits_per_pack = 30\n";
    CHECK(Read{"catalogue = \"catalogue.toml\"", row + row}.problems.lines.size() == 1);
}

TEST_CASE("layouts and the separator of codes are read", "[settings]") {
    const Read read{R"([codes]
separator = "|"
[[layout]]
supplier = "Droguería del Ejemplo"
gtin_prefixes = ["0779123", "07790000000000"]
fields = ["01", "21:7", "17", "10"]
[[layout]]
supplier = "Otra"
gtin_prefixes = ["0779456"]
fields = ["01", "21"]
)"};
    REQUIRE(read.problems.lines.empty());
    const CodeHabits& codes = *read.settings.rules.codes;
    CHECK(codes.separator == '|');
    REQUIRE(codes.layouts.size() == 2);
    CHECK(codes.layouts[0].gtin_prefixes == std::vector<std::string>{"0779123", "07790000000000"});
    REQUIRE(codes.layouts[0].fields.size() == 4);
    CHECK(codes.layouts[0].fields[1].ai == 21);
    CHECK(codes.layouts[0].fields[1].length == 7);
    CHECK(codes.layouts[0].fields[2].length == 6);
    CHECK(codes.layouts[0].fields[3].length == 0);
    CHECK(codes.layouts[1].supplier == "Otra");
    CHECK(Read{""}.settings.rules.codes->layouts.empty());
    CHECK(Read{"[codes]\nseparator = \"\""}.problems.lines.empty());
}

TEST_CASE("each mistake in a layout is said at its place", "[settings]") {
    const Read read{R"([codes]
separator = "/"
seperator = "|"
[[layout]]
gtin_prefixes = ["779x", "", 7, "0779"]
fields = ["01", "21:21", "05:3", 17]
[[layout]]
supplier = "A"
fields = ["01", "21", "10"]
[[layout]]
supplier = "B"
fields = ["21:7", "10"]
[[layout]]
supplier = "C"
fields = ["01", "10:3", "10"]
order = "G-S"
[[layout]]
supplier = "D"
[[layout]]
supplier = "E"
fields = "01"
)"};
    CHECK(read.says("dosario.toml", "2:13", "$ [ \\ ^ ` { | } ~"));
    CHECK(read.says("dosario.toml", "3:1", "unknown key 'codes.seperator'"));
    CHECK(read.says("dosario.toml", "4:1", "supplier"));
    CHECK(read.says("dosario.toml", "5:18", "first digits of a GTIN"));
    CHECK(read.says("dosario.toml", "5:26", "first digits of a GTIN"));
    CHECK(read.says("dosario.toml", "5:30", "text in quotes"));
    CHECK(read.says("dosario.toml", "6:17", "'21:21': a value of AI 21 has 1 to 20 characters"));
    CHECK(read.says("dosario.toml", "6:26", "no such AI"));
    CHECK(read.says("dosario.toml", "6:34", "text in quotes"));
    CHECK(read.says("dosario.toml", "9:10", "only the last field may be open"));
    CHECK(read.says("dosario.toml", "12:10", "\"01\""));
    CHECK(read.says("dosario.toml", "15:10", "AI 10 stands in it twice"));
    CHECK(read.says("dosario.toml", "16:1", "layout.order"));
    CHECK(read.says("dosario.toml", "17:1", "\"01\""));
    CHECK(read.says("dosario.toml", "21:10", "list of texts"));
    for (const std::string& line : read.problems.lines) UNSCOPED_INFO(line);
    CHECK(read.says("dosario.toml", "7:1", "whose codes are they?"));
    CHECK(read.problems.lines.size() == 21);
    CHECK(read.settings.rules.codes->layouts.empty());
    for (const char* odd : {"||", "A", " ", "]", "@", "\\u001d", "ñ"}) {
        INFO(odd);
        CHECK_FALSE(Read{std::string{"[codes]\nseparator = \""} + odd + "\""}.problems.lines.empty());
    }
}

TEST_CASE("a driver that there is not: the message names those there are", "[settings]") {
    const Read read{"[[reader]]\nmatch = \"0403:6001\"\ndriver = \"serial\"\n"};
    CHECK(read.says("dosario.toml", "3:10", "there are: ccid, chafon_uhf, hid_scanner, m100_uhf, serial_scanner"));
    CHECK(Read{"[[reader]]\nmatch = \"0403:6001\"\ndriver = \"serial_scanner\"\n"}.problems.lines.empty());
}

TEST_CASE("a practice pharmacy names readers that can be, each once", "[settings]") {
    CHECK(Read{""}.settings.practice.empty());
    const Read read{R"([practice]
readers = ["pad=cp210x:serial=P1,pad=m100", "hidpos", "hidpos"])"};
    REQUIRE(read.problems.lines.empty());
    REQUIRE(read.settings.practice.size() == 3);
    CHECK(read.settings.practice[0].name == "pad");
    CHECK(read.settings.practice[0].settings.pad == "m100");
    CHECK(read.settings.practice[2].name == "hidpos2");
    const Read wrong{R"([practice]
readers = ["one=hidpos", "one=ftdi", "two=cp210x:pad=nothing", "a b=hidpos"]
more = 1)"};
    CHECK(wrong.says("dosario.toml", "2:26", "two readers of that name"));
    CHECK(wrong.says("dosario.toml", "2:38", "pad=nothing"));
    CHECK(wrong.says("dosario.toml", "2:64", "none of blank"));
    CHECK(wrong.problems.lines.size() == 4);
    std::string many = "[practice]\nreaders = [";
    for (std::size_t i = 0; i <= kMostPracticeReaders; ++i) many += "\"hidpos\",";
    CHECK(Read{many + "]"}.says("dosario.toml", "2:156", "at most 16"));
}
