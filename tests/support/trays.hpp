// SPDX-License-Identifier: Apache-2.0
// What a pad tells of what lies on it.
#pragma once

#include "support/counter.hpp"

namespace dosario::test {

inline v1::ScanRequest tray(const std::vector<std::string>& codes, unsigned strangers = 0, const char* zone = "") {
    v1::ScanRequest request;
    request.set_zone(zone);
    for (const std::string& code : codes) request.mutable_tray()->add_codes(code);
    request.mutable_tray()->set_tags(static_cast<std::uint32_t>(codes.size()) + strangers);
    return request;
}

inline std::string box(const std::string& serial, unsigned product = 1) {
    return Box{.product = product, .serial = serial}.code();
}

inline std::vector<std::string> boxes(unsigned n) {
    std::vector<std::string> codes;
    for (unsigned i = 1; i <= n; ++i) codes.push_back(box("S" + std::to_string(i)));
    return codes;
}

}  // namespace dosario::test
