// SPDX-License-Identifier: Apache-2.0
// What all readers of UHF tags on a serial line have in common: bytes become frames, one command is on its way at a time, and what a person
// asked is carried out by a script that the family writes (set_up, inventory, read_words, ...).
//
//   Nothing is transmitted before the country is known and the reader's band was set and confirmed. Without a country nothing at all is
//   sent: what the reader says by itself is still understood.
//
//   No command is answered by a stranger's answer. Frames have no sequence numbers, so:
//     an answer fits by its command, its address, its length, and the tag that it names, where it names one;
//     before each command that touches a tag the reader is asked for its band: a question of another number, whose answer comes behind all
//     that was under way; a reader that restarted shows there, too;
//     a command that was not answered in time owes its answer: until it came, or for as long as one can be late, nothing else is sent;
//     while one is missing all the same, what is read is read twice;
//     an answer that is byte for byte one of just now may be its echo: another one is waited for, and where none comes it is asked again.
//   What belongs to nobody is told as an answer to number 0. A tag that was seen is told whenever it comes.
#pragma once

#include "rfid/gen2.hpp"
#include "rfid/task.hpp"
#include "rfid/uhf_region.hpp"
#include "serial/serial_reader.hpp"

#include <deque>
#include <string>

namespace dosario {

inline constexpr std::size_t kMostTagCommands = 16;

/// One frame of the reader, without what only carries it. What a family has no use for is 0.
struct UhfFrame {
    std::uint8_t kind = 0;     ///< M100: answer or notice
    std::uint8_t address = 0;  ///< Chafon
    std::uint8_t code = 0;     ///< the command that it says it answers
    std::uint8_t status = 0;   ///< Chafon
    Bytes body;
    friend bool operator==(const UhfFrame&, const UhfFrame&) = default;
};

class UhfReader : public LineProtocol {
public:
    /// `name` is the driver's. `usual_rate` of its line, where the settings name none.
    UhfReader(const char* name, int usual_rate, const ReaderSettings& settings);

    int line_rate() const final { return line_rate_; }
    LineUse use() const final { return LineUse::asks; }
    void opened(MonoTime now) final;
    void receive(std::uint8_t endpoint, ByteView bytes, MonoTime now) final;
    void damaged(const char* broken_rule, ByteView among, MonoTime now) final;
    bool command(const ReaderCommand& command, std::uint32_t number, MonoTime now) final;
    void wake(MonoTime now) final;
    void closed(MonoTime now, PortEnd end) final;
    std::optional<MonoTime> next_wake() const final;

protected:
    /// What the bytes begin with.
    struct Parsed {
        enum class Verdict { more, frame, bad };
        Verdict verdict = Verdict::more;
        std::size_t size = 0;  ///< of a frame, or of what is skipped without a word (bad, without a rule)
        ReaderFault::Kind kind = ReaderFault::Kind::framing;
        const char* broken_rule = nullptr;
        UhfFrame frame{};
        static Parsed bad(ReaderFault::Kind kind, const char* rule) { return {Verdict::bad, 1, kind, rule}; }
        static Parsed whole(std::size_t size, UhfFrame frame) {
            return {Verdict::frame, size, ReaderFault::Kind::framing, nullptr, std::move(frame)};
        }
    };

    /// One command, and what counts as its answer.
    struct Request {
        std::uint8_t code = 0;
        Bytes frame;
        Micros patience = std::chrono::milliseconds{500};
        int tries = 1;
        Micros late = std::chrono::milliseconds{500};  ///< so late its answer is still expected, and nothing else is sent
        bool asks_again = false;          ///< where only an echo came it is asked once more; else the echo is believed after all
        bool touches_tag = false;         ///< an echo must not be taken for its answer
        Bytes epc;                        ///< the tag that answers must name, where they name one
        std::optional<std::size_t> size;  ///< of the body of an answer that says ok
    };
    using Reply = std::optional<UhfFrame>;

    /// What became of something: `status` is "ok", or why not, in words.
    struct Outcome {
        std::string status = "ok";
        Bytes content{};
        std::optional<std::uint16_t> pc{};
        bool silent = false;  ///< nothing came in time
        bool ok() const { return status == "ok"; }
        static Outcome failed(std::string why) { return {std::move(why), {}, {}, false}; }
        static Outcome mute() { return {"the reader did not answer in time", {}, {}, true}; }
    };

    // --- what a family is ------------------------------------------------------------------------------------------------------------
    virtual Parsed parse(ByteView bytes) const = 0;
    virtual bool answers(const UhfFrame& frame, const Request& request) const = 0;
    /// A frame for which nobody waits. Tags are told, the rest is an answer to number 0.
    virtual void unasked(const UhfFrame& frame) = 0;
    /// From an unknown reader to one that may transmit in the country's band.
    virtual Task<Outcome> set_up() = 0;
    /// Still there, still in that band; nothing is under way any more.
    virtual Task<Outcome> confirm() = 0;
    /// Reads tags until a command waits (then it has stopped), or something is wrong.
    virtual Task<Outcome> inventory() = 0;
    /// The EPC of each tag in the field, one as often as it was seen at once.
    virtual Task<Outcome> look(std::vector<Bytes>& field) = 0;
    virtual Task<Outcome> set_power(int cdbm) = 0;
    virtual Task<Outcome> read_words(const ReadTag& what) = 0;
    virtual Task<Outcome> write_words(const WriteTag& what) = 0;
    virtual Task<Outcome> lock_tag(const LockTag& what) = 0;

