// SPDX-License-Identifier: Apache-2.0
// The USB host of a practice pharmacy: readers that are not there (simulated/), plugged into this process alone. Drivers, windows, desk and
// ledger meet them as they meet real ones; only who writes the configuration and who asks `dosario practice` knows. It stands beside the
// host of libusb, and its ports are others.
//
// All of it happens on the thread that runs the io_context: there it tells its listener, never twice at once.
#pragma once

#include "simulated/stage.hpp"
#include "usb/host.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>
#include <vector>

namespace dosario {

class PracticeHost final : public UsbHost {
public:
    /// Ports below are of the other host.
    static constexpr UsbPort kFirstPort = UsbPort{1} << 32;
    static bool has(UsbPort port) { return port >= kFirstPort; }

    /// Every reader is plugged in. All have names, each another one. `context`, `listener` and `clock` outlive the host, which begins and
    /// ends on the context's thread.
    PracticeHost(boost::asio::io_context& context, UsbListener& listener, const Clock& clock,
                 std::vector<simulated::NamedScanner> readers);
    ~PracticeHost() override;

    void open(UsbPort port) override;
    void close(UsbPort port) override;
    void write(UsbPort port, ReaderWrite write) override;
    void flush(UsbPort port) override;

    /// What a person does: `scan`, `card` and `pad` (simulated/stage.hpp), `plug NAME`, `unplug NAME`, `list`. On the context's thread.
    /// Errors: not_found, no such reader; unavailable, it is unplugged; invalid; what the device says.
    Result<std::string> obey(std::string_view line);
    /// Names of those that are pads and plugged in.
    std::vector<std::string> pads() const;
    /// The ports of that reader; none while it is unplugged, or when there is no such reader.
    std::vector<UsbPort> ports_of(std::string_view name) const;

private:
    class Bench;
    std::shared_ptr<Bench> bench_;  ///< what is on its way when the host ends finds nobody
};

}  // namespace dosario
