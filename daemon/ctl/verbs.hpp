// SPDX-License-Identifier: Apache-2.0
// The verbs of `dosario`. Each adds its sub-command; when it was chosen, `action` is set and main runs it.
#pragma once

#include "ctl/session.hpp"

#include <CLI/CLI.hpp>

#include <functional>

namespace dosario {

using Action = std::function<int()>;

void add_counter_verbs(CLI::App& app, Session& session, Action& action);     // scan receive fraction verify-doses dispense undo
void add_looking_verbs(CLI::App& app, Session& session, Action& action);     // status stock history
void add_sweep_verb(CLI::App& app, Session& session, Action& action);        // sweep
void add_tag_verbs(CLI::App& app, Session& session, Action& action);         // tag read, tag write
void add_reader_verbs(CLI::App& app, Session& session, Action& action);      // readers, readers adopt zone replay
void add_record_verb(CLI::App& readers, Session& session, Action& action);   // readers record
void add_ledger_verbs(CLI::App& app, Session& session, Action& action);      // ledger verify log snapshot rebuild
void add_proof_verbs(CLI::App& ledger, Session& session, Action& action);    // ledger head prove check
void add_mending_verbs(CLI::App& ledger, Session& session, Action& action);  // ledger mend
void add_backup_verbs(CLI::App& app, Session& session, Action& action);      // backup setup now list check, restore
void add_report_verbs(CLI::App& app, Session& session, Action& action);      // report moves
void add_recall_verb(CLI::App& app, Session& session, Action& action);       // recall
void add_persons_verbs(CLI::App& app, Session& session, Action& action);     // persons open, persons forget
void add_decode_verb(CLI::App& app, Session& session, Action& action);       // decode
void add_encode_verb(CLI::App& app, Session& session, Action& action);       // encode
void add_sim_verb(CLI::App& app, Session& session, Action& action);          // sim
void add_practice_verb(CLI::App& app, Session& session, Action& action);     // practice
void add_watch_verb(CLI::App& app, Session& session, Action& action);        // watch
void add_doctor_verbs(CLI::App& app, Session& session, Action& action);      // doctor, doctor scanner
void add_test_codes_verb(CLI::App& app, Session& session, Action& action);   // test-codes

}  // namespace dosario
