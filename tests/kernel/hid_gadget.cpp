// SPDX-License-Identifier: Apache-2.0
// The scanner's side of a USB gadget, inside of the virtual machine: writes reports to /dev/hidgN and waits for each until the host
// controller has taken it (the kernel's f_hid says so by POLLOUT). It knows no scanner: reports are hexadecimal lines of standard input.
// Says `taken N` at the end.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

namespace {

constexpr int kPatienceMs = 60'000;
constexpr std::size_t kLongestReport = 1024;

int complain(const std::string& what) {
    std::perror(what.c_str());
    return 1;
}

bool parse_hex(const std::string& line, std::vector<unsigned char>& report) {
    report.clear();
    if (line.empty() || line.size() % 2 != 0 || line.size() / 2 > kLongestReport) return false;
    if (line.find_first_not_of("0123456789abcdef") != std::string::npos) return false;
    for (std::size_t at = 0; at < line.size(); at += 2)
        report.push_back(static_cast<unsigned char>(std::stoul(line.substr(at, 2), nullptr, 16)));
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: kernel_hid_gadget /dev/hidgN < reports\n");
        return 2;
    }
    const int device = ::open(argv[1], O_RDWR | O_CLOEXEC);
    if (device < 0) return complain(argv[1]);
    int taken = 0;
    std::vector<unsigned char> report;
    for (std::string line; std::getline(std::cin, line); ++taken) {
        if (!parse_hex(line, report)) {
            std::fprintf(stderr, "kernel_hid_gadget: this is no report: %s\n", line.c_str());
            return 2;
        }
        if (::write(device, report.data(), report.size()) != static_cast<ssize_t>(report.size())) return complain("write");
        pollfd wanted{device, POLLOUT, 0};
        if (::poll(&wanted, 1, kPatienceMs) != 1 || (wanted.revents & POLLOUT) == 0) {
            std::fprintf(stderr, "kernel_hid_gadget: nobody takes report %d\n", taken + 1);
            return 1;
        }
    }
    std::printf("taken %d\n", taken);
    return ::close(device) == 0 ? 0 : complain("close");
}
