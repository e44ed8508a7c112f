// SPDX-License-Identifier: Apache-2.0
// How a reader does: what it read and what was lost, counted since it was plugged in, and one word for all of it. It keeps nothing of
// what was scanned.
#pragma once

#include "reader/events.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dosario {

enum class Health : std::uint8_t {
    good,
    poor,    ///< kPoorFaults of its last kLastHeard reads or more were faults
    silent,  ///< nothing came from it since it was opened, or for kSilentAfter
};
std::string_view health_name(Health health);

class ReaderHealth {
public:
    static constexpr int kLastHeard = 32;
    static constexpr int kPoorFaults = 4;
    static constexpr auto kSilentAfter = std::chrono::hours{1};

    struct Faults {
        std::uint64_t checksum = 0;
        std::uint64_t length = 0;
        std::uint64_t framing = 0;
        std::uint64_t all() const { return checksum + length + framing; }
    };

    void opened(MonoTime now);
    void closed() { opened_at_.reset(); }
    /// A code was read; `echo`: it is the same gesture as the one before.
    void read(MonoTime now, bool echo);
    void fault(const ReaderFault& fault, MonoTime now);

    std::uint64_t scans() const { return scans_; }
    std::uint64_t echoes() const { return echoes_; }
    const Faults& faults() const { return faults_; }
    /// The rule that was broken last, empty while none was.
    const std::string& last_fault() const { return last_fault_; }
    std::optional<MonoTime> opened_at() const { return opened_at_; }
    std::optional<MonoTime> last_scan_at() const { return last_scan_at_; }
    std::optional<MonoTime> last_fault_at() const { return last_fault_at_; }
    /// Nothing while it is not open.
    std::optional<Health> health(MonoTime now) const;

private:
    void hear(MonoTime now, bool fault);

    std::uint64_t scans_ = 0;  ///< every read, echoes too
    std::uint64_t echoes_ = 0;
    Faults faults_;
    std::string last_fault_;
    std::optional<MonoTime> opened_at_;
    std::optional<MonoTime> last_scan_at_;
    std::optional<MonoTime> last_fault_at_;
    std::optional<MonoTime> heard_at_;  ///< since it was opened
    std::uint32_t last_faults_ = 0;     ///< a bit for each of the last kLastHeard, the newest lowest: 1 = fault
};

}  // namespace dosario
