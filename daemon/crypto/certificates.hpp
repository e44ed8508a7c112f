// SPDX-License-Identifier: Apache-2.0
// Certificates by which stations and collectors know each other: X.509 v3 (RFC 5280) on P-256. Who somebody is stands in one
// place, the URI among the alternative names: `dosario:station/NAME` or `dosario:collector/NAME`. All texts are PEM; the caller
// gives the time and keeps the files. No TLS here.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <string>
#include <string_view>

namespace dosario {

inline constexpr auto kAuthorityLife = std::chrono::days{20 * 365 + 5};
inline constexpr auto kCertificateLife = std::chrono::days{365};
/// Certificates begin this long before they are made, for a peer whose clock is a little behind.
inline constexpr auto kBackdating = std::chrono::hours{1};
inline constexpr std::size_t kLongestCertificateName = 64;
inline constexpr std::size_t kLargestPem_bytes = 64 * 1024;
inline constexpr std::size_t kMostCertificates = 16;  // in one PEM text

enum class CertificateKind { station, collector };

/// Who a certificate speaks for. `name`: 1 to 64 characters of a-z 0-9 . _ -
struct CertificateName {
    CertificateKind kind = CertificateKind::station;
    std::string name;
    bool operator==(const CertificateName&) const = default;
};

/// What a certificate says. Nothing in it was verified: whether a known authority signed it and it is valid is TLS's to find out.
struct CertificateInfo {
    CertificateKind kind = CertificateKind::station;
    std::string name;
    UtcTime not_before;
    UtcTime not_after;   ///< the last second of its life
    std::string serial;  ///< lower-case hexadecimal, 32 digits in those that we issue
};

/// A certificate and its private key. Wipe the key (secret_file.hpp) once it is in its file.
struct Credential {
    std::string certificate;
    std::string key;
};

/// A certificate signing request (PKCS#10) and the private key that stays where it was made.
struct CertificateRequest {
    std::string request;
    std::string key;
};

/// `station` or `collector`.
std::string_view kind_text(CertificateKind kind);

/// `station/NAME` or `collector/NAME`, for people; the URI is this with `dosario:` before it.
std::string full_name(const CertificateName& who);

/// An error that says which characters are allowed.
Result<void> check_certificate_name(std::string_view name);

/// A new authority: its key and its certificate signed by itself, for 20 years. Two authorities may share a `name`.
Result<Credential> make_authority(const std::string& name, UtcTime now);

/// A key and a certificate for `who`, from `now` (backdated) for `life`, never longer than the authority. Errors: invalid for a
/// name that is not allowed, an authority that is none, a key that is not its own; refused when the authority is not valid at
/// `now`.
Result<Credential> issue_certificate(const Credential& authority, const CertificateName& who, UtcTime now,
                                     std::chrono::seconds life = kCertificateLife);

/// For whoever wants a certificate: a new key, and a request that carries the name and is signed with that key.
Result<CertificateRequest> make_request(const CertificateName& who);

/// Signs a stranger's request for `who`, the name that was authenticated by other means. The request must be signed with its own
/// key, on P-256, and ask for exactly that name: else refused. Only the public key is taken from it. Other errors as
/// issue_certificate.
Result<std::string> sign_request(const Credential& authority, std::string_view request, const CertificateName& who, UtcTime now,
                                 std::chrono::seconds life = kCertificateLife);

/// Reads the first certificate in the text. An error unless it has exactly one alternative name, a URI of ours, and the key usage
/// that we give to that kind (so an authority's is an error too).
Result<CertificateInfo> read_certificate(std::string_view pem);

/// When the authority in the text ends that ends last. An error unless each certificate in it is an authority's.
Result<UtcTime> authority_ends_at(std::string_view pem);

}  // namespace dosario
