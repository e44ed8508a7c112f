// SPDX-License-Identifier: Apache-2.0
// dosariod: reads its configuration, runs the daemon. Exit codes: 0 stopped as asked, 1 cannot start or the disk failed, 2 usage or
// configuration.
#include "app/daemon.hpp"
#include "system/harden.hpp"
#include "wire/quiet_protobuf.hpp"

#include <CLI/CLI.hpp>

#include <malloc.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdio>

int main(int argc, char** argv) {
    using namespace dosario;
    harden_process();
    ::mallopt(M_ARENA_MAX, 1);  // a few threads that seldom meet: one pool of memory, which a night's work leaves small
    quiet_protobuf();
    CLI::App options{"Dosario's daemon: reads scanners, keeps the ledger, answers the counter."};
    std::string config;
    std::string directory;
    bool check_only = false;
    options
        .add_option(
            "--config", config,
            "configuration file (TOML); the example dosario.toml is in config/ of the sources, in /usr/share/dosario when installed")
        ->required();
    options.add_option("--data", directory, "directory of the ledger; it must exist");
    options.add_flag("--check-config", check_only, "only say what is wrong with the configuration");
    options.set_version_flag("--version", DOSARIO_VERSION);
    try {
        options.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return options.exit(error) == 0 ? 0 : 2;
    }
    SettingsProblems problems;
    const Settings settings = read_settings(config, problems);
    for (const std::string& line : problems.lines) std::fprintf(stderr, "%s\n", line.c_str());
    if (!problems.lines.empty()) {
        std::fprintf(stderr, "dosariod: nothing was started: mend the configuration and start again\n");
        return 2;
    }
    if (check_only) {
        std::printf("%s: good\n", config.c_str());
        return 0;
    }
    if (directory.empty()) {
        std::fprintf(stderr, "dosariod: --data DIR is wanted: the directory where the ledger lives\n");
        return 2;
    }
    std::signal(SIGPIPE, SIG_IGN);
    umask(0077);  // the ledger is for this user; the sockets are given to the group one by one
    auto daemon = Daemon::start(settings, directory);
    if (!daemon) {
        std::fprintf(stderr, "dosariod: %s\n", daemon.error().message.c_str());
        return 1;
    }
    return (*daemon)->run();
}
