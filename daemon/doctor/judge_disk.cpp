// SPDX-License-Identifier: Apache-2.0
// The folder of the ledger and the disk below it.
#include "doctor/checks.hpp"
#include "doctor/numbers.hpp"

#include <algorithm>
#include <iterator>

namespace dosario {
namespace {

constexpr std::uint64_t kLittleSpace_bytes = 1ULL << 30;
constexpr std::uint64_t kSlow_us = 100'000;      // a person notices
constexpr std::uint64_t kVerySlow_us = 500'000;  // `dosario status` warns of answers that took so long
constexpr std::uint64_t kLargeLog_bytes = 256ULL << 20;

/// Whether a durable write is durable there.
enum class Trust { disk, memory, network, layered };

Trust trust_of(std::string_view filesystem) {
    constexpr std::string_view kMemory[] = {"tmpfs", "ramfs"};
    constexpr std::string_view kNetwork[] = {"nfs", "cifs", "smb2", "9p", "fuse", "ceph", "afs", "virtiofs"};
    constexpr std::string_view kLayered[] = {"overlayfs", "aufs", "squashfs"};
    const auto in = [&](const auto& names) { return std::ranges::find(names, filesystem) != std::end(names); };
    if (in(kMemory)) return Trust::memory;
    if (in(kNetwork)) return Trust::network;
    return in(kLayered) ? Trust::layered : Trust::disk;
}

}  // namespace

Finding judge_folder(const Facts& facts) {
    if (!facts.folder) return cannot_tell(facts.folder.why());
    const FolderFacts& folder = *facts.folder;
    if (!folder.there) return {Verdict::fails, "missing", {{"path", folder.path}}};
    if (!folder.writable) return {Verdict::fails, "not_writable", {{"path", folder.path}, {"why", folder.problem}}};
    return {Verdict::ok, "writable", {{"path", folder.path}}};
}

Finding judge_filesystem(const Facts& facts) {
    if (!facts.folder) return cannot_tell(facts.folder.why());
    if (!facts.folder->there) return {Verdict::unknown, "missing"};
    const std::vector<std::pair<std::string_view, std::string>> words{{"filesystem", facts.folder->filesystem}};
    switch (trust_of(facts.folder->filesystem)) {
        case Trust::disk: return {Verdict::ok, "disk", words};
        case Trust::memory: return {Verdict::warning, "memory", words};
        case Trust::network: return {Verdict::warning, "network", words};
        case Trust::layered: return {Verdict::warning, "layered", words};
    }
    return {Verdict::ok, "disk", words};
}

Finding judge_free(const Facts& facts) {
    if (!facts.folder) return cannot_tell(facts.folder.why());
    const FolderFacts& folder = *facts.folder;
    if (!folder.there) return {Verdict::unknown, "missing"};
    const std::vector<std::pair<std::string_view, std::string>> words{{"free", in_mib(folder.free_bytes)},
                                                                      {"least", in_mib(folder.least_free_bytes)}};
    if (folder.free_bytes < folder.least_free_bytes) return {Verdict::fails, "full", words};
    if (folder.free_bytes < kLittleSpace_bytes) return {Verdict::warning, "little", words};
    return {Verdict::ok, "enough", words};
}

Finding judge_sync(const Facts& facts) {
    if (!facts.folder) return cannot_tell(facts.folder.why());
    const FolderFacts& folder = *facts.folder;
    if (!folder.there) return {Verdict::unknown, "missing"};
    if (folder.sync_us.empty()) {
        if (folder.problem.empty()) return {Verdict::unknown, "not_measured"};
        return {Verdict::fails, "failed", {{"why", folder.problem}}};
    }
    const std::uint64_t middle = median(folder.sync_us);
    const std::vector<std::pair<std::string_view, std::string>> words{{"median", in_ms(middle)},
                                                                      {"worst", in_ms(*std::ranges::max_element(folder.sync_us))},
                                                                      {"count", std::to_string(folder.sync_us.size())}};
    if (middle >= kVerySlow_us) return {Verdict::fails, "very_slow", words};
    if (middle >= kSlow_us) return {Verdict::warning, "slow", words};
    return {Verdict::ok, "quick", words};
}

Finding judge_log(const Facts& facts) {
    if (!facts.folder) return cannot_tell(facts.folder.why());
    if (!facts.folder->there) return {Verdict::unknown, "missing"};
    const std::vector<std::pair<std::string_view, std::string>> words{{"log", in_mib(facts.folder->log_bytes)},
                                                                      {"ledger", in_mib(facts.folder->ledger_bytes)}};
    if (facts.folder->log_bytes > kLargeLog_bytes) return {Verdict::warning, "large", words};
    return {Verdict::ok, "small", words};
}

}  // namespace dosario
