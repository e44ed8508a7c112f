// SPDX-License-Identifier: Apache-2.0
#include "ctl/usbip_server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <sys/socket.h>

#include <array>
#include <charconv>
#include <cstdio>

namespace dosario {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::chrono::seconds kImportWithin{30};

}  // namespace

Result<asio::ip::tcp::endpoint> parse_listen_address(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    const Error wrong = fail(Failure::invalid, "`" + text + "` is no address to listen on; like 127.0.0.1:3240 or [::1]:3240");
    if (colon == std::string::npos) return wrong;
    std::string host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto [last, bad] = std::from_chars(text.data() + colon + 1, end, port);
    error_code error;
    const auto address = asio::ip::make_address(host, error);
    if (error || bad != std::errc{} || last != end) return wrong;
    return asio::ip::tcp::endpoint{address, port};
}

/// One connection. It lives as long as something is under way on it.
class UsbipServer::Link : public std::enable_shared_from_this<Link> {
public:
    Link(Socket socket, simulated::UsbipDesk& desk) : socket_(std::move(socket)), timer_(socket_.get_executor()), session(desk) {}

    void start() {
        wait_for_import();
        look();
        read();
    }
    void look() {
        if (session.unplugged() || session.broken()) return close();
        if (!imported_ && session.scanner() != nullptr) {
            imported_ = true;
            timer_.cancel();
            idle();
        }
        session.serve();
        write();
    }
    void close() {
        error_code ignored;
        timer_.cancel();
        session.closed();
        // Shut down too: of a pair the kernel has the other end, and must see the end at once.
        socket_.shutdown(Socket::shutdown_both, ignored);
        socket_.close(ignored);
    }

private:
    void read() {
        if (reading_ || !socket_.is_open() || !session.listens()) return;
        reading_ = true;
        socket_.async_read_some(asio::buffer(buffer_), [self = shared_from_this()](error_code error, std::size_t size) {
            self->reading_ = false;
            if (error) return self->close();
            self->session.receive(ByteView{self->buffer_}.first(size));
            if (self->session.broken()) {
                std::fprintf(stderr, "dosario sim: a connection is closed: %s\n", self->session.broken()->message.c_str());
                return self->close();
            }
            self->look();
            self->read();
        });
    }
    void write() {
        if (writing_ || !socket_.is_open()) return;
        written_ = session.next_write();
        if (written_.empty()) return;
        writing_ = true;
        asio::async_write(socket_, asio::buffer(written_), [self = shared_from_this()](error_code error, std::size_t) {
            self->writing_ = false;
            if (error) return self->close();
            self->look();
            self->read();
        });
    }
    /// Who has not imported anything in time is hung up on.
    void wait_for_import() {
        timer_.expires_after(kImportWithin);
        timer_.async_wait([self = shared_from_this()](error_code error) {
            if (!error && self->session.scanner() == nullptr) self->close();
        });
    }
    /// The scanner's own time goes on while somebody has imported it.
    void idle() {
        if (session.scanner() == nullptr) return;  // look() may have closed it
        const auto period = session.scanner()->device->idle_period();
        if (!period) return;
        timer_.expires_after(*period);
        timer_.async_wait([self = shared_from_this()](error_code error) {
            if (error || !self->socket_.is_open()) return;
            self->session.scanner()->device->idle();
            self->look();
            self->idle();
        });
    }

    Socket socket_;
    asio::steady_timer timer_;
    std::array<std::byte, 16 * 1024> buffer_{};
    Bytes written_;
    bool reading_ = false, writing_ = false, imported_ = false;

public:
    simulated::UsbipSession session;
};

UsbipServer::UsbipServer(asio::io_context& context, simulated::UsbipDesk& desk)
    : context_(context), desk_(desk), acceptor_(context) {}

UsbipServer::~UsbipServer() { end(); }

Result<asio::ip::tcp::endpoint> UsbipServer::listen(const asio::ip::tcp::endpoint& where) {
    error_code error;
    acceptor_.open(where.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(where, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
        const std::string place = where.address().to_string() + " port " + std::to_string(where.port());
        return fail(Failure::unavailable, "cannot listen on " + place + ": " + error.message() +
                                              "; is another dosario sim or usbipd running? --listen takes another address");
    }
    accept();
    return acceptor_.local_endpoint();
}

void UsbipServer::accept() {
    acceptor_.async_accept([this](error_code error, asio::ip::tcp::socket socket) {
        if (!acceptor_.is_open()) return;
        std::erase_if(links_, [](const auto& one) { return one.expired(); });
        error_code ignored;
        if (!error && links_.size() < kMostUsbipConnections) {
            socket.set_option(asio::ip::tcp::no_delay(true), ignored);
            begin(Socket{std::move(socket)})->start();
        }
        accept();
    });
}

std::shared_ptr<UsbipServer::Link> UsbipServer::begin(Socket socket) {
    auto link = std::make_shared<Link>(std::move(socket), desk_);
    links_.push_back(link);
    return link;
}

Result<void> UsbipServer::plug_into(int socket, simulated::ExportedScanner& scanner) {
    const auto link = begin(Socket{context_, asio::generic::stream_protocol{AF_UNIX, 0}, socket});
    if (!link->session.take(scanner)) return fail(Failure::unavailable, scanner.name + " is attached already");
    link->start();
    return {};
}

void UsbipServer::look() {
    for (const auto& one : links_)
        if (const auto link = one.lock()) link->look();
}

void UsbipServer::end() {
    error_code ignored;
    acceptor_.close(ignored);
    for (const auto& one : links_)
        if (const auto link = one.lock()) link->close();
}

}  // namespace dosario
