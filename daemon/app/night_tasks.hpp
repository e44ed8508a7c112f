// SPDX-License-Identifier: Apache-2.0
// What the daemon does each night beside the backup: it verifies the ledger, gives the log's room back, and forgets the persons whose time
// is over. How the last check went is kept in the ledger's table `upkeep`, a hint that no decision reads.
#pragma once

#include "app/night.hpp"
#include "app/verifying.hpp"

#include <boost/asio/io_context.hpp>

namespace dosario {

/// What the tasks work with. All outlive them.
struct NightHands {
    boost::asio::io_context& context;  ///< of tick()
    LedgerThread& ledger;
    Verifying& verifying;
    const Clock& clock;
};

/// Well when it could be done; that it found something is told by Verifying's report, by upkeep and by the status.
NightTask verify_task(const NightHands& hands, int hour, std::optional<UtcTime> last_good);

/// Moves the write-ahead log into the ledger's file and cuts it to nothing.
NightTask tidy_task(const NightHands& hands, int hour);

/// Forgets the persons that were kept more than `keep_days` days ago.
NightTask forget_task(const NightHands& hands, int hour, int keep_days);

}  // namespace dosario
