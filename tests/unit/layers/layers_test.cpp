// SPDX-License-Identifier: Apache-2.0
// Who may include whom, held against the sources.
#include "support/catch.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

using Names = std::set<std::string>;

const std::map<std::string, Names> kMayInclude = {
    {"base", {}},
    {"reader", {"base"}},
    {"serial", {"base", "reader"}},
    {"rfid", {"base", "reader", "serial"}},
    {"simulated", {"base"}},
    {"scan", {"base", "reader"}},
    {"identity", {"base"}},
    {"epc", {"base", "identity"}},
    {"workflow", {"base", "identity", "epc", "reader", "scan"}},
    {"crypto", {"base"}},
    {"net", {"base", "crypto"}},
    {"wire", {"base", "identity", "workflow"}},
    {"ledger", {"base", "identity", "workflow", "wire"}},
    {"persons", {"base", "identity", "workflow", "crypto", "ledger"}},
    {"backup", {"base", "crypto", "workflow", "wire", "ledger"}},
    {"uplink", {"base", "wire"}},
    {"system", {"base"}},
    {"metrics", {"base"}},
    {"http", {"base", "identity"}},
    {"config", {"base"}},
    {"control", {"base", "reader", "scan", "identity", "epc", "workflow", "wire", "ledger", "persons", "http"}},
    {"doctor", {"base", "reader", "identity", "crypto", "backup", "ledger", "control", "hid_scanner"}},
    {"usb", {"base", "reader"}},
    {"app", {"base",    "reader", "serial", "rfid",    "scan",    "identity", "epc",     "workflow",
             "crypto",  "net",    "wire",   "ledger",  "persons", "backup",   "uplink",  "system",
             "metrics", "http",   "config", "control", "doctor",  "usb",      "drivers", "simulated"}},
    {"ctl",
     {"base", "reader", "identity", "epc", "workflow", "wire", "ledger", "backup", "http", "control", "crypto", "doctor",
      "system", "drivers", "simulated", "app"}},
    {"collector",
     {"base", "identity", "workflow", "wire", "ledger", "uplink", "crypto", "system", "metrics", "http", "config", "net"}},
};
const Names kDriversMayInclude = {"base", "reader", "serial", "rfid"};

/// Folders that know nothing but the standard library and Boost's headers without I/O.
const Names kPure = {"base", "reader", "serial", "rfid", "simulated", "scan", "identity", "epc", "workflow", "drivers"};
const Names kBoostForPure = {"system", "endian", "container", "crc"};

/// Generated from proto/, for the folders that may see it.
const Names kMaySeeProto = {"wire", "uplink", "http", "control", "app", "ctl", "collector"};

struct Include {
    std::string file;    ///< from the root of the sources
    std::string layer;   ///< the folder under daemon/, "drivers" or "collector"
    std::string driver;  ///< of a driver: its folder
    std::string target;
    bool angled;
};

std::vector<Include> all_includes() {
    namespace fs = std::filesystem;
    std::vector<Include> all;
    const fs::path root{DOSARIO_SOURCE_DIR};
    for (const char* top : {"daemon", "drivers", "collector"}) {
        for (const auto& entry : fs::recursive_directory_iterator{root / top}) {
            const std::string name = entry.path().filename().string();
            if (!entry.is_regular_file() || (!name.ends_with(".hpp") && !name.ends_with(".cpp") && !name.ends_with(".in")))
                continue;
            const fs::path place = fs::relative(entry.path(), root);
            const std::string folder = (++place.begin())->string();
            std::ifstream source{entry.path()};
            for (std::string line; std::getline(source, line);) {
                if (!line.starts_with("#include ") || line.size() < 12) continue;
                const char close = line[9] == '<' ? '>' : '"';
                const std::string target = line.substr(10, line.find(close, 10) - 10);
                const bool driver = place.begin()->string() == "drivers";
                const std::string layer = place.begin()->string() == "daemon" ? folder : place.begin()->string();
                all.push_back({place.string(), layer, driver ? folder : "", target, close == '>'});
            }
        }
    }
    return all;
}

std::string first_folder(const std::string& target) {
    return target.find('/') == std::string::npos ? "" : target.substr(0, target.find('/'));
}

}  // namespace

TEST_CASE("layers include only what is below them", "[layers]") {
    const auto includes = all_includes();
    CHECK(includes.size() > 300);
    Names seen;
    for (const Include& one : includes) {
        seen.insert(one.layer);
        if (one.angled) continue;
        INFO(one.file << " includes " << one.target);
        const std::string folder = first_folder(one.target);
        CHECK(one.target.find("..") == std::string::npos);
        CHECK_FALSE(folder.empty());
        if (folder == "dosario") {
            CHECK(kMaySeeProto.contains(one.layer));
        } else if (one.layer == "drivers") {
            CHECK((kDriversMayInclude.contains(folder) || folder == one.driver));
        } else {
            REQUIRE(kMayInclude.contains(one.layer));
            CHECK((folder == one.layer || kMayInclude.at(one.layer).contains(folder)));
        }
    }
    for (const auto& [layer, below] : kMayInclude) CHECK(seen.contains(layer));
}

TEST_CASE("pure folders include no library beside the standard one and Boost without I/O", "[layers]") {
    for (const Include& one : all_includes()) {
        if (!one.angled || !kPure.contains(one.layer)) continue;
        INFO(one.file << " includes <" << one.target << ">");
        const std::string folder = first_folder(one.target);
        if (folder == "boost") {
            const std::string part = one.target.substr(6, one.target.find_first_of("/.", 6) - 6);
            CHECK(kBoostForPure.contains(part));
        } else {
            // A header of the standard library has neither folder nor ending.
            CHECK(one.target.find_first_of("/.") == std::string::npos);
        }
    }
}

TEST_CASE("no include climbs out of its folder", "[layers]") {
    for (const Include& one : all_includes()) {
        INFO(one.file);
        CHECK(one.target.find("..") == std::string::npos);
    }
}

TEST_CASE("one place opens SQLite files", "[layers]") {
    namespace fs = std::filesystem;
    std::vector<std::string> places;
    for (const char* top : {"daemon", "drivers", "collector"}) {
        for (const auto& entry : fs::recursive_directory_iterator{fs::path{DOSARIO_SOURCE_DIR} / top}) {
            if (!entry.is_regular_file()) continue;
            std::ifstream file{entry.path()};
            std::stringstream text;
            text << file.rdbuf();
            const std::string source = text.str();
            for (auto at = source.find("sqlite3_open"); at != std::string::npos; at = source.find("sqlite3_open", at + 1)) {
                places.push_back(entry.path().filename().string());
            }
        }
    }
    CHECK(places == std::vector<std::string>{"sqlite.cpp"});
}
