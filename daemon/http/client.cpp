// SPDX-License-Identifier: Apache-2.0
#include "http/client.hpp"

#include "base/socket_path.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <chrono>

namespace dosario {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::uint64_t kLargestReply_bytes = 64 * 1024 * 1024;
constexpr std::size_t kLargestLine_bytes = 4 * 1024 * 1024;
constexpr auto kLongestSilence = std::chrono::seconds{40};  // the server's heartbeat comes every 15

class SocketClient final : public Client {
public:
    explicit SocketClient(std::string path) : path_(std::move(path)), socket_(context_) {}

    Result<void> open() {
        boost::system::error_code error;
        socket_.connect(asio::local::stream_protocol::endpoint{path_}, error);
        if (error) return lost(error);
        return {};
    }

    Result<HttpAnswer> call(const std::string& path, const std::string& body) override {
        http::request<http::string_body> request{http::verb::post, path, 11};
        request.set(http::field::host, "dosario");
        request.set(http::field::content_type, "application/json");
        request.body() = body;
        request.prepare_payload();
        boost::system::error_code error;
        http::write(socket_, request, error);
        if (error) return lost(error);
        http::response_parser<http::string_body> parser;
        parser.body_limit(kLargestReply_bytes);
        http::read(socket_, buffer_, parser, error);
        if (error) return lost(error);
        const auto& response = parser.get();
        return HttpAnswer{response.result_int(), response.body()};
    }

    Error follow(const std::string& path, const std::function<void(std::string_view)>& line) override {
        http::request<http::empty_body> request{http::verb::get, path, 11};
        request.set(http::field::host, "dosario");
        boost::system::error_code error;
        http::write(socket_, request, error);
        if (error) return lost(error);
        bool begun = false;
        for (std::string waiting;;) {
            // Asynchronously, for the wait has an end.
            std::size_t size = 0;
            context_.restart();
            error = asio::error::timed_out;
            asio::async_read_until(socket_, asio::dynamic_buffer(waiting, kLargestLine_bytes), "\n",
                                   [&](const boost::system::error_code& failed, std::size_t read) {
                                       error = failed;
                                       size = read;
                                   });
            context_.run_for(kLongestSilence);
            if (error == asio::error::timed_out) {
                boost::system::error_code ignored;
                socket_.close(ignored);
                context_.run();  // what waits ends, before its buffer goes
                return lost(asio::error::timed_out);
            }
            if (error) return lost(error);
            std::string_view text{waiting.data(), size - 1};
            if (text.ends_with('\r')) text.remove_suffix(1);
            if (!begun && text.starts_with("HTTP/") && !text.starts_with("HTTP/1.1 200"))
                return fail(Failure::refused, "the daemon gives no stream of answers: is it of another version?");
            if (begun) line(text);
            begun = begun || text.empty();
            waiting.erase(0, size);
        }
    }

private:
    Error lost(const boost::system::error_code& error) const {
        return fail(Failure::unavailable, "cannot reach the daemon at " + path_ + " (" + error.message() +
                                              "): is dosariod running? --data DIR or --socket PATH say where");
    }

    std::string path_;
    asio::io_context context_;
    asio::local::stream_protocol::socket socket_;
    beast::flat_buffer buffer_;
};

}  // namespace

Result<std::unique_ptr<Client>> Client::connect(const std::string& socket_path) {
    if (auto fits = check_socket_path(socket_path); !fits) return fits.error();
    auto client = std::make_unique<SocketClient>(socket_path);
    if (auto opened = client->open(); !opened) return opened.error();
    return std::unique_ptr<Client>{std::move(client)};
}

}  // namespace dosario
