// SPDX-License-Identifier: Apache-2.0
#include "ctl/doctor_scanner.hpp"

#include "base/bytes.hpp"
#include "ctl/doctor_daemon.hpp"
#include "ctl/language.hpp"
#include "doctor/scanner_judges.hpp"
#include "doctor/words.hpp"
#include "http/json.hpp"

#include <boost/json.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>

namespace dosario {
namespace {

namespace json = boost::json;

constexpr unsigned kLook_ms = 1000;
constexpr int kSecondsOfACode = 20;

volatile std::sig_atomic_t interrupted = 0;

/// Ctrl-C ends the test within a look, and the reader works again.
class Interruptible {
public:
    Interruptible() {
        interrupted = 0;
        std::signal(SIGINT, [](int) { interrupted = 1; });
    }
    ~Interruptible() { std::signal(SIGINT, SIG_DFL); }
    Interruptible(const Interruptible&) = delete;
    Interruptible& operator=(const Interruptible&) = delete;
};

struct Wish {
    std::string reader;
    int seconds = kSecondsOfACode;
};

class ScannerTest {
public:
    ScannerTest(Session& session, Wish wish, Language language)
        : session_(session), wish_(std::move(wish)), language_(language) {}

    int run() {
        if (const int failed = find_named(); failed != kDone) return failed;
        if (const int failed = look(0); failed != kDone)
            return stop(failed);  // of a reader that cannot be asked nothing is asked
        say("ask/begin");
        for (const TestCode code : kAskedCodes) {
            if (const int failed = ask(code); failed != kDone) return stop(failed);
            if (interrupted != 0) return stop(kRefused);
        }
        stop(kDone);
        return tell();
    }

private:
    void say(std::string_view key, std::vector<std::pair<std::string_view, std::string>> words = {}) const {
        std::FILE* const to = session_.json ? stderr : stdout;
        std::fprintf(to, "%s\n", doctor_text(key, language_, words).c_str());
        std::fflush(to);
    }

    /// A name of the configuration is as good as an id.
    int find_named() {
        if (wish_.reader.empty()) return kDone;
        json::value reply;
        if (const int failed = session_.call("/v1/readers", {}, reply); failed != kDone) return failed;
        for (const json::value& reader : reply.at("readers").as_array()) {
            if (text_of(reader, "name") != wish_.reader) continue;
            wish_.reader = text_of(reader, "id");
            break;
        }
        return kDone;
    }

    std::optional<HeardCode>& slot(TestCode code) {
        if (code == TestCode::gs) return heard_.gs;
        return code == TestCode::text ? heard_.text : heard_.ean;
    }

    /// Until it came, its time is over, or the daemon refuses; then the exit code.
    int ask(TestCode code) {
        if (const int failed = look(0); failed != kDone) return failed;  // the reader is ours before anybody is asked to scan
        say("ask/" + std::string{test_code_name(code)});
        const std::size_t faults = heard_.faults.size();
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{wish_.seconds};
        while (!slot(code) && interrupted == 0 && std::chrono::steady_clock::now() < end) {
            if (const int failed = look(kLook_ms); failed != kDone) return failed;
            if (!slot(code) && heard_.faults.size() > faults) break;  // it came, and could not be read: again would be the same
        }
        if (interrupted == 0) say(slot(code) ? "ask/heard" : "ask/not_heard");
        return kDone;
    }

    int look(unsigned wait_ms) {
        json::value reply;
        const json::object request{{"reader", wish_.reader}, {"wait_ms", wait_ms}};
        if (const int failed = session_.call("/v1/readers/listen", request, reply); failed != kDone) return failed;
        for (const json::value& scan : reply.at("scans").as_array()) take(scan);
        return kDone;
    }

