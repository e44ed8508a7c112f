// SPDX-License-Identifier: Apache-2.0
#include "http/http_server.hpp"

#include "base/socket_path.hpp"
#include "http/peer.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <openssl/crypto.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>
#include <list>

namespace dosario {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

namespace {

constexpr auto kPatience = std::chrono::seconds{30};        // for one request to arrive or one reply to leave
constexpr auto kPartingPatience = std::chrono::seconds{2};  // for a refused client to read why
constexpr std::size_t kMostDrained_bytes = 65536;           // of what it sends meanwhile
constexpr auto kHeartbeat = std::chrono::seconds{15};       // of the live feed
constexpr std::size_t kLongestFeedQueue = 256;
constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

using HttpRequest = http::request<http::string_body>;
using HttpResponse = http::response<http::string_body>;

/// Who is connected over one kind of socket.
struct Crowd {
    std::size_t most = 0;
    std::size_t served = 0;
    std::size_t refused = 0;  ///< told that there is no room, and about to leave
};

/// One listener of /v1/live: what it has not read yet.
struct Feed {
    explicit Feed(const asio::any_io_executor& executor) : timer(executor) {}
    std::deque<std::string> waiting;
    asio::steady_timer timer;
    bool dropped = false;
};

}  // namespace

struct HttpServer::State {
    State(asio::io_context& on, ApiHandler answers) : context(on), handler(std::move(answers)) {}

    asio::io_context& context;
    ApiHandler handler;
    std::string group;
    std::optional<TcpAccess> tcp;
    std::list<std::shared_ptr<Feed>> feeds;
    std::list<std::function<void()>> closers;  // one for each acceptor
    std::list<std::function<void()>> cutters;  // one for each connection
    std::vector<std::string> socket_paths;
    Crowd local{kMostConnections};
    Crowd loopback{kMostTcpConnections};
    bool stopping = false;
};

namespace {

using StatePtr = std::shared_ptr<HttpServer::State>;

HttpResponse make_response(const HttpRequest& request, const ApiReply& reply) {
    HttpResponse response{static_cast<http::status>(reply.status), request.version()};
    response.set(http::field::content_type, reply.content_type);
    response.set(http::field::cache_control, "no-store");
    response.set("X-Content-Type-Options", "nosniff");
    response.keep_alive(request.keep_alive());
    response.body() = reply.body;
    if (!response.body().ends_with('\n')) response.body() += '\n';
    response.prepare_payload();
    return response;
}

ApiReply refusal(unsigned status, const char* message) {
    ApiReply reply = error_reply(fail(Failure::refused, message));
    reply.status = status;
    return reply;
}

bool same_secret(std::string_view given, std::string_view wanted) {
    return given.size() == wanted.size() && CRYPTO_memcmp(given.data(), wanted.data(), wanted.size()) == 0;
}

bool listed(const std::vector<std::string>& all, beast::string_view one) {
    return std::any_of(all.begin(), all.end(), [one](const std::string& each) { return beast::string_view{each} == one; });
}

/// Nothing when the request may pass.
std::optional<ApiReply> check_tcp(const TcpAccess& access, const HttpRequest& request) {
    if (!listed(access.hosts, request[http::field::host])) return refusal(421, "this host name is not one the API answers to");
    const auto origin = request.find(http::field::origin);
    if (origin != request.end() && !listed(access.origins, origin->value()))
        return refusal(403, "this origin may not use the API");
    const beast::string_view authorization = request[http::field::authorization];
    const std::string_view given{authorization.data(), authorization.size()};
    constexpr std::string_view kBearer = "Bearer ";
    if (!given.starts_with(kBearer) || !same_secret(given.substr(kBearer.size()), access.token)) {
        return refusal(401, "a bearer token is wanted: the file api.token in the data directory holds it");
    }
    return std::nullopt;
}

asio::awaitable<ApiReply> ask_handler(StatePtr state, ApiCall call) {
    const auto executor = co_await asio::this_coro::executor;
    auto initiate = [state, executor](auto completion, ApiCall asked) {
        auto shared = std::make_shared<decltype(completion)>(std::move(completion));
        state->handler(std::move(asked), [shared, executor](ApiReply reply) {
            asio::post(executor, [shared, reply = std::move(reply)]() mutable { std::move (*shared)(std::move(reply)); });
        });
    };
    ApiReply reply = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(ApiReply)>(
        std::move(initiate), asio::use_awaitable, std::move(call));
    co_return reply;
}

/// A feed in the server's list, for as long as its coroutine lives.
struct Subscription {
    Subscription(StatePtr of, std::shared_ptr<Feed> one) : state(std::move(of)), feed(std::move(one)) {
        state->feeds.push_back(feed);
    }
    ~Subscription() { state->feeds.remove(feed); }
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

