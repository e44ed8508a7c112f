// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value, or an Error that can be shown to a person. For failures (I/O, malformed input, full disk);
// findings about medicine are data of the workflows, and bugs abort through DOSARIO_CHECK.
#pragma once

#include <boost/system/result.hpp>

#include <string>
#include <utility>

namespace dosario {

/// Why an operation failed. The exit code of the tools and the HTTP status follow from it.
enum class Failure {
    invalid,      ///< the caller's input is wrong
    refused,      ///< a rule says no
    not_found,    ///< no such thing
    unavailable,  ///< cannot be reached or is held by another process
    full,         ///< no space left
    damaged,      ///< stored bytes are not what was written
    newer,        ///< written by a newer version than this one
    io,           ///< the operating system reports an error
};

/// `message` says what happened, what to do, and that nothing is lost; it never holds a patient's data.
struct Error {
    Failure failure = Failure::io;
    std::string message;
};

template <class T>
using Result = boost::system::result<T, Error>;

inline Error fail(Failure failure, std::string message) { return Error{failure, std::move(message)}; }

/// What the caller gave is wrong.
inline Error invalid(std::string message) { return fail(Failure::invalid, std::move(message)); }

}  // namespace dosario
