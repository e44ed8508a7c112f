// SPDX-License-Identifier: Apache-2.0
#include "wire/kept_reply.hpp"

#include "dosario/v1/control.pb.h"

namespace dosario {

Result<std::vector<Seq>> entries_of_reply(ByteView bytes) {
    v1::ScanReply reply;
    if (!reply.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || reply.what().empty())
        return fail(Failure::damaged, "the kept reply cannot be read");
    return std::vector<Seq>{reply.seq().begin(), reply.seq().end()};
}

}  // namespace dosario
