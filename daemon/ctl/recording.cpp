// SPDX-License-Identifier: Apache-2.0
// `dosario readers record`: what one reader sends, into a new file, until the time is over or Ctrl-C.
#include "ctl/verbs.hpp"

#include <boost/json.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <thread>

namespace dosario {
namespace {

namespace json = boost::json;

constexpr auto kBetweenCalls = std::chrono::milliseconds{250};
constexpr std::uint32_t kUsualSeconds = 300;
constexpr std::uint32_t kMostSeconds = 3600;

volatile std::sig_atomic_t asked_to_stop = 0;

void note_signal(int) { asked_to_stop = 1; }

/// The file is made first, so that nothing is recorded that cannot be written. Only its owner may read it.
class NewFile {
public:
    explicit NewFile(const std::string& path)
        : path_(path), fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {}
    ~NewFile() {
        if (fd_ >= 0) ::close(fd_);
    }
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;

    bool made() const { return fd_ >= 0; }
    bool write(std::string_view text) {
        while (!text.empty()) {
            const ssize_t size = ::write(fd_, text.data(), text.size());
            if (size < 0 && errno != EINTR) return false;
            if (size > 0) text.remove_prefix(static_cast<std::size_t>(size));
        }
        return true;
    }
    bool finish() { return ::fsync(fd_) == 0; }
    void remove() const { ::unlink(path_.c_str()); }

private:
    std::string path_;
    int fd_;
};

struct Said {
    std::string file, reader;
    std::uint32_t seconds = kUsualSeconds;
    bool raw = false;
    bool anonymous = false;
};

bool agrees_to_raw() {
    std::fprintf(stderr,
                 "this may hold a patient's document, which must not leave this pharmacy: type yes to record all the same: ");
    std::string line;
    return std::getline(std::cin, line) && line == "yes";
}

const char* words_for_end(const std::string& why) {
    if (why == "time") return "the time is over";
    if (why == "size") return "it is as large as a recording may be";
    return "ended";
}

void tell(const json::value& last, const Said& said) {
    const auto count = [&last](const char* key) { return static_cast<unsigned long long>(number_of(last, key)); };
    if (said.raw) {
        std::printf("%s is written (%s), WITH WHATEVER WAS SCANNED: it may hold documents of persons, do not pass it on\n",
                    said.file.c_str(), words_for_end(text_of(last, "why")));
        return;
    }
    std::printf("%s is written (%s): %llu scans\n", said.file.c_str(), words_for_end(text_of(last, "why")), count("scans"));
    if (count("persons") > 0) std::printf("  left out: %llu scans that identify a person\n", count("persons"));
    if (count("others") > 0)
        std::printf("  left out: %llu scans that are no code of goods and may be a document\n", count("others"));
    if (count("broken") > 0)
        std::printf("  left out: %llu times what was no whole scan; to keep that, record with --raw and scan nobody's document\n",
                    count("broken"));
}

/// Until the daemon says that it is over. `last` has the last reply, `begun` says that the file has something; errors are printed.
int fetch(Session& session, NewFile& file, const json::object& begin, json::value& last, bool& begun) {
    if (const int code = session.call("/v1/readers/record", begin, last); code != kDone) return code;
    begun = true;
    if (!session.json) std::fprintf(stderr, "recording %s: scan now; Ctrl-C ends it\n", text_of(last, "reader").c_str());
    for (;;) {
        if (!file.write(text_of(last, "text")))
            return complain(fail(Failure::io, std::string{"the file cannot be written: "} + std::strerror(errno)), session.json);
        if (last.at("over").as_bool()) return kDone;
        if (asked_to_stop == 0 && text_of(last, "why").empty()) std::this_thread::sleep_for(kBetweenCalls);
        const json::object next{{"id", number_of(last, "id")}, {"end", asked_to_stop != 0}};
        if (const int code = session.call("/v1/readers/record", next, last); code != kDone) return code;
    }
}

int record(Session& session, const Said& said) {
    if (said.raw && !agrees_to_raw()) return complain(fail(Failure::refused, "nothing was recorded"), session.json);
    NewFile file{said.file};
    if (!file.made())
        return complain(fail(Failure::invalid, said.file + " cannot be made: " + std::strerror(errno) + "; name a new file"),
                        session.json);
    struct sigaction note {};
    note.sa_handler = note_signal;
    note.sa_flags = SA_RESTART;  // a call to the daemon that is under way goes on
    ::sigaction(SIGINT, &note, nullptr);
    ::sigaction(SIGTERM, &note, nullptr);
    json::value last;
    const json::object begin{
        {"reader", said.reader}, {"raw", said.raw}, {"anonymous", said.anonymous}, {"seconds", said.seconds}};
    bool begun = false;
    const int code = fetch(session, file, begin, last, begun);
    if (code != kDone) {
        if (!begun) file.remove();
        return code;
    }
    if (!file.finish()) return complain(fail(Failure::io, "the file may not be on the disk"), session.json);
    if (session.json) {
        json::object line = last.as_object();
        line.erase("text");
        line["file"] = said.file;
        print_json(line);
    } else {
        tell(last, said);
    }
    return kDone;
}

}  // namespace

void add_record_verb(CLI::App& readers, Session& session, Action& action) {
    auto said = std::make_shared<Said>();
    CLI::App* verb =
        readers.add_subcommand("record", "writes what a reader sends into a capture, without what may be somebody's document");
    verb->add_option("file", said->file, "the capture, a new file")->required();
    verb->add_option("--reader", said->reader, "id or name of the reader; else the only one that is open");
    verb->add_option("--seconds", said->seconds, "for how long (300)")->check(CLI::Range(1U, kMostSeconds));
    verb->add_flag("--raw", said->raw, "everything, also documents of persons; asks first");
    verb->add_flag("--anonymous", said->anonymous, "without the serial number of the reader");
    verb->callback([&session, &action, said] { action = [&session, said] { return record(session, *said); }; });
}

}  // namespace dosario
