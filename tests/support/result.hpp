// SPDX-License-Identifier: Apache-2.0
// What a test expects of a Result, said with the error's words when it is otherwise.
#pragma once

#include "base/result.hpp"
#include "support/catch.hpp"

#include <string>
#include <utility>

namespace dosario::test {

/// The value; the test ends with the error's message if there is none.
template <class T>
T must(Result<T> result) {
    if (result.has_error()) FAIL(result.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// The error; the test ends if there is none.
template <class T>
Error error_of(const Result<T>& result) {
    if (!result.has_error()) FAIL("an error was expected");
    return result.error();
}

/// The error's message holds this text.
inline bool says(const Error& error, const std::string& text) { return error.message.find(text) != std::string::npos; }

}  // namespace dosario::test
