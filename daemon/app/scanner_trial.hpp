// SPDX-License-Identifier: Apache-2.0
// While `dosario doctor scanner` asks for its test codes: what a reader sends goes to it and not to work, one look of at most two seconds at a
// time. A tool that is gone looks no more, and three seconds later the reader works again. Remembers what becomes of GS on each reader.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "dosario/v1/control.pb.h"
#include "doctor/scanner_judges.hpp"
#include "reader/events.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <map>
#include <string>

namespace dosario {

/// A reader as the trial must know it.
struct TriedReader {
    std::string id;
    ScannerWay way = ScannerWay::keyboard;
    const ReaderSettings* settings = nullptr;
};

/// `keyboard`, `hid_pos` or `serial`, by the interface's class and report descriptor.
ScannerWay way_of(const UsbInterface& interface);

class ScannerTrial {
public:
    static constexpr auto kLongestWait = std::chrono::milliseconds{2000};
    static constexpr auto kHold = std::chrono::seconds{3};  ///< after a look; then the reader works again
    static constexpr std::size_t kMostHeard = 16;           ///< between two looks; the oldest go
    static constexpr std::size_t kMostLearnt = 256;         ///< readers whose GS is remembered

    using Answer = std::function<void(Result<v1::ListenReply>)>;

    ScannerTrial(boost::asio::io_context& context, const Clock& clock) : clock_(clock), timer_(context) {}

    /// Answers as soon as something was heard, or after the wait. Another one that waits is answered at once. `is_open`: whether that
    /// reader can be heard at all.
    void listen(const v1::ListenRequest& request, const std::function<bool(const std::string&)>& is_open, Answer answer);
    void stop();

    bool active() const { return clock_.mono() < until_; }
    /// A report came from that reader; to be counted.
    void reported(const std::string& reader);
    /// True when the scan belongs to the trial and is no work.
    bool heard(const TriedReader& reader, const BarcodeRead& read);
    void faulted(const TriedReader& reader, const std::string& what);

    /// What was learnt; unknown when nothing was.
    GsTrust gs_of(const std::string& reader) const;

private:
    bool concerns(const std::string& reader) const { return active() && (reader_.empty() || reader_ == reader); }
    void add(v1::HeardScan scan);
    void answer_now();

    const Clock& clock_;
    boost::asio::steady_timer timer_;
    MonoTime until_ = MonoTime::min();
    std::string reader_;  ///< empty: any
    Answer waiting_;
    v1::ListenReply heard_;
    std::map<std::string, unsigned> reports_;
    std::map<std::string, GsTrust> learnt_;
};

}  // namespace dosario
