// SPDX-License-Identifier: Apache-2.0
// What is shown to strangers: the head for the day sheet, a proof of one entry, and how such a proof is checked.
#include "control/head_view.hpp"
#include "control/ledger_views.hpp"
#include "control/proof.hpp"
#include "crypto/openssl.hpp"
#include "ctl/ledger_file.hpp"
#include "ctl/verbs.hpp"
#include "http/json.hpp"
#include "wire/fact_codec.hpp"

#include <boost/json.hpp>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace dosario {
namespace {

namespace json = boost::json;

int head(Session& session, const std::string& check) {
    json::value reply;
    const auto on_file = [&check](Ledger& ledger) -> Result<json::value> {
        v1::HeadRequest request;
        request.set_check(check);
        const auto found = head_reply(ledger, request);
        if (!found) return found.error();
        return as_value(*found);
    };
    if (const int code = ask(session, "/v1/ledger/head", {{"check", check}}, on_file, reply); code != kDone) return code;
    const std::string verdict = text_of(reply, "verdict");
    if (session.json) {
        print_json(reply);
    } else if (verdict.empty()) {
        const std::string on = text_of(reply, "on");
        std::printf("%llu %s%s%s\n", static_cast<unsigned long long>(number_of(reply, "seq")), text_of(reply, "code").c_str(),
                    on.empty() ? "" : "   ", on.c_str());
    } else {
        std::printf("%s: %s\n", verdict.c_str(), text_of(reply, "message").c_str());
    }
    if (verdict == "mistyped") return kUsage;
    return verdict.empty() || verdict == "same" ? kDone : kRefused;
}

/// Pages from the daemon's socket, or from the file when no daemon holds it.
ProofPages pages_of(Session& session, OpenFile* file) {
    if (file != nullptr) {
        return [file](Seq after) {
            v1::ProofRequest request;
            request.set_after(after);
            return proof_reply(*file->ledger, request);
        };
    }
    return [&session](Seq after) -> Result<v1::ProofReply> {
        auto client = session.client();
        if (!client) return client.error();
        auto answer = (*client)->call("/v1/ledger/proof", json::serialize(json::object{{"after", after}}));
        if (!answer) return answer.error();
        if (answer->status == 404) return fail(Failure::not_found, "there is no such entry");
        if (answer->status != 200) return fail(Failure::io, text_of(json::parse(answer->body), "message"));
        v1::ProofReply page;
        if (auto read = from_json(answer->body, page); !read)
            return fail(Failure::io, "the daemon's answer is not understood: is it of another version?");
        return page;
    };
}

/// A new file, or standard output when no name is given. A proof that broke off leaves no file.
class ProofFile {
public:
    explicit ProofFile(std::string path) : path_(std::move(path)) {}
    ~ProofFile() {
        if (file_ == nullptr || file_ == stdout) return;
        std::fclose(file_);
        std::remove(path_.c_str());
    }
    ProofFile(const ProofFile&) = delete;
    ProofFile& operator=(const ProofFile&) = delete;

    Result<void> write(const std::string& line) {
        if (file_ == nullptr) file_ = path_.empty() ? stdout : std::fopen(path_.c_str(), "wx");
        if (file_ == nullptr || std::fwrite(line.data(), 1, line.size(), file_) != line.size()) return failed();
        return {};
    }
    Result<void> finish() {
        if (file_ == stdout) return std::fflush(file_) == 0 ? Result<void>{} : failed();
        if (std::fclose(std::exchange(file_, nullptr)) == 0) return {};
        auto error = failed();
        std::remove(path_.c_str());
        return error;
    }

private:
    Error failed() const {
        const std::string why = errno == EEXIST ? "it exists already: name a new file" : std::strerror(errno);
        return fail(errno == EEXIST ? Failure::invalid : Failure::io,
                    "the proof cannot be written to " + (path_.empty() ? "standard output" : path_) + ": " + why);
    }
    std::string path_;
    std::FILE* file_ = nullptr;
};

int prove(Session& session, Seq seq, Seq to, const std::string& path) {
    auto file = open_file(session);
    if (!file) return complain(file.error(), session.json);
    const auto digest = make_digest();
    ProofFile out{path};
    const auto last = write_proof(*digest, seq, to, pages_of(session, file->get()),
                                  [&out](const std::string& line) { return out.write(line); });
    if (!last) return complain(last.error(), session.json);
    if (auto finished = out.finish(); !finished) return complain(finished.error(), session.json);
    if (path.empty()) return kDone;
    if (session.json) return print_json(json::object{{"path", path}, {"entry", seq}, {"to", *last}}), kDone;
    std::printf("%s: entry %llu, provable up to entry %llu; `dosario ledger check %s` checks it\n", path.c_str(),
                static_cast<unsigned long long>(seq), static_cast<unsigned long long>(*last), path.c_str());
    return kDone;
}

Result<void> read_proof(std::istream& in, ProofCheck& check) {
    std::string line;
    constexpr std::size_t kChunk = 64 * 1024;
    std::string chunk(kChunk, '\0');
    while (in.read(chunk.data(), kChunk), in.gcount() > 0) {
        std::string_view rest{chunk.data(), static_cast<std::size_t>(in.gcount())};
        while (!rest.empty()) {
            const std::size_t end = rest.find('\n');
            line += rest.substr(0, end);
            if (end == std::string_view::npos && line.size() <= kLongestProofLine) break;
            if (auto checked = check.line(line); !checked) return checked;
            line.clear();
            rest.remove_prefix(std::min(rest.size(), end + 1));
        }
    }
    if (in.bad()) return fail(Failure::io, "the file cannot be read");
    if (!line.empty()) return fail(Failure::refused, "this proof does not hold: it breaks off within a line");
    return check.end();
}

/// A stranger wrote the file: what would move the cursor or begin a line of its own must not look like our words.
std::string harmless(const std::string& text) {
    std::string safe;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool second_of_control = byte < 0xa0 && safe.ends_with('\xc2');  // U+0080 to U+009F
        safe += byte < 0x20 || byte == 0x7f || (byte >= 0x80 && second_of_control) ? '?' : c;
    }
    return safe;
}

