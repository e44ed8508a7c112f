// SPDX-License-Identifier: Apache-2.0
#include "scan/reader_health.hpp"

#include <bit>

namespace dosario {

std::string_view health_name(Health health) {
    switch (health) {
        case Health::good: return "good";
        case Health::poor: return "poor";
        case Health::silent: return "silent";
    }
    return "good";
}

void ReaderHealth::opened(MonoTime now) {
    opened_at_ = now;
    heard_at_.reset();
}

void ReaderHealth::hear(MonoTime now, bool fault) {
    heard_at_ = now;
    last_faults_ = last_faults_ << 1 | static_cast<std::uint32_t>(fault);
}

void ReaderHealth::read(MonoTime now, bool echo) {
    ++scans_;
    if (echo) ++echoes_;
    last_scan_at_ = now;
    hear(now, false);
}

void ReaderHealth::fault(const ReaderFault& fault, MonoTime now) {
    switch (fault.kind) {
        case ReaderFault::Kind::checksum: ++faults_.checksum; break;
        case ReaderFault::Kind::length: ++faults_.length; break;
        case ReaderFault::Kind::framing: ++faults_.framing; break;
    }
    last_fault_ = fault.what;
    last_fault_at_ = now;
    hear(now, true);
}

std::optional<Health> ReaderHealth::health(MonoTime now) const {
    static_assert(kLastHeard == 32, "one bit each");
    if (!opened_at_) return std::nullopt;
    if (!heard_at_ || now - *heard_at_ >= kSilentAfter) return Health::silent;
    return std::popcount(last_faults_) >= kPoorFaults ? Health::poor : Health::good;
}

}  // namespace dosario
