// SPDX-License-Identifier: Apache-2.0
// A stage for an unmodified program: a pretended USB bus on which a script plugs, scans and unplugs.
//
//   umockdev-wrapper usb_stage [--hold] [--stdout FILE] [--stderr FILE] -- PROGRAM ARGS...
//
// Starts PROGRAM in the test bed (at once, or with --hold at the command `start`), reads one command a line from stdin and answers each
// with one line, `ok ...` or `error ...`. PROGRAM's output goes to the files, else both to the stage's stderr. At `quit` or the end of
// stdin PROGRAM gets SIGTERM, and the stage ends with its exit code (128 + n for signal n).
//
//   plug NAME kind=keyboard|hidpos|ftdi|... [vid=HEX] [pid=HEX] [serial=TEXT] [product=TEXT] [baud=N] [suffix=crlf] ... [port=1-N]
//        [bound=DRIVER|none] [sysfs=yes|no] [held=yes]
//                                a simulated scanner: kinds and settings of simulated/make.hpp. The kernel's driver has it, but HID POS,
//                                which has none on an ordinary desktop
//   plug NAME vid=HEX pid=HEX serial=TEXT kind=mouse|combo ...
//                                a mouse; a keyboard with a mouse in it
//   unplug NAME                  the device leaves the bus
//   pad NAME WORDS               tags and failures of a pad (kind=cp210x pad=m100): add EPC..., remove EPC, clear, list, fail ..., restart
//   scan NAME [AIM] TEXT         a person scans TEXT (with \xHH) of symbology AIM (`]d2`)
//   card NAME lay UID [kind=ntag213] [uri=...] | take [UID] | fault NAME [TIMES [AFTER]]
//                                a person at a reader of cards (kind=ccid model=acr122u): words of simulated/hf_card.hpp
//   report NAME HEX              one raw report
//   type NAME TEXT               TEXT (with \xHH) as a US keyboard types it, and Enter
//   pos NAME AIM TEXT            TEXT (with \xHH) as HID POS reports in Zebra's layout; AIM is `]d2`, or `-` for none
//   stall NAME                   halts the IN endpoint
//   free NAME                    the other program lets go of a device that was plugged with held=yes
//   await NAME claimed|released|read
//                                waits until the program has taken the device and reads it, has given it back, took every report
//   state NAME                   claimed=, bound=, opens=, misuse=
//   start | signal NAME | wait   starts PROGRAM (again), sends it TERM, KILL, INT or HUP, waits for its end
//   quit
#include "support/usbfs/fake_scans.hpp"
#include "support/usbfs/fake_usb.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>

namespace dosario::test {
namespace {

/// What becomes the answer: `ok` and the text, or `error` and the text.
struct Answer {
    bool ok = true;
    std::string text;
};

Answer error(std::string text) { return {false, std::move(text)}; }

class Program {
public:
    std::vector<std::string> words;
    std::string stdout_file, stderr_file;

    Answer start() {
        if (pid_ > 0) return error("the program runs already");
        std::fflush(nullptr);
        pid_ = fork();
        if (pid_ < 0) return error("cannot fork");
        if (pid_ == 0) become();
        return {true, "pid=" + std::to_string(pid_)};
    }
    Answer send(const std::string& name) {
        const int number = name == "TERM"   ? SIGTERM
                           : name == "KILL" ? SIGKILL
                           : name == "INT"  ? SIGINT
                           : name == "HUP"  ? SIGHUP
                                            : 0;
        if (number == 0) return error("signals are TERM, KILL, INT and HUP");
        if (pid_ <= 0 || kill(pid_, number) != 0) return error("the program does not run");
        return {};
    }
    Answer wait() {
        if (pid_ <= 0) return error("the program does not run");
        int status = 0;
        if (waitpid(pid_, &status, 0) < 0) return error("cannot wait");
        ended(status);
        return {true, "exit=" + std::to_string(code_)};
    }
    /// SIGTERM, ten seconds, SIGKILL.
    int end() {
        if (pid_ <= 0) return code_;
        kill(pid_, SIGTERM);
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
        int status = 0;
        while (waitpid(pid_, &status, WNOHANG) == 0) {
            if (std::chrono::steady_clock::now() > deadline) kill(pid_, SIGKILL);
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
        ended(status);
        return code_;
    }

private:
    void ended(int status) {
        code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        pid_ = -1;
    }

    static void redirect(const std::string& file, int to) {
        const int fd = file.empty() ? dup(STDERR_FILENO) : ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
        if (fd < 0 || dup2(fd, to) < 0) _exit(126);
        ::close(fd);
    }

    [[noreturn]] void become() const {
        const int nothing = ::open("/dev/null", O_RDONLY);
        if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0) _exit(126);
        redirect(stdout_file, STDOUT_FILENO);
        if (!stderr_file.empty()) redirect(stderr_file, STDERR_FILENO);
        std::vector<char*> args;
        for (const std::string& word : words) args.push_back(const_cast<char*>(word.c_str()));
        args.push_back(nullptr);
        execvp(args[0], args.data());
        std::perror(args[0]);
        _exit(127);
    }

