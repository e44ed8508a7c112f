// SPDX-License-Identifier: Apache-2.0
// What goes wrong in TLS, as sentences for a person. Internal to net.
#pragma once

#include "base/result.hpp"
#include "net/handshake_check.hpp"

#include <boost/system/error_code.hpp>

#include <string>

struct x509_st;

namespace dosario {

/// Why OpenSSL's verification of a chain failed: its code, and how far above the leaf.
std::string why_not_trusted(int code, int depth, x509_st& leaf, const HandshakeCheck& check);

/// The other side speaks TLS but not our protocol.
std::string words_for_no_protocol();

/// After a handshake that failed; `place` is the other side's address. Failure::refused when one side did not accept the other's
/// certificate or protocol, else unavailable.
Error explain_handshake(const boost::system::error_code& error, const HandshakeCheck& check, const std::string& place);

/// After a read or a write that failed. Here a station learns that its certificate was refused: in TLS 1.3 its own handshake is
/// over before the collector has looked at it.
Error explain_stream(const boost::system::error_code& error, const HandshakeCheck& check, const std::string& place);

/// The other side closed, with TLS's farewell or without it; frames say whether something is missing.
bool is_end(const boost::system::error_code& error);

}  // namespace dosario
