// SPDX-License-Identifier: Apache-2.0
#include "ctl/sim_stage.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <charconv>
#include <sstream>

namespace dosario {
namespace {

namespace asio = boost::asio;
using simulated::ExportedScanner;

asio::awaitable<void> sleep_for(std::chrono::milliseconds time) {
    asio::steady_timer timer{co_await asio::this_coro::executor, time};
    co_await timer.async_wait(asio::use_awaitable);
}

std::string answer_of(const Result<std::string>& result) {
    if (!result) return "error " + result.error().message;
    return result->empty() ? "ok" : "ok " + *result;
}

/// Nothing for what is no number from 0 to `most`.
std::optional<double> read_time(const std::string& text, double most) {
    double time = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), time);
    if (wrong != std::errc{} || end != text.data() + text.size() || !(time >= 0 && time <= most)) return std::nullopt;
    return time;
}

const char* state_of(const ExportedScanner& one) {
    if (!one.plugged) return "unplugged";
    if (one.device == nullptr) return "free";
    return one.device->silent_until().empty() ? "ready" : "attached";
}

}  // namespace

Result<std::string> SimStage::give(ExportedScanner& scanner, const simulated::StageLine& line) {
    const bool scans = line.verb == "scan";
    if (!scanner.plugged)
        return fail(Failure::unavailable, scans ? "the scan is lost: the scanner is unplugged" : "it is unplugged");
    if (scanner.device == nullptr) {
        return fail(Failure::unavailable, scans ? "the scan is lost: no host has attached the scanner"
                                                : "no host has attached it: things are put on it then");
    }
    auto answer = obey_stage(*scanner.device, line);
    server_.look();
    return answer;
}

Result<std::string> SimStage::plug(ExportedScanner& scanner) {
    if (scanner.plugged) return fail(Failure::invalid, scanner.name + " is plugged in already");
    scanner.plugged = true;
    if (!attach_) return std::string{};
    const auto port = attach_(scanner);
    if (port) return "port=" + std::to_string(*port);
    scanner.plugged = false;
    return port.error();
}

Result<std::string> SimStage::unplug(ExportedScanner& scanner) {
    if (!scanner.plugged) return fail(Failure::invalid, scanner.name + " is unplugged already");
    scanner.plugged = false;
    server_.look();
    return std::string{};
}

std::string SimStage::list() const {
    std::string text;
    for (const auto& one : desk_.scanners()) {
        const simulated::UsbDescription what = simulated::listed(*one).description;
        text += (text.empty() ? "" : "; ") + one->name + " " + one->place.bus_id + " " + hex4(what.vendor) + ":" +
                hex4(what.product) + " " + state_of(*one);
    }
    return text;
}

asio::awaitable<Result<std::string>> SimStage::await(ExportedScanner& scanner, std::string what, double seconds) {
    const auto holds = [&] {
        if (scanner.device == nullptr || !scanner.device->silent_until().empty()) return false;
        return what == "ready" || scanner.device->all_taken();
    };
    const auto until = std::chrono::steady_clock::now() +
                       std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>{seconds});
    while (!holds()) {
        if (std::chrono::steady_clock::now() > until) {
            std::string why = "not " + what + " in time";
            if (scanner.device == nullptr) {
                why += ": no host has attached the scanner";
            } else if (const auto missing = scanner.device->silent_until(); !missing.empty()) {
                why += ": the host has not " + std::string{missing};
            }
            co_return fail(Failure::unavailable, why);
        }
        co_await sleep_for(std::chrono::milliseconds{5});
    }
    co_return std::string{};
}

/// Nothing for what takes time.
std::optional<std::string> SimStage::obey_at_once(const std::string& line) {
    const auto parsed = simulated::parse_stage_line(line);
    if (!parsed) return "";
    const std::string& verb = parsed->verb;
    if (verb == "list") return answer_of(list());
    if (verb == "pause") return std::nullopt;
    if (verb != "scan" && verb != "plug" && verb != "unplug" && verb != "await" && verb != "card" && verb != "pad")
        return "error there is no command " + escape(verb) + "; there are: scan card pad plug unplug await pause list quit";
    ExportedScanner* const scanner = desk_.find(parsed->name);
    if (scanner == nullptr) return "error there is no scanner " + escape(parsed->name) + "; `list` names them";
    if (verb == "await") return std::nullopt;
    if (verb == "plug" || verb == "unplug") return answer_of(verb == "plug" ? plug(*scanner) : unplug(*scanner));
    return answer_of(give(*scanner, *parsed));
}

asio::awaitable<std::string> SimStage::obey(std::string line) {
    if (auto answer = obey_at_once(line)) co_return *answer;
    std::istringstream words{line};
    std::string verb, name, what, patience{"10"};
    words >> verb >> name >> what >> patience;
    if (verb == "pause") {
        const auto time_ms = read_time(name, 3'600'000);
        if (!time_ms) co_return "error expected: pause MS, at most an hour";
        co_await sleep_for(std::chrono::milliseconds{static_cast<long>(*time_ms)});
        co_return "ok";
    }
    const auto seconds = read_time(patience, 3600);
    if ((what != "ready" && what != "read") || !seconds) co_return "error expected: await NAME ready|read [SECONDS]";
    const Result<std::string> came = co_await await(*desk_.find(name), what, *seconds);
    co_return answer_of(came);
}

}  // namespace dosario
