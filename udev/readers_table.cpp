// SPDX-License-Identifier: Apache-2.0
// Writes docs/supported-readers.md from the table of drivers. `readers_table FILE` writes it, `readers_table --check FILE` compares.
#include "base/bytes.hpp"
#include "reader/driver.hpp"

#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

namespace {

using namespace dosario;

constexpr const char* kHead = R"(# Readers that Dosario drives

Generated from the drivers: do not change it here (`build/release/bin/readers_table docs/supported-readers.md` writes it).

Interfaces are told apart by what they say of themselves, and these numbers only tell what is surely a reader. They are also those that the
udev rules give to the daemon; [another one](install.md) is a line of your own there. With that line a scanner that is not in the table works
too: in HID POS mode at once, one that types, or that hangs on a serial line, after `dosario readers adopt`.

Pads (UHF) hang on a bridge chip or a COM port and cannot be told from other devices there: [the configuration names them](uhf-readers.md).

| numbers | what | driver | taken |
| --- | --- | --- | --- |
)";

std::string row_of(const Driver& driver, const Driver::Known& known) {
    const std::string numbers = hex4(known.vid) + ':' + (known.pid == 0 ? std::string{"any"} : hex4(known.pid));
    return "| `" + numbers + "` | " + known.what + " | `" + driver.name + "` | " +
           (known.surely ? "at once" : "when adopted, or named in `[[reader]] driver`") + " |\n";
}

std::string table() {
    std::string text = kHead;
    for (const Driver* driver : all_drivers()) {
        for (const Driver::Known& known : driver->known) text += row_of(*driver, known);
    }
    return text;
}

}  // namespace

int main(int argc, char** argv) {
    const bool check = argc == 3 && std::strcmp(argv[1], "--check") == 0;
    if (argc != 2 && !check) {
        std::fprintf(stderr, "usage: readers_table [--check] FILE\n");
        return 2;
    }
    if (!check) {
        std::ofstream file{argv[1], std::ios::trunc};
        file << table();
        file.close();
        return file ? 0 : 1;
    }
    std::ostringstream found;
    found << std::ifstream{argv[2]}.rdbuf();
    if (found.str() == table()) return 0;
    std::fprintf(stderr, "%s is not what the drivers say: write it again with `readers_table %s`\n", argv[2], argv[2]);
    return 1;
}
