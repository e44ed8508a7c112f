// SPDX-License-Identifier: Apache-2.0
#include "bench/daemon_process.hpp"

#include "bench/measure.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace dosario::bench {
namespace {

[[noreturn]] void give_up(const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::exit(1);
}

std::string program() { return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "dosariod").string(); }

/// Reads what the daemon says until it is ready.
void wait_until_ready(int from) {
    std::string said;
    std::array<char, 4096> some;
    while (said.find("info ready ") == std::string::npos) {
        const ssize_t got = read(from, some.data(), some.size());
        if (got <= 0) give_up("dosariod did not start: " + said);
        said.append(some.data(), static_cast<std::size_t>(got));
    }
}

}  // namespace

DaemonProcess::DaemonProcess(std::string directory) : directory_(std::move(directory)) {
    const std::string config = directory_ + "/bench.toml";
    std::ofstream{config} << "[station]\nname = \"bench\"\nsite = \"Bench\"\nlanguage = \"en\"\n[usb]\nenabled = false\n";
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) give_up("no pipe");
    const std::string path = program();
    const auto begin = Watch::now();
    pid_ = fork();
    if (pid_ == 0) {
        dup2(ends[1], STDERR_FILENO);
        execl(path.c_str(), path.c_str(), "--config", config.c_str(), "--data", directory_.c_str(), nullptr);
        _exit(127);
    }
    close(ends[1]);
    wait_until_ready(ends[0]);
    start_ms_ = us_since(begin) / 1000;
    // The pipe's other end stays open: a daemon that logs into a closed one would get an error. It never fills: a few lines are logged.
}

DaemonProcess::~DaemonProcess() {
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
}

double DaemonProcess::rss_mb() const {
    std::ifstream status{"/proc/" + std::to_string(pid_) + "/status"};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:")) return std::strtod(line.c_str() + 6, nullptr) * 1024 / 1e6;
    }
    return 0;
}

}  // namespace dosario::bench
