// SPDX-License-Identifier: Apache-2.0
// The readers of this station: which interfaces are taken, by which driver, under which name, and the trial by which a person adopts
// a keyboard-like scanner. Lives on the main thread; the USB thread's news are posted to it.
#pragma once

#include "dosario/v1/control.pb.h"
#include "app/scanner_trial.hpp"
#include "app/settings.hpp"
#include "scan/scan_window.hpp"
#include "usb/claim_policy.hpp"
#include "usb/host.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <map>
#include <set>

namespace dosario {

class ReaderDesk final : public UsbListener {
public:
    struct Hooks {
        /// A scan for the counter.
        std::function<void(Scan)> scanned;
        /// Makes an adoption durable, then calls back with what went wrong, if anything.
        std::function<void(std::string reader, std::string operator_badge, std::function<void(std::optional<Error>)>)> adopted;
        /// Something about the readers changed.
        std::function<void()> changed;
    };

    /// `context` and `clock` outlive the desk.
    ReaderDesk(boost::asio::io_context& context, const Clock& clock, std::vector<ReaderRow> rows, std::set<std::string> adopted,
               Hooks hooks);
    ~ReaderDesk() override;

    Result<void> start();
    /// Gives every reader back.
    void stop();

    v1::ReadersReply list() const;
    /// Without a reader: the candidates. With one: takes it for 20 s and answers when the test code came, or did not.
    void adopt(const v1::AdoptRequest& request, std::function<void(Result<v1::AdoptReply>)> answer);

    /// For `dosario doctor scanner`: see ScannerTrial.
    void listen(const v1::ListenRequest& request, ScannerTrial::Answer answer);

    // UsbListener, on the USB thread.
    void appeared(UsbPort port, UsbInterface interface) override;
    void disappeared(UsbPort port) override;
    void opened(UsbPort port) override;
    void failed(UsbPort port, Error why) override;
    void received(UsbPort port, std::uint8_t endpoint, Bytes bytes, MonoTime heard_at) override;
    void flushed(UsbPort port) override;

private:
    struct Reader;
    struct Trial;

    void look_again();
    void take(UsbPort port, const Driver& driver);
    void on_opened(UsbPort port);
    void on_failed(UsbPort port, const Error& why);
    void on_gone(UsbPort port);
    void on_flushed(UsbPort port);
    void try_again(UsbPort port);
    void pump(UsbPort port, Reader& reader);
    void on_event(UsbPort port, Reader& reader, const ReaderEvent& event);
    void on_barcode(UsbPort port, Reader& reader, const BarcodeRead& read);
    void arm_timer(UsbPort port, Reader& reader);
    void give_back(UsbPort port);
    void end_trial(bool seen, const std::string& why);
    const ReaderRow* row_for(const UsbInterface& interface) const;
    std::string name_for(const UsbInterface& interface) const;
    v1::Reader describe(const Reader& reader) const;
    TriedReader tried(const Reader& reader) const;

    boost::asio::io_context& context_;
    const Clock& clock_;
    std::vector<ReaderRow> rows_;
    std::set<std::string> adopted_;
    Hooks hooks_;
    std::map<UsbPort, std::unique_ptr<Reader>> readers_;
    std::unique_ptr<Trial> trial_;
    ScannerTrial scanner_trial_;
    std::unique_ptr<UsbHost> host_;
};

}  // namespace dosario
