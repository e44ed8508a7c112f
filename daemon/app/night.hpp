// SPDX-License-Identifier: Apache-2.0
// When the daily work is done: at its hour; or, when the computer was off then, in the first quiet ten minutes. It only says when; time is a
// parameter.
#pragma once

#include "base/time.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace dosario {

struct NightTask {
    std::string name;  ///< for the journal
    int hour = 3;      ///< of the day at the site
    /// When it was last done well, by the wall clock; nothing: never.
    std::function<std::optional<UtcTime>()> last_good;
    /// Begins it. `ended` is called once, on the thread of tick(), with whether it went well.
    std::function<void(std::function<void(bool good)> ended)> begin;
};

/// What it is now.
struct NightMoment {
    UtcTime wall;
    MonoTime mono;
    int hour = 0;     ///< at the site
    Micros quiet{0};  ///< since somebody last worked at the counter
};

class Night {
public:
    /// Not again within this time after it went well.
    static constexpr auto kRest = std::chrono::hours{20};
    /// Nobody at the counter for so long: work that was missed may begin.
    static constexpr auto kQuiet = std::chrono::minutes{10};
    /// After a failure it waits so long.
    static constexpr auto kAgain = std::chrono::hours{1};
    /// tick() is wanted at least this often.
    static constexpr auto kTick = std::chrono::seconds{30};

    /// In the order in which they are to be done.
    void add(NightTask task) { tasks_.push_back({std::move(task), {}, {}}); }

    /// Begins the first task that is due, if none goes on.
    void tick(const NightMoment& now);
    bool busy() const { return busy_; }

private:
    struct Planned {
        NightTask task;
        std::optional<MonoTime> good_at;  ///< in this process: the wall clock may be set
        std::optional<MonoTime> tried_at;
    };
    static bool due(const Planned& planned, const NightMoment& now);

    std::vector<Planned> tasks_;
    bool busy_ = false;
};

}  // namespace dosario
