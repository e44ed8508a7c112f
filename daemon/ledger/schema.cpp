// SPDX-License-Identifier: Apache-2.0
#include "ledger/schema.hpp"

namespace dosario {

// SQLite keeps these texts, and verify compares them to the letter: a change, be it of a space, is a new schema version.
const char* const kHistorySchema = R"sql(
CREATE TABLE meta (k TEXT PRIMARY KEY, v ANY NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE boot (
  boot INTEGER PRIMARY KEY,
  boot_id BLOB NOT NULL,
  started_wall_us INT NOT NULL,
  build TEXT NOT NULL
) STRICT;

CREATE TABLE branch (
  n INTEGER PRIMARY KEY,
  starts_after INT NOT NULL,
  branch_id BLOB NOT NULL UNIQUE CHECK (length(branch_id) = 8),
  parent_hash BLOB NOT NULL CHECK (length(parent_hash) = 32),
  why TEXT NOT NULL
) STRICT;

CREATE TABLE event (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  event_id BLOB NOT NULL UNIQUE CHECK (length(event_id) = 16),
  kind INT NOT NULL,
  version INT NOT NULL,
  boot INT NOT NULL,
  mono_us INT NOT NULL,
  wall_us INT NOT NULL,
  clock INT NOT NULL CHECK (clock IN (0, 1)),
  body BLOB NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TABLE acked (branch INT PRIMARY KEY, seq INT NOT NULL, hash BLOB NOT NULL, at_wall_us INT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE clock_sample (boot INT NOT NULL, mono_us INT NOT NULL, wall_us INT NOT NULL, collector_us INT NOT NULL, rtt_us INT NOT NULL) STRICT;
CREATE TABLE request (request_id TEXT PRIMARY KEY, wall_us INT NOT NULL, reply BLOB NOT NULL) STRICT, WITHOUT ROWID;

CREATE TRIGGER event_is_kept BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;
CREATE TRIGGER event_stays BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE TRIGGER branch_is_kept BEFORE DELETE ON branch BEGIN SELECT RAISE(ABORT, 'branches are never deleted'); END;
CREATE TRIGGER branch_stays BEFORE UPDATE ON branch BEGIN SELECT RAISE(ABORT, 'branches are never changed'); END;
CREATE TRIGGER boot_is_kept BEFORE DELETE ON boot BEGIN SELECT RAISE(ABORT, 'boots are never deleted'); END;
CREATE TRIGGER boot_stays BEFORE UPDATE ON boot BEGIN SELECT RAISE(ABORT, 'boots are never changed'); END;
CREATE TRIGGER event_is_dense BEFORE INSERT ON event
  WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM event)
  BEGIN SELECT RAISE(ABORT, 'entries are numbered without a gap'); END;
)sql";

// Days are counted from 1970-01-01; ids of doses and opened packs are 60-bit numbers; quantities are base units.
const char* const kProjectionSchema = R"sql(
CREATE TABLE subject_event (subject INT NOT NULL, seq INT NOT NULL, PRIMARY KEY (subject, seq)) STRICT, WITHOUT ROWID;

CREATE TABLE product (
  gtin INTEGER PRIMARY KEY, name TEXT NOT NULL, unit TEXT NOT NULL, units_per_pack INT NOT NULL CHECK (units_per_pack > 0),
  beyond_use_days INT NOT NULL, units_per_dose INT NOT NULL, last_seq INT NOT NULL
) STRICT;

CREATE TABLE lot (
  gtin INT NOT NULL, lot TEXT NOT NULL CHECK (lot <> ''), expires_on INT NOT NULL, units_per_pack INT NOT NULL CHECK (units_per_pack > 0),
  receptions INT NOT NULL CHECK (receptions > 0), subject INT NOT NULL, last_seq INT NOT NULL,
  PRIMARY KEY (gtin, lot)
) STRICT, WITHOUT ROWID;

CREATE TABLE stock (
  gtin INT NOT NULL, lot TEXT NOT NULL, place INT NOT NULL, expires_on INT NOT NULL, units_per_pack INT NOT NULL,
  counted_packs INT NOT NULL DEFAULT 0 CHECK (counted_packs >= 0),
  serial_packs INT NOT NULL DEFAULT 0 CHECK (serial_packs >= 0),
  opened_packs INT NOT NULL DEFAULT 0 CHECK (opened_packs >= 0),
  opened_units INT NOT NULL DEFAULT 0 CHECK (opened_units >= 0),
  doses_made INT NOT NULL DEFAULT 0 CHECK (doses_made >= 0),
  doses_ready INT NOT NULL DEFAULT 0 CHECK (doses_ready >= 0),
  dose_units INT NOT NULL DEFAULT 0 CHECK (dose_units >= 0),
  last_seq INT NOT NULL,
  units INT GENERATED ALWAYS AS ((counted_packs + serial_packs) * units_per_pack + opened_units + dose_units) STORED,
  PRIMARY KEY (gtin, lot, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX stock_by_expiry ON stock (expires_on) WHERE units > 0;

CREATE TABLE pack (
  pack INTEGER PRIMARY KEY, gtin INT NOT NULL, serial TEXT, lot TEXT NOT NULL, expires_on INT NOT NULL,
  state INT NOT NULL CHECK (state IN (1, 2, 3)),
  units_total INT NOT NULL CHECK (units_total > 0),
  units_left INT NOT NULL CHECK (units_left >= 0 AND units_left <= units_total),
  opened_on INT, out_on INT CHECK (out_on IS NULL OR out_on <= expires_on), last_seq INT NOT NULL,
  CHECK (state <> 1 OR units_left = units_total), CHECK ((state = 2) = (opened_on IS NOT NULL)), CHECK ((state = 3) = (out_on IS NOT NULL)),
  UNIQUE (gtin, serial)
) STRICT;
CREATE INDEX pack_opened ON pack (gtin, lot) WHERE state = 2;

CREATE TABLE dose (
  dose INTEGER PRIMARY KEY, code TEXT NOT NULL, pack INT NOT NULL, gtin INT NOT NULL, lot TEXT NOT NULL, expires_on INT NOT NULL,
  units INT NOT NULL CHECK (units > 0),
  beyond_use_on INT NOT NULL CHECK (beyond_use_on <= expires_on),
  state INT NOT NULL CHECK (state IN (1, 2, 3)),
  made_by TEXT NOT NULL, made_seq INT NOT NULL,
  verified_by TEXT CHECK (verified_by <> made_by), verified_seq INT,
  out_on INT CHECK (out_on IS NULL OR out_on <= beyond_use_on), out_seq INT,
  last_seq INT NOT NULL,
  CHECK ((state = 1) = (verified_seq IS NULL)), CHECK ((state = 3) = (out_seq IS NOT NULL)), CHECK ((out_on IS NULL) = (out_seq IS NULL))
) STRICT;
CREATE INDEX dose_of_pack ON dose (pack);
CREATE INDEX dose_ready ON dose (gtin, beyond_use_on) WHERE state = 2;

CREATE TABLE fractioning (
  seq INTEGER PRIMARY KEY, pack INT NOT NULL, units_before INT NOT NULL, units_dosed INT NOT NULL, units_remaining INT NOT NULL,
  units_wasted INT NOT NULL, last_seq INT NOT NULL,
  CHECK (units_dosed > 0 AND units_remaining >= 0 AND units_wasted >= 0),
  CHECK (units_before = units_dosed + units_remaining + units_wasted)
) STRICT;

CREATE TABLE pack_out (
  seq INTEGER PRIMARY KEY, gtin INT NOT NULL, lot TEXT NOT NULL, packs INT NOT NULL CHECK (packs > 0), expires_on INT NOT NULL,
  out_on INT NOT NULL CHECK (out_on <= expires_on)
) STRICT;

CREATE TABLE work (
  work INTEGER PRIMARY KEY, kind INT NOT NULL, recipient BLOB NOT NULL, bookings INT NOT NULL, closed_seq INT, last_seq INT NOT NULL
) STRICT;
CREATE INDEX work_open ON work (work) WHERE closed_seq IS NULL;

CREATE TABLE typed_lot (
  work INT NOT NULL, gtin INT NOT NULL, lot TEXT NOT NULL, expires_on INT NOT NULL, last_seq INT NOT NULL, PRIMARY KEY (work, gtin)
) STRICT, WITHOUT ROWID;

CREATE TABLE recipe (gtin INTEGER PRIMARY KEY, units_per_dose INT NOT NULL, last_seq INT NOT NULL) STRICT;
CREATE TABLE undoable (seq INTEGER PRIMARY KEY) STRICT;
CREATE TABLE desk (one INTEGER PRIMARY KEY CHECK (one = 1), operator TEXT NOT NULL, last_seq INT NOT NULL) STRICT;
CREATE TABLE reader (reader TEXT PRIMARY KEY, last_seq INT NOT NULL) STRICT, WITHOUT ROWID;

CREATE VIEW dispensed_dose AS
  SELECT dose.code AS dose, printf('%014d', dose.gtin) AS gtin, dose.lot, date(dose.expires_on * 86400, 'unixepoch') AS expires_on,
         date(dose.beyond_use_on * 86400, 'unixepoch') AS beyond_use_on, dose.units, pack.serial,
         date(dose.out_on * 86400, 'unixepoch') AS dispensed_on, dose.out_seq AS seq
  FROM dose LEFT JOIN pack USING (pack) WHERE dose.state = 3;
)sql";

const char* const kProjectionTables[] = {
    "subject_event", "product", "lot",       "stock",  "pack",     "dose", "fractioning",
    "pack_out",      "work",    "typed_lot", "recipe", "undoable", "desk", "reader",
};
const std::size_t kProjectionTableCount = sizeof kProjectionTables / sizeof kProjectionTables[0];

}  // namespace dosario
