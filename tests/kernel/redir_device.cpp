// SPDX-License-Identifier: Apache-2.0
// kernel_redir_device SOCKET: a simulated scanner for QEMU's `-device usb-redir`, so that a virtual machine sees it on its own controller.
// Commands come on standard input, one a line, each answered by a line `ok` or `error WHY`:
//
//     plug KIND:name=value,...   a device as simulated/make.hpp names it, just plugged in
//     unplug                     pulled out; answered when QEMU has noticed
//     scan AIM HEX               the trigger is pulled; AIM may be -, HEX is what the symbol holds
//     hold N                     after N more packets from the device the wire is silent: what waits is not sent any more
//     release                    it is sent again
#include "redir_wire.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <sstream>

namespace {

using dosario::test::RedirWire;

constexpr std::size_t kLongestCommand = 16 * 1024;

int connect_to(const char* path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (std::strlen(path) >= sizeof address.sun_path) {
        std::fprintf(stderr, "kernel_redir_device: the path of a socket has at most %zu characters\n",
                     sizeof address.sun_path - 1);
        return -1;
    }
    std::strcpy(address.sun_path, path);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket >= 0 && ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return socket;
    std::perror(path);
    if (socket >= 0) ::close(socket);
    return -1;
}

void hold(RedirWire& wire, const std::string& count) {
    std::size_t packets = 0;
    const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), packets);
    if (error != std::errc{} || end != count.data() + count.size()) return RedirWire::answer("error hold wants a number");
    wire.hold(packets);
}

void obey(RedirWire& wire, const std::string& line) {
    std::istringstream words{line};
    std::string verb, first, second;
    words >> verb >> first >> second;
    if (verb == "plug") return wire.plug(first);
    if (verb == "unplug") return wire.unplug();
    if (verb == "scan") return wire.scan(first == "-" ? "" : first, second);
    if (verb == "hold") return hold(wire, first);
    if (verb == "release") return wire.hold(std::nullopt);
    RedirWire::answer("error unknown command");
}

/// Until QEMU or whoever gives the commands is gone. Commands wait until QEMU has greeted.
int serve(RedirWire& wire, int socket) {
    std::string typed;
    while (true) {
        if (!wire.flush()) return 0;
        pollfd both[] = {{socket, POLLIN, 0}, {STDIN_FILENO, static_cast<short>(wire.greeted() ? POLLIN : 0), 0}};
        const int ready = ::poll(both, 2, wire.idle_ms());
        if (ready < 0) return 1;
        if (ready == 0) wire.idle();
        if (both[0].revents != 0 && !wire.read()) return 0;
        if (both[1].revents == 0) continue;
        char some[4096];
        const ssize_t got = ::read(STDIN_FILENO, some, sizeof some);
        if (got <= 0) return 0;
        typed.append(some, static_cast<std::size_t>(got));
        for (std::size_t end = 0; (end = typed.find('\n')) != std::string::npos; typed.erase(0, end + 1))
            obey(wire, typed.substr(0, end));
        if (typed.size() > kLongestCommand) {
            std::fprintf(stderr, "kernel_redir_device: this line is too long for a command\n");
            return 2;
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: kernel_redir_device SOCKET\n");
        return 2;
    }
    const int socket = connect_to(argv[1]);
    if (socket < 0) return 1;
    int code = 0;
    {
        RedirWire wire{socket};
        code = serve(wire, socket);
    }
    ::close(socket);
    return code;
}
