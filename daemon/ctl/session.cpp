// SPDX-License-Identifier: Apache-2.0
#include "ctl/session.hpp"

#include "base/bytes.hpp"
#include "crypto/openssl.hpp"

#include <boost/beast/core/detail/base64.hpp>
#include <boost/json.hpp>

#include <cstdio>
#include <cstdlib>
#include <thread>

namespace dosario {

namespace json = boost::json;

namespace {

/// Long enough for a restart by systemd.
constexpr int kMostAttempts = 10;
constexpr unsigned kNotConfirmed = 504;  // the daemon says so after two seconds each
constexpr int kMostSlowAnswers = 30;
constexpr auto kBetweenAttempts = std::chrono::milliseconds{300};

}  // namespace

std::string Session::socket_path() const {
    if (!socket.empty()) return socket;
    if (!data_directory.empty()) return data_directory + "/dosario.sock";
    if (const char* named = std::getenv("DOSARIO_SOCKET"); named != nullptr && *named != '\0') return named;
    return "/run/dosario/dosario.sock";
}

Result<Client*> Session::client() {
    if (client_ == nullptr) {
        auto connected = Client::connect(socket_path());
        if (!connected) return connected.error();
        client_ = std::move(*connected);
    }
    return client_.get();
}

int complain(const Error& error, bool as_json) {
    if (as_json) {
        print_json(json::object{{"ok", false},
                                {"error", error.failure == Failure::unavailable ? "unavailable"
                                          : error.failure == Failure::invalid   ? "invalid"
                                                                                : "failed"},
                                {"message", error.message}});
    } else {
        std::fprintf(stderr, "dosario: %s\n", error.message.c_str());
    }
    if (error.failure == Failure::unavailable) return kNoDaemon;
    return error.failure == Failure::invalid ? kUsage : kRefused;
}

int Session::call(const std::string& path, const json::object& request, json::value& reply) {
    auto connected = client();
    if (!connected) return complain(connected.error(), json);
    auto answer = (*connected)->call(path, json::serialize(request));
    if (!answer) return complain(answer.error(), json);
    return print_answer(*answer, reply);
}

int Session::call_once(const std::string& path, json::object request, json::value& reply) {
    std::array<std::byte, 16> id;
    make_entropy()->fill(id);
    request["request_id"] = to_hex(id);
    const std::string body = json::serialize(request);
    auto connected = client();
    if (!connected) return complain(connected.error(), json);
    int not_confirmed = 0;
    for (int attempt = 0;; ++attempt) {
        if (connected) {
            auto answer = (*connected)->call(path, body);
            while (answer && answer->status == kNotConfirmed && not_confirmed++ < kMostSlowAnswers) {
                if (not_confirmed == 1)
                    std::fprintf(stderr, "dosario: the disk is slow, and this is not confirmed yet; asking again\n");
                answer = (*connected)->call(path, body);
            }
            if (answer) return print_answer(*answer, reply);
            client_.reset();
        }
        if (attempt == kMostAttempts) break;
        std::this_thread::sleep_for(kBetweenAttempts);
        connected = client();
    }
    return complain(fail(Failure::unavailable,
                         "the daemon went away before it answered, and this MAY HAVE BEEN SAVED: look at the last entries "
                         "(dosario status) before repeating it"),
                    json);
}

int Session::print_answer(const HttpAnswer& answer, json::value& reply) {
    boost::system::error_code broken;
    reply = json::parse(answer.body, broken);
    if (broken || !reply.is_object())
        return complain(fail(Failure::io, "the daemon's answer is not JSON: is another program on this socket?"), json);
    if (answer.status == 200) return kDone;
    if (json) {
        json::object line = reply.as_object();
        line["ok"] = false;
        print_json(line);
    } else {
        std::fprintf(stderr, "dosario: %s\n", text_of(reply, "message").c_str());
    }
    return answer.status == 400 ? kUsage : kRefused;
}

void print_json(const json::value& value) { std::printf("%s\n", json::serialize(value).c_str()); }

std::string base64(std::string_view bytes) {
    namespace codec = boost::beast::detail::base64;
    std::string text(codec::encoded_size(bytes.size()), '\0');
    text.resize(codec::encode(text.data(), bytes.data(), bytes.size()));
    return text;
}

std::string text_of(const json::value& object, const char* key) {
    const json::value* found = object.is_object() ? object.as_object().if_contains(key) : nullptr;
    return found != nullptr && found->is_string() ? std::string{found->as_string()} : std::string{};
}

std::string second_of(const json::value& object, const char* key) { return text_of(object, key).substr(0, 19) + "Z"; }

std::uint64_t number_of(const json::value& object, const char* key) {
    const json::value* found = object.is_object() ? object.as_object().if_contains(key) : nullptr;
    if (found == nullptr) return 0;
    if (found->is_int64()) return static_cast<std::uint64_t>(found->as_int64());
    return found->is_uint64() ? found->as_uint64() : 0;
}

}  // namespace dosario
