// SPDX-License-Identifier: Apache-2.0
// Facts of a station at which nothing is wrong, for tests that spoil one of them.
#pragma once

#include "doctor/checks.hpp"

namespace dosario::test {

inline const UtcTime kExaminedAt = UtcTime{*parse_date("2026-11-22")} + std::chrono::hours{12};

inline UsbSeen a_reader() {
    UsbSeen one;
    one.name = "05e0:1200 \"Symbol\" (1-4)";
    one.node = "/dev/bus/usb/001/004";
    one.reader = one.node_there = one.node_writable = true;
    return one;
}

inline Facts healthy() {
    Facts facts;
    facts.tool_version = "1.2.3";
    facts.now = kExaminedAt;
    facts.released_at = UtcTime{*parse_date("2026-11-01")};
    facts.daemon = {SocketState::answers, "/run/dosario/dosario.sock", "1.2.3", kExaminedAt - std::chrono::hours{240}, {77}};
    facts.group = {"dosario", true, false, true, true, "ana"};
    facts.unit = UnitFacts{true, true, true};
    facts.config = ConfigFacts{"/etc/dosario/dosario.toml", true, {}};
    facts.rule = {RuleState::same, "/usr/lib/udev/rules.d/70-dosario.rules"};
    facts.devices = std::vector<UsbSeen>{a_reader()};
    facts.holders.all_seen = true;
    facts.readers = std::vector<ReaderSeen>{{"05e0:1200:K1:0", "Symbol", "open", ""}};
    facts.usb = UsbFacts{true, ""};
    FolderFacts folder;
    folder.path = "/var/lib/dosario";
    folder.there = folder.writable = true;
    folder.filesystem = "ext4";
    folder.free_bytes = 20ULL << 30;
    folder.sync_us = {900, 1100, 4000};
    folder.ledger_bytes = 40ULL << 20;
    folder.log_bytes = 4ULL << 20;
    facts.folder = folder;
    facts.clock = ClockFacts{true, kExaminedAt};
    facts.belief = ClockBelief::good;
    facts.ledger = LedgerFacts{"", "", kExaminedAt - std::chrono::hours{9}, false};
    facts.backup = BackupFacts{{{"/media/respaldo", true, kExaminedAt - std::chrono::hours{9}, ""}}, true, ""};
    facts.uplink = UplinkFacts{"collector.example:7420", true, "", kExaminedAt, 3};
    facts.certificates = std::vector<CertificateFacts>{
        {"/var/lib/dosario/station.pem", "", kExaminedAt + std::chrono::hours{24 * 200}, true, false}};
    facts.persons = PersonFacts{true, true, true, false, ""};
    facts.memory = MemoryFacts{2ULL << 30, 4ULL << 30};
    return facts;
}

}  // namespace dosario::test
