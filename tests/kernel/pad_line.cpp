// SPDX-License-Identifier: Apache-2.0
// kernel_pad_line FAMILY: a simulated reader of UHF tags at the other end of a serial line, here the socket of QEMU's `-device usb-serial`.
// Its time is the real one. Commands come on standard input, one a line, each answered by a line `ok` or `error WHY`:
//
//     line SOCKET   it is plugged in, and begins as after switching on; the tags stay where they are
//     cut           its plug is pulled
//     add, remove, clear, list, fail, restart ...    what a person does with the pad (simulated/pad_words.hpp)
#include "simulated/pad_words.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

namespace {

using namespace dosario;
using dosario::simulated::PadTime;

constexpr std::size_t kLongestCommand = 16 * 1024;
/// What the line has not taken yet; a reader does not wait for its host, and what is more is lost.
constexpr std::size_t kMostWaiting = 64 * 1024;
/// An emulated processor is slow: fewer sightings than a real reader tells, so that it is not busy with nothing else.
constexpr double kTagsPerSecond = 100;

PadTime now() { return std::chrono::duration_cast<PadTime>(std::chrono::steady_clock::now().time_since_epoch()); }

class Line {
public:
    ~Line() { cut(); }

    std::string plug(const std::string& path) {
        cut();
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (path.empty() || path.size() >= sizeof address.sun_path) return "the path of the socket is empty or too long";
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const bool there = socket_ >= 0 && ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                           ::fcntl(socket_, F_SETFL, O_NONBLOCK) == 0;
        if (there) return "";
        const std::string why = std::strerror(errno);
        cut();
        return path + ": " + why;
    }
    void cut() {
        if (socket_ >= 0) ::close(socket_);
        socket_ = -1;
        waiting_.clear();
    }
    int descriptor() const { return socket_; }
    bool waits() const { return !waiting_.empty(); }

    void send(const Bytes& bytes) {
        if (socket_ < 0 || waiting_.size() + bytes.size() > kMostWaiting) return;
        waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
        flush();
    }
    void flush() {
        const ssize_t sent = ::send(socket_, waiting_.data(), waiting_.size(), MSG_NOSIGNAL);
        if (sent > 0) waiting_.erase(waiting_.begin(), waiting_.begin() + sent);
        if (sent < 0 && errno != EAGAIN && errno != EINTR) cut();
    }
    Bytes receive() {
        Bytes bytes(4096);
        const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), 0);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) cut();
        bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return bytes;
    }

private:
    int socket_ = -1;
    Bytes waiting_;
};

void answer(const std::string& wrong, const std::string& said = "") {
    std::printf("%s%s\n", wrong.empty() ? "ok" : ("error " + wrong).c_str(), said.empty() ? "" : (" " + said).c_str());
    std::fflush(stdout);
}

void obey(simulated::SimulatedPad& pad, Line& line, const std::string& words) {
    if (words.starts_with("line ")) {
        pad.restart(now());
        return answer(line.plug(words.substr(5)));
    }
    if (words == "cut") {
        line.cut();
        return answer("");
    }
    const auto done = simulated::obey_on_pad(pad, words, now());
    answer(done ? "" : done.error().message, done ? *done : "");
}

int milliseconds_until(std::optional<PadTime> due) {
    constexpr int kIdle = 1000;
    if (!due) return kIdle;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*due - now()).count();
    return static_cast<int>(std::clamp<decltype(left)>(left, 0, kIdle));
}

/// Until whoever gives the commands is gone.
int serve(simulated::SimulatedPad& pad) {
    Line line;
    std::string typed;
    for (;;) {
        // An unplugged reader has no power.
        if (line.descriptor() >= 0) line.send(pad.say(now()));
        const int patience = milliseconds_until(line.descriptor() >= 0 ? pad.next_due() : std::nullopt);
        pollfd both[] = {{STDIN_FILENO, POLLIN, 0},
                         {line.descriptor(), static_cast<short>(line.waits() ? POLLIN | POLLOUT : POLLIN), 0}};
        if (::poll(both, 2, patience) < 0) return 1;
        if ((both[1].revents & POLLOUT) != 0) line.flush();
        if (line.descriptor() >= 0 && (both[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0) pad.hear(line.receive(), now());
        if (both[0].revents == 0) continue;
        char some[4096];
        const ssize_t got = ::read(STDIN_FILENO, some, sizeof some);
        if (got <= 0) return 0;
        typed.append(some, static_cast<std::size_t>(got));
        for (std::size_t end = 0; (end = typed.find('\n')) != std::string::npos; typed.erase(0, end + 1))
            obey(pad, line, typed.substr(0, end));
        if (typed.size() > kLongestCommand) {
            std::fprintf(stderr, "kernel_pad_line: this line is too long for a command\n");
            return 2;
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    dosario::simulated::PadSettings settings;
    if (argc == 2) settings.family = argv[1];
    settings.field.tags_per_s = kTagsPerSecond;
    const auto pad = argc == 2 ? dosario::simulated::make_pad(settings) : nullptr;
    if (!pad) {
        std::fprintf(stderr, "usage: kernel_pad_line %s\n", std::string{dosario::simulated::pad_families()}.c_str());
        return 2;
    }
    return serve(*pad);
}
