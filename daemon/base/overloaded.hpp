// SPDX-License-Identifier: Apache-2.0
// One visitor made of lambdas, for std::visit.
#pragma once

namespace dosario {

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};

}  // namespace dosario
