// SPDX-License-Identifier: Apache-2.0
// The node in /dev/bus/usb is a symbolic link to a pseudo-terminal: a plain file is always writable, and libusb, which waits for POLLOUT,
// would spin. Output stopped (TCOOFF) means "nothing to reap", started (TCOON) "reap me", the master closed "the device is gone".
#include "support/usbfs/fake_usb.hpp"

#include "base/check.hpp"
#include "support/usbfs/usbfs_wire.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>
#include <utility>

namespace dosario::test {
namespace {

/// The slave's path without a lookup in /dev, which the test bed redirects.
class Pty {
public:
    Pty() : master_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
        DOSARIO_CHECK(master_ >= 0 && grantpt(master_) == 0 && unlockpt(master_) == 0);
        slave_ = ioctl(master_, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
        DOSARIO_CHECK(slave_ >= 0);
        char name[64];
        DOSARIO_CHECK(ptsname_r(master_, name, sizeof name) == 0);
        path_ = name;
        tcflow(slave_, TCOOFF);
    }
    ~Pty() {
        hang_up();
        ::close(slave_);
    }
    Pty(const Pty&) = delete;
    Pty& operator=(const Pty&) = delete;
    void show(bool ready) { tcflow(slave_, ready ? TCOON : TCOOFF); }
    void hang_up() {
        if (master_ >= 0) ::close(std::exchange(master_, -1));
    }
    const std::string& path() const { return path_; }

private:
    int master_;
    int slave_ = -1;
    std::string path_;
};

class Plugged final : public PluggedDevice {
public:
    Plugged(const FakeSpec& spec, std::string node, std::string root, std::string syspath)
        : device_(spec),
          wire_(device_),
          node_(std::move(node)),
          real_node_(std::move(root) + node_),
          syspath_(std::move(syspath)) {
        device_.on_change = [this] { follow(); };
        wire_.attach(handler_);
        if (spec.idles && device_.idle_period()) idler_ = std::jthread{[this](const std::stop_token& stop) { idle(stop); }};
    }
    ~Plugged() override {
        idler_.request_stop();
        if (idler_.joinable()) idler_.join();
        g_object_unref(handler_);
    }
    FakeDevice& device() override { return device_; }
    const std::string& node() const override { return node_; }
    const std::string& syspath() const { return syspath_; }
    UMockdevIoctlBase* handler() { return handler_; }

    void make_node() {
        ::unlink(real_node_.c_str());
        if (!device_.spec().permitted) DOSARIO_CHECK(::chmod(pty_.path().c_str(), 0) == 0);
        DOSARIO_CHECK(::symlink(pty_.path().c_str(), real_node_.c_str()) == 0);
    }

private:
    /// The pseudo-terminal shows what the device is; the lock keeps two changes from overtaking each other.
    void follow() {
        const std::lock_guard lock{follow_mutex_};
        if (device_.gone()) {
            if (std::exchange(left_, true)) return;  // the node may be another device's by now
            ::unlink(real_node_.c_str());
            pty_.show(true);
            pty_.hang_up();
            return;
        }
        if (const bool ready = device_.ready(); ready != shown_) {
            shown_ = ready;
            pty_.show(ready);
        }
    }

    /// Time of a simulated scanner.
    void idle(const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any ended;
        std::unique_lock lock{mutex};
        while (!stop.stop_requested() && !device_.gone()) {
            ended.wait_for(lock, stop, *device_.idle_period(), [] { return false; });
            device_.idle();
        }
    }

    Pty pty_;
    std::mutex follow_mutex_;
    bool shown_ = false;
    bool left_ = false;
    FakeDevice device_;
    UsbfsWire wire_;
    UMockdevIoctlBase* handler_ = umockdev_ioctl_base_new();
    std::string node_, real_node_, syspath_;
    std::jthread idler_;
};

class Bed final : public FakeUsb {
public:
    Bed() : bed_(umockdev_testbed_new()) {
        if (umockdev_in_mock_environment() == FALSE) {
            std::fputs("run this program under umockdev-wrapper\n", stderr);
            std::exit(2);
        }
        // A process without terminal may get the pseudo-terminal as its own: its end must not end the process.
        std::signal(SIGHUP, SIG_IGN);
        gchar* const root = umockdev_testbed_get_root_dir(bed_);
        root_ = root;
        g_free(root);
        // Everybody may read sysfs.
        DOSARIO_CHECK(::chmod(root_.c_str(), 0755) == 0);
    }
    ~Bed() override {
        // The bed's worker thread ends first: after it nobody calls the wires.
        g_object_unref(bed_);
        all_.clear();
    }
    const std::string& root() const override { return root_; }

