// SPDX-License-Identifier: Apache-2.0
// A proof: one entry and what follows up to a head, as a file that a stranger can check. One JSON object a line, each line exactly as
// it is made here, with one new line at its end:
//
//   {"dosario_proof":1,"ledger":"<32 hex>","entry":SEQ,"to":SEQ2,"previous":"<64 hex: hash of the entry before>"}
//   {"seq":N,"event_id":"<32 hex>","kind":N,"version":N,"boot":N,"mono_us":N,"wall_us":N,"clock":N,"body":"<hex>","hash":"<64 hex>"}
//   ... one for each entry from SEQ to SEQ2 ...
//   {"head":SEQ2,"code":"<short code>"}
//
// docs/ledger-format.md says what such a file discloses, and how to check it without Dosario.
#pragma once

#include "dosario/v1/control.pb.h"
#include "ledger/ledger.hpp"
#include "wire/short_code.hpp"

#include <functional>
#include <optional>
#include <string>

namespace dosario {

/// A proof has at most so many entries.
inline constexpr std::uint64_t kMostProven = 100'000;
/// No line of a proof is longer.
inline constexpr std::size_t kLongestProofLine = 2 * kLargestBody + 1024;

/// Entries after a number as they are hashed, at most 256 or 256 KiB of bodies. not_found when `after` is beyond the head.
Result<v1::ProofReply> proof_reply(Ledger& ledger, const v1::ProofRequest& request);

/// Gives pages of entries after a number, from the daemon or from the file.
using ProofPages = std::function<Result<v1::ProofReply>(Seq after)>;
/// Takes one line with its new line; an error ends the proof.
using ProofLines = std::function<Result<void>(const std::string&)>;

/// Writes the proof of `seq` up to `to` (0: the head) and returns the number of its last entry. Each hash is checked before it is
/// written. invalid: no such range, or too long; damaged: the ledger's own chain does not hold.
Result<Seq> write_proof(const Digest& digest, Seq seq, Seq to, const ProofPages& pages, const ProofLines& lines);

/// Reads a proof line by line; constant memory.
class ProofCheck {
public:
    /// `wanted`: a code from a day sheet that the chain must come by.
    ProofCheck(const Digest& digest, std::optional<ShortCode> wanted) : digest_(digest), wanted_(wanted) {}

    /// The next line, without its new line. refused, in words, when it is not what must stand there.
    Result<void> line(std::string_view text);
    /// After the last line. refused when the file is not complete or never came by the wanted code.
    Result<void> end() const;

    /// The entry that is proven; after the second line.
    const Entry& entry() const { return entry_; }
    const LedgerId& ledger() const { return ledger_; }
    /// The last entry of the proof, after end().
    ShortCode head() const { return short_code(seq_, previous_); }
    const Sha256& head_hash() const { return previous_; }

private:
    Result<void> first(std::string_view text);
    Result<void> next(std::string_view text);
    Result<void> last(std::string_view text);

    const Digest& digest_;
    std::optional<ShortCode> wanted_;
    LedgerId ledger_{};
    Entry entry_;
    Seq first_ = 0;
    Seq to_ = 0;
    Seq seq_ = 0;        ///< of the line before
    Sha256 previous_{};  ///< its hash
    std::uint64_t lines_ = 0;
    bool ended_ = false;
};

}  // namespace dosario