    // --- what scripts are written with -----------------------------------------------------------------------------------------------
    struct Waiting {
        std::coroutine_handle<> who{};
        const Request* request = nullptr;  ///< null: only for the time
        MonoTime until = MonoTime::max();
        bool or_command = false;
        bool or_bytes = false;
        Reply held{};  ///< fits, but may be an echo
    };
    /// Until a frame that fits comes, or the time is over, or what else was wished.
    struct [[nodiscard]] Wait {
        UhfReader& reader;
        Waiting what;
        bool await_ready() const { return what.or_command && reader.command_waits(); }
        void await_suspend(std::coroutine_handle<> who) {
            what.who = who;
            reader.waiting_ = std::move(what);
        }
        Reply await_resume() { return std::exchange(reader.got_, std::nullopt); }
    };
    /// Sends and waits; nothing = no answer.
    Task<Reply> ask(const Request& request);
    /// Sends it and does not wait.
    Task<> post(const Request& request);
    /// The next frame that fits; `or_command`: nothing, too, as soon as a command waits.
    Wait next(const Request& request, Micros patience, bool or_command);
    Wait pause(Micros time, bool or_command = false);

    bool command_waits() const { return !commands_.empty(); }
    void heard_inventory();  ///< the reader has begun: who asked for it is answered
    void tell_tag(TagRead tag);
    void tell(std::string_view command, std::string status, std::optional<Bytes> content = std::nullopt);
    const UhfRegion& region() const { return *region_; }
    MonoTime now() const { return now_; }
    /// The power that is to be set; nothing = as the reader is set, but never above what the country allows.
    std::optional<int> wanted_power() const { return power_cdbm_; }

    std::vector<Bytes>* looking_ = nullptr;  ///< while look() runs: where the tags go besides

private:
    struct Asked {
        ReaderCommand command;
        std::uint32_t number = 0;
    };
    struct Accepted {
        UhfFrame frame;
        MonoTime at{};
    };
    struct Owed {
        Request request;
        MonoTime until{};
    };

    Task<> run();
    Task<Outcome> make_ready();
    Task<> perform();
    Task<Outcome> carry_out(const ReaderCommand& command);
    Task<Outcome> ready_for_tag();
    Task<Outcome> read_again(const ReadTag& read);
    Task<Outcome> alone(const Bytes& epc);
    Task<Outcome> write_and_compare(const WriteTag& write);
    Task<> settle();
    Task<Outcome> other_families();
    Task<> ask_families(bool ours_too);
    void go_on_at(int line_rate);
    /// Nobody of ours answers, and that was told: what else comes is no news.
    bool is_told() const { return !known_ && (searching_ || !told_.empty()); }

    void parse_all();
    void drop(const Parsed& why);
    void accept(const UhfFrame& frame);
    void deliver(UhfFrame frame);
    void name_stranger();
    void resume();
    void answer(const Asked& asked, const Outcome& outcome);
    void answer_starting(const Outcome& outcome);
    void answer_all(const Outcome& outcome);
    bool is_echo(const UhfFrame& frame) const;
    bool stalled() const { return !buffer_.empty() && now_ >= last_byte_at_ + kLongestGap; }

    static constexpr auto kLongestGap = std::chrono::milliseconds{100};

    const char* const driver_;
    const UhfRegion* const region_;
    const std::string country_;
    std::optional<int> power_cdbm_;

    MonoTime now_{};
    bool open_ = false;
    Bytes buffer_;   ///< bytes that are no frame yet
    Bytes strange_;  ///< what came while no frame of ours ever did
    bool known_ = false;
    bool dropping_ = false;
    const char* stranger_ = nullptr;  ///< what else it was found to be
    const char* named_ = nullptr;     ///< what else it was told to be
    bool searching_ = false;          ///< other families are asked
    const int opened_at_rate_;
    int line_rate_ = 0;  ///< 0: as it was opened
    int unheard_ = 0;    ///< times in a row that it was not made ready because nothing came
    MonoTime last_byte_at_{};

    Task<> script_;
    std::optional<Waiting> waiting_;
    Reply got_;
    std::optional<Owed> owed_;
    MonoTime doubt_until_{};  ///< an answer of a tag may still come for which nobody waits any more
    std::deque<Accepted> accepted_;
    bool only_echo_ = false;      ///< what was asked last was answered by nothing but an echo
    bool believes_echo_ = false;  ///< it is asked for the second time

    bool ready_ = false;
    bool inventory_ = false;
    std::deque<Asked> commands_;
    std::optional<Asked> current_;
    std::vector<Asked> starting_;  ///< StartInventory, until the reader is heard
    int failed_starts_ = 0;
    std::string told_;  ///< why it cannot be used, as it was told last
};

}  // namespace dosario
