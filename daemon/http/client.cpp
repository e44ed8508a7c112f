// SPDX-License-Identifier: Apache-2.0
#include "http/client.hpp"

#include "base/socket_path.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace dosario {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::uint64_t kLargestReply_bytes = 64 * 1024 * 1024;

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
