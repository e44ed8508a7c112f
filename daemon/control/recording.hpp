// SPDX-License-Identifier: Apache-2.0
// What one reader sends, written down as a capture (reader/capture.cpp) while it works. Without I/O and without a clock: who owns it
// passes reports and instants in and takes text out.
//
// What may be somebody's document is left out. The reports between two events of the driver are one run, and a run stays in the capture
// only if it is proven harmless: heard alone, by a driver of its own, it gives exactly the scans that the reader gave, and each of them
// is a code of goods, a label of ours or a command. All else (documents, badges, what is not understood, what was no whole scan) becomes
// one line of comment that says that reports stood there, and what stands in a report behind its content is zeros. So the capture replays without a fault that was not there.
#pragma once

#include "reader/driver.hpp"

#include <memory>
#include <string>
#include <vector>

namespace dosario {

class Recording {
public:
    /// Text that nobody took; beyond it the recording is full, as when all of it has grown to kLargest_bytes.
    static constexpr std::size_t kMostUntaken_bytes = 4 << 20;
    static constexpr std::size_t kLargest_bytes = 16 << 20;
    /// Of one run: two reports for each character of the longest barcode, and room for the idle ones between.
    static constexpr std::size_t kMostReportsInRun = 16'384;
    static constexpr std::size_t kLargestRun_bytes = 1 << 20;

    struct Options {
        bool raw = false;        ///< everything is written, also documents of persons
        bool anonymous = false;  ///< the serial number of the device is left out
    };

    struct Counts {
        std::uint64_t scans = 0;    ///< in the capture
        std::uint64_t persons = 0;  ///< left out: scans that are documents of persons, or badges
        std::uint64_t others = 0;   ///< left out: scans that are no code of goods, and answers of the device
        std::uint64_t broken = 0;   ///< left out: runs of reports that were no whole scan
    };

    /// The reader is plugged and open. `driver` is the one that drives it.
    Recording(UsbInterface interface, ReaderSettings settings, const Driver& driver, Options options, MonoTime now);
    ~Recording();

    void received(std::uint8_t endpoint, ByteView report, MonoTime heard_at);
    /// The USB line had trouble: what is under way is no whole scan.
    void interrupted(MonoTime now);
    void unplugged(MonoTime now);
    void plugged(MonoTime now);
    /// Every report that was heard until `now` was passed in: a scan that ends by silence has ended.
    void wake(MonoTime now);
    /// What is not finished is left out.
    void end(MonoTime now);

    /// Whole lines since the last take(), at most `most` bytes and at least one line.
    std::string take(std::size_t most);
    bool has_text() const { return !text_.empty(); }
    bool full() const { return full_; }
    const Counts& counts() const { return counts_; }

private:
    struct Report {
        std::uint8_t endpoint;
        Bytes bytes;
        MonoTime heard_at;
    };
    enum class Why : std::uint8_t { person, other, broken };

    void begin_ear(MonoTime now);
    void drain(std::vector<ReaderEvent>& events);
    void end_run(const std::vector<ReaderEvent>& events, MonoTime now);
    bool proves_harmless(const std::vector<ReaderEvent>& events) const;
    bool gives(const std::vector<ReaderEvent>& events) const;
    void blank_leftovers(const std::vector<ReaderEvent>& events);
    void leave_out(Why why, std::uint64_t scans, MonoTime now);
    void write(const Report& report);
    void write(std::string line);
    std::int64_t since_begin_ms(MonoTime now);

    const UsbInterface interface_;
    ReaderSettings settings_;
    const Driver& driver_;
    const Options options_;
    const MonoTime began_at_;
    std::int64_t last_ms_ = 0;
    std::unique_ptr<ReaderProtocol> ear_;  ///< hears all that the reader says; none while it is unplugged, or for raw
    std::vector<Report> run_;
    std::size_t run_bytes_ = 0;
    std::string text_;
    std::size_t written_ = 0;
    bool full_ = false;
    Counts counts_;
};

/// A code that is surely nobody's document: goods, a label or a command of ours. Content that is not understood may be anything.
bool is_surely_no_document(const BarcodeRead& read);

}  // namespace dosario
