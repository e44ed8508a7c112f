// SPDX-License-Identifier: Apache-2.0
// The readers of this station: which interfaces are taken, by which driver, under which name and in which zone; the trial by which a
// person adopts a keyboard-like scanner; the recording of what one sends. Lives on the main thread; the USB thread's news are posted to it.
// reader_desk.cpp has what comes from the bus, reader_pad.cpp what lies on pads, reader_tags.cpp one tag
// that is read or written, reader_chips.cpp the chips of a tray, reader_adoption.cpp the trial, reader_recording.cpp recordings, reader_view.cpp what is told.
#pragma once

#include "dosario/v1/control.pb.h"
#include "app/practice_host.hpp"
#include "app/scanner_trial.hpp"
#include "app/settings.hpp"
#include "control/tag_work.hpp"
#include "scan/scan_window.hpp"
#include "scan/tag_window.hpp"
#include "usb/claim_policy.hpp"
#include "usb/host.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <map>
#include <set>

namespace dosario {

/// What lies on a pad.
struct SeenTray {
    std::string reader;
    std::string zone;
    TagSet set;
};

/// What the desk of readers begins with.
struct ReaderDeskSettings {
    std::vector<ReaderRow> rows;
    std::set<std::string> adopted;             ///< ids
    std::map<std::string, std::string> zones;  ///< by id, as people said them; a row's zone comes first
    Language language = Language::es;
};

class ReaderDesk final : public UsbListener {
public:
    using Kept = std::function<void(std::optional<Error>)>;
    struct Hooks {
        /// A scan for the counter.
        std::function<void(Scan)> scanned;
        /// What lies on a pad is the same for a while, or was taken away.
        std::function<void(SeenTray)> tray;
        /// A scan came damaged or not whole: whoever scanned must hear it. At most once a second for each reader.
        std::function<void(const std::string& reader, const std::string& zone)> damaged;
        /// Makes an adoption durable, then calls back with what went wrong, if anything.
        std::function<void(std::string reader, std::string operator_badge, Kept)> adopted;
        /// The same for a zone.
        std::function<void(std::string reader, std::string zone, Kept)> zoned;
        /// Something about the readers changed.
        std::function<void()> changed;
    };

    /// `context` and `clock` outlive the desk.
    ReaderDesk(boost::asio::io_context& context, const Clock& clock, ReaderDeskSettings settings, Hooks hooks);
    ~ReaderDesk() override;

    Result<void> start();
    /// Plugs in the readers of a practice pharmacy, beside the real ones or without them. Once.
    void practise(std::vector<simulated::NamedScanner> readers);
    /// What a person does with those. Errors: refused, there are none; PracticeHost::obey()'s.
    Result<std::string> practise(std::string_view words);
    /// The name of the practice pad, for who names none. Errors: refused; not_found; invalid, there are several.
    Result<std::string> practice_pad() const;
    /// The id of the open reader of tags that the practice pad of that name is. Errors: refused, there are none; invalid, it is none;
    /// not_found, the station does not read by it.
    Result<std::string> practice_reader(const std::string& pad) const;
    /// Gives every reader back.
    void stop();

    /// What is plugged in. Devices that the system blocks are among them.
    v1::ReadersReply list() const;
    /// Without a reader: the candidates. With one: takes it for 20 s and answers when the test code came, or did not.
    void adopt(const v1::AdoptRequest& request, std::function<void(Result<v1::AdoptReply>)> answer);
    /// Says where a reader stands; answers when that is durable.
    void set_zone(const v1::ZoneRequest& request, std::function<void(Result<v1::ZoneReply>)> answer);
    /// What a reader was found to do with separators: holds until the daemon ends, and after what the configuration says.
    void learn_gs(const std::string& reader, GsHabit habit);
    /// Begins a recording, gives what came since the last call, or ends it. One at a time; who does not ask for ten seconds has left.
    Result<v1::RecordReply> record(const v1::RecordRequest& request);

    /// What lies on that pad, by its name or id; on the only one where none is named. As it was told last, or what was read within that time.
    Result<SeenTray> field(const std::string& reader, std::optional<Micros> within = std::nullopt) const;

    /// What lies on the pad of that name, for who was not heard when it was told; where it is gone, nothing lies in the zone where it was.
    SeenTray lies_on(const std::string& pad, const std::string& zone) const;

    /// What was to be done with one tag, and what became of it.
    using TagDone = std::function<void(Result<TagReport>)>;
    /// Reads the chip of the one tag that lies on that pad, and where something is to be written, writes, reads back, locks. The pad reads
    /// nothing else meanwhile. Errors: field()'s; unavailable, one is under way, or the desk stops.
    void work_on_tag(const std::string& reader, const TagTask& task, TagDone done);

    /// A person sees another number of things than tags were read on that pad: perhaps two chips have one EPC. What is found is told as the
    /// tray, seen anew.
    void look_at_chips(const std::string& pad);
    /// What lies on a pad of that zone is not known at this moment, for its tags are asked for their chips, or were and it has not looked again.
    /// A pad without a zone is of any, and no zone may be any.
    bool is_unsure(const std::string& zone) const;
    /// A person said another number there: what the one before made be asked is asked no longer.
    void cut_short(const std::string& zone);

