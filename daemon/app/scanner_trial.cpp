// SPDX-License-Identifier: Apache-2.0
#include "app/scanner_trial.hpp"

#include "base/bytes.hpp"
#include "reader/report_descriptor.hpp"

#include <algorithm>

namespace dosario {

ScannerWay way_of(const UsbInterface& interface) {
    if (interface.class_code != kHidClass) return ScannerWay::serial;
    if (read_report_descriptor(interface.report_descriptor).serves_page(kBarcodeScannerPage)) return ScannerWay::hid_pos;
    const bool tells_nothing = interface.report_descriptor.empty() && !is_boot_keyboard(interface);
    return tells_nothing ? ScannerWay::hid_pos : ScannerWay::keyboard;
}

void ScannerTrial::listen(const v1::ListenRequest& request, const std::function<bool(const std::string&)>& is_open,
                          Answer answer) {
    if (waiting_) answer_now();
    if (request.stop()) {
        stop();
        v1::ListenReply stopped;
        stopped.set_ok(true);
        return answer(std::move(stopped));
    }
    if (!request.reader().empty() && !is_open(request.reader()))
        return answer(fail(Failure::not_found,
                           "no open reader has this id: `dosario readers` lists them, and says why others are not open"));
    if (request.reader() != reader_ || !active()) {
        heard_.Clear();
        reports_.clear();
    }
    reader_ = request.reader();
    const auto wait = std::min(std::chrono::milliseconds{request.wait_ms()}, kLongestWait);
    until_ = clock_.mono() + wait + kHold;
    waiting_ = std::move(answer);
    if (heard_.scans_size() > 0) return answer_now();
    timer_.expires_after(wait);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error && waiting_) answer_now();
    });
}

void ScannerTrial::stop() {
    until_ = MonoTime::min();
    timer_.cancel();
    if (waiting_) answer_now();
    heard_.Clear();
    reports_.clear();
}

void ScannerTrial::answer_now() {
    heard_.set_ok(true);
    v1::ListenReply reply;
    reply.Swap(&heard_);
    const Answer answer = std::move(waiting_);
    waiting_ = nullptr;
    timer_.cancel();
    answer(std::move(reply));
}

void ScannerTrial::add(v1::HeardScan scan) {
    if (heard_.scans_size() == static_cast<int>(kMostHeard)) heard_.mutable_scans()->DeleteSubrange(0, 1);
    *heard_.add_scans() = std::move(scan);
    if (waiting_) answer_now();
}

void ScannerTrial::reported(const std::string& reader) {
    if (concerns(reader) && reports_.size() <= kMostLearnt) ++reports_[reader];
}

bool ScannerTrial::heard(const TriedReader& reader, const BarcodeRead& read) {
    if (!concerns(reader.id)) return false;
    const auto code = recognise_test_code(read.bytes);
    const unsigned reports = std::exchange(reports_[reader.id], 0);
    if (!code && reader_.empty()) return false;  // somebody works at another counter
    v1::HeardScan scan;
    scan.set_reader(reader.id);
    scan.set_way(std::string{way_name(reader.way)});
    scan.set_layout(std::string{layout_name(reader.settings->layout)});
    scan.set_gs_substitutes(escape(reader.settings->gs_substitutes));
    scan.set_length(static_cast<std::uint32_t>(read.bytes.size()));
    if (code) {
        scan.set_code(std::string{test_code_name(*code)});
        scan.set_aim(std::string{read.aim.text()});
        scan.set_content(escape(read.bytes));
        scan.set_reports(reports);
        if (*code == TestCode::gs && (learnt_.size() < kMostLearnt || learnt_.contains(reader.id)))
            learnt_[reader.id] = judge_gs(read.bytes);
    }
    add(std::move(scan));
    return true;
}

void ScannerTrial::faulted(const TriedReader& reader, const std::string& what) {
    if (!concerns(reader.id)) return;
    v1::HeardScan scan;
    scan.set_reader(reader.id);
    scan.set_way(std::string{way_name(reader.way)});
    scan.set_layout(std::string{layout_name(reader.settings->layout)});
    scan.set_fault(what);
    add(std::move(scan));
}

GsTrust ScannerTrial::gs_of(const std::string& reader) const {
    const auto found = learnt_.find(reader);
    return found == learnt_.end() ? GsTrust{} : found->second;
}

}  // namespace dosario
