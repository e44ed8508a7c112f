// SPDX-License-Identifier: Apache-2.0
// Encrypted files from a stranger, and good ones with a few bytes changed; recovery keys as they are typed. What is read was sealed, and a
// file that was changed anywhere never gives its end.
#include "base/check.hpp"
#include "crypto/age.hpp"
#include "crypto/openssl.hpp"

#include <algorithm>
#include <cstdint>

using namespace dosario;

namespace {

constexpr std::size_t kPiece = 64 * 1024;

ByteSource source_of(const std::string& bytes) {
    return [&bytes, at = std::size_t{0}](std::span<std::byte> out) mutable -> Result<std::size_t> {
        const std::size_t some = std::min(out.size(), bytes.size() - at);
        std::copy_n(std::as_bytes(std::span{bytes}).begin() + static_cast<std::ptrdiff_t>(at), some, out.begin());
        at += some;
        return some;
    };
}

const AgeSecretKey& key() {
    static const AgeSecretKey made = make_age_key(*make_entropy());
    return made;
}

std::string made_file(std::size_t size) {
    std::string file;
    auto writer = AgeWriter::start(key().recipient(), *make_entropy(), [&](ByteView bytes) -> Result<void> {
        file += as_text(bytes);
        return {};
    });
    const std::string plain(size, 'p');
    DOSARIO_CHECK(writer && (*writer)->write(as_bytes(plain)) && (*writer)->finish());
    return file;
}

/// All of it was read, to a sealed end.
bool opens(const std::string& file) {
    auto reader = AgeReader::open(key(), source_of(file));
    if (!reader) return false;
    Bytes some(10'000);
    for (;;) {
        const auto got = (*reader)->read(some);
        if (!got) return false;
        if (*got == 0) return true;
    }
}

/// Three bytes of the input say where and what to change, the last ones where to cut.
std::string changed(std::string file, const std::string& by) {
    for (std::size_t i = 0; i + 2 < by.size(); i += 3) {
        const auto at = static_cast<std::size_t>(static_cast<std::uint8_t>(by[i]) << 8 | static_cast<std::uint8_t>(by[i + 1]));
        file[at % file.size()] = by[i + 2];
    }
    if (by.size() % 3 == 1) file.resize(file.size() * static_cast<std::uint8_t>(by.back()) / 256);
    return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string input{reinterpret_cast<const char*>(bytes), size};
    static const std::string small = made_file(300), large = made_file(kPiece + 100);
    DOSARIO_CHECK(!opens(input));
    (void)age_shape(source_of(input));
    for (const std::string& good : {small, large}) {
        const std::string other = changed(good, input);
        DOSARIO_CHECK(opens(other) == (other == good));
        (void)age_shape(source_of(other));
    }
    if (const auto typed = parse_age_secret(input)) DOSARIO_CHECK(parse_age_secret(typed->text()).has_value());
    if (const auto typed = parse_age_recipient(input)) {
        std::string lower = input;
        for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        DOSARIO_CHECK(typed->text() == lower);
    }
    return 0;
}
