// SPDX-License-Identifier: Apache-2.0
#define SD_JOURNAL_SUPPRESS_LOCATION  // it would name this file, always
#include "system/log.hpp"

#include "base/bytes.hpp"

#include <systemd/sd-journal.h>

#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace dosario {
namespace {

/// The service manager says in JOURNAL_STREAM which stream leads to the journal. It is inherited, also by a child whose standard error
/// was sent elsewhere since: hence the comparison.
bool leads_to_journal() {
    const char* const stream = std::getenv("JOURNAL_STREAM");
    struct stat standard_error {};
    if (stream == nullptr || fstat(STDERR_FILENO, &standard_error) != 0) return false;
    return stream == std::to_string(standard_error.st_dev) + ':' + std::to_string(standard_error.st_ino);
}

const char* name_of(Level level) {
    switch (level) {
        case Level::info: return "info";
        case Level::warning: return "warning";
        case Level::error: return "error";
    }
    return "";
}

int priority_of(Level level) {
    switch (level) {
        case Level::info: return LOG_INFO;
        case Level::warning: return LOG_WARNING;
        case Level::error: return LOG_ERR;
    }
    return LOG_ERR;
}

std::string sentence(std::string_view event, LogFields fields) {
    std::string text{event};
    for (const auto& [key, value] : fields) {
        text.append(" ").append(key).append("=\"");
        for (const char c : escape(value)) text += c == '"' ? '\'' : c;
        text += '"';
    }
    return text;
}

/// DOSARIO_ and the name in capitals: `reader` is found as DOSARIO_READER.
std::string journal_field(std::string_view key, const std::string& value) {
    std::string field = "DOSARIO_";
    for (const char c : key) field += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return field + '=' + value;
}

bool send_to_journal(Level level, std::string_view event, LogFields fields) {
    std::vector<std::string> entry{
        "MESSAGE=" + sentence(event, fields),
        "PRIORITY=" + std::to_string(priority_of(level)),
        std::string{"SYSLOG_IDENTIFIER="} + program_invocation_short_name,
        journal_field("event", std::string{event}),
    };
    for (const auto& [key, value] : fields) entry.push_back(journal_field(key, value));
    std::vector<iovec> parts;
    for (std::string& field : entry) parts.push_back({field.data(), field.size()});
    return sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) == 0;
}

}  // namespace

void log(Level level, std::string_view event, LogFields fields) {
    static const bool to_journal = leads_to_journal();
    if (to_journal && send_to_journal(level, event, fields)) return;
    const std::string line = name_of(level) + (' ' + sentence(event, fields)) + '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace dosario
