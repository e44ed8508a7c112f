// SPDX-License-Identifier: Apache-2.0
#include "system/log.hpp"

#include "base/bytes.hpp"

#include <cstdio>

namespace dosario {

void log(Level level, std::string_view event, std::initializer_list<std::pair<std::string_view, std::string>> fields) {
    std::string line;
    switch (level) {
        case Level::info: line = "info "; break;
        case Level::warning: line = "warning "; break;
        case Level::error: line = "error "; break;
    }
    line += event;
    for (const auto& [key, value] : fields) {
        line.append(" ").append(key).append("=\"");
        for (const char c : escape(value)) line += c == '"' ? '\'' : c;
        line += '"';
    }
    line += '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace dosario
