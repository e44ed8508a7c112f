// SPDX-License-Identifier: Apache-2.0
#include "ctl/progress_bar.hpp"

#include <boost/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace dosario {
namespace {

constexpr std::size_t kBar = 30;
constexpr auto kBetweenQuestions = std::chrono::milliseconds{300};

}  // namespace

std::string bar_text(const LedgerProgress& progress) {
    const std::uint64_t all = std::max<std::uint64_t>(progress.all, 1);
    const std::uint64_t done = std::min(progress.done, all);
    const auto full = static_cast<std::size_t>(done * kBar / all);
    std::string what = progress.what;
    what.resize(std::max<std::size_t>(what.size(), 10), ' ');
    return what + " [" + std::string(full, '#') + std::string(kBar - full, '.') + "] " + std::to_string(done * 100 / all) + " %";
}

ProgressBar::ProgressBar() : on_(isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
    {
        const std::lock_guard lock{mutex_};
        ended_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
    if (!shown_.empty()) std::fprintf(stderr, "\r%*s\r", static_cast<int>(shown_.size()), "");
}

void ProgressBar::show(const LedgerProgress& progress) {
    if (!on_) return;
    std::string text = bar_text(progress);
    if (text == shown_) return;
    const std::size_t erase = shown_.size() > text.size() ? shown_.size() - text.size() : 0;
    std::fprintf(stderr, "\r%s%*s", text.c_str(), static_cast<int>(erase), "");
    std::fflush(stderr);
    shown_ = std::move(text);
}

TellProgress ProgressBar::teller() {
    if (!on_) return {};
    return [this](const LedgerProgress& progress) { show(progress); };
}

void ProgressBar::follow(const std::string& socket_path) {
    if (on_) thread_ = std::thread{[this, socket_path] { poll(socket_path); }};
}

void ProgressBar::poll(const std::string& socket_path) {
    auto client = Client::connect(socket_path);
    std::unique_lock lock{mutex_};
    while (client && !wake_.wait_for(lock, kBetweenQuestions, [this] { return ended_; })) {
        lock.unlock();
        const auto answer = (*client)->call("/v1/ledger/progress", "{}");
        lock.lock();
        if (!answer || answer->status != 200) return;  // an older daemon, or it stops: the call itself says so
        boost::system::error_code broken;
        const auto reply = boost::json::parse(answer->body, broken);
        const std::string what = text_of(reply, "what");
        if (broken || what.empty()) continue;
        show({what.c_str(), number_of(reply, "done"), number_of(reply, "all")});
    }
}

}  // namespace dosario
