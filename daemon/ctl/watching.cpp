// SPDX-License-Identifier: Apache-2.0
// `dosario watch`: what the desk answers, to scanners and pads too, on a terminal as it happens.
#include "ctl/language.hpp"
#include "ctl/reply_print.hpp"
#include "ctl/verbs.hpp"

#include "control/catalogue.hpp"
#include "ctl/doctor_daemon.hpp"

#include <boost/json.hpp>

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <thread>

namespace dosario {
namespace {

namespace json = boost::json;

constexpr auto kBetweenConnections = std::chrono::seconds{1};

constexpr CatalogueRow kWatchRows[] = {
    {"begin", "Aquí se ve lo que el mostrador contesta a lectores y bandejas. Ctrl-C termina.",
     "Here is shown what the counter answers to scanners and pads. Ctrl-C ends it.",
     "Aqui se vê o que o balcão responde a leitores e bandejas. Ctrl-C termina."},
    {"lost", "Se cortó: el servicio se detuvo o no contesta. Se espera a que vuelva; lo que se escanee ahora puede no guardarse.",
     "Cut off: the service has stopped or does not answer. Waiting for it; what is scanned now may not be saved.",
     "Cortou-se: o serviço parou ou não responde. Espera-se que volte; o que se ler agora pode não ser guardado."},
    {"back", "El servicio volvió. Lo último que se guardó lo dice `dosario status`.",
     "The service is back. `dosario status` says what was saved last.",
     "O serviço voltou. O último que foi guardado, `dosario status` diz."},
};

/// To people; those who read JSON see it on standard error.
void say_of_watch(std::string_view key, Language language) {
    for (const CatalogueRow& row : kWatchRows)
        if (row.key == key) std::fprintf(stderr, "%s\n", std::string{in_language(row, language)}.c_str());
}

void show_answer(const json::value& answer) {
    std::array<char, 16> clock{};
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    ::localtime_r(&now, &local);
    std::strftime(clock.data(), clock.size(), "%H:%M:%S", &local);
    const std::string reader = text_of(answer, "reader");
    const std::string zone = text_of(answer, "zone");
    std::printf("%s%s%s%s%s\n", clock.data(), reader.empty() ? "" : "  ", reader.c_str(), zone.empty() ? "" : "  ", zone.c_str());
    if (answer.as_object().contains("ok")) {
        print_reply(answer);
    } else {
        std::printf("%s\n", text_of(answer, "message").c_str());  // it could not be decided
    }
    std::printf("\n");
}

/// Lines of server-sent events (WHATWG HTML, 9.2.6), as the daemon writes them: `event:` and one `data:`.
class Feed {
public:
    explicit Feed(bool as_json) : as_json_(as_json) {}

    void line(std::string_view text) {
        constexpr std::string_view kEvent = "event: ", kData = "data: ";
        if (text.starts_with(kEvent)) {
            event_ = text.substr(kEvent.size());
        } else if (text.starts_with(kData)) {
            data(text.substr(kData.size()));
        }
    }

private:
    void data(std::string_view text) {
        if (as_json_) {
            std::printf("%.*s\n", static_cast<int>(text.size()), text.data());
        } else if (event_ == "answer") {
            boost::system::error_code broken;
            const json::value answer = json::parse(text, broken);
            if (!broken && answer.is_object()) show_answer(answer);
        }
        std::fflush(stdout);
    }

    bool as_json_;
    std::string event_;
};

int watch(Session& session, const std::string& wanted) {
    const std::string spoken = wanted.empty() ? station_language(session) : wanted;
    const Language language = language_of(spoken);
    auto first = Client::connect(session.socket_path());
    if (!first) return complain(first.error(), session.json);
    std::unique_ptr<Client> client = std::move(*first);
    say_of_watch("begin", language);
    std::signal(SIGINT, [](int) { ::_exit(kDone); });  // each answer was flushed
    std::signal(SIGTERM, [](int) { ::_exit(kDone); });
    for (;;) {
        Feed feed{session.json};
        const Error end = client->follow("/v1/live", [&feed](std::string_view line) { feed.line(line); });
        if (end.failure != Failure::unavailable) return complain(end, session.json);
        say_of_watch("lost", language);
        client.reset();
        while (client == nullptr) {
            std::this_thread::sleep_for(kBetweenConnections);
            if (auto again = Client::connect(session.socket_path())) client = std::move(*again);
        }
        say_of_watch("back", language);
    }
}

}  // namespace

void add_watch_verb(CLI::App& app, Session& session, Action& action) {
    auto language = std::make_shared<std::string>();
    CLI::App* verb = app.add_subcommand("watch", "what the counter answers to scanners and pads, as it happens, until Ctrl-C");
    verb->add_option("--language", *language, "es, en, pt of what is said beside; answers are in the station's")
        ->check(CLI::IsMember({"es", "en", "pt"}));
    verb->callback([&session, &action, language] { action = [&session, language] { return watch(session, *language); }; });
}

}  // namespace dosario
