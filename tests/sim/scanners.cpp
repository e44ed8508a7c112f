// SPDX-License-Identifier: Apache-2.0
#include "scanners.hpp"

#include "model.hpp"
#include "support/reader_rig.hpp"

#include <algorithm>
#include <cctype>

namespace dosario::sim {
namespace {

using std::chrono::milliseconds;

UsbInterface keyboard_scanner(unsigned number) {
    UsbInterface one;
    one.vid = 0x1EAB;
    one.pid = 0x0D03;
    one.serial = "SIM" + std::to_string(number);
    one.number = 2;
    one.class_code = kHidClass;
    one.subclass = kBootSubclass;
    one.protocol = 1;
    return one;
}

constexpr std::uint8_t kEndpoint = 0x81;

}  // namespace

bool can_be_typed(std::string_view content) {
    return std::all_of(content.begin(), content.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               std::string_view{" .,]-_/()%&\"+~\x1d"}.find(c) != std::string_view::npos;
    });
}

Scanner::Scanner(unsigned number, test::ManualClock& clock)
    : clock_(clock),
      interface_(keyboard_scanner(number)),
      gs_(static_cast<test::GsForm>(number % 3)),
      window_(reader_id(interface_), 0) {
    constexpr KeyboardLayout kLayouts[] = {KeyboardLayout::us, KeyboardLayout::es, KeyboardLayout::latam};
    settings_.layout = kLayouts[number / 3 % 3];
    plug_in();
}

void Scanner::plug_in() {
    core_ = test::driver_named("hid_scanner").make(interface_, settings_);
    window_ = ScanWindow{reader_id(interface_), 0};
    core_->opened(clock_.mono());
    clock_.pass(milliseconds{1000});
}

std::vector<Bytes> Scanner::typed(const std::string& content) const { return test::typed(content + '\r', settings_.layout, gs_); }

void Scanner::report(const Bytes& bytes) {
    clock_.pass(milliseconds{1});
    core_->receive(kEndpoint, bytes, clock_.mono());
}

std::optional<Scan> Scanner::heard() {
    std::optional<Scan> scan;
    while (const auto event = core_->next_event()) {
        if (const auto* read = std::get_if<BarcodeRead>(&*event)) {
            must(!scan, "one gesture at a scanner became two scans");
            scan = window_.see(*read);
        }
    }
    return scan;
}

std::optional<Scan> Scanner::scan(const std::string& content, std::optional<std::size_t> unplugged_after) {
    std::size_t sent = 0;
    for (const Bytes& one : typed(content)) {
        if (unplugged_after && sent++ == *unplugged_after) {
            core_->closed(clock_.mono(), PortEnd::unplugged);
            auto half = heard();
            clock_.pass(milliseconds{500});
            plug_in();
            return half;
        }
        report(one);
    }
    return heard();
}

std::vector<Scan> Scanner::scan_both(Scanner& one, const std::string& content, Scanner& other, const std::string& other_content) {
    const auto mine = one.typed(content);
    const auto theirs = other.typed(other_content);
    std::vector<Scan> scans;
    const auto listen = [&](Scanner& scanner) {
        if (auto scan = scanner.heard()) scans.push_back(std::move(*scan));
    };
    for (std::size_t i = 0; i < std::max(mine.size(), theirs.size()); ++i) {
        if (i < mine.size()) one.report(mine[i]);
        listen(one);
        if (i < theirs.size()) other.report(theirs[i]);
        listen(other);
    }
    return scans;
}

}  // namespace dosario::sim
