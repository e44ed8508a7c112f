// SPDX-License-Identifier: Apache-2.0
#include "ctl/readers_table.hpp"

#include "ctl/session.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace dosario {
namespace {

namespace json = boost::json;

int rank_of(const std::string& state) {
    if (state == "open") return 0;
    if (state == "opening" || state == "asleep" || state == "failed" || state == "refused" || state == "not_plugged") return 1;
    return state == "candidate" || state == "last_keyboard" ? 2 : 3;
}

/// `35 s`, `12 min`, `3 h`, `2 d`.
std::string span(std::uint64_t seconds) {
    if (seconds < 100) return std::to_string(seconds) + " s";
    if (seconds < 100 * 60) return std::to_string(seconds / 60) + " min";
    if (seconds < 48 * 3600) return std::to_string(seconds / 3600) + " h";
    return std::to_string(seconds / 86400) + " d";
}

std::string ago(const json::value& reader, const char* key) {
    const json::value* const value = reader.as_object().if_contains(key);
    return value == nullptr || value->is_null() ? std::string{"-"} : span(number_of(reader, key)) + " ago";
}

/// Characters that a terminal shows, so that names with accents stand in line.
std::size_t width(const std::string& text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

constexpr std::size_t kColumns = 8;
using Row = std::array<std::string, kColumns>;

Row row_of(const json::value& reader) {
    const auto or_dash = [](std::string text) { return text.empty() ? std::string{"-"} : text; };
    const bool used = rank_of(text_of(reader, "state")) < 2;
    return {text_of(reader, "id"),
            text_of(reader, "state"),
            or_dash(text_of(reader, "health")),
            or_dash(text_of(reader, "zone")),
            or_dash(text_of(reader, "port")),
            used ? std::to_string(number_of(reader, "scans")) : "-",
            used ? std::to_string(number_of(reader, "faults")) : "-",
            ago(reader, "last_scan_s")};
}

void print_row(const Row& row, const std::array<std::size_t, kColumns>& widths) {
    std::string line;
    for (std::size_t i = 0; i < kColumns; ++i) {
        line += row[i];
        if (i + 1 < kColumns) line += std::string(widths[i] - width(row[i]) + 2, ' ');
    }
    std::printf("%s\n", line.c_str());
}

void print_more(const json::value& reader) {
    std::string who = text_of(reader, "product");
    if (const std::string name = text_of(reader, "name"); name != text_of(reader, "id"))
        who += (who.empty() ? "" : ", ") + std::string{"named "} + name;
    if (const std::string driver = text_of(reader, "driver"); !driver.empty()) {
        who += (who.empty() ? "" : ", ") + std::string{"driver "} + driver;
        if (const std::string gs = text_of(reader, "gs"); !gs.empty()) who += ", GS " + gs;
        if (const std::string sent = text_of(reader, "gs_sent"); !sent.empty()) who += " by " + sent;
    }
    if (!who.empty()) std::printf("    %s\n", who.c_str());
    if (const std::string fault = text_of(reader, "last_fault"); !fault.empty()) {
        const json::value& kinds = reader.at("faults_by_kind");
        std::printf("    last fault %s: %s (checksum %llu, length %llu, framing %llu)\n", ago(reader, "last_fault_s").c_str(),
                    fault.c_str(), static_cast<unsigned long long>(number_of(kinds, "checksum")),
                    static_cast<unsigned long long>(number_of(kinds, "length")),
                    static_cast<unsigned long long>(number_of(kinds, "framing")));
    }
    std::string counts;
    constexpr std::pair<const char*, const char*> kCounts[] = {
        {"echoes", "echoes dropped"}, {"reconnects", "plugged in again"}, {"failures", "failed"}};
    for (const auto& [key, words] : kCounts) {
        if (const auto number = number_of(reader, key); number > 0)
            counts += (counts.empty() ? "" : ", ") + std::string{words} + ": " + std::to_string(number);
    }
    if (!counts.empty()) std::printf("    %s\n", counts.c_str());
    if (const std::string why = text_of(reader, "explanation"); !why.empty()) std::printf("    %s\n", why.c_str());
}

}  // namespace

void print_readers(const json::array& readers) {
    if (readers.empty()) {
        std::printf("no reader is plugged in\n");
        return;
    }
    std::vector<const json::value*> sorted;
    for (const json::value& reader : readers) sorted.push_back(&reader);
    std::ranges::stable_sort(sorted, {}, [](const json::value* reader) { return rank_of(text_of(*reader, "state")); });
    const Row head{"reader", "state", "health", "zone", "port", "scans", "faults", "last scan"};
    std::array<std::size_t, kColumns> widths{};
    const auto widen = [&widths](const Row& row) {
        for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], width(row[i]));
    };
    widen(head);
    for (const json::value* reader : sorted) widen(row_of(*reader));
    print_row(head, widths);
    for (const json::value* reader : sorted) {
        print_row(row_of(*reader), widths);
        print_more(*reader);
    }
}

}  // namespace dosario