    /// For `dosario doctor scanner`: see ScannerTrial.
    void listen(const v1::ListenRequest& request, ScannerTrial::Answer answer);

    // UsbListener, on the USB thread.
    void appeared(UsbPort port, UsbInterface interface) override;
    void disappeared(UsbPort port) override;
    void opened(UsbPort port) override;
    void failed(UsbPort port, Error why) override;
    void received(UsbPort port, std::uint8_t endpoint, Bytes bytes, MonoTime heard_at) override;
    void flushed(UsbPort port) override;
    void written(UsbPort port) override;
    void interrupted(UsbPort port) override;

private:
    struct Reader;
    struct Past;
    struct Trial;
    struct Tape;
    struct TagJob;
    struct ChipJob;

    void look_again();
    void take(UsbPort port, const Driver& driver);
    void on_opened(UsbPort port, MonoTime opened_at);
    void on_interrupted(UsbPort port, MonoTime now);
    void announce(Reader& reader);
    void announce_when_it_hears(UsbPort port);
    void on_failed(UsbPort port, const Error& why);
    void on_gone(UsbPort port);
    void on_received(UsbPort port, std::uint8_t endpoint, ByteView bytes, MonoTime heard_at);
    void on_flushed(UsbPort port);
    void try_again(UsbPort port, std::chrono::seconds after);
    void pump(UsbPort port, Reader& reader);
    void on_event(UsbPort port, Reader& reader, const ReaderEvent& event);
    void on_fault(UsbPort port, Reader& reader, const ReaderFault& fault);
    void on_barcode(UsbPort port, Reader& reader, const BarcodeRead& read);
    void on_card(UsbPort port, Reader& reader, const CardRead& card);
    void arm_timer(UsbPort port, Reader& reader);

    // reader_pad.cpp
    void begin_pad(Reader& reader);
    void on_answer(UsbPort port, Reader& reader, const ReaderAnswer& answer);
    void wake_pad(Reader& reader, MonoTime now);
    void close_pad(Reader& reader);
    void tell_trays(UsbPort port, Reader& reader);
    const Reader* find_pad(const std::string& name, Error& why) const;

    // reader_tags.cpp
    void go_on_with_tag(Reader& reader);
    void end_tag(Reader& reader);
    bool works_on_tag(UsbPort port) const;

    // reader_chips.cpp
    void begin_chips(UsbPort port, Reader& reader, bool asked);
    bool is_of(const Reader& pad, const std::string& zone) const;
    void go_on_with_chips(UsbPort port, Reader& reader);
    void end_chips(UsbPort port, Reader& reader);
    void give_back(UsbPort port);
    void end_trial(bool seen, const std::string& why);
    bool in_trial(UsbPort port) const;
    Past* past_of(const std::string& id);

    Tape* tape_of(UsbPort port);
    void tape_opened(UsbPort port);
    void tape_closed(UsbPort port);
    Result<void> begin_tape(const v1::RecordRequest& request);
    Result<UsbPort> to_be_recorded(const std::string& id) const;
    void end_tape(const char* why);
    void await_next_call();

    UsbHost& host_of(UsbPort port) const;

    const ReaderRow* row_for(const UsbInterface& interface) const;
    std::string name_for(const UsbInterface& interface) const;
    std::string zone_for(const UsbInterface& interface) const;
    GsHabit gs_for(const UsbInterface& interface) const;
    std::string state_of(const Reader& reader) const;
    std::string explanation_of(const Reader& reader) const;
    std::string moved_from(const Reader& reader) const;
    v1::Reader describe(const Reader& reader) const;
    bool is_plugged(const ReaderRow& row) const;
    v1::Reader describe_missing(const ReaderRow& row) const;
    v1::Reader describe_unread(const UsbInterface& interface, std::string_view key) const;
    TriedReader tried(const Reader& reader) const;
    void learn_from_trial(const Reader& reader);

    boost::asio::io_context& context_;
    const Clock& clock_;
    ReaderDeskSettings settings_;
    Hooks hooks_;
    std::map<UsbPort, std::unique_ptr<Reader>> readers_;
    std::map<std::string, Past> pasts_;  ///< by id, at most kMostPasts
    std::unique_ptr<Trial> trial_;
    ScannerTrial scanner_trial_;
    std::unique_ptr<Tape> tape_;
    std::unique_ptr<TagJob> tag_job_;
    std::uint32_t last_command_ = 1;  ///< given to a pad; 1 is the one that never ends, see reader_pad.cpp
    std::uint64_t last_tape_ = 0;
    std::unique_ptr<UsbHost> host_;           ///< libusb's; null where it is switched off, or failed
    std::unique_ptr<PracticeHost> practice_;  ///< null where nobody practises
    bool stopped_ = false;
};

}  // namespace dosario
