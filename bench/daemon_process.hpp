// SPDX-License-Identifier: Apache-2.0
// The real dosariod on a directory, as a child of a benchmark: the program beside the benchmark's own, without USB and uplink.
#pragma once

#include <sys/types.h>

#include <string>

namespace dosario::bench {

class DaemonProcess {
public:
    /// Starts it and waits until its API answers. Ends the benchmark with a sentence when it cannot.
    explicit DaemonProcess(std::string directory);
    /// Tells it to stop and waits for its end.
    ~DaemonProcess();
    DaemonProcess(const DaemonProcess&) = delete;
    DaemonProcess& operator=(const DaemonProcess&) = delete;

    std::string socket() const { return directory_ + "/dosario.sock"; }
    /// From its exec until it said that it is ready.
    double start_ms() const { return start_ms_; }
    /// What of it is in memory now; VmRSS of proc(5), in MB of 10^6 bytes.
    double rss_mb() const;

private:
    std::string directory_;
    pid_t pid_ = 0;
    double start_ms_ = 0;
};

}  // namespace dosario::bench
