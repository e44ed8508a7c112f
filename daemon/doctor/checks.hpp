// SPDX-License-Identifier: Apache-2.0
// The table of checks. A judge is a pure function of the facts; its finding names a row of the words: `CHECK/CODE` says what was found,
// `CHECK/CODE!` what to do. Ids and codes stay: programs read them (docs/doctor.md).
#pragma once

#include "doctor/facts.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dosario {

enum class Verdict : std::uint8_t { ok, warning, fails, unknown };

/// `ok`, `warning`, `fails`, `unknown`.
std::string_view verdict_name(Verdict verdict);

struct Finding {
    Verdict verdict = Verdict::ok;
    std::string_view code;
    /// What the braces of the row stand for.
    std::vector<std::pair<std::string_view, std::string>> words = {};
};

struct Check {
    std::string_view id;
    Finding (*judge)(const Facts&);
};

/// In the order in which they are told.
std::span<const Check> doctor_checks();

/// `unknown`, with the code that says why.
Finding cannot_tell(Blind why);

/// 0 all fine or only warnings, 1 something fails, 3 the daemon does not answer.
int doctor_exit_code(const Facts& facts, std::span<const Finding> findings);

// The judges, by what they look at.
Finding judge_daemon(const Facts& facts);  // judge_machine.cpp
Finding judge_version(const Facts& facts);
Finding judge_group(const Facts& facts);
Finding judge_unit(const Facts& facts);
Finding judge_config(const Facts& facts);
Finding judge_memory(const Facts& facts);
Finding judge_rule(const Facts& facts);  // judge_readers.cpp
Finding judge_usb(const Facts& facts);
Finding judge_usbguard(const Facts& facts);
Finding judge_node(const Facts& facts);
Finding judge_busy(const Facts& facts);
Finding judge_readers(const Facts& facts);
Finding judge_folder(const Facts& facts);  // judge_disk.cpp
Finding judge_filesystem(const Facts& facts);
Finding judge_free(const Facts& facts);
Finding judge_sync(const Facts& facts);
Finding judge_log(const Facts& facts);
Finding judge_clock(const Facts& facts);  // judge_ledger.cpp
Finding judge_day(const Facts& facts);
Finding judge_ledger(const Facts& facts);
Finding judge_verified(const Facts& facts);
Finding judge_persons(const Facts& facts);
Finding judge_backup(const Facts& facts);  // judge_far.cpp
Finding judge_collector(const Facts& facts);
Finding judge_waiting(const Facts& facts);
Finding judge_certificate(const Facts& facts);

}  // namespace dosario