    void take(const json::value& scan) {
        if (wish_.reader.empty()) {
            wish_.reader = text_of(scan, "reader");
            const std::string way = text_of(scan, "way");
            say("ask/reader", {{"reader", wish_.reader}, {"way", doctor_text("way/" + way, language_)}});
        }
        if (text_of(scan, "reader") != wish_.reader) return;
        heard_.way = parse_way(text_of(scan, "way"));
        heard_.layout = layout_named(text_of(scan, "layout")).value_or(KeyboardLayout::us);
        if (const std::string fault = text_of(scan, "fault"); !fault.empty()) return heard_.faults.push_back(fault);
        heard_.gs_substitutes = unescape(text_of(scan, "gs_substitutes")).value_or("");
        const auto code = parse_test_code(text_of(scan, "code"));
        if (!code) {
            heard_.others = true;
            return say("ask/other", {{"length", std::to_string(number_of(scan, "length"))}});
        }
        if (*code == TestCode::adoption) return;
        slot(*code) = HeardCode{text_of(scan, "aim"), unescape(text_of(scan, "content")).value_or(""),
                                static_cast<unsigned>(number_of(scan, "reports"))};
    }

    /// The reader works again at once.
    int stop(int code) {
        const bool refused = code != kDone && interrupted == 0;
        json::value reply;
        if (!refused) session_.call("/v1/readers/listen", {{"reader", wish_.reader}, {"stop", true}}, reply);
        if (interrupted == 0) return code;
        say("ask/stopped");
        return kRefused;  // also where the signal cut a call to the daemon in two
    }

    int tell() {
        json::array findings;
        bool fails = false;
        for (const Finding& finding : judge_scanner(heard_)) {
            const std::string key = "scanner/" + std::string{finding.code};
            const std::string found = doctor_text(key, language_, finding.words);
            const std::string fix = finding.verdict == Verdict::ok ? "" : doctor_text(key + "!", language_, finding.words);
            fails = fails || finding.verdict == Verdict::fails;
            if (session_.json) {
                findings.push_back(json::object{{"code", finding.code},
                                                {"verdict", verdict_name(finding.verdict)},
                                                {"found", fit_for_json(found)},
                                                {"fix", fit_for_json(fix)}});
                continue;
            }
            const std::string verdict = doctor_text("verdict/" + std::string{verdict_name(finding.verdict)}, language_);
            std::printf("[%s] %s\n", verdict.c_str(), found.c_str());
            if (!fix.empty()) std::printf("      -> %s\n", fix.c_str());
        }
        const int code = fails ? kRefused : kDone;
        if (session_.json) print_json(report(code, std::move(findings)));
        return code;
    }

    json::object report(int code, json::array findings) {
        json::array codes;
        for (const TestCode one : kAskedCodes) {
            const auto& came = slot(one);
            if (came)
                codes.push_back(
                    json::object{{"code", test_code_name(one)}, {"aim", came->aim}, {"content", escape(came->content)}});
        }
        const GsTrust gs = heard_.gs ? judge_gs(heard_.gs->content) : GsTrust{};
        return {{"ok", code == kDone},           {"reader", wish_.reader},     {"way", way_name(heard_.way)},
                {"gs", gs_state_name(gs.state)}, {"gs_sent", escape(gs.sent)}, {"findings", std::move(findings)},
                {"heard", std::move(codes)}};
    }

    Session& session_;
    Wish wish_;
    Language language_;
    Heard heard_;
};

}  // namespace

void add_doctor_scanner_verb(CLI::App& doctor, Session& session, Action& action, std::shared_ptr<std::string> language) {
    auto wish = std::make_shared<Wish>();
    CLI::App* verb =
        doctor.add_subcommand("scanner", "asks for three printed test codes, and says which setting of the scanner to change");
    verb->footer(
        "What the reader sends meanwhile is no work. Ctrl-C ends it. Exit codes: 0 nothing to change, 1 a setting is to be changed.");
    verb->add_option("--reader", wish->reader,
                     "id or name as `dosario readers` shows it; else whichever sends a test code first");
    verb->add_option("--seconds", wish->seconds, "how long each code is waited for")->check(CLI::Range(1, 120));
    verb->callback([&session, &action, wish, language] {
        action = [&session, wish, language] {
            const Interruptible interruptible;
            const std::string spoken = language->empty() ? station_language(session) : *language;
            return ScannerTest{session, *wish, language_of(spoken)}.run();
        };
    });
}

}  // namespace dosario