    StatePtr state;
    std::shared_ptr<Feed> feed;
};

template <class Stream>
asio::awaitable<void> serve_feed(StatePtr state, Stream& stream) {
    const auto executor = co_await asio::this_coro::executor;
    auto feed = std::make_shared<Feed>(executor);
    const Subscription subscription{state, feed};
    std::string chunk =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n: dosario live feed\n\n";
    for (;;) {
        stream.expires_after(kPatience);
        const auto written = co_await asio::async_write(stream, asio::buffer(chunk), kToken);
        if (std::get<0>(written) || feed->dropped || state->stopping) break;
        if (feed->waiting.empty()) {
            feed->timer.expires_after(kHeartbeat);
            stream.expires_never();
            const auto waited = co_await feed->timer.async_wait(kToken);
            if (feed->dropped || state->stopping) break;
            if (!std::get<0>(waited)) {
                chunk = ": alive\n\n";
                continue;
            }
        }
        chunk.clear();
        for (; !feed->waiting.empty(); feed->waiting.pop_front()) chunk += feed->waiting.front();
    }
}

template <class Stream>
asio::awaitable<void> serve_requests(StatePtr state, Stream& stream, bool over_tcp) {
    beast::flat_buffer buffer{HttpServer::kLargestBody_bytes + 65536};
    while (!state->stopping) {
        http::request_parser<http::string_body> parser;
        parser.body_limit(HttpServer::kLargestBody_bytes);
        parser.header_limit(16 * 1024);
        stream.expires_after(kPatience);
        const auto arrived = co_await http::async_read(stream, buffer, parser, kToken);
        if (const auto error = std::get<0>(arrived)) {
            if (error == http::error::body_limit) {
                const HttpResponse response = make_response(HttpRequest{}, refusal(413, "a request's body is at most 1 MiB"));
                const auto told = co_await http::async_write(stream, response, kToken);
                (void)told;
            }
            co_return;
        }
        const HttpRequest request = parser.release();
        std::optional<ApiReply> reply = over_tcp ? check_tcp(*state->tcp, request) : std::nullopt;
        const std::string target{request.target().data(), request.target().size()};
        const std::string path = target.substr(0, target.find('?'));
        if (!reply && path == "/v1/live" && request.method() == http::verb::get) {
            co_await serve_feed(state, stream);
            co_return;
        }
        if (!reply && request.method() != http::verb::get && request.method() != http::verb::post) {
            reply = refusal(405, "the API knows GET and POST");
        }
        if (!reply) {
            ApiCall call{std::string{request.method_string()}, path, request.body()};
            stream.expires_never();
            ApiReply answered = co_await ask_handler(state, std::move(call));
            reply = std::move(answered);
        }
        const HttpResponse response = make_response(request, *reply);
        stream.expires_after(kPatience);
        const auto sent = co_await http::async_write(stream, response, kToken);
        if (std::get<0>(sent) || !response.keep_alive()) co_return;
    }
}

/// A connection in the server's books, for as long as its coroutine lives: that may be destroyed without ever being resumed.
class Registration {
public:
    Registration(StatePtr state, std::size_t& count, std::function<void()> cut)
        : state_(std::move(state)), count_(count), cutter_(state_->cutters.insert(state_->cutters.end(), std::move(cut))) {
        ++count_;
    }
    ~Registration() {
        state_->cutters.erase(cutter_);
        --count_;
    }
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

private:
    StatePtr state_;
    std::size_t& count_;
    std::list<std::function<void()>>::iterator cutter_;
};

Crowd& crowd_of(const StatePtr& state, bool over_tcp) { return over_tcp ? state->loopback : state->local; }

template <class Protocol>
asio::awaitable<void> serve_connection(StatePtr state, typename Protocol::socket socket, bool over_tcp) {
    beast::basic_stream<Protocol> stream{std::move(socket)};
    const Registration registration{state, crowd_of(state, over_tcp).served, [&stream] { stream.cancel(); }};
    try {
        co_await serve_requests(state, stream, over_tcp);
    } catch (const std::exception&) {
        // The peer is dropped; the listener goes on.
    }
}

/// Says 503 at once, and reads away what the peer sends until it hangs up: closed earlier, it would find its request refused by the
/// system and never read why.
template <class Protocol>
asio::awaitable<void> refuse_connection(StatePtr state, typename Protocol::socket socket, bool over_tcp) {
    beast::basic_stream<Protocol> stream{std::move(socket)};
    const Registration registration{state, crowd_of(state, over_tcp).refused, [&stream] { stream.cancel(); }};
    HttpResponse response = make_response(
        HttpRequest{}, error_reply(fail(Failure::unavailable,
                                        "too many programs are connected: nothing of this was saved, repeat it in a moment")));
    response.set(http::field::retry_after, "1");
    response.keep_alive(false);
    stream.expires_after(kPartingPatience);
    const auto told = co_await http::async_write(stream, response, kToken);
    boost::system::error_code error = std::get<0>(told);
    if (!error) stream.socket().shutdown(asio::socket_base::shutdown_send, error);
    std::array<char, 4096> dropped;
    for (std::size_t drained = 0; !error && drained < kMostDrained_bytes && !state->stopping;) {
        const auto sent = co_await stream.async_read_some(asio::buffer(dropped), kToken);
        error = std::get<0>(sent);
        drained += std::get<1>(sent);
    }
}

template <class Protocol>
asio::awaitable<void> accept_loop(StatePtr state, std::shared_ptr<typename Protocol::acceptor> acceptor, bool over_tcp) {
    const Crowd& crowd = crowd_of(state, over_tcp);
    while (!state->stopping) {
        auto accepted = co_await acceptor->async_accept(kToken);
        if (std::get<0>(accepted)) {
            if (state->stopping || !acceptor->is_open()) co_return;
            asio::steady_timer pause{acceptor->get_executor(), std::chrono::milliseconds{100}};  // out of descriptors: breathe
            const auto waited = co_await pause.async_wait(kToken);
            (void)waited;
            continue;
        }
        typename Protocol::socket socket = std::move(std::get<1>(accepted));
        if (!over_tcp && !peer_may_enter(socket.native_handle(), state->group)) continue;
        if (crowd.served < crowd.most) {
            asio::co_spawn(acceptor->get_executor(), serve_connection<Protocol>(state, std::move(socket), over_tcp),
                           asio::detached);
        } else if (crowd.refused < HttpServer::kMostRefusals) {
            asio::co_spawn(acceptor->get_executor(), refuse_connection<Protocol>(state, std::move(socket), over_tcp),
                           asio::detached);
        }
    }
}

template <class Protocol>
Result<void> listen(const StatePtr& state, const typename Protocol::endpoint& endpoint, const std::string& name, bool over_tcp) {
    auto acceptor = std::make_shared<typename Protocol::acceptor>(state->context);
    boost::system::error_code error;
    acceptor->open(endpoint.protocol(), error);
    if (!error && over_tcp) acceptor->set_option(asio::socket_base::reuse_address{true}, error);
    if (!error) acceptor->bind(endpoint, error);
    if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
    if (error)
        return fail(Failure::unavailable, "cannot listen on " + name + " (" + error.message() +
                                              "): is another program using it, or is the folder missing?");
    state->closers.push_back([acceptor] {
        boost::system::error_code ignored;
        acceptor->close(ignored);
    });
    asio::co_spawn(state->context, accept_loop<Protocol>(state, acceptor, over_tcp), asio::detached);
    return {};
}

/// Takes away the socket that a daemon which died left behind; anything else at this path is somebody's.
Result<void> clear_way(const std::string& path) {
    struct stat found {};
    if (lstat(path.c_str(), &found) != 0) return {};
    if (!S_ISSOCK(found.st_mode))
        return fail(Failure::unavailable, path + " is there already and is no socket: move it away, or name another path");
    asio::io_context context;
    asio::local::stream_protocol::socket probe{context};
    boost::system::error_code error;
    probe.connect(asio::local::stream_protocol::endpoint{path}, error);
    if (!error) return fail(Failure::unavailable, "another program listens on " + path + ": stop it first, or name another path");
    ::unlink(path.c_str());
    return {};
}

void give_to_group(const std::string& path, const std::string& group) {
    const long gid = group_number(group);
    struct stat made {};
    // Under systemd the group is the daemon's own, and nothing that changes owners may be called there.
    if (gid < 0 || (lstat(path.c_str(), &made) == 0 && made.st_gid == static_cast<gid_t>(gid))) return;
    if (::chown(path.c_str(), static_cast<uid_t>(-1), static_cast<gid_t>(gid)) != 0) {
        // Not a member of that group: then only this user and root get in, which is the safe side.
    }
}

}  // namespace

HttpServer::HttpServer(asio::io_context& context, ApiHandler handler)
    : state_(std::make_shared<State>(context, std::move(handler))) {}

HttpServer::~HttpServer() { stop(); }

Result<void> HttpServer::listen_unix(const std::string& path, const std::string& group) {
    if (auto fits = check_socket_path(path); !fits) return fits;
    if (auto free = clear_way(path); !free) return free;
    state_->group = group;
    const mode_t before = umask(0117);
    auto listening = listen<asio::local::stream_protocol>(state_, asio::local::stream_protocol::endpoint{path}, path, false);
    umask(before);
    if (!listening) return listening;
    state_->socket_paths.push_back(path);
    give_to_group(path, group);
    return {};
}

Result<void> HttpServer::listen_tcp(TcpAccess access) {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(access.address, error);
    if (error || !address.is_loopback())
        return fail(Failure::invalid, "the API listens on loopback addresses only, not on " + access.address);
    const asio::ip::tcp::endpoint endpoint{address, access.port};
    const std::string name = access.address + ":" + std::to_string(access.port);
    state_->tcp = std::move(access);
    return listen<asio::ip::tcp>(state_, endpoint, name, true);
}

void HttpServer::publish(std::string_view event, std::string_view json) {
    std::string text = "event: ";
    text.append(event).append("\ndata: ").append(json).append("\n\n");
    for (const auto& feed : state_->feeds) {
        if (feed->waiting.size() >= kLongestFeedQueue) {
            feed->dropped = true;
        } else {
            feed->waiting.push_back(text);
        }
        feed->timer.cancel();
    }
}

void HttpServer::stop_listening() {
    for (const auto& close : state_->closers) close();
    state_->closers.clear();
    for (const std::string& path : state_->socket_paths) ::unlink(path.c_str());
    state_->socket_paths.clear();
}

void HttpServer::stop() {
    if (state_->stopping) return;
    state_->stopping = true;
    stop_listening();
    for (const auto& feed : state_->feeds) feed->timer.cancel();
    for (const auto& cut : state_->cutters) cut();
}

}  // namespace dosario
