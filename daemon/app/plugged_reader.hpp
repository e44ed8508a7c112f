// SPDX-License-Identifier: Apache-2.0
// What the desk of readers knows of one interface that is plugged in, of a reader that came before, of a trial and of a recording.
// Internal to reader_*.cpp.
#pragma once

#include "app/reader_desk.hpp"
#include "control/recording.hpp"
#include "scan/reader_health.hpp"
#include "scan/tag_window.hpp"

namespace dosario {

/// Tags whose chips are read, one EPC after the other.
struct ReaderDesk::ChipJob {
    std::vector<Sighting> left;  ///< the next one last
    std::optional<TagWork> work;
    std::uint32_t number = 0;  ///< of the command that waits for its answer
    MonoTime until{};
    bool asked = false;             ///< by a person's count
    bool again = false;             ///< a person's count came meanwhile
    std::vector<Bytes> unanswered;  ///< EPCs whose chip nobody answered for
};

/// An interface while it is plugged in.
struct ReaderDesk::Reader {
    Reader(boost::asio::io_context& context, UsbInterface what) : interface(std::move(what)), timer(context), hears(context) {}
    UsbInterface interface;
    ClaimDecision decision;
    bool asked = false;  ///< open() was called and neither failed nor closed since
    bool open = false;
    bool announced = false;  ///< open, and what it scans counts
    std::string failure;     ///< in English, as it is logged
    Failure failure_kind = Failure::io;
    std::string told;  ///< the failure that was logged last
    std::unique_ptr<ReaderProtocol> protocol;
    std::unique_ptr<ScanWindow> window;
    std::unique_ptr<TagWindow> pad;            ///< of a reader of tags, from when it was told to read
    TagSet lies;                               ///< on the pad, as it was told last
    std::unique_ptr<ChipJob> chips;            ///< that are read of what lies there
    mutable std::optional<MonoTime> swept_at;  ///< when somebody asked last what it has read lately
    std::string refused;                       ///< what the reader said to that, in its driver's words; empty: it reads
    boost::asio::steady_timer timer;
    boost::asio::steady_timer hears;  ///< until what it scans counts
    ReaderHealth health;
    std::optional<MonoTime> damage_told_at;
};

/// What stays of a reader while it is not plugged in, as long as the daemon runs.
struct ReaderDesk::Past {
    std::uint64_t times_plugged = 0;
    std::uint64_t failures = 0;
    std::optional<GsHabit> learnt_gs;
};

struct ReaderDesk::Trial {
    Trial(boost::asio::io_context& context) : timer(context) {}
    UsbPort port = 0;
    std::string reader;
    bool has_serial = false;
    std::string operator_badge;
    std::function<void(Result<v1::AdoptReply>)> answer;
    boost::asio::steady_timer timer;
};

/// A tag that is read or written.
struct ReaderDesk::TagJob {
    UsbPort port = 0;
    TagWork work;
    TagDone done;
    std::uint32_t number = 0;  ///< of the command that waits for its answer
};

/// A recording that goes on, or whose end was not fetched yet.
struct ReaderDesk::Tape {
    Tape(boost::asio::io_context& context, const Reader& of, const ReaderSettings& settings, Recording::Options options,
         MonoTime now)
        : reader(reader_id(of.interface)),
          recording(of.interface, settings, *of.decision.driver, options, now),
          end(context),
          patience(context) {}
    std::uint64_t id = 0;
    std::string reader;
    UsbPort port = 0;  ///< where it was plugged last
    bool plugged = true;
    Recording recording;
    std::string why;  ///< it is over; empty: it goes on
    boost::asio::steady_timer end;
    boost::asio::steady_timer patience;  ///< until somebody has to ask for it again
};

}  // namespace dosario
