// SPDX-License-Identifier: Apache-2.0
// The computer of the pharmacy, and what goes wrong with it: full disks, failed syncs and other calls, kills, restarts, power cuts at any of
// its writes. It says of each group what became of it; whether the words of the group are true is not its business.
#pragma once

#include "model.hpp"
#include "support/counter.hpp"
#include "support/crash_disk.hpp"

#include <map>
#include <optional>
#include <random>
#include <span>
#include <string>

namespace dosario::sim {

/// How often each thing happened, by its name.
using Tally = std::map<std::string, std::uint64_t>;

/// A bug that is put in on purpose.
enum class Plant : std::uint8_t { none, skipped_sync, early_answer, forgotten_column, no_conservation, uncounted_tray };

/// One request of a group. `decide` keeps its reply by itself and says how many entries it wrote.
struct Deed {
    std::function<Result<std::size_t>(Service&)> decide;
    std::size_t entries = 0;
    std::optional<Error> error;  ///< of this one alone
};

/// What became of a group.
enum class Fate : std::uint8_t {
    answered,  ///< people heard the answers
    refused,   ///< they heard that nothing was saved
    kept,      ///< nobody heard anything; it is in the ledger
    lost,      ///< nobody heard anything; it is not
};

class Station {
public:
    Station(std::uint64_t seed, test::ShimVfs& disk, Plant plant, std::string zone, Tally& tally);
    ~Station();
    Station(const Station&) = delete;
    Station& operator=(const Station&) = delete;

    Fate group(std::span<Deed> deeds);
    /// Begins again: in order, or killed.
    void restart(bool killed);
    /// What a daemon does when nobody asks: the log is moved, lists are made anew, an Ack is noted.
    void chore();
    void verify();
    /// A bug: from now on the file takes what does not add up.
    void strip_conservation();

    test::Counter& counter() { return counter_; }
    /// The power was off, or the process ended: what the desk remembered is gone.
    std::uint64_t starts() const { return starts_; }
    /// The calendar's day at the site, by the C library and not by the daemon's.
    Date honest_day(UtcTime at) const;
    /// Seconds of the site's clock before UTC.
    long offset(UtcTime at) const;

private:
    enum class Sick : std::uint8_t { none, full, sync, call };

    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }
    Sick fall_ill();
    void recover(Sick sick);
    void open();
    void end_process(bool killed);
    /// After that many of the operations that were written down.
    void cut_power(std::size_t after);
    void settle_disk();
    Fate find_out(Seq before, Seq all, const Sha256& hash);
    void act(const char* name, const std::function<Result<void>()>& what);

    std::mt19937_64 random_;
    test::ShimVfs& disk_;
    test::CrashDisk crash_;
    Plant plant_;
    std::string zone_;
    Tally& tally_;
    test::TemporaryDirectory place_{test::memory_path()};
    test::Counter counter_;
    int failures_before_ = 0;
    std::uint64_t starts_ = 0;
    Seq answered_ = 0;  ///< the head that was answered last
};

}  // namespace dosario::sim
