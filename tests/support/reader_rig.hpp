// SPDX-License-Identifier: Apache-2.0
// Drives one ReaderProtocol by hand: reports in, events out, the clock in the test's hands.
#pragma once

#include "base/check.hpp"
#include "reader/driver.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace dosario::test {

using std::chrono::milliseconds;

inline const Driver& driver_named(std::string_view name) {
    for (const Driver* const one : all_drivers()) {
        if (name == one->name) return *one;
    }
    DOSARIO_CHECK(!"a driver of that name");
    return *all_drivers().front();
}

class ReaderRig {
public:
    explicit ReaderRig(const UsbInterface& interface, ReaderSettings settings = {}, std::string_view driver = "hid_scanner")
        : reader_(driver_named(driver).make(interface, settings)) {
        reader_->opened(now_);
        now_ += milliseconds{1000};
    }

    /// One report, 1 ms after whatever came before.
    void report(ByteView bytes) {
        pass(milliseconds{1});
        reader_->receive(0x81, bytes, now_);
        drain();
    }
    void report(std::string_view hex) { report(ByteView{*from_hex(hex)}); }
    void reports(const std::vector<Bytes>& all) {
        for (const Bytes& one : all) report(ByteView{one});
    }
    /// Time goes by; wakes that become due are run.
    void pass(milliseconds time) {
        const MonoTime until = now_ + time;
        while (reader_->next_wake() && *reader_->next_wake() <= until) {
            now_ = std::max(now_, *reader_->next_wake());
            reader_->wake(now_);
            drain();
        }
        now_ = until;
    }
    /// Time goes by and nobody is woken: the process was stopped, or the computer had no time for it.
    void stand_still(milliseconds time) { now_ += time; }
    /// A report that waited while nobody was woken: what waits is read before anybody is.
    void waited(milliseconds time, ByteView bytes) {
        stand_still(time);
        reader_->receive(0x81, bytes, now_);
        drain();
    }
    void unplug() {
        reader_->closed(now_, PortEnd::unplugged);
        drain();
    }

    ReaderProtocol& reader() { return *reader_; }
    MonoTime now() const { return now_; }
    const std::vector<ReaderEvent>& events() const { return events_; }
    /// Content of the barcodes, each as its AIM identifier followed by the bytes.
    std::vector<std::string> scans() const {
        std::vector<std::string> out;
        for (const ReaderEvent& one : events_) {
            if (const auto* read = std::get_if<BarcodeRead>(&one)) out.push_back(std::string{read->aim.text()} + read->bytes);
        }
        return out;
    }
    std::vector<ReaderFault::Kind> faults() const {
        std::vector<ReaderFault::Kind> out;
        for (const ReaderEvent& one : events_) {
            if (const auto* fault = std::get_if<ReaderFault>(&one)) out.push_back(fault->kind);
        }
        return out;
    }

private:
    void drain() {
        while (auto event = reader_->next_event()) events_.push_back(std::move(*event));
    }

    std::unique_ptr<ReaderProtocol> reader_;
    std::vector<ReaderEvent> events_;
    MonoTime now_{};
};

}  // namespace dosario::test