    pid_t pid_ = -1;
    int code_ = 0;
};

struct PlugWords {
    std::uint16_t vid = 0, pid = 0;
    std::string serial, kind, product, port, bound, sysfs = "yes", held;
    std::string settings;  ///< of a simulated scanner, as they were written
};

/// The message of what is wrong, nothing if all is well.
std::optional<std::string> read_word(PlugWords& into, const std::string& word) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) return "expected key=value: " + word;
    const std::string key = word.substr(0, equals);
    const std::string value = word.substr(equals + 1);
    if (key == "vid" || key == "pid") {
        std::uint16_t& id = key == "vid" ? into.vid : into.pid;
        const auto [end, wrong] = std::from_chars(value.data(), value.data() + value.size(), id, 16);
        if (wrong != std::errc{} || end != value.data() + value.size()) return "not a hexadecimal id: " + word;
    } else if (key == "serial")
        into.serial = value;
    else if (key == "kind")
        into.kind = value;
    else if (key == "product")
        into.product = value;
    else if (key == "port")
        into.port = value;
    else if (key == "bound")
        into.bound = value;
    else if (key == "sysfs")
        into.sysfs = value;
    else if (key == "held")
        into.held = value;
    else
        into.settings += (into.settings.empty() ? "" : ",") + word;
    return std::nullopt;
}

FakeSpec mouse_of(const PlugWords& words) {
    if (words.kind == "mouse") return mouse_spec(words.vid, words.pid, words.serial);
    FakeSpec spec = keyboard_spec(words.vid, words.pid, words.serial);
    FakeInterface mouse = mouse_spec(0, 0, "").interfaces[0];
    mouse.number = 1;
    mouse.endpoint_in = 0x82;
    spec.interfaces.push_back(std::move(mouse));
    return spec;
}

Result<FakeSpec> scanner_of(const PlugWords& words) {
    auto scanner = simulated::parse_scanner(words.kind + (words.settings.empty() ? "" : ":" + words.settings));
    if (!scanner) return scanner.error();
    scanner->vendor = words.vid;
    scanner->product = words.pid;
    scanner->serial = words.serial;
    scanner->product_name = words.product;
    FakeSpec spec = simulated_spec(*scanner);
    for (FakeInterface& one : spec.interfaces)
        if (one.class_code == 3 && one.protocol == 0) one.driver.clear();
    spec.idles = true;
    return spec;
}

Result<FakeSpec> spec_of(const PlugWords& words) {
    const bool is_mouse = words.kind == "mouse" || words.kind == "combo";
    if (is_mouse && !words.settings.empty()) return fail(Failure::invalid, "unknown keys: " + words.settings);
    auto made = is_mouse ? Result<FakeSpec>{mouse_of(words)} : scanner_of(words);
    if (!made) return made;
    FakeSpec spec = std::move(*made);
    if (!words.product.empty()) spec.product = words.product;
    spec.port = words.port;
    for (FakeInterface& one : spec.interfaces) {
        if (!words.bound.empty()) one.driver = words.bound == "none" ? "" : words.bound;
        // sysfs has the report descriptor because a driver of the kernel read it.
        one.in_sysfs = one.class_code == 3 && !one.driver.empty() && words.sysfs == "yes";
    }
    spec.strings_in_sysfs = words.sysfs == "yes";
    spec.held_by_other = words.held == "yes";
    return spec;
}

class Stage {
public:
    Program program;

