// SPDX-License-Identifier: Apache-2.0
// One visitor made of lambdas, for std::visit.
#pragma once

namespace dosario {

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};
/// Clang before 17 does not deduce it by itself.
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace dosario
