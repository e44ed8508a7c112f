// SPDX-License-Identifier: Apache-2.0
#include "app/settings.hpp"

#include "system/system_clock.hpp"
#include "config/toml_section.hpp"
#include "control/scan_request.hpp"
#include "rfid/uhf_region.hpp"
#include "serial/bridge.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

namespace dosario {
namespace {

constexpr std::size_t kMostProducts = 100'000;
constexpr std::size_t kMostLayouts = 1000;

void read_station(TomlSection section, Settings& settings) {
    section.text("name", settings.station);
    section.text("site", settings.site);
    section.choice<Language>("language", settings.language, {{"es", Language::es}, {"en", Language::en}, {"pt", Language::pt}});
    section.text("time_zone", settings.time_zone);
    if (const auto zone = site_calendar(settings.time_zone); !zone) section.problem("time_zone", zone.error().message);
    std::string not_before;
    section.text("not_before", not_before);
    settings.not_before = parse_date(not_before);
    if (!not_before.empty() && !settings.not_before) section.problem("not_before", "a day is wanted, for example \"2027-06-30\"");
    section.number("least_free_mib", settings.least_free_mib, 0, 1 << 20);
    section.end();
}

void read_rules(TomlSection section, Rules& rules) {
    section.number("shortest_life_days", rules.shortest_life_days, 0, 3650);
    section.number("beyond_use_days", rules.beyond_use_days, 0, 3650);
    section.number("share_of_time_left_percent", rules.share_of_time_left_percent, 0, 100);
    section.end();
}

/// 1 to 65535; nothing for anything else.
std::optional<std::uint16_t> port_of(std::string_view text) {
    const bool digits = !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == std::string_view::npos;
    const int number = digits ? std::stoi(std::string{text}) : 0;
    return number >= 1 && number <= 65535 ? std::optional{static_cast<std::uint16_t>(number)} : std::nullopt;
}

void read_listen(TomlSection& section, ApiTcp& tcp) {
    std::string listen;
    section.text("listen", listen);
    section.texts("hosts", tcp.hosts);
    section.texts("origins", tcp.origins);
    if (listen.empty()) return;
    const auto colon = listen.rfind(':');
    const auto port = port_of(colon == std::string::npos ? "" : std::string_view{listen}.substr(colon + 1));
    std::string address = listen.substr(0, colon == std::string::npos ? 0 : colon);
    if (address == "[::1]") address = "::1";
    if (!port || (address != "127.0.0.1" && address != "::1")) {
        return section.problem("listen", "a loopback address with port is wanted, for example \"127.0.0.1:8460\"");
    }
    tcp.address = address;
    tcp.port = *port;
}

void read_api(TomlSection section, Settings& settings) {
    section.text("socket", settings.socket);
    if (!settings.socket.empty() && settings.socket.front() != '/')
        section.problem("socket", "a whole path is wanted, beginning with /");
    section.text("group", settings.group);
    read_listen(section, settings.tcp);
    section.end();
}

/// `name`, `name:port`, `1.2.3.4:port`, `[::1]:port`.
bool read_place(const std::string& place, UplinkSettings& uplink) {
    std::string_view host = place;
    std::string_view port;
    if (host.starts_with('[')) {
        const auto end = host.find(']');
        if (end == std::string_view::npos) return false;
        port = host.substr(end + 1);
        host = host.substr(1, end - 1);
        if (!port.empty() && !port.starts_with(':')) return false;
        if (!port.empty()) port.remove_prefix(1);
    } else if (const auto colon = host.find(':'); colon != std::string_view::npos) {
        port = host.substr(colon + 1);
        host = host.substr(0, colon);
        if (port.find(':') != std::string_view::npos) return false;  // IPv6 without brackets
    }
    if (host.empty() || host.size() > 253 || host.find_first_of(" /@") != std::string_view::npos) return false;
    if (const auto number = port_of(port)) uplink.port = *number;
    uplink.host = host;
    return port.empty() ? place.back() != ':' : port_of(port).has_value();
}

void read_uplink(TomlSection section, const std::string& config, UplinkSettings& uplink) {
    std::string address;
    section.text("address", address);
    if (!address.empty() && !read_place(address, uplink))
        section.problem("address",
                        "a name or address, with port if it is not 7420, is wanted: for example \"collector.example:7420\"");
    section.text("name", uplink.name);
    section.text("identity", uplink.identity);
    section.texts("authorities", uplink.authorities);
    const std::filesystem::path folder = std::filesystem::path{config}.parent_path();
    if (!uplink.identity.empty()) uplink.identity = (folder / uplink.identity).string();
    for (std::string& file : uplink.authorities) file = (folder / file).string();
    section.end();
}

void read_backup_section(TomlSection section, BackupSettings& backup) {
    section.each_text("directories", [&](const std::string& directory) -> std::string {
        if (!directory.starts_with('/')) return "a whole path is wanted, beginning with /, for example \"/media/respaldo\"";
        backup.directories.push_back(directory);
        return {};
    });
    section.number("keep", backup.keep, 1, 1000);
    section.number("hour", backup.hour, 0, 23);
    section.flag("same_disk", backup.same_disk);
    section.end();
}

void read_persons(TomlSection section, PersonSettings& persons) {
    section.choice<KeepPersons>(
        "keep", persons.keep,
        {{"none", KeepPersons::none}, {"pseudonym", KeepPersons::pseudonym}, {"sealed", KeepPersons::sealed}});
    section.number("keep_days", persons.keep_days, 0, 36'500);
    section.end();
}

std::string names_of_drivers() {
    std::string names;
    for (const Driver* driver : all_drivers()) names += (names.empty() ? "" : ", ") + std::string{driver->name};
    return names;
}

std::string uhf_countries() {
    std::string names;
    for (const UhfRegion& one : uhf_regions()) names += (names.empty() ? "" : " ") + std::string{one.country};
    return names;
}

void read_rfid(TomlSection section, RfidSettings& rfid) {
    section.text("country", rfid.country);
    if (!rfid.country.empty() && find_uhf_region(rfid.country) == nullptr)
        section.problem("country", "a country whose UHF band is known is wanted: " + uhf_countries());
    section.end();
}

/// What a reader of tags needs besides.
void read_uhf(TomlSection& section, const RfidSettings& rfid, ReaderRow& row) {
    const Driver* const driver = find_driver(row.driver);
    const UhfRegion* const region = find_uhf_region(rfid.country);
    row.settings.uhf_country = rfid.country;
    if (driver != nullptr && driver->needs_country && rfid.country.empty())
        section.problem("driver", "it transmits in UHF: say where, with country = \"AR\" in [rfid], one of " + uhf_countries());
    int power_dbm = 0;
    const int most = region != nullptr ? region->most_cdbm / 100 : 30;
    section.number("power_dbm", power_dbm, 0, most);
    row.settings.power_cdbm = power_dbm * 100;
}

void read_reader(TomlSection section, const RfidSettings& rfid, std::vector<ReaderRow>& rows) {
    ReaderRow row;
    section.text("match", row.match);
    const bool vid_pid = row.match.size() >= 9 && row.match[4] == ':' &&
                         std::all_of(row.match.begin(), row.match.begin() + 9,
                                     [](char c) { return c == ':' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    if (!vid_pid)
        section.problem("match",
                        "the reader's id as `dosario readers` shows it, or the first part of it (\"05e0:1200\"), is wanted");
    section.text("name", row.name);
    section.text("zone", row.zone);
    if (!row.zone.empty() && !is_zone(row.zone))
        section.problem("zone", "the name of a place at the counter is wanted, at most 32 bytes, for example \"mostrador\"");
    if (section.has("gs")) {
        row.gs.emplace();
        section.choice<GsHabit>("gs", *row.gs, {{"kept", GsHabit::kept}, {"lost", GsHabit::lost}, {"unknown", GsHabit::unknown}});
    }
    section.choice<KeyboardLayout>("layout", row.settings.layout,
                                   {{"us", KeyboardLayout::us}, {"es", KeyboardLayout::es}, {"latam", KeyboardLayout::latam}});
    section.text("gs_substitutes", row.settings.gs_substitutes);
    if (section.has("terminators")) section.text("terminators", row.settings.terminators.emplace());
    section.choice<CodeIds>("code_ids", row.settings.code_ids,
                            {{"none", CodeIds::none}, {"zebra", CodeIds::zebra}, {"honeywell", CodeIds::honeywell}});
    section.number("idle_ms", row.settings.idle_ms, 20, 5000);
    section.number("line_rate", row.settings.line_rate, 0, 1'000'000);
    if (row.settings.line_rate != 0 &&
        std::find(std::begin(kLineRates), std::end(kLineRates), row.settings.line_rate) == std::end(kLineRates))
        section.problem("line_rate", "one of 1200, 2400, 4800, 9600, 19200, 38400, 57600 and 115200 is wanted");
    section.text("driver", row.driver);
    if (!row.driver.empty() && find_driver(row.driver) == nullptr)
        section.problem("driver", "there is no such driver; there are: " + names_of_drivers());
    read_uhf(section, rfid, row);
    section.number("echo_ms", row.echo_ms, 0, 10'000);
    section.text("field", row.field);
    if (pad_preset(row.field) == nullptr)
        section.problem("field",
                        "how far a pad looks: \"cerca\" (what touches it), \"mesa\" (a tray on it) or \"estante\" (a shelf)");
    section.end();
    rows.push_back(std::move(row));
}

/// Each is made once here: what cannot be is said before anything starts.
void read_practice(TomlSection section, std::vector<simulated::NamedScanner>& readers) {
    const auto taken = [&](const std::string& name) {
        return std::ranges::any_of(readers, [&](const auto& one) { return one.name == name; });
    };
    section.each_text("readers", [&](const std::string& words) -> std::string {
        auto one = simulated::parse_named_scanner(words);
        if (!one) return one.error().message;
        if (one->name.empty()) one->name = simulated::unnamed_after(one->settings.kind, taken);
        if (taken(one->name)) return "there are two readers of that name";
        if (readers.size() == kMostPracticeReaders)
            return "there are at most " + std::to_string(kMostPracticeReaders) + " of them";
        if (const auto made = simulated::make_simulated(one->settings); !made) return made.error().message;
        readers.push_back(std::move(*one));
        return {};
    });
    section.end();
}

void read_codes(TomlSection section, CodeHabits& habits) {
    std::string separator;
    section.text("separator", separator);
    if (separator.size() == 1 && may_be_separator(separator[0])) {
        habits.separator = separator[0];
    } else if (!separator.empty()) {
        section.problem("separator", "one character that no code of a medicine holds is wanted: $ [ \\ ^ ` { | } ~");
    }
    section.end();
}

void read_layout(TomlSection section, std::vector<CodeLayout>& layouts) {
    CodeLayout layout;
    section.text("supplier", layout.supplier);
    if (layout.supplier.empty()) section.problem("supplier", "who prints codes so? a name for people is wanted");
    section.each_text("gtin_prefixes", [&](const std::string& prefix) -> std::string {
        const bool digits = prefix.find_first_not_of("0123456789") == std::string::npos;
        if (!digits || prefix.empty() || prefix.size() > 14)
            return "the first digits of a GTIN of 14 are wanted, for example \"0779123\"";
        layout.gtin_prefixes.push_back(prefix);
        return {};
    });
    if (!section.has("gtin_prefixes")) {
        section.problem("gtin_prefixes",
                        "whose codes are they? The first digits of their GTINs are wanted, for example [\"0779123\"]");
    }
    bool parsed = true;
    section.each_text("fields", [&](const std::string& text) -> std::string {
        const auto field = parse_layout_field(text);
        if (field) layout.fields.push_back(*field);
        parsed = parsed && field;
        return field ? std::string{} : field.error().message;
    });
    const std::string fault = parsed ? layout_fault(layout.fields) : std::string{};
    if (!fault.empty()) section.problem("fields", fault);
    if (layouts.size() == kMostLayouts)
        section.problem("supplier", "there are at most " + std::to_string(kMostLayouts) + " layouts");
    section.end();
    if (parsed && fault.empty() && layouts.size() < kMostLayouts) layouts.push_back(std::move(layout));
}

void read_product(TomlSection section, std::vector<Product>& products, std::set<Gtin>& seen) {
    Product product;
    std::string gtin;
    section.text("gtin", gtin);
    if (const auto parsed = parse_gtin(gtin)) {
        product.gtin = *parsed;
        if (!seen.insert(*parsed).second) section.problem("gtin", "this product is in the catalogue already");
    } else {
        section.problem("gtin", "8, 12, 13 or 14 digits with a right check digit are wanted");
    }
    section.text("name", product.name);
    if (product.name.empty()) section.problem("name", "a product has a name");
    section.text("unit", product.unit);
    section.number("units_per_pack", product.units_per_pack, 1, 9999);
    if (!section.has("units_per_pack")) section.problem("units_per_pack", "how many base units a pack holds is wanted");
    section.number("units_per_dose", product.units_per_dose, 0, 9999);
    section.number("beyond_use_days", product.beyond_use_days, 0, 3650);
    section.end();
    products.push_back(std::move(product));
}

/// The key `catalogue` of the configuration, and the file that it names.
void read_catalogue(TomlSection& settings, const std::string& config, Settings& read, std::vector<std::string>& problems) {
    std::vector<Product>& products = read.products;
    std::string name;
    settings.text("catalogue", name);
    if (name.empty()) return;
    const std::string file = (std::filesystem::path{config}.parent_path() / name).string();
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error))
        return settings.problem("catalogue", file + " is not there; " + example_to_copy("catalogue.toml"));
    const auto table = parse_toml(file, problems, "catalogue.toml");
    if (!table) return;
    read.catalogue_file = file;
    TomlSection root{&*table, file, "", problems};
    std::set<Gtin> seen;
    root.each("product", [&](TomlSection row) {
        if (products.size() < kMostProducts) read_product(std::move(row), products, seen);
    });
    root.end();
}

}  // namespace

Settings read_settings(const std::string& path, SettingsProblems& problems) {
    Settings settings;
    const auto table = parse_toml(path, problems.lines, "dosario.toml");
    if (!table) return settings;
    TomlSection root{&*table, path, "", problems.lines};
    read_station(root.section("station"), settings);
    read_rules(root.section("rules"), settings.rules);
    read_api(root.section("api"), settings);
    read_uplink(root.section("collector"), path, settings.uplink);
    TomlSection usb = root.section("usb");
    usb.flag("enabled", settings.usb);
    usb.end();
    read_rfid(root.section("rfid"), settings.rfid);
    root.each("reader", [&](TomlSection row) { read_reader(std::move(row), settings.rfid, settings.readers); });
    read_practice(root.section("practice"), settings.practice);
    CodeHabits codes;
    read_codes(root.section("codes"), codes);
    root.each("layout", [&](TomlSection row) { read_layout(std::move(row), codes.layouts); });
    settings.rules.codes = std::make_shared<const CodeHabits>(std::move(codes));
    read_backup_section(root.section("backup"), settings.backup);
    read_persons(root.section("persons"), settings.persons);
    settings.file = path;
    read_catalogue(root, path, settings, problems.lines);
    root.end();
    return settings;
}

}  // namespace dosario
