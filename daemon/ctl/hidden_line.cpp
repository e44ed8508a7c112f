// SPDX-License-Identifier: Apache-2.0
#include "ctl/hidden_line.hpp"

#include "crypto/secret_file.hpp"

#include <sys/prctl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>

namespace dosario {
namespace {

constexpr char kCtrlC = 3;
termios before;  // one terminal, one question at a time

}  // namespace

WithoutEcho::WithoutEcho() : known_(tcgetattr(STDIN_FILENO, &before) == 0) {
    if (!known_) return;
    termios quiet = before;
    // Ctrl-C comes as a byte: a signal would leave the terminal as it is now.
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    quiet.c_lflag |= ECHONL;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
}

WithoutEcho::~WithoutEcho() {
    if (known_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
}

bool append_hidden_line(std::string& typed) {
    for (;;) {
        char c = 0;
        if (::read(STDIN_FILENO, &c, 1) != 1 || typed.size() >= kLongestHidden) return false;
        if (c == kCtrlC) {
            wipe(typed);
            return false;
        }
        typed += c;
        if (c == '\n') return true;
    }
}

Result<std::string> read_hidden_line(const char* question) {
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (isatty(STDIN_FILENO) == 1) std::fprintf(stderr, "%s", question);
    std::string typed;
    typed.reserve(kLongestHidden + 1);
    {
        const WithoutEcho quiet;
        (void)append_hidden_line(typed);
    }
    while (typed.ends_with('\n') || typed.ends_with('\r')) typed.pop_back();
    if (typed.empty()) return fail(Failure::invalid, "nothing was typed; nothing was asked");
    return typed;
}

}  // namespace dosario
