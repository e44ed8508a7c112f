// SPDX-License-Identifier: Apache-2.0
#include "collector/pki.hpp"

#include "crypto/certificates.hpp"
#include "crypto/secret_file.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace dosario {
namespace {

bool exists(const std::string& path) {
    struct stat found {};
    return stat(path.c_str(), &found) == 0;
}

Result<void> make_folder(const std::string& path) {
    if (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
    return fail(Failure::io, "cannot make the folder " + path + " (" + std::strerror(errno) + ")");
}

Result<void> write_credential(const std::string& path, Credential& credential) {
    std::string both = credential.certificate + credential.key;
    auto written = write_secret(path, both);
    wipe(both);
    wipe(credential.key);
    return written;
}

/// Both halves read from one file: a PEM reader takes the part it looks for.
Result<Credential> read_authority(const std::string& path) {
    auto text = read_secret(path);
    if (!text) return text.error();
    return Credential{*text, *text};
}

}  // namespace

PkiPaths pki_paths(const std::string& directory) {
    const std::string folder = directory + "/pki";
    return {folder + "/authority.pem", folder + "/ca.pem", folder + "/collector.pem", folder + "/stations"};
}

Result<void> init_pki(const std::string& directory, const std::string& name, UtcTime now) {
    const PkiPaths paths = pki_paths(directory);
    if (exists(paths.authority)) {
        return fail(Failure::refused, paths.authority +
                                          " is there already: stations trust it. A new authority would lock them out; to make one"
                                          " nevertheless, move the folder pki away first");
    }
    auto authority = make_authority(name, now);
    if (!authority) return authority.error();
    auto collector = issue_certificate(*authority, {CertificateKind::collector, name}, now);
    if (!collector) return collector.error();
    if (auto made = make_folder(directory + "/pki"); !made) return made;
    if (auto made = make_folder(paths.stations); !made) return made;
    const std::string ca = authority->certificate;
    if (auto written = write_credential(paths.collector, *collector); !written) return written;
    if (auto written = write_secret(paths.ca, ca); !written) return written;
    if (chmod(paths.ca.c_str(), 0644) != 0) return fail(Failure::io, "cannot make " + paths.ca + " readable");
    return write_credential(paths.authority, *authority);  // last: with it the authority is whole
}

Result<UtcTime> renew_collector(const std::string& directory, UtcTime now) {
    const PkiPaths paths = pki_paths(directory);
    auto authority = read_authority(paths.authority);
    if (!authority) return authority.error();
    auto old = read_secret(paths.collector);
    const auto info = old ? read_certificate(*old) : Result<CertificateInfo>{old.error()};
    if (old) wipe(*old);
    if (!info) return info.error();
    auto renewed = issue_certificate(*authority, {info->kind, info->name}, now);
    wipe(authority->key);
    wipe(authority->certificate);
    if (!renewed) return renewed.error();
    const auto made = read_certificate(renewed->certificate);
    if (auto written = write_credential(paths.collector, *renewed); !written) return written.error();
    return made->not_after;
}

bool collector_renewal_due(const std::string& directory, UtcTime now) {
    constexpr auto kLatest = std::chrono::days{30};
    const PkiPaths paths = pki_paths(directory);
    auto text = read_secret(paths.collector);
    if (!text || !exists(paths.authority)) return false;
    const auto info = read_certificate(*text);
    wipe(*text);
    if (!info || now >= info->not_after + kLatest) return false;
    return now >= info->not_before + (info->not_after - info->not_before) / 3 * 2 || now < info->not_before;
}

Result<std::string> issue_station(const std::string& directory, const std::string& name, bool again, UtcTime now,
                                  std::chrono::seconds life) {
    if (auto good = check_certificate_name(name); !good) return good.error();
    const PkiPaths paths = pki_paths(directory);
    const std::string path = paths.stations + "/" + name + ".pem";
    if (!again && exists(path))
        return fail(Failure::refused, path + " is there already: give the station that file, or issue another one with --again");
    auto authority = read_authority(paths.authority);
    if (!authority) {
        if (authority.error().failure == Failure::not_found)
            return fail(Failure::not_found,
                        "there is no authority in " + directory + " yet: `dosario-collector pki init` makes one");
        return authority.error();
    }
    auto credential = issue_certificate(*authority, {CertificateKind::station, name}, now, life);
    wipe(authority->key);
    wipe(authority->certificate);
    if (!credential) return credential.error();
    if (auto written = write_credential(path, *credential); !written) return written.error();
    return path;
}

Result<std::string> renew_station(const std::string& authority_file, const std::string& request, const std::string& name,
                                  UtcTime now) {
    auto authority = read_authority(authority_file);
    if (!authority) return authority.error();
    auto certificate = sign_request(*authority, request, {CertificateKind::station, name}, now);
    wipe(authority->key);
    wipe(authority->certificate);
    return certificate;
}

}  // namespace dosario
