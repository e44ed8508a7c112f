// SPDX-License-Identifier: Apache-2.0
#include "http/peer.hpp"

#include <grp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace dosario {

namespace {

// The kernel's answer, as of the moment the peer connected. The user's number would not do: in a user namespace of our own (PrivateUsers=
// of the unit) everybody but root and ourselves is nobody.
std::vector<gid_t> supplementary_groups(int descriptor) {
    constexpr std::size_t kMostGroups = 65536;  // NGROUPS_MAX
    std::vector<gid_t> groups(64);
    for (;;) {
        auto bytes = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
        if (getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &bytes) == 0) {
            groups.resize(bytes / sizeof(gid_t));
            return groups;
        }
        const std::size_t wanted = bytes / sizeof(gid_t);
        if (errno != ERANGE || wanted <= groups.size() || wanted > kMostGroups) return {};
        groups.resize(wanted);
    }
}

}  // namespace

long group_number(const std::string& group) {
    const struct group* found = getgrnam(group.c_str());
    return found == nullptr ? -1 : static_cast<long>(found->gr_gid);
}

bool peer_may_enter(int descriptor, const std::string& group) {
    ucred peer{};
    socklen_t length = sizeof peer;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return false;
    if (peer.uid == 0 || peer.uid == geteuid()) return true;
    const long wanted = group_number(group);
    if (wanted < 0) return false;
    const auto gid = static_cast<gid_t>(wanted);
    if (peer.gid == gid) return true;
    const std::vector<gid_t> groups = supplementary_groups(descriptor);
    return std::find(groups.begin(), groups.end(), gid) != groups.end();
}

}  // namespace dosario
