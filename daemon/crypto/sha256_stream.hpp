// SPDX-License-Identifier: Apache-2.0
// SHA-256 (FIPS 180-4) of something too large to be held at once.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"

namespace dosario {

class Sha256Stream {
public:
    Sha256Stream();
    ~Sha256Stream();
    Sha256Stream(const Sha256Stream&) = delete;
    Sha256Stream& operator=(const Sha256Stream&) = delete;

    void add(ByteView bytes);
    /// Of all that was added; then it begins anew.
    Sha256 finish();

private:
    void* context_;
};

}  // namespace dosario
