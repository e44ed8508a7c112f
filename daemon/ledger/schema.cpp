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
  build TEXT NOT NULL,
  seal BLOB NOT NULL CHECK (length(seal) = 32)
) STRICT;

CREATE TABLE branch (
  n INTEGER PRIMARY KEY,
  starts_after INT NOT NULL,
  branch_id BLOB NOT NULL UNIQUE CHECK (length(branch_id) = 8),
  parent_hash BLOB NOT NULL CHECK (length(parent_hash) = 32),
  why TEXT NOT NULL,
  seal BLOB NOT NULL CHECK (length(seal) = 32)
) STRICT;

CREATE TABLE event (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  event_id BLOB NOT NULL CHECK (length(event_id) = 16 AND hex(substr(event_id, 1, 8)) = printf('%016X', seq)),
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
CREATE TABLE upkeep (what TEXT PRIMARY KEY, at_wall_us INT NOT NULL, ok INT NOT NULL, detail TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE request (
  request_id TEXT PRIMARY KEY, wall_us INT NOT NULL, reply BLOB NOT NULL, seal BLOB NOT NULL CHECK (length(seal) = 32)
) STRICT, WITHOUT ROWID;

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
// Places: 1 shelf, 2 quarantine, 3 dispensed, 4 wasted. States of packs: 1 closed, 2 opened, 3 out, 4 returned (in quarantine); of doses:
// 1 made, 2 ready, 3 out, 4 returned; 0 is before and after. Kinds of entries are the numbers in FactBody's oneof.
// `here`: something of the lot is on the shelf or in quarantine. It is a column, kept by two triggers, because an index is written again
// whenever what its WHERE speaks of changes: `units` does with each scan, this seldom.
// There is no IN with more than two constants, and none to look something up: SQLite makes a table of it for each row that is checked.
const char* const kProjectionSchema = R"sql(
CREATE TABLE folding (
  one INTEGER PRIMARY KEY CHECK (one = 1), seq INT NOT NULL, kind INT NOT NULL, decided_on INT NOT NULL, gtin INT, lot TEXT,
  CHECK ((gtin IS NULL) = (lot IS NULL))
) STRICT;
INSERT INTO folding VALUES (1, 0, 0, 0, NULL, NULL);

CREATE TABLE allowed_move (
  thing TEXT NOT NULL, from_state INT NOT NULL, to_state INT NOT NULL, kind INT NOT NULL, PRIMARY KEY (thing, from_state, to_state, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO allowed_move VALUES
  ('pack', 0, 1, 14), ('pack', 0, 2, 15), ('pack', 1, 2, 15), ('pack', 1, 3, 18), ('pack', 3, 4, 25), ('pack', 4, 1, 27),
  ('pack', 1, 0, 19), ('pack', 2, 0, 19), ('pack', 2, 1, 19), ('pack', 3, 1, 19), ('pack', 4, 3, 19), ('pack', 1, 4, 19),
  ('dose', 0, 1, 15), ('dose', 1, 2, 16), ('dose', 2, 3, 17), ('dose', 3, 4, 24), ('dose', 4, 2, 26),
  ('dose', 1, 0, 19), ('dose', 2, 1, 19), ('dose', 3, 2, 19), ('dose', 4, 3, 19), ('dose', 2, 4, 19);

CREATE TABLE subject_event (subject INT NOT NULL, seq INT NOT NULL, PRIMARY KEY (subject, seq)) STRICT, WITHOUT ROWID;

CREATE TABLE product (
  gtin INTEGER PRIMARY KEY, name TEXT NOT NULL, unit TEXT NOT NULL, units_per_pack INT NOT NULL CHECK (units_per_pack > 0),
  beyond_use_days INT NOT NULL, units_per_dose INT NOT NULL, last_seq INT NOT NULL
) STRICT;

CREATE TABLE lot (
  gtin INT NOT NULL, lot TEXT NOT NULL CHECK (lot <> ''), expires_on INT NOT NULL, units_per_pack INT NOT NULL CHECK (units_per_pack > 0),
  receptions INT NOT NULL CHECK (receptions > 0), units_received INT NOT NULL CHECK (units_received > 0), subject INT NOT NULL, last_seq INT NOT NULL,
  PRIMARY KEY (gtin, lot)
) STRICT, WITHOUT ROWID;

CREATE TABLE stock (
  gtin INT NOT NULL, lot TEXT NOT NULL, place INT NOT NULL CHECK (place BETWEEN 1 AND 4), expires_on INT NOT NULL, units_per_pack INT NOT NULL,
  counted_packs INT NOT NULL DEFAULT 0 CHECK (counted_packs >= 0),
  serial_packs INT NOT NULL DEFAULT 0 CHECK (serial_packs >= 0),
  opened_packs INT NOT NULL DEFAULT 0 CHECK (opened_packs >= 0),
  opened_units INT NOT NULL DEFAULT 0 CHECK (opened_units >= 0),
  doses_made INT NOT NULL DEFAULT 0 CHECK (doses_made >= 0),
  doses_ready INT NOT NULL DEFAULT 0 CHECK (doses_ready >= 0),
  dose_units INT NOT NULL DEFAULT 0 CHECK (dose_units >= 0),
  here INT NOT NULL DEFAULT 0 CHECK (here BETWEEN 0 AND 1),
  last_seq INT NOT NULL,
  units INT GENERATED ALWAYS AS ((counted_packs + serial_packs) * units_per_pack + opened_units + dose_units) STORED,
  PRIMARY KEY (gtin, lot, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX stock_by_expiry ON stock (expires_on) WHERE here = 1;
CREATE INDEX stock_of_product ON stock (gtin, expires_on) WHERE here = 1;

CREATE TABLE recall (gtin INT NOT NULL, lot TEXT NOT NULL, reference TEXT NOT NULL, last_seq INT NOT NULL, PRIMARY KEY (gtin, lot)) STRICT, WITHOUT ROWID;

CREATE TABLE pack (
  pack INTEGER PRIMARY KEY, gtin INT NOT NULL, serial TEXT, lot TEXT NOT NULL, expires_on INT NOT NULL,
  state INT NOT NULL CHECK (state BETWEEN 1 AND 4),
  units_total INT NOT NULL CHECK (units_total > 0),
  units_left INT NOT NULL CHECK (units_left >= 0 AND units_left <= units_total),
  opened_on INT, out_on INT CHECK (out_on IS NULL OR out_on <= expires_on), out_seq INT, returned_seq INT, last_seq INT NOT NULL,
  CHECK (state = 2 OR units_left = units_total), CHECK ((state = 2) = (opened_on IS NOT NULL)),
  CHECK ((state IN (3, 4)) = (out_on IS NOT NULL)), CHECK ((out_on IS NULL) = (out_seq IS NULL)),
  CHECK ((state = 4) = (returned_seq IS NOT NULL)),
  UNIQUE (gtin, serial)
) STRICT;
CREATE INDEX pack_of_lot ON pack (gtin, lot);

CREATE TABLE dose (
  dose INTEGER PRIMARY KEY, code TEXT NOT NULL, pack INT NOT NULL, gtin INT NOT NULL, lot TEXT NOT NULL, expires_on INT NOT NULL,
  units INT NOT NULL CHECK (units > 0),
  beyond_use_on INT NOT NULL CHECK (beyond_use_on <= expires_on),
  state INT NOT NULL CHECK (state BETWEEN 1 AND 4),
  made_by TEXT NOT NULL, made_seq INT NOT NULL,
  verified_by TEXT CHECK (verified_by <> made_by), verified_seq INT,
  out_on INT CHECK (out_on IS NULL OR out_on <= beyond_use_on), out_seq INT, returned_seq INT,
  last_seq INT NOT NULL,
  CHECK ((state = 1) = (verified_seq IS NULL)), CHECK ((state IN (3, 4)) = (out_seq IS NOT NULL)), CHECK ((out_on IS NULL) = (out_seq IS NULL)),
  CHECK ((state = 4) = (returned_seq IS NOT NULL))
) STRICT;
CREATE INDEX dose_of_pack ON dose (pack);
CREATE INDEX dose_ready ON dose (gtin, beyond_use_on) WHERE state = 2;

CREATE TABLE fractioning (
  seq INTEGER PRIMARY KEY, pack INT NOT NULL, units_before INT NOT NULL, units_dosed INT NOT NULL, units_remaining INT NOT NULL,
  units_wasted INT NOT NULL, last_seq INT NOT NULL,
  CHECK (units_dosed > 0 AND units_remaining >= 0 AND units_wasted >= 0),
  CHECK (units_before = units_dosed + units_remaining + units_wasted)
) STRICT;

CREATE TABLE work (
  work INTEGER PRIMARY KEY, kind INT NOT NULL, recipient BLOB NOT NULL, bookings INT NOT NULL, closed_seq INT, supplier TEXT NOT NULL,
  note TEXT NOT NULL, last_seq INT NOT NULL
) STRICT;
CREATE INDEX work_open ON work (work) WHERE closed_seq IS NULL;

CREATE TABLE typed_lot (
  work INT NOT NULL, gtin INT NOT NULL, lot TEXT NOT NULL, expires_on INT NOT NULL, last_seq INT NOT NULL, PRIMARY KEY (work, gtin)
) STRICT, WITHOUT ROWID;

CREATE TABLE recipe (
  gtin INT NOT NULL, last_seq INT NOT NULL, units_per_dose INT NOT NULL, PRIMARY KEY (gtin, last_seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE taken_back (seq INTEGER PRIMARY KEY, last_seq INT NOT NULL) STRICT;
CREATE TABLE desk (one INTEGER PRIMARY KEY CHECK (one = 1), operator TEXT NOT NULL, last_seq INT NOT NULL) STRICT;
CREATE TABLE reader (reader TEXT PRIMARY KEY, last_seq INT NOT NULL) STRICT, WITHOUT ROWID;

CREATE VIEW dispensed_dose AS
  SELECT dose.code AS dose, printf('%014d', dose.gtin) AS gtin, dose.lot, date(dose.expires_on * 86400, 'unixepoch') AS expires_on,
         date(dose.beyond_use_on * 86400, 'unixepoch') AS beyond_use_on, dose.units, pack.serial,
         date(dose.out_on * 86400, 'unixepoch') AS dispensed_on, dose.out_seq AS seq
  FROM dose LEFT JOIN pack USING (pack) WHERE dose.state = 3;

CREATE TRIGGER folded_in_order BEFORE UPDATE OF seq ON folding
  WHEN NEW.seq <> OLD.seq + 1
  BEGIN SELECT RAISE(ABORT, 'each entry is folded once, in order'); END;
CREATE TRIGGER one_lot_moves BEFORE UPDATE OF gtin, lot ON folding
  WHEN OLD.gtin <> NEW.gtin OR OLD.lot <> NEW.lot
  BEGIN SELECT RAISE(ABORT, 'one entry moves one lot'); END;
CREATE TRIGGER units_are_conserved BEFORE UPDATE OF gtin ON folding
  WHEN OLD.gtin IS NOT NULL AND NEW.gtin IS NULL
    AND coalesce((SELECT units_received FROM lot WHERE gtin = OLD.gtin AND lot = OLD.lot), 0)
     <> coalesce((SELECT sum(units) FROM stock WHERE gtin = OLD.gtin AND lot = OLD.lot), 0)
  BEGIN SELECT RAISE(ABORT, 'what was received is on the shelf, in quarantine, dispensed or wasted'); END;
CREATE TRIGGER recalled_stays BEFORE UPDATE OF gtin ON folding
  WHEN OLD.gtin IS NOT NULL AND NEW.gtin IS NULL AND (OLD.kind BETWEEN 14 AND 18 OR OLD.kind BETWEEN 26 AND 27)
    AND EXISTS (SELECT 1 FROM recall WHERE gtin = OLD.gtin AND (+lot = '' OR +lot = OLD.lot))
  BEGIN SELECT RAISE(ABORT, 'a recalled lot is not received, cut, verified, released or dispensed'); END;
CREATE TRIGGER expired_stays BEFORE UPDATE OF gtin ON folding
  WHEN OLD.gtin IS NOT NULL AND NEW.gtin IS NULL AND (OLD.kind BETWEEN 14 AND 15 OR OLD.kind BETWEEN 17 AND 18 OR OLD.kind BETWEEN 26 AND 27)
    AND (SELECT expires_on FROM lot WHERE gtin = OLD.gtin AND lot = OLD.lot) < OLD.decided_on
  BEGIN SELECT RAISE(ABORT, 'nothing expired is received, cut, released or dispensed'); END;

CREATE TRIGGER stock_line_begins AFTER INSERT ON stock
  BEGIN UPDATE folding SET gtin = NEW.gtin, lot = NEW.lot WHERE one = 1; END;
CREATE TRIGGER stock_line_moves AFTER UPDATE ON stock
  BEGIN UPDATE folding SET gtin = NEW.gtin, lot = NEW.lot WHERE one = 1; END;
CREATE TRIGGER stock_line_ends AFTER DELETE ON stock
  BEGIN UPDATE folding SET gtin = OLD.gtin, lot = OLD.lot WHERE one = 1; END;
CREATE TRIGGER stock_line_begins_here AFTER INSERT ON stock
  WHEN NEW.here <> (NEW.place <= 2 AND NEW.units > 0)
  BEGIN UPDATE stock SET here = 1 - here WHERE gtin = NEW.gtin AND lot = NEW.lot AND place = NEW.place; END;
CREATE TRIGGER stock_line_comes_or_goes AFTER UPDATE ON stock
  WHEN NEW.here <> (NEW.place <= 2 AND NEW.units > 0)
  BEGIN UPDATE stock SET here = 1 - here WHERE gtin = NEW.gtin AND lot = NEW.lot AND place = NEW.place; END;

CREATE TRIGGER pack_begins BEFORE INSERT ON pack
  WHEN NOT EXISTS (SELECT 1 FROM allowed_move JOIN folding USING (kind) WHERE thing = 'pack' AND from_state = 0 AND to_state = NEW.state)
  BEGIN SELECT RAISE(ABORT, 'a pack does not begin so'); END;
CREATE TRIGGER pack_moves BEFORE UPDATE OF state ON pack
  WHEN NEW.state <> OLD.state
    AND NOT EXISTS (SELECT 1 FROM allowed_move JOIN folding USING (kind) WHERE thing = 'pack' AND from_state = OLD.state AND to_state = NEW.state)
  BEGIN SELECT RAISE(ABORT, 'a pack does not go from this state to that one by such an entry'); END;
CREATE TRIGGER pack_ends BEFORE DELETE ON pack
  WHEN NOT EXISTS (SELECT 1 FROM allowed_move JOIN folding USING (kind) WHERE thing = 'pack' AND from_state = OLD.state AND to_state = 0)
  BEGIN SELECT RAISE(ABORT, 'a pack does not end so'); END;
CREATE TRIGGER dose_begins BEFORE INSERT ON dose
  WHEN NOT EXISTS (SELECT 1 FROM allowed_move JOIN folding USING (kind) WHERE thing = 'dose' AND from_state = 0 AND to_state = NEW.state)
  BEGIN SELECT RAISE(ABORT, 'a dose does not begin so'); END;
CREATE TRIGGER dose_moves BEFORE UPDATE OF state ON dose
  WHEN NEW.state <> OLD.state
    AND NOT EXISTS (SELECT 1 FROM allowed_move JOIN folding USING (kind) WHERE thing = 'dose' AND from_state = OLD.state AND to_state = NEW.state)
  BEGIN SELECT RAISE(ABORT, 'a dose does not go from this state to that one by such an entry'); END;
CREATE TRIGGER dose_ends BEFORE DELETE ON dose
  WHEN NOT EXISTS (SELECT 1 FROM allowed_move JOIN folding USING (kind) WHERE thing = 'dose' AND from_state = OLD.state AND to_state = 0)
  BEGIN SELECT RAISE(ABORT, 'a dose does not end so'); END;
CREATE TRIGGER expired_dose_stays BEFORE UPDATE OF state ON dose
  WHEN OLD.state = 4 AND NEW.state = 2 AND (SELECT kind FROM folding) = 26 AND NEW.beyond_use_on < (SELECT decided_on FROM folding)
  BEGIN SELECT RAISE(ABORT, 'an expired dose is not released'); END;
)sql";

const char* const kProjectionTables[] = {
    "folding", "allowed_move", "subject_event", "product",   "lot",    "stock",      "recall", "pack",
    "dose",    "fractioning",  "work",          "typed_lot", "recipe", "taken_back", "desk",   "reader",
};
const std::size_t kProjectionTableCount = sizeof kProjectionTables / sizeof kProjectionTables[0];

}  // namespace dosario
