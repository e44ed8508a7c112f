// SPDX-License-Identifier: Apache-2.0
// The exporting side of USB/IP: bytes as the kernel's documentation draws them, and a session that a hostile peer cannot harm.
#include "host.hpp"

#include "simulated/usbip_export.hpp"
#include "support/usbip_client.hpp"

namespace dosario::test {
namespace {

struct Desk {
    UsbipDesk desk;
    UsbipSession session{desk};
    UsbipClient client;

    explicit Desk(std::string_view words = "hidpos:serial=A1", bool imported = true) {
        add("one", words);
        if (!imported) return;
        tell(client.import("1-1"));
        CHECK(to_hex(ByteView{take()}.first(8)) == "0111000300000000");
    }
    void add(const std::string& name, std::string_view words) { must(desk.add(name, must(parse_scanner(words)))); }
    void tell(ByteView bytes) { session.receive(bytes); }
    /// All that the session has to write.
    Bytes take() {
        Bytes all;
        for (Bytes one = session.next_write(); !one.empty(); one = session.next_write())
            all.insert(all.end(), one.begin(), one.end());
        return all;
    }
    std::vector<UsbipAnswer> answers() { return usbip_answers(take()); }
    UsbipAnswer ask(const Step& step) {
        tell(client.control(step.setup, hex(step.data)));
        const auto all = answers();
        REQUIRE(all.size() == 1);
        return all[0];
    }
    SimulatedDevice& device() { return *desk.find("one")->device; }
};

TEST_CASE("a list and an import are answered as the documentation draws them", "[simulated][usbip]") {
    Desk desk{"cdc_acm:serial=A1", false};
    desk.add("two", "ftdi_h");
    desk.tell(hex("0111800500000000"));
    const Bytes list = desk.take();
    REQUIRE(list.size() == 12 + 2 * 312 + 3 * 4);
    CHECK(to_hex(ByteView{list}.first(12)) == "011100050000000000000002");
    const ByteView one = ByteView{list}.subspan(12, 312);
    CHECK(as_text(one).starts_with(std::string_view{"/sys/devices/dosario-sim/1-1\0", 29}));
    CHECK(as_text(one.subspan(256)).starts_with(std::string_view{"1-1\0", 4}));
    // Bus 1, device 1, full speed, 05e0:1701, class EF/02/01, two interfaces.
    CHECK(to_hex(one.subspan(288)) ==
          "00000001"
          "00000001"
          "00000002"
          "05e017010100"
          "ef0201"
          "000102");
    CHECK(to_hex(ByteView{list}.subspan(324, 8)) == "020201000a000000");
    CHECK(to_hex(ByteView{list}.subspan(332 + 288, 12)) == "000000010000000200000003");

    desk.tell(desk.client.import("1-9"));
    CHECK(to_hex(desk.take()) == "0111000300000001");
    CHECK(desk.session.scanner() == nullptr);
    desk.tell(desk.client.import("1-2"));
    const Bytes imported = desk.take();
    REQUIRE(imported.size() == 8 + 312);
    CHECK(to_hex(ByteView{imported}.first(8)) == "0111000300000000");
    CHECK(desk.session.scanner() == desk.desk.find("two"));

    UsbipSession other{desk.desk};  // what is imported is nobody else's
    other.receive(UsbipClient{}.import("1-2"));
    CHECK(to_hex(other.next_write()) == "0111000300000001");
}

TEST_CASE("the documentation's example of a wire", "[simulated][usbip]") {
    const auto read =
        must(parse_usbip_command(hex("0000000100000d050001000f00000001000000010000020000000040"
                                     "00000000ffffffff000000040000000000000000")));
    CHECK(read.size == 48);
    const auto& in = std::get<SubmitCommand>(read.message);
    CHECK((in.number == 0xd05 && in.device_id == 0x1000f && in.in && in.endpoint == 1 && in.flags == 0x200 && in.room == 64));
    CHECK(to_hex(usbip_submitted(0xd06, 0, 64, {})) ==
          "0000000300000d0600000000000000000000000000000000"
          "0000004000000000ffffffff000000000000000000000000");
    CHECK(to_hex(usbip_unlinked(7, -104)) ==
          "000000040000000700000000000000000000000"
          "0ffffff98" +
              std::string(48, '0'));
}

TEST_CASE("a scanner behind USB/IP is configured, scanned and read", "[simulated][usbip]") {
    Desk desk;
    CHECK(desk.ask(get_descriptor(1, 0, 64)).in == desk.device().description().device_descriptor());
    CHECK(desk.ask(kConfigure).status == 0);
    CHECK(desk.device().configured());
    CHECK(desk.ask(in(0x80, 0x77, 0, 0, 2)).status == -32);
    const std::uint32_t first = desk.client.next_number();
    desk.tell(desk.client.read(0x81, 64));
    desk.tell(desk.client.read(0x81, 64));
    CHECK(desk.answers().empty());
    must(desk.device().scan("]d2", "A"));
    desk.session.serve();
    auto all = desk.answers();
    REQUIRE(all.size() == 1);
    CHECK((all[0].number == first && all[0].status == 0 && all[0].in.size() == 64));
    must(desk.device().scan("]d2", std::string(60, 'B')));
    desk.session.serve();
    all = desk.answers();  // one report of two: no URB waits for the other
    REQUIRE(all.size() == 1);
    CHECK(all[0].number == first + 1);
    desk.tell(desk.client.read(0x81, 8));
    CHECK(desk.answers().at(0).status == -75);
}

TEST_CASE("writing, stalling, and what may not be short", "[simulated][usbip]") {
    Desk desk{"cdc_acm"};
    desk.ask(kConfigure);
    desk.tell(desk.client.write(0x02, hex("0102")));
    CHECK(desk.answers().at(0).actual == 2);
    desk.tell(desk.client.write(0x05, hex("0102")));
    CHECK(desk.answers().at(0).status == -32);
    desk.ask(out(0x21, 0x22, 1, 0));
    desk.tell(desk.client.read(0x82, 64, 1));
    must(desk.device().scan("", "A"));
    desk.session.serve();
    const auto answer = desk.answers().at(0);
    CHECK((answer.status == -121 && as_text(answer.in) == "A\r"));
    desk.tell(desk.client.read(0x84, 64));
    CHECK(desk.answers().at(0).status == -32);
    // A set-up whose direction is not the command's.
    desk.tell(desk.client.submit(0, true, 18, {0x21, 0x20, 0, 0, 7}, {}));
    CHECK(desk.answers().at(0).status == -32);
}

TEST_CASE("an URB is unlinked or answered, never both", "[simulated][usbip]") {
    Desk desk;
    desk.ask(kConfigure);
    const std::uint32_t first = desk.client.next_number();
    desk.tell(desk.client.read(0x81, 64));
    desk.tell(desk.client.unlink(first));
    auto all = desk.answers();
    REQUIRE(all.size() == 1);
    CHECK((all[0].command == 4 && all[0].number == first + 1 && all[0].status == -104));
    must(desk.device().scan("", "A"));
    desk.session.serve();
    CHECK(desk.answers().empty());
    // The report was not taken: the next URB has it. Its unlinking comes too late.
    const std::uint32_t second = desk.client.next_number();
    desk.tell(desk.client.read(0x81, 64));
    desk.tell(desk.client.unlink(second));
    all = desk.answers();
    REQUIRE(all.size() == 2);
    CHECK((all[0].command == 3 && all[0].number == second && all[0].status == 0));
    CHECK((all[1].command == 4 && all[1].status == 0));
    desk.tell(desk.client.unlink(4711));
    CHECK(desk.answers().at(0).status == 0);
}

TEST_CASE("messages may come in pieces of any size", "[simulated][usbip]") {
    Bytes all;
    UsbipClient client;
    for (const Bytes& one : {hex("0111800500000000"), client.import("1-1"), client.control(kConfigure.setup, {}),
                             client.read(0x82, 64), client.control({0x21, 0x20, 0, 0, 7}, hex("80250000000008")),
                             client.control({0x21, 0x22, 1, 0, 0}, {}), client.write(0x02, hex("010203")), client.unlink(2)})
        all.insert(all.end(), one.begin(), one.end());
    const auto played = [&](std::size_t first, std::size_t piece) {
        Desk desk{"cdc_acm", false};
        Bytes said;
        for (ByteView rest{all}; !rest.empty(); first = piece) {
            const ByteView part = rest.first(std::min(rest.size(), first));
            rest = rest.subspan(part.size());
            desk.tell(part);
            const Bytes now = desk.take();
            said.insert(said.end(), now.begin(), now.end());
        }
        CHECK_FALSE(desk.session.broken());
        return to_hex(said);
    };
    const std::string whole = played(all.size(), all.size());
    CHECK(whole.size() > 1000);
    for (std::size_t cut = 1; cut < all.size(); ++cut) REQUIRE(played(cut, all.size()) == whole);
    for (const std::size_t piece : {1, 2, 7, 64}) CHECK(played(piece, piece) == whole);
}

TEST_CASE("a peer that breaks a rule is left", "[simulated][usbip]") {
    struct Row {
        const char* what;
        std::size_t at;
        const char* bytes;
    };
    const Row row = GENERATE(Row{"command", 0, "00000009"}, Row{"device", 8, "00010002"}, Row{"direction", 12, "00000002"},
                             Row{"endpoint", 16, "00000010"}, Row{"length", 24, "00100001"}, Row{"length", 24, "ffffffff"},
                             Row{"isochronous", 32, "00000001"}, Row{"number", 4, "00000007"});
    INFO(row.what);
    Desk desk;
    desk.ask(kConfigure);
    UsbipClient other;
    desk.tell(other.submit(0x81, true, 64, {}, {}, 0, 7));
    Bytes bad = other.submit(0x81, true, 64, {}, {}, 0, 8);
    const Bytes wrong = hex(row.bytes);
    std::copy(wrong.begin(), wrong.end(), bad.begin() + static_cast<long>(row.at));
    desk.tell(bad);
    REQUIRE(desk.session.broken());
    CHECK(desk.session.broken()->failure == Failure::invalid);
    desk.take();
    desk.tell(other.submit(0x81, true, 64, {}, {}, 0, 9));
    CHECK(desk.take().empty());
}

TEST_CASE("a peer that speaks no USB/IP is left before anything is kept", "[simulated][usbip]") {
    const std::string bytes =
        GENERATE(std::string{"GET / HTTP/1.0\r\n\r\n"}, std::string("\x01\x06\x80\x05\0\0\0\0", 8),
                 std::string("\x01\x11\x80\x07\0\0\0\0", 8), std::string("\x01\x11\x80\x03\0\0\0\0", 8) + std::string(32, 'x'));
    Desk desk{"hidpos", false};
    desk.tell(as_bytes(bytes));
    CHECK(desk.session.broken());
}

TEST_CASE("a peer that lets everything wait, or does not listen, costs a bounded room", "[simulated][usbip]") {
    Desk desk;
    desk.ask(kConfigure);
    for (std::size_t i = 0; i < kMostWaitingUrbs; ++i) desk.tell(desk.client.read(0x81, kLargestTransfer));
    CHECK_FALSE(desk.session.broken());
    desk.tell(desk.client.read(0x81, 64));
    REQUIRE(desk.session.broken());
    CHECK(desk.session.broken()->failure == Failure::full);

    Desk deaf{"hidpos", false};
    Bytes many;
    for (int i = 0; i < 8192; ++i) {
        const Bytes one = hex("0111800500000000");
        many.insert(many.end(), one.begin(), one.end());
    }
    deaf.tell(many);
    CHECK_FALSE(deaf.session.listens());
    CHECK(deaf.session.next_write().size() < kMostUnsent + 1024);
    std::size_t rest = 0;
    for (Bytes one = deaf.session.next_write(); !one.empty(); one = deaf.session.next_write()) rest += one.size();
    CHECK(rest > kMostUnsent);
    CHECK(deaf.session.listens());
}

TEST_CASE("an unplugged scanner ends its session, and begins anew with the next", "[simulated][usbip]") {
    Desk desk{"ftdi"};
    desk.ask(kConfigure);
    desk.desk.find("one")->plugged = false;
    CHECK(desk.session.unplugged());
    {
        UsbipSession other{desk.desk};
        other.receive(UsbipClient{}.import("1-1"));
        CHECK(to_hex(other.next_write()) == "0111000300000001");
        other.receive(hex("0111800500000000"));
        CHECK(to_hex(other.next_write()) == "011100050000000000000000");
    }
    Desk second{"ftdi"};
    {
        UsbipSession gone{second.desk};
        CHECK_FALSE(gone.take(*second.desk.find("one")));
    }
    REQUIRE(second.desk.find("one")->device != nullptr);
    second.session.closed();
    CHECK(second.desk.find("one")->device == nullptr);
    UsbipSession next{second.desk};
    CHECK(next.take(*second.desk.find("one")));
}

TEST_CASE("names and numbers of a desk", "[simulated][usbip]") {
    UsbipDesk desk;
    for (std::size_t i = 0; i < kMostScanners; ++i) must(desk.add("n" + std::to_string(i), ScannerSettings{}));
    CHECK(error_of(desk.add("more", ScannerSettings{})).failure == Failure::full);
    CHECK(error_of(desk.add("n1", ScannerSettings{})).failure == Failure::invalid);
    CHECK(error_of(desk.add("", ScannerSettings{})).failure == Failure::invalid);
    CHECK(error_of(desk.add("a b", ScannerSettings{})).failure == Failure::invalid);
    CHECK(desk.find("n3")->place.bus_id == "1-4");
    CHECK(desk.find("n3")->place.device_id() == 0x10004);
}

}  // namespace
}  // namespace dosario::test