    std::shared_ptr<PluggedDevice> plug(const FakeSpec& spec, Udev udev) override {
        const int number = next_number();
        const std::string node = node_of(number);
        const std::string name = spec.port.empty() ? "1-" + std::to_string(number) : spec.port;
        DOSARIO_CHECK(!std::filesystem::exists(root_ + "/sys/bus/usb/devices/" + name));
        const std::string syspath = "/sys/devices/usb1/" + name;
        auto plugged = std::make_shared<Plugged>(spec, node, root_, syspath);
        all_.push_back(plugged);
        GError* error = nullptr;
        // Not yet usb_device: the "add" that follows at once must not be seen before the node is ready.
        umockdev_testbed_add_from_string(bed_, description(spec, name, node, number, udev != Udev::unconfigured).c_str(), &error);
        DOSARIO_CHECK(error == nullptr);
        show_hid_devices(spec, name);
        umockdev_testbed_attach_ioctl(bed_, node.c_str(), plugged->handler(), &error);
        DOSARIO_CHECK(error == nullptr);
        plugged->make_node();
        // The preloaded library connects even where the open was refused, and ends the process if it cannot.
        for (const auto& entry : std::filesystem::recursive_directory_iterator{root_ + "/ioctl"})
            DOSARIO_CHECK(::chmod(entry.path().c_str(), 0777) == 0);
        if (udev != Udev::half_made) finish(*plugged);
        if (udev == Udev::answers || udev == Udev::unconfigured) umockdev_testbed_uevent(bed_, syspath.c_str(), "add");
        return plugged;
    }

    void finish(PluggedDevice& device) override {
        umockdev_testbed_set_property(bed_, static_cast<Plugged&>(device).syspath().c_str(), "DEVTYPE", "usb_device");
    }

    void configure(PluggedDevice& device) override {
        umockdev_testbed_set_attribute(bed_, static_cast<Plugged&>(device).syspath().c_str(), "bConfigurationValue", "1\n");
    }

    void unplug(PluggedDevice& device, Udev udev) override {
        device.device().leave();
        announce_gone(device, udev);
    }

    void announce_gone(PluggedDevice& device, Udev udev) override {
        const auto& plugged = static_cast<Plugged&>(device);
        if (udev == Udev::answers) umockdev_testbed_uevent(bed_, plugged.syspath().c_str(), "remove");
        const std::string name = plugged.syspath().substr(plugged.syspath().rfind('/') + 1);
        std::filesystem::remove(root_ + "/sys/bus/usb/devices/" + name);
        std::filesystem::remove_all(root_ + plugged.syspath());
    }

private:
    static std::string node_of(int number) {
        char node[32];
        std::snprintf(node, sizeof node, "/dev/bus/usb/001/%03d", number);
        return node;
    }
    /// As the kernel's: the next one that is free, from 2 to 127 and round again (1 is the root hub).
    int next_number() {
        constexpr int kMostNumbers = 127;
        for (int tried = 0; tried < kMostNumbers; ++tried) {
            last_number_ = last_number_ < kMostNumbers ? last_number_ + 1 : 2;
            const auto same = std::ranges::find(all_, node_of(last_number_), [](const auto& one) { return one->node(); });
            if (same == all_.end()) return last_number_;
            if (!(*same)->device().gone()) continue;
            GError* error = nullptr;
            umockdev_testbed_detach_ioctl(bed_, (*same)->node().c_str(), &error);
            DOSARIO_CHECK(error == nullptr);
            all_.erase(same);
            return last_number_;
        }
        DOSARIO_CHECK(!"a USB bus has 127 devices");
    }

    static std::string description(const FakeSpec& spec, const std::string& name, const std::string& node, int number,
                                   bool configured) {
        char numbers[64];
        std::snprintf(numbers, sizeof numbers, "E: BUSNUM=001\nE: DEVNUM=%03d\n", number);
        std::string text = "P: /devices/usb1/" + name + "\nN: " + node.substr(5) + "\nE: DEVNAME=" + node +
                           "\nE: DEVTYPE=usb_pending\nE: SUBSYSTEM=usb\n" + numbers;
        text += "A: busnum=1\\n\nA: devnum=" + std::to_string(number) + "\\n\nA: speed=" + (spec.high_speed ? "480" : "12") +
                "\\n\nA: bConfigurationValue=" + (configured ? "1\\n" : "") + "\n";
        if (spec.strings_in_sysfs && !spec.serial.empty()) text += "A: serial=" + spec.serial + "\\n\n";
        if (spec.strings_in_sysfs && !spec.product.empty()) text += "A: product=" + spec.product + "\\n\n";
        return text + "H: descriptors=" + to_hex(usb_descriptors(spec)) + "\n";
    }

    void show_hid_devices(const FakeSpec& spec, const std::string& name) {
        for (const FakeInterface& one : spec.interfaces) {
            if (!one.in_sysfs) continue;
            const std::filesystem::path folder = root_ + "/sys/devices/usb1/" + name + '/' + name + ":1." +
                                                 std::to_string(one.number) + "/0003:" + hex4(spec.vid) + ':' + hex4(spec.pid) +
                                                 ".0001";
            std::filesystem::create_directories(folder);
            std::ofstream{folder / "report_descriptor", std::ios::binary} << as_text(one.report_descriptor);
        }
    }

    UMockdevTestbed* bed_;
    std::string root_;
    int last_number_ = 1;
    std::vector<std::shared_ptr<Plugged>> all_;
};

}  // namespace

std::unique_ptr<FakeUsb> FakeUsb::create() { return std::make_unique<Bed>(); }

}  // namespace dosario::test
