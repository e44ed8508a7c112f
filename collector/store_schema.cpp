// SPDX-License-Identifier: Apache-2.0
#include "collector/store_schema.hpp"

namespace dosario {

const char* const kRawSchema = R"sql(
CREATE TABLE ledger (
  id INTEGER PRIMARY KEY,
  ledger BLOB NOT NULL UNIQUE CHECK (length(ledger) = 16),
  station TEXT NOT NULL,
  machine BLOB NOT NULL,
  build TEXT NOT NULL,
  session INT NOT NULL,
  first_seen_us INT NOT NULL,
  last_seen_us INT NOT NULL,
  other_machine_us INT
) STRICT;
CREATE INDEX ledger_of_station ON ledger (station);

CREATE TABLE branch (
  id INTEGER PRIMARY KEY,
  ledger INT NOT NULL REFERENCES ledger,
  branch BLOB NOT NULL CHECK (length(branch) = 8),
  starts_after INT NOT NULL,
  parent INT REFERENCES branch,
  parent_hash BLOB NOT NULL CHECK (length(parent_hash) = 32),
  head_seq INT NOT NULL,
  head_hash BLOB NOT NULL CHECK (length(head_hash) = 32),
  UNIQUE (ledger, branch)
) STRICT;

CREATE TABLE event (
  n INTEGER PRIMARY KEY,
  branch INT NOT NULL REFERENCES branch,
  seq INT NOT NULL CHECK (seq > 0),
  event_id BLOB NOT NULL CHECK (length(event_id) = 16),
  kind INT NOT NULL,
  version INT NOT NULL,
  boot INT NOT NULL,
  mono_us INT NOT NULL,
  wall_us INT NOT NULL,
  clock INT NOT NULL,
  body BLOB NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  received_us INT NOT NULL,
  damaged INT NOT NULL,
  UNIQUE (branch, seq)
) STRICT;

CREATE TABLE station_clock (
  ledger INT NOT NULL REFERENCES ledger,
  boot INT NOT NULL,
  mono_us INT NOT NULL,
  collector_us INT NOT NULL,
  rtt_us INT NOT NULL,
  PRIMARY KEY (ledger, boot, mono_us)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER event_is_kept BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;
CREATE TRIGGER event_stays BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
)sql";

// Ids of doses and packs are 60-bit numbers of one ledger; days are counted from 1970-01-01; quantities are base units.
const char* const kStoreProjectionSchema = R"sql(
CREATE TABLE projected (one INTEGER PRIMARY KEY CHECK (one = 1), n INT NOT NULL, version INT NOT NULL) STRICT;
INSERT INTO projected VALUES (1, 0, 0);

CREATE TABLE effect (ledger INT NOT NULL, event_id BLOB NOT NULL, n INT NOT NULL, PRIMARY KEY (ledger, event_id)) STRICT, WITHOUT ROWID;
CREATE TABLE quarantine (n INTEGER PRIMARY KEY, why TEXT NOT NULL) STRICT;
CREATE TABLE taken_back (n INTEGER PRIMARY KEY, by INT NOT NULL) STRICT;

CREATE TABLE product (
  ledger INT NOT NULL, gtin INT NOT NULL, name TEXT NOT NULL, unit TEXT NOT NULL, units_per_pack INT NOT NULL,
  PRIMARY KEY (ledger, gtin)
) STRICT, WITHOUT ROWID;

CREATE TABLE stock (
  ledger INT NOT NULL, gtin INT NOT NULL, lot TEXT NOT NULL, expires_on INT NOT NULL, units_per_pack INT NOT NULL,
  packs_received INT NOT NULL DEFAULT 0 CHECK (packs_received >= 0),
  packs_out INT NOT NULL DEFAULT 0 CHECK (packs_out >= 0),
  packs INT NOT NULL DEFAULT 0 CHECK (packs >= 0),
  opened_packs INT NOT NULL DEFAULT 0 CHECK (opened_packs >= 0),
  opened_units INT NOT NULL DEFAULT 0 CHECK (opened_units >= 0),
  doses_to_verify INT NOT NULL DEFAULT 0 CHECK (doses_to_verify >= 0),
  doses_ready INT NOT NULL DEFAULT 0 CHECK (doses_ready >= 0),
  doses_out INT NOT NULL DEFAULT 0 CHECK (doses_out >= 0),
  dose_units INT NOT NULL DEFAULT 0 CHECK (dose_units >= 0),
  held_packs INT NOT NULL DEFAULT 0 CHECK (held_packs >= 0),
  held_doses INT NOT NULL DEFAULT 0 CHECK (held_doses >= 0),
  held_units INT NOT NULL DEFAULT 0 CHECK (held_units >= 0),
  PRIMARY KEY (ledger, gtin, lot)
) STRICT, WITHOUT ROWID;
CREATE INDEX stock_by_lot ON stock (lot);
CREATE INDEX stock_by_gtin ON stock (gtin);

CREATE TABLE pack (
  ledger INT NOT NULL, pack INT NOT NULL, gtin INT NOT NULL, serial TEXT, lot TEXT NOT NULL,
  state INT NOT NULL CHECK (state IN (1, 2, 3, 4)), units_left INT NOT NULL CHECK (units_left >= 0),
  PRIMARY KEY (ledger, pack)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX pack_by_serial ON pack (ledger, gtin, serial) WHERE serial IS NOT NULL;

CREATE TABLE dose (
  ledger INT NOT NULL, dose INT NOT NULL, pack INT NOT NULL, gtin INT NOT NULL, lot TEXT NOT NULL, expires_on INT NOT NULL,
  beyond_use_on INT NOT NULL, units INT NOT NULL CHECK (units > 0),
  state INT NOT NULL CHECK (state IN (1, 2, 3, 4)), out_on INT,
  PRIMARY KEY (ledger, dose)
) STRICT, WITHOUT ROWID;
CREATE INDEX dose_by_lot ON dose (lot);
)sql";

const char* const kStoreProjectionTables[] = {"projected", "effect", "quarantine", "taken_back",
                                              "product",   "stock",  "pack",       "dose"};
const std::size_t kStoreProjectionTableCount = sizeof kStoreProjectionTables / sizeof kStoreProjectionTables[0];

}  // namespace dosario
