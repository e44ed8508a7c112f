// SPDX-License-Identifier: Apache-2.0
// What every verb shares: where the daemon is, how to print, and the exit codes.
#pragma once

#include "http/client.hpp"

#include <boost/json/value.hpp>

#include <string>

namespace dosario {

enum ExitCode : int {
    kDone = 0,
    kRefused = 1,  ///< by a rule, or the daemon said it cannot
    kUsage = 2,
    kNoDaemon = 3,
};

struct Session {
    std::string data_directory;
    std::string socket;
    std::string operator_badge;
    std::string witness_badge;
    bool json = false;

    /// --socket, --data, $DOSARIO_SOCKET, /run/dosario/dosario.sock, in this order.
    std::string socket_path() const;

    /// Connects on first use.
    Result<Client*> client();

    /// Calls; on success `reply` holds the answer. Otherwise the error was printed and its exit code is returned.
    int call(const std::string& path, const boost::json::object& request, boost::json::value& reply);

    /// The same for what must not happen twice: the request gets an id of its own, and when the daemon goes away before it answered
    /// (a restart, a power cut there) it is asked again with that id for a while; the daemon books it once.
    int call_once(const std::string& path, boost::json::object request, boost::json::value& reply);

private:
    int print_answer(const HttpAnswer& answer, boost::json::value& reply);

    std::unique_ptr<Client> client_;
};

/// Prints to standard error and returns the exit code that fits.
int complain(const Error& error, bool json);

/// One line of JSON on standard output.
void print_json(const boost::json::value& value);

/// As the API wants bytes.
std::string base64(std::string_view bytes);

/// The text of a key, empty when it is null or missing.
std::string text_of(const boost::json::value& object, const char* key);
/// The instant of a key to the second: `2026-11-21T19:48:25Z`.
std::string second_of(const boost::json::value& object, const char* key);
std::uint64_t number_of(const boost::json::value& object, const char* key);
/// The same, to be printed by %llu.
inline unsigned long long number(const boost::json::value& object, const char* key) { return number_of(object, key); }

}  // namespace dosario
