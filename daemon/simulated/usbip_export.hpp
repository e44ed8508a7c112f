// SPDX-License-Identifier: Apache-2.0
// The exporting side of USB/IP, without I/O: a desk of simulated scanners, and a session for each connection. Bytes in, bytes out; whoever
// owns the connection writes what next_write() gives and closes it when a session says so.
#pragma once

#include "simulated/make.hpp"
#include "simulated/usbip_wire.hpp"

#include <list>
#include <memory>
#include <string>
#include <vector>

namespace dosario::simulated {

inline constexpr std::size_t kMostScanners = 32;
/// URBs of one session that wait for a scan; a driver keeps a handful.
inline constexpr std::size_t kMostWaitingUrbs = 1024;
/// While so much was not written yet nothing is received and no URB is answered, so that a peer that does not listen costs no more.
inline constexpr std::size_t kMostUnsent = 256 * 1024;

/// A scanner that may be imported. Each import is a new plugging in: the device begins anew.
struct ExportedScanner {
    std::string name;
    ScannerSettings settings;
    UsbipPlace place;
    bool plugged = true;
    std::unique_ptr<SimulatedDevice> device;  ///< while a session has it
};

class UsbipDesk {
public:
    /// Errors: invalid, a kind or name that cannot be; full, kMostScanners.
    Result<ExportedScanner*> add(std::string name, ScannerSettings settings);
    ExportedScanner* find(std::string_view name);
    const std::vector<std::unique_ptr<ExportedScanner>>& scanners() const { return scanners_; }

private:
    std::vector<std::unique_ptr<ExportedScanner>> scanners_;
};

/// What is plugged in, described.
ListedDevice listed(const ExportedScanner& scanner);

/// One connection. The desk outlives it.
class UsbipSession {
public:
    explicit UsbipSession(UsbipDesk& desk) : desk_(desk) {}
    ~UsbipSession() { closed(); }
    UsbipSession(const UsbipSession&) = delete;
    UsbipSession& operator=(const UsbipSession&) = delete;

    /// As if the other side had imported the scanner: for a kernel that was given the connection. False if it cannot be.
    bool take(ExportedScanner& scanner);
    /// The scanner that is imported, nullptr = none.
    ExportedScanner* scanner() const { return scanner_; }

    void receive(ByteView bytes);
    /// The peer broke a rule: the connection is to be closed, nothing is received any more. invalid, or full (kMostWaitingUrbs).
    const std::optional<Error>& broken() const { return broken_; }
    /// False while so much waits to be written that nothing more may be received.
    bool listens() const { return unsent_.size() < kMostUnsent; }
    /// Answers URBs for which something came: after scan() and idle().
    void serve();
    /// What is to be written, nothing = empty. What was given is forgotten.
    Bytes next_write();
    /// The connection is over: the scanner is free for others.
    void closed();
    /// The scanner was unplugged: the connection is to be closed.
    bool unplugged() const { return scanner_ != nullptr && !scanner_->plugged; }

private:
    struct Waiting {
        std::uint32_t number;
        std::uint8_t endpoint;
        std::uint32_t room;
        std::uint32_t flags;
    };

    void say(const Bytes& bytes) { unsent_.insert(unsent_.end(), bytes.begin(), bytes.end()); }
    void work();
    Result<std::size_t> work_once(ByteView bytes);
    void asked(const UsbipRequest& request);
    Result<void> submit(const SubmitCommand& command);
    void submit_control(const SubmitCommand& command);
    void unlink(const UnlinkCommand& command);
    void say_read(const Waiting& urb, const UsbRead& read);

    UsbipDesk& desk_;
    ExportedScanner* scanner_ = nullptr;
    std::optional<Error> broken_;
    Bytes received_;
    Bytes unsent_;
    std::list<Waiting> waiting_;
};

}  // namespace dosario::simulated
