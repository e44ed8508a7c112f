// SPDX-License-Identifier: Apache-2.0
#include "ctl/vhci.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

namespace dosario {
namespace {

/// What one write() to a file of sysfs says: 0 or an errno.
int tell(const std::string& file, const std::string& words) {
    const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    const ssize_t written = ::write(fd, words.data(), words.size());
    const int error = written < 0 ? errno : 0;
    ::close(fd);
    return error;
}

Error no_controller() {
    return fail(
        Failure::not_found,
        "this kernel has no virtual USB controller: load it with `modprobe vhci-hcd` as root (Debian's linux-image-amd64 has it; the "
        "kernels for the cloud do not), or leave --attach out and import the scanners from another computer");
}

Error failed(const std::string& what, int error) {
    if (error == EACCES || error == EPERM) return fail(Failure::refused, "only root may plug into the kernel: run it by sudo");
    return fail(Failure::io, what + ": " + std::strerror(error));
}

/// The free ports for full and high speed, in order.
std::vector<unsigned> free_ports(std::istream& status) {
    constexpr unsigned kFree = 4;
    std::vector<unsigned> ports;
    for (std::string line; std::getline(status, line);) {
        std::istringstream words{line};
        std::string hub;
        unsigned port = 0, state = 0;
        if (words >> hub >> port >> state && hub == "hs" && state == kFree) ports.push_back(port);
    }
    return ports;
}

}  // namespace

Result<unsigned> vhci_attach(const std::string& directory, int socket, std::uint32_t device_id, unsigned speed) {
    std::ifstream status{directory + "/status"};
    if (!status) return no_controller();
    int error = 0;
    // Another program may take a port in between: then the kernel says EBUSY, and the next one is tried.
    for (const unsigned port : free_ports(status)) {
        std::ostringstream words;
        words << port << ' ' << socket << ' ' << device_id << ' ' << speed;
        error = tell(directory + "/attach", words.str());
        if (error == 0) return port;
        if (error != EBUSY) return failed("the kernel does not take the scanner", error);
    }
    return fail(Failure::unavailable,
                "all ports of the virtual USB controller are taken: unplug one (`usbip port`, `usbip detach`)");
}

Result<void> vhci_detach(const std::string& directory, unsigned port) {
    const int error = tell(directory + "/detach", std::to_string(port));
    if (error != 0 && error != EINVAL) return failed("the kernel does not give the scanner back", error);
    return {};
}

}  // namespace dosario
