// SPDX-License-Identifier: Apache-2.0
// dosario sim: simulated scanners for a real host, exported over USB/IP or plugged into this very kernel. No daemon is asked.
#include "ctl/sim_stage.hpp"
#include "ctl/verbs.hpp"
#include "ctl/vhci.hpp"

#include "simulated/stage.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <map>

namespace dosario {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kLongestCommand = 32 * 1024;  // the longest code with every byte escaped, and room

struct Wanted {
    std::string listen;
    std::string script;
    std::vector<std::string> devices;
    bool attach = false;
    std::string vhci = kVhciDirectory;
};

void say(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

/// Lines of a file, or of what is typed or piped in.
class Commands {
public:
    explicit Commands(asio::io_context& context) : typed_(context) {}

    Result<void> open(const std::string& script) {
        struct stat input {};
        const bool from_file = !script.empty() || (fstat(STDIN_FILENO, &input) == 0 && S_ISREG(input.st_mode));
        if (!from_file) {
            boost::system::error_code error;
            typed_.assign(dup(STDIN_FILENO), error);
            if (error) return fail(Failure::io, "cannot read commands from standard input: " + error.message());
            return {};
        }
        file_.open(script.empty() ? "/dev/stdin" : script);
        if (!file_) return fail(Failure::not_found, "cannot read the commands in " + script);
        return {};
    }

    /// Nothing at the end.
    asio::awaitable<std::optional<std::string>> next() {
        std::string line;
        if (!typed_.is_open()) {
            if (!std::getline(file_, line)) co_return std::nullopt;
            co_return line;
        }
        boost::system::error_code error;
        const std::size_t size = co_await asio::async_read_until(typed_, asio::dynamic_buffer(buffer_, kLongestCommand), '\n',
                                                                 asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return std::nullopt;
        line = buffer_.substr(0, size - 1);
        buffer_.erase(0, size);
        co_return line;
    }

private:
    asio::posix::stream_descriptor typed_;
    std::ifstream file_;
    std::string buffer_;
};

Result<void> add_scanner(simulated::UsbipDesk& desk, const std::string& words) {
    auto named = simulated::parse_named_scanner(words);
    if (!named) return named.error();
    const auto taken = [&](const std::string& name) { return desk.find(name) != nullptr; };
    if (named->name.empty()) named->name = simulated::unnamed_after(named->settings.kind, taken);
    if (const auto added = desk.add(std::move(named->name), named->settings); !added) return added.error();
    return {};
}

class Sim {
public:
    explicit Sim(Wanted wanted) : wanted_(std::move(wanted)) {}

    Result<void> run() {
        for (const std::string& words : wanted_.devices)
            if (auto added = add_scanner(desk_, words); !added) return added;
        if (auto opened = commands_.open(wanted_.script); !opened) return opened;
        if (auto begun = wanted_.attach ? attach_all() : Result<void>{}; !begun) return detach_all(), begun;
        if (!wanted_.attach || !wanted_.listen.empty()) {
            if (auto listening = listen(); !listening) return detach_all(), listening;
        }
        signals_.async_wait([this](const boost::system::error_code& error, int) {
            if (!error) context_.stop();
        });
        asio::co_spawn(context_, obey_all(), [this](const std::exception_ptr&) { context_.stop(); });
        context_.run();
        // The kernel lets go before its connections end; those end with this object.
        detach_all();
        return {};
    }

private:
    Result<void> listen() {
        const auto where = parse_listen_address(wanted_.listen.empty() ? "127.0.0.1:3240" : wanted_.listen);
        if (!where) return where.error();
        const auto at = server_.listen(*where);
        if (!at) return at.error();
        std::string host = at->address().to_string();
        if (at->address().is_v6()) host = "[" + host + "]";
        say("listening " + host + ":" + std::to_string(at->port()));
        return {};
    }

    Result<void> attach_all() {
        for (const auto& one : desk_.scanners()) {
            const auto port = attach(*one);
            if (!port) return port.error();
            say("attached " + one->name + " port=" + std::to_string(*port));
        }
        return {};
    }
    Result<unsigned> attach(simulated::ExportedScanner& scanner) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
            return fail(Failure::io, "cannot make a pair of sockets");
        if (auto plugged = server_.plug_into(ends[0], scanner); !plugged) return ::close(ends[1]), plugged.error();
        const unsigned speed = simulated::usb_speed_number(scanner.device->description().speed);
        const auto port = vhci_attach(wanted_.vhci, ends[1], scanner.place.device_id(), speed);
        ::close(ends[1]);  // the kernel holds it by now
        if (port) ports_[&scanner] = *port;
        return port;
    }
    /// Those that were unplugged are free already.
    void detach_all() {
        for (const auto& [scanner, port] : ports_) {
            if (!scanner->plugged) continue;
            if (const auto detached = vhci_detach(wanted_.vhci, port); !detached)
                std::fprintf(stderr, "dosario sim: %s\n", detached.error().message.c_str());
        }
        ports_.clear();
    }

    asio::awaitable<void> obey_all() {
        for (;;) {
            const std::optional<std::string> line = co_await commands_.next();
            if (!line || *line == "quit") co_return;
            const std::string answer = co_await stage_.obey(*line);
            if (!answer.empty()) say(answer);
        }
    }
    Wanted wanted_;
    simulated::UsbipDesk desk_;  // connections, which end with the context, give their scanners back
    asio::io_context context_;
    UsbipServer server_{context_, desk_};
    SimStage stage_{desk_, server_,
                    wanted_.attach ? std::function<Result<unsigned>(simulated::ExportedScanner&)>{[this](auto& scanner) {
                        return attach(scanner);
                    }}
                                   : nullptr};
    Commands commands_{context_};
    asio::signal_set signals_{context_, SIGINT, SIGTERM};
    std::map<simulated::ExportedScanner*, unsigned> ports_;
};

std::string kinds_for_help() {
    std::string text = "Kinds:\n";
    for (const simulated::ScannerKind& one : simulated::scanner_kinds()) {
        std::string name{one.name};
        name.resize(14, ' ');
        text += "  " + name + std::string{one.explanation} + "\n";
    }
    return text + "Settings: serial= product= vid= pid= baud= line= suffix= prefix= aim= dtr= empty= piece=  (sim.md)";
}

}  // namespace

void add_sim_verb(CLI::App& app, Session& session, Action& action) {
    auto wanted = std::make_shared<Wanted>();
    CLI::App* sim = app.add_subcommand("sim", "simulated scanners, exported over USB/IP; commands on standard input");
    sim->add_option("DEVICE", wanted->devices, "[NAME=]KIND[:setting=value,...], for example hidpos:serial=A1")->required();
    sim->add_option("--listen", wanted->listen, "address of the USB/IP server; 127.0.0.1:3240 if nothing is said");
    sim->add_option("--script", wanted->script, "commands from this file; its end is the end");
    sim->add_flag("--attach", wanted->attach,
                  "plug them into this computer's kernel (root, module vhci-hcd), without any network");
    sim->add_option("--vhci", wanted->vhci, "the controller's folder in sysfs")->group("");
    sim->footer(kinds_for_help());
    sim->callback([&session, &action, wanted] {
        action = [&session, wanted] {
            if (const auto ran = Sim{*wanted}.run(); !ran) return complain(ran.error(), session.json);
            return static_cast<int>(kDone);
        };
    });
}

}  // namespace dosario