    Answer run(const std::string& line) {
        std::istringstream words{line};
        std::string verb, name;
        words >> verb;
        if (verb == "start") return program.start();
        if (verb == "wait") {
            const Answer answer = program.wait();
            for (const auto& [name_of, plugged] : plugged_)
                if (answer.ok) plugged->device().program_ended();
            return answer;
        }
        words >> name;
        if (verb == "signal") return program.send(name);
        if (verb == "plug") return plug(name, words);
        const auto found = plugged_.find(name);
        if (found == plugged_.end()) return error("no such command or device: " + line);
        std::string rest;
        std::getline(words >> std::ws, rest);
        FakeDevice& device = found->second->device();
        if (verb == "report") return report(device, rest);
        if (verb == "scan") return scan(device, rest);
        if (verb == "pad") return pad(device, rest);
        if (verb == "card") return card(device, rest);
        if (verb == "type") return type(device, rest);
        if (verb == "pos") return pos(device, rest);
        if (verb == "state") return state(device);
        if (verb == "await") return await(device, rest);
        if (verb == "stall")
            device.stall();
        else if (verb == "free")
            device.let_go_by_other();
        else if (verb == "unplug") {
            bus_->unplug(*found->second);
            plugged_.erase(found);
        } else
            return error("no such command: " + verb);
        return {};
    }

private:
    Answer plug(const std::string& name, std::istream& rest) {
        if (name.empty() || plugged_.contains(name)) return error("a new name is needed");
        PlugWords words;
        for (std::string word; rest >> word;)
            if (auto wrong = read_word(words, word)) return error(std::move(*wrong));
        const auto spec = spec_of(words);
        if (!spec) return error(spec.error().message + " (or kind=mouse, kind=combo)");
        plugged_[name] = bus_->plug(*spec);
        return {true, plugged_[name]->node()};
    }
    static Answer send(FakeDevice& device, const std::vector<Bytes>& reports) {
        for (const Bytes& one : reports) device.report(one);
        return {true, "reports=" + std::to_string(reports.size())};
    }
    static Answer report(FakeDevice& device, const std::string& hex) {
        const auto bytes = from_hex(hex);
        return bytes ? send(device, {*bytes}) : error("not hexadecimal");
    }
    static Answer scan(FakeDevice& device, std::string rest) {
        if (!device.spec().scanner) return error("no scanner");
        std::string aim;
        if (rest.size() > 3 && rest[0] == ']' && rest[3] == ' ') {
            aim = rest.substr(0, 3);
            rest.erase(0, 4);
        }
        const auto text = unescape(rest);
        if (!text) return error("expected: scan NAME [AIM] TEXT");
        const auto scanned = device.scan(aim, *text);
        return scanned ? Answer{} : error(scanned.error().message);
    }
    static Answer pad(FakeDevice& device, const std::string& words) {
        if (!device.spec().scanner) return error("no pad");
        const auto done = device.on_pad(words);
        return done ? Answer{true, *done} : error(done.error().message);
    }
    static Answer card(FakeDevice& device, const std::string& words) {
        if (!device.spec().scanner) return error("no reader of cards");
        const auto done = device.card(words);
        return done ? Answer{} : error(done.error().message);
    }
    static Answer type(FakeDevice& device, const std::string& escaped) {
        const auto text = unescape(escaped);
        const auto reports = text ? typed_reports(*text) : std::nullopt;
        return reports ? send(device, *reports) : error("there is no key for this text");
    }
    static Answer pos(FakeDevice& device, const std::string& rest) {
        const auto blank = rest.find(' ');
        const std::string aim = rest.substr(0, blank);
        const auto text = unescape(blank == std::string::npos ? "" : rest.substr(blank + 1));
        if (!text || (aim != "-" && aim.size() != 3)) return error("expected: pos NAME AIM TEXT");
        return send(device, pos_reports(aim == "-" ? std::string(3, '\0') : aim, *text));
    }
    static Answer state(FakeDevice& device) {
        const std::string bound = device.driver(0);
        const std::string misuse = device.misuse();
        return {true, std::string{"claimed="} + (device.claimed(0) ? "yes" : "no") +
                          " bound=" + (bound.empty() ? "none" : bound) + " opens=" + std::to_string(device.opens()) +
                          " misuse=" + (misuse.empty() ? "none" : misuse)};
    }
    static Answer await(FakeDevice& device, const std::string& what) {
        if (what != "claimed" && what != "released" && what != "read") return error("expected: await NAME claimed|released|read");
        const bool came = device.wait_until([&](const FakeDevice& now) {
            if (what == "read") return now.all_read();
            return what == "claimed" ? now.claimed(0) && now.waiting() > 0 : !now.claimed(0);
        });
        return came ? Answer{} : error("not " + what + " in time");
    }

    std::unique_ptr<FakeUsb> bus_ = FakeUsb::create();
    std::map<std::string, std::shared_ptr<PluggedDevice>> plugged_;
};

void say(const Answer& answer) { std::cout << (answer.ok ? "ok " : "error ") << answer.text << std::endl; }

int usage() {
    std::cerr << "usage: umockdev-wrapper usb_stage [--hold] [--stdout FILE] [--stderr FILE] -- PROGRAM ARGS...\n";
    return 2;
}

int play(int argc, char** argv) {
    Stage stage;
    bool hold = false;
    int i = 1;
    for (; i < argc && std::string_view{argv[i]} != "--"; ++i) {
        const std::string_view option = argv[i];
        if (option == "--hold")
            hold = true;
        else if (option == "--stdout" && i + 1 < argc)
            stage.program.stdout_file = argv[++i];
        else if (option == "--stderr" && i + 1 < argc)
            stage.program.stderr_file = argv[++i];
        else
            return usage();
    }
    if (i + 1 >= argc) return usage();
    stage.program.words.assign(argv + i + 1, argv + argc);
    if (!hold) say(stage.program.start());
    for (std::string line; std::getline(std::cin, line) && line != "quit";)
        if (!line.empty()) say(stage.run(line));
    const int code = stage.program.end();
    say({true, "exit=" + std::to_string(code)});
    return code;
}

}  // namespace
}  // namespace dosario::test

int main(int argc, char** argv) { return dosario::test::play(argc, argv); }
