// SPDX-License-Identifier: Apache-2.0
// What scanners that send text have in common, whatever chip carries it: prefix, code, suffix; DTR; the line's rate and format. In the place
// of the scanner there can be a pad: then the host's bytes go to it, and its own come as its time goes by.
#pragma once

#include "simulated/make.hpp"
#include "simulated/pad.hpp"

namespace dosario::simulated {

class SerialScanner : public SimulatedDevice {
public:
    SimulatedPad* pad() override { return pad_.get(); }
    Result<std::string> on_pad(std::string_view words) override;
    std::optional<std::chrono::milliseconds> idle_period() const override;
    void idle() override;

protected:
    SerialScanner(UsbDescription description, const ScannerSettings& settings);

    /// What the chip wants before it receives anything, as missing(); DTR is looked at here.
    virtual std::string_view chip_missing() const = 0;
    /// How the chip samples the line; nothing = there is no line in between.
    virtual std::optional<LineFormat> receiver() const = 0;
    /// Some bytes came over the line, `framing_error` if others were lost. They go out as packets now.
    virtual void arrived(ByteView bytes, bool framing_error) = 0;
    virtual std::uint8_t bytes_in() const = 0;  ///< the endpoint of the scanner's bytes

    bool sends_empty() const { return settings_.sends_empty; }

    bool dtr = false;
    bool rts = false;

private:
    std::string_view missing() const final;
    Result<void> scanned(std::string_view aim, std::string_view text) final;
    void written(std::uint8_t endpoint, ByteView bytes) override;

    ScannerSettings settings_;
    std::unique_ptr<SimulatedPad> pad_;
    PadTime time_{};
};

}  // namespace dosario::simulated
