// SPDX-License-Identifier: Apache-2.0
#include "collector/settings.hpp"

#include "config/toml_section.hpp"

#include <boost/asio/ip/address.hpp>

#include <filesystem>

namespace dosario {
namespace {

/// Relative names are looked for beside the configuration file.
void beside(const std::string& config, std::string& file) {
    if (file.empty() || file == "none" || file.front() == '/') return;
    file = (std::filesystem::path{config}.parent_path() / file).string();
}

}  // namespace

CollectorSettings read_collector_settings(const std::string& path, std::vector<std::string>& problems) {
    CollectorSettings settings;
    const auto table = parse_toml(path, problems, "collector.toml");
    if (!table) return settings;
    TomlSection root{&*table, path, "", problems};
    TomlSection listen = root.section("listen");
    listen.text("address", settings.address);
    boost::system::error_code wrong;
    (void)boost::asio::ip::make_address(settings.address, wrong);
    if (wrong)
        listen.problem("address", "a numeric address of this machine is wanted, for example \"::\" (all) or \"127.0.0.1\"");
    listen.number("port", settings.port, 0, 65535);
    listen.end();
    TomlSection certificates = root.section("certificates");
    certificates.text("identity", settings.identity);
    certificates.texts("authorities", settings.authorities);
    certificates.text("signer", settings.signer);
    certificates.end();
    beside(path, settings.identity);
    beside(path, settings.signer);
    for (std::string& file : settings.authorities) beside(path, file);
    TomlSection api = root.section("api");
    api.text("socket", settings.socket);
    if (!settings.socket.empty() && settings.socket.front() != '/')
        api.problem("socket", "a whole path is wanted, beginning with /");
    api.text("group", settings.group);
    api.end();
    root.end();
    return settings;
}

}  // namespace dosario
