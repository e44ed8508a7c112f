// SPDX-License-Identifier: Apache-2.0
#include "http/peer.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace dosario {

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
    const passwd* user = getpwuid(peer.uid);
    if (user == nullptr) return false;
    int count = 256;
    std::vector<gid_t> groups(static_cast<std::size_t>(count));
    if (getgrouplist(user->pw_name, user->pw_gid, groups.data(), &count) < 0) return false;
    return std::find(groups.begin(), groups.begin() + count, gid) != groups.begin() + count;
}

}  // namespace dosario
