// SPDX-License-Identifier: Apache-2.0
// What does a scan cost between the request and its answer, beside the commit alone?   bench_socket_latency [DIR [rounds]]   (default . 20)
// The real dosariod (beside this program) on a new ledger in DIR; one client keeps its connection and posts boxes with serial numbers to
// /v1/scan, each into an open reception. In turns of 100 with the same commit made by hand in this process (same tables, FULL), so
// that both meet the same disk. Also what GET /v1/readers takes, which never sees the ledger: the way there and back.
#include "base/check.hpp"
#include "bench/by_hand.hpp"
#include "bench/daemon_process.hpp"
#include "bench/measure.hpp"
#include "http/client.hpp"
#include "support/gs1_codes.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

using namespace dosario;
using namespace dosario::bench;

namespace {

constexpr std::size_t kTurn = 100;

std::string post(Client& client, const std::string& path, const std::string& body) {
    const auto answer = client.call(path, body);
    DOSARIO_CHECK(answer.has_value() && answer->status == 200);
    return answer->body;
}

/// `content` is base64 in the API's JSON, as for any bytes field.
std::string base64(std::string_view bytes) {
    constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k) text += i + k <= bytes.size() ? kLetters[group >> (18 - 6 * k) & 63] : '=';
    }
    return text;
}

std::string scan(const std::string& more, unsigned long n) {
    const test::Box box{1, "L1", "2031-06-30", std::to_string(100'000'000'000 + n)};
    return R"({"content":")" + base64(box.code()) + '"' + more + "}";
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t rounds = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 20;
    std::string directory = std::string{argc > 1 ? argv[1] : "."} + "/bench.XXXXXX";
    DOSARIO_CHECK(mkdtemp(directory.data()) != nullptr);
    std::filesystem::create_directory(directory + "/daemon");
    Times by_hand;
    Times over_socket;
    Times there_and_back;
    Times above;  // medians of a round, the one above the other
    {
        ByHand hand{directory};
        DaemonProcess daemon{directory + "/daemon"};
        auto client = Client::connect(daemon.socket());
        DOSARIO_CHECK(client.has_value());
        unsigned long n = 0;
        (void)post(
            **client, "/v1/scan",
            scan(R"(,"mode":"receive","operator":"DOSARIO.B.ANA00001","product_name":"Product","units_per_pack":30)", ++n));
        for (std::size_t round = 0; round <= rounds; ++round) {
            Times hand_now;
            Times socket_now;
            Times empty_now;
            for (std::size_t i = 0; i < kTurn; ++i) hand_now.add(time_us([&] { hand.commit_one(); }));
            for (std::size_t i = 0; i < kTurn; ++i) {
                const std::string body = scan("", ++n);
                std::string answer;
                socket_now.add(time_us([&] { answer = post(**client, "/v1/scan", body); }));
                DOSARIO_CHECK(answer.find(R"("what":"received")") != std::string::npos);
            }
            for (std::size_t i = 0; i < kTurn; ++i) empty_now.add(time_us([&] { (void)post(**client, "/v1/readers", ""); }));
            if (round == 0) continue;
            above.add(socket_now.p50() - hand_now.p50());
            by_hand.add(hand_now);
            over_socket.add(socket_now);
            there_and_back.add(empty_now);
        }
    }
    std::printf("%zu rounds of %zu\n", rounds, kTurn);
    const auto print = [](const char* name, Times& times) {
        std::printf("  %-34s p50 %6.0f us  p90 %6.0f us  p99 %6.0f us\n", name, times.p50(), times.at(0.9), times.p99());
    };
    print("the commit by hand", by_hand);
    print("scan over the socket", over_socket);
    print("a call that sees no ledger", there_and_back);
    std::printf("  above the commit by hand: %.0f us of the medians; of each round's medians %.0f us (%.0f to %.0f)\n",
                over_socket.p50() - by_hand.p50(), above.p50(), above.at(0.1), above.at(0.9));
    std::filesystem::remove_all(directory);
    return 0;
}