int check_file(Session& session, const std::string& path, const std::string& head_code) {
    std::optional<ShortCode> wanted;
    if (!head_code.empty()) {
        const auto code = parse_head(head_code);
        if (!code) return complain(code.error(), session.json);
        wanted = *code;
    }
    std::ifstream in{path, std::ios::binary};
    if (!in) return complain(fail(Failure::invalid, path + " cannot be read: " + std::strerror(errno)), session.json);
    const auto digest = make_digest();
    ProofCheck check{*digest, wanted};
    if (auto read = read_proof(in, check); !read) return complain(read.error(), session.json);
    const json::value entry = as_value(log_entry(check.entry()));
    const ShortCode reached = check.head();
    if (session.json) {
        print_json({{"ok", true},
                    {"ledger", to_hex(check.ledger())},
                    {"entry", entry},
                    {"head", reached.seq},
                    {"code", code_text(reached)},
                    {"hash", to_hex(check.head_hash())}});
        return kDone;
    }
    const std::string line = second_of(entry, "at") + "  " + text_of(entry, "kind") + ' ' + text_of(entry, "operator") + ' ' +
                             json::serialize(entry.at("body"));
    std::printf("#%llu %s\n", static_cast<unsigned long long>(check.entry().header.seq), harmless(line).c_str());
    std::printf("its hash follows, and so do all up to entry %llu of ledger %s\n", static_cast<unsigned long long>(reached.seq),
                to_hex(check.ledger()).c_str());
    std::printf("head %s%s\n", head_text(reached).c_str(),
                wanted ? ", and it comes by the code that was given: it is what the sheet says"
                       : ": compare it with a day sheet of then (--head), or with a collector");
    return kDone;
}

}  // namespace

void add_proof_verbs(CLI::App& ledger, Session& session, Action& action) {
    auto code = std::make_shared<std::string>();
    CLI::App* sheet = ledger.add_subcommand("head", "the last entry as a short code, for the day sheet");
    sheet->add_option("--check", *code, "a code from a day sheet, \"NUMBER CODE\": does this ledger still have that entry?");
    sheet->callback([&session, &action, code, sheet] {
        const bool asked = sheet->count("--check") > 0 && code->empty();
        action = [&session, code, asked] { return head(session, asked ? "?" : *code); };
    });

    struct Range {
        std::uint64_t seq = 0;
        std::uint64_t to = 0;
        std::string path;
    };
    constexpr std::int64_t kFirst = 1;
    constexpr std::int64_t kLast = INT64_MAX;
    auto range = std::make_shared<Range>();
    CLI::App* proof =
        ledger.add_subcommand("prove", "a file by which a stranger checks one entry; it holds all entries up to the head");
    proof->add_option("seq", range->seq, "number of the entry")->required()->check(CLI::Range(kFirst, kLast));
    proof->add_option("--to", range->to, "up to that entry and not to the last")->check(CLI::Range(kFirst, kLast));
    proof->add_option("-o,--output", range->path, "a new file; else standard output");
    proof->callback([&session, &action, range] {
        action = [&session, range] { return prove(session, range->seq, range->to, range->path); };
    });

    struct Checked {
        std::string path;
        std::string head;
    };
    auto checked = std::make_shared<Checked>();
    CLI::App* check = ledger.add_subcommand("check", "does a proof hold? needs neither ledger nor daemon");
    check->add_option("file", checked->path, "what `prove` wrote")->required();
    check->add_option("--head", checked->head, "\"NUMBER CODE\" from a day sheet that the proof must come by");
    check->callback([&session, &action, checked] {
        action = [&session, checked] { return check_file(session, checked->path, checked->head); };
    });
}

}  // namespace dosario
