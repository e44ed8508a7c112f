// SPDX-License-Identifier: Apache-2.0
// The pad of the desk: a simulated reader with its real protocol's bytes, the real driver, the real window of tags and what makes codes of
// them, in virtual time. Only the USB bus is missing.
#pragma once

#include "dosario/v1/control.pb.h"
#include "reader/driver.hpp"
#include "scan/tag_window.hpp"
#include "simulated/pad.hpp"

#include <memory>
#include <string>
#include <vector>

namespace dosario::sim {

/// A thing on a tray.
struct OnTray {
    std::string label;  ///< what is printed on it, as a scanner sends it; its tag says the same
    bool weak = false;  ///< answers seldom
};

class TrayPad {
public:
    /// `number` says of which family it is, and its chance.
    explicit TrayPad(unsigned number);

    /// What the pad tells when it has been the same for a while, on that day: of the things, and of tags that are on nothing (`loose`).
    v1::Tray lay(const std::vector<OnTray>& things, unsigned loose, Date today);
    /// All is taken away.
    v1::Tray clear(Date today);

private:
    v1::Tray told(Date today);
    void run_to(MonoTime at);
    void drain();

    std::unique_ptr<simulated::SimulatedPad> pad_;
    std::unique_ptr<ReaderProtocol> reader_;
    TagWindow window_;
    MonoTime now_{};
    unsigned loose_ = 0;
};

}  // namespace dosario::sim
