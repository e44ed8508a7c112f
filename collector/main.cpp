// SPDX-License-Identifier: Apache-2.0
// dosario-collector: receives the facts of all stations; and, with a verb, looks at what it has. Exit codes: 0 done, 1 cannot start,
// refused or damaged, 2 usage or configuration, 3 no collector answers.
#include "collector/collector.hpp"
#include "collector/verbs.hpp"
#include "http/json.hpp"
#include "system/harden.hpp"
#include "wire/quiet_protobuf.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

namespace {

int run_collector(const std::string& config, const std::string& directory, bool check_only) {
    using namespace dosario;
    if (config.empty()) {
        std::fprintf(stderr,
                     "dosario-collector: --config FILE is wanted, or a verb: --help lists them, and says where an example is\n");
        return 2;
    }
    std::vector<std::string> problems;
    const CollectorSettings settings = read_collector_settings(config, problems);
    for (const std::string& line : problems) std::fprintf(stderr, "%s\n", line.c_str());
    if (!problems.empty()) {
        std::fprintf(stderr, "dosario-collector: nothing was started: mend the configuration and start again\n");
        return 2;
    }
    if (check_only) {
        std::printf("%s: good\n", config.c_str());
        return 0;
    }
    if (directory.empty()) {
        std::fprintf(stderr, "dosario-collector: --data DIR is wanted: the directory where what stations send is kept\n");
        return 2;
    }
    auto collector = Collector::start(settings, directory);
    if (!collector) {
        std::fprintf(stderr, "dosario-collector: %s\n", collector.error().message.c_str());
        return 1;
    }
    return (*collector)->run();
}

}  // namespace

int main(int argc, char** argv) {
    using namespace dosario;
    harden_process();
    quiet_protobuf();
    CLI::App options{"Dosario's collector: receives the facts of all stations, keeps them, and derives stock, lots and doses."};
    CollectorPlace place;
    CollectorAction action;
    std::string config;
    bool check_only = false;
    options.add_option(
        "--config", config,
        "configuration file (TOML); the example collector.toml is in config/ of the sources, in /usr/share/dosario when installed");
    options.add_option("--data", place.directory, "directory of the store and the certificates; it must exist");
    options.add_option("--socket", place.socket, "socket of the collector to ask, instead of the one in --data");
    options.add_flag("--check-config", check_only, "only say what is wrong with the configuration");
    options.set_version_flag("--version", DOSARIO_VERSION);
    options.require_subcommand(0, 1);
    add_looking_verbs(options, place, action);
    add_pki_verbs(options, place, action);
    try {
        options.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return options.exit(error);  // --help, --version
        const bool as_json =
            std::any_of(argv + 1, argv + argc, [](const char* word) { return std::string_view{word} == "--json"; });
        return complain(fail(Failure::invalid, fit_for_json(error.what()) + " (--help lists what there is)"), as_json);
    }
    std::signal(SIGPIPE, SIG_IGN);
    umask(0077);  // the store and the keys are for this user
    return action ? action() : run_collector(config, place.directory, check_only);
}
