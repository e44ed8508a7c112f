// SPDX-License-Identifier: Apache-2.0
// After a damaged page: `dosario --data DIR ledger mend`, while no daemon runs.
#include "backup/recovery_key.hpp"
#include "control/ledger_views.hpp"
#include "crypto/openssl.hpp"
#include "ctl/ledger_file.hpp"
#include "ctl/progress_bar.hpp"
#include "ctl/verbs.hpp"
#include "ledger/mend.hpp"
#include "ledger/files.hpp"

#include <boost/json.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

namespace dosario {
namespace {

namespace json = boost::json;

/// Entries behind the damage, for people: one JSON object a line, as `ledger log --json` shows them. Where they stand, empty when there
/// are none.
Result<std::string> write_loose(const Mended& mended) {
    if (mended.salvaged.loose.empty()) return std::string{};
    const std::string path = mended.kept_in + "/entries.jsonl";
    std::ofstream file{path, std::ios::trunc};
    for (const Entry& entry : mended.salvaged.loose) file << json::serialize(as_value(log_entry(entry))) << '\n';
    file.close();
    give_to_owner(mended.kept_in, path);
    if (!file) return fail(Failure::io, "the ledger is mended, but " + path + " could not be written");
    return path;
}

json::object as_object(const Mended& mended, const std::string& loose) {
    const Salvaged& found = mended.salvaged;
    json::array faults(mended.faults.begin(), mended.faults.end());
    json::array notes(found.notes.begin(), found.notes.end());
    json::array readable;
    for (const Entry& entry : found.loose) readable.push_back(entry.header.seq);
    const char* const what = mended.what == Mended::What::nothing ? "nothing"
                             : mended.what == Mended::What::lists ? "lists"
                                                                  : "entries";
    const bool lost = mended.what == Mended::What::entries;
    return {{"ok", true},
            {"what", what},
            {"kept", found.kept},
            {"lost_from", lost ? found.kept + 1 : 0},
            {"lost_to", lost ? found.end : 0},
            {"why", found.why},
            {"readable", readable},
            {"readable_file", loose},
            {"damaged_files", mended.kept_in},
            {"faults", faults},
            {"notes", notes}};
}

/// `12, 14 to 16`.
std::string ranges(const std::vector<Seq>& seqs) {
    std::string text;
    for (std::size_t i = 0; i < seqs.size(); ++i) {
        std::size_t last = i;
        while (last + 1 < seqs.size() && seqs[last + 1] == seqs[last] + 1) ++last;
        text += (text.empty() ? "" : ", ") + std::to_string(seqs[i]) + (last == i ? "" : " to " + std::to_string(seqs[last]));
        i = last;
    }
    return text;
}

void tell_lost(const Mended& mended, const std::string& loose) {
    const Salvaged& found = mended.salvaged;
    std::vector<Seq> readable;
    std::vector<Seq> gone;
    for (const Entry& entry : found.loose) readable.push_back(entry.header.seq);
    for (Seq seq = found.kept + 1; seq <= found.end; ++seq) {
        if (!std::binary_search(readable.begin(), readable.end(), seq)) gone.push_back(seq);
    }
    std::printf("%s\n", found.why.c_str());
    if (found.end > found.kept) {
        std::printf("LOST HERE: entries %llu to %llu; good are 1 to %llu\n", static_cast<unsigned long long>(found.kept + 1),
                    static_cast<unsigned long long>(found.end), static_cast<unsigned long long>(found.kept));
    }
    if (!gone.empty()) std::printf("cannot be read at all: %s\n", ranges(gone).c_str());
    if (!loose.empty())
        std::printf("can still be read one by one, but prove nothing: %s; they stand in %s\n", ranges(readable).c_str(),
                    loose.c_str());
    std::printf(
        "start dosariod: if there is a collector it gives back what it has, and nothing else is to be done. Without one book again\n"
        "what the file and the papers show; the next entry begins a new branch\n");
}

int mend_file(Session& session) {
    umask(0077);  // what was booked is for the owner of the directory
    if (session.data_directory.empty())
        return complain(fail(Failure::invalid, "say which ledger: dosario --data DIR ledger mend, while no daemon runs there"),
                        session.json);
    const auto digest = make_digest();
    Result<Mended> mended = fail(Failure::io, "");
    {
        ProgressBar bar;
        mended = mend({session.data_directory, digest.get(), bar.teller()});
    }
    if (!mended) return complain(mended.error(), session.json);
    const auto loose = write_loose(*mended);
    if (!loose) return complain(loose.error(), session.json);
    if (session.json) return print_json(as_object(*mended, *loose)), kDone;
    for (const std::string& fault : mended->faults) std::printf("found: %s\n", fault.c_str());
    for (const std::string& note : mended->salvaged.notes) std::printf("lost: %s\n", note.c_str());
    if (mended->what == Mended::What::nothing) {
        std::printf("the ledger is whole: there is nothing to mend\n");
        return kDone;
    }
    if (mended->what == Mended::What::lists) {
        std::printf("no entry is lost: all %llu are good. Only lists, indexes or free pages were damaged, and are made again\n",
                    static_cast<unsigned long long>(mended->salvaged.kept));
    } else {
        tell_lost(*mended, *loose);
    }
    std::printf("the damaged files are in %s\n", mended->kept_in.c_str());
    return kDone;
}

}  // namespace

void add_mending_verbs(CLI::App& ledger, Session& session, Action& action) {
    ledger.add_subcommand("mend", "after damage, while no daemon runs: a new file of the good entries; says what is lost")
        ->callback([&session, &action] { action = [&session] { return mend_file(session); }; });
}

}  // namespace dosario
