// SPDX-License-Identifier: Apache-2.0
// Who has a node open: by a folder that looks like /proc, and by a real process.
#include "usb/holder.hpp"

#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace dosario::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNode = "/dev/bus/usb/001/004";

struct FakeProc {
    TemporaryDirectory folder;
    std::string path() const { return folder.path(); }
    void add(const std::string& pid, const char* program, std::initializer_list<const char*> files) {
        const fs::path process = fs::path{path()} / pid;
        fs::create_directories(process / "fd");
        std::ofstream{process / "comm"} << program << '\n';
        int fd = 3;
        for (const char* file : files) fs::create_symlink(file, process / "fd" / std::to_string(fd++));
    }
};

TEST_CASE("the program that has the node open is named", "[holder]") {
    FakeProc proc;
    proc.add("1", "systemd", {"/dev/null", "/dev/bus/usb/001/003"});
    proc.add("812", "pcscd", {"/dev/null", kNode});
    proc.add("self", "dosariod", {kNode});  // no process of its own
    proc.add(std::to_string(getpid()), "test", {kNode});
    const auto holder = holder_of(kNode, proc.path());
    REQUIRE(holder);
    CHECK(holder->pid == 812);
    CHECK(holder->program == "pcscd");
}

TEST_CASE("nobody is named where nobody has it, or nothing can be seen", "[holder]") {
    FakeProc proc;
    proc.add("1", "systemd", {"/dev/bus/usb/001/003"});
    CHECK_FALSE(holder_of(kNode, proc.path()));
    CHECK_FALSE(holder_of(kNode, proc.path() + "/nowhere"));
    CHECK_FALSE(holder_of("", proc.path()));
    fs::create_directories(fs::path{proc.path()} / "5");  // ended between two looks: without fd
    CHECK_FALSE(holder_of(kNode, proc.path()));
}

TEST_CASE("a real process that has a file open is found and named", "[holder]") {
    TemporaryDirectory folder;
    const std::string file = fs::canonical(folder.path()).string() + "/node";
    std::ofstream{file} << "x";
    int ready[2];
    REQUIRE(pipe(ready) == 0);
    const pid_t child = fork();
    if (child == 0) {
        const int fd = ::open(file.c_str(), O_RDONLY);
        if (write(ready[1], fd >= 0 ? "y" : "n", 1) != 1) _exit(1);
        for (;;) pause();
    }
    char answer = 0;
    REQUIRE(read(ready[0], &answer, 1) == 1);
    const auto holder = holder_of(file);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(ready[0]);
    close(ready[1]);
    REQUIRE(answer == 'y');
    REQUIRE(holder);
    CHECK(holder->pid == child);
    CHECK(holder->program == "test_usb_policy");
    CHECK_FALSE(holder_of(file));
}

TEST_CASE("known holders come with how to stop them", "[holder]") {
    CHECK(advice_about("pcscd").find("systemctl stop pcscd") != std::string::npos);
    CHECK(advice_about("ModemManager").find("ModemManager") != std::string::npos);
    CHECK(advice_about("somebody").find("Close it") != std::string::npos);
}

}  // namespace
}  // namespace dosario::test
