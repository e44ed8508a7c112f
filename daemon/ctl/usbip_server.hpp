// SPDX-License-Identifier: Apache-2.0
// The sockets below simulated scanners: TCP connections of USB/IP clients, and pairs of sockets whose other end a kernel has. What is said
// on them is simulated/usbip_export.hpp's.
#pragma once

#include "base/result.hpp"
#include "simulated/usbip_export.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <string>
#include <vector>

namespace dosario {

inline constexpr std::size_t kMostUsbipConnections = 64;

/// `127.0.0.1:3240`, `[::1]:3240`; port 0 = any free one. Errors (invalid): it is no address.
Result<boost::asio::ip::tcp::endpoint> parse_listen_address(const std::string& text);

/// All on the thread of the io_context. The desk outlives it.
class UsbipServer {
public:
    UsbipServer(boost::asio::io_context& context, simulated::UsbipDesk& desk);
    ~UsbipServer();
    UsbipServer(const UsbipServer&) = delete;
    UsbipServer& operator=(const UsbipServer&) = delete;

    /// Where it listens now. Errors: unavailable, the address is taken or not of this computer.
    Result<boost::asio::ip::tcp::endpoint> listen(const boost::asio::ip::tcp::endpoint& where);
    /// Plugs the scanner into whoever has the other end of `socket`, which is owned from now on. Errors (unavailable): it is imported already.
    Result<void> plug_into(int socket, simulated::ExportedScanner& scanner);
    /// To be called after a scan and an unplug: answers what waits, closes what is unplugged.
    void look();
    /// Closes everything.
    void end();

private:
    class Link;
    using Socket = boost::asio::generic::stream_protocol::socket;

    void accept();
    std::shared_ptr<Link> begin(Socket socket);

    boost::asio::io_context& context_;
    simulated::UsbipDesk& desk_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::vector<std::weak_ptr<Link>> links_;
};

}  // namespace dosario
