// SPDX-License-Identifier: Apache-2.0
#include "support/usbfs/usbfs_wire.hpp"

#include <linux/usbdevice_fs.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace dosario::test {
namespace {

std::uint64_t handle_of(UMockdevIoctlClient* client) { return reinterpret_cast<std::uint64_t>(client); }

/// What the argument points to, kept alive as long as the ioctl.
class Pointed {
public:
    Pointed(UMockdevIoctlData* arg, std::size_t size) : held_(umockdev_ioctl_data_resolve(arg, 0, size, nullptr)) {}
    ~Pointed() {
        if (held_ != nullptr) umockdev_ioctl_data_unref(held_);
    }
    Pointed(const Pointed&) = delete;
    Pointed& operator=(const Pointed&) = delete;

    explicit operator bool() const { return held_ != nullptr; }
    template <class T>
    T read() const {
        T value;
        std::memcpy(&value, held_->data, sizeof value);
        return value;
    }
    template <class T>
    void write(std::size_t offset, T value) {
        umockdev_ioctl_data_update(held_, offset, reinterpret_cast<guint8*>(&value), sizeof value);
    }
    UMockdevIoctlData* get() const { return held_; }

private:
    UMockdevIoctlData* held_;
};

template <class T>
void update(UMockdevIoctlData* where, std::size_t offset, T value) {
    umockdev_ioctl_data_update(where, offset, reinterpret_cast<guint8*>(&value), sizeof value);
}

std::uint8_t interface_in(UMockdevIoctlData* arg) {
    const Pointed number{arg, sizeof(unsigned)};
    return number ? static_cast<std::uint8_t>(number.read<unsigned>()) : std::uint8_t{0xff};
}

}  // namespace

UsbfsWire::~UsbfsWire() {
    while (!urbs_.empty()) forget(urbs_.begin());
}

void UsbfsWire::attach(UMockdevIoctlBase* handler) {
    g_signal_connect(handler, "handle-ioctl", G_CALLBACK(on_ioctl), this);
    g_signal_connect(handler, "client-connected", G_CALLBACK(on_connected), this);
}

void UsbfsWire::on_connected(UMockdevIoctlBase*, UMockdevIoctlClient*, gpointer self) {
    static_cast<UsbfsWire*>(self)->device_.opened();
}

gboolean UsbfsWire::on_ioctl(UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer self) {
    auto* const wire = static_cast<UsbfsWire*>(self);
    const unsigned long request = umockdev_ioctl_client_get_request(client);
    UMockdevIoctlData* const arg = umockdev_ioctl_client_get_arg(client);
    const bool may_reap = request == USBDEVFS_REAPURB || request == USBDEVFS_REAPURBNDELAY;
    bool known = true;
    int code = -ENODEV;
    if (wire->device_.enter() || may_reap) code = wire->answer(client, arg, request, known);
    if (!known) code = -ENOTTY;
    umockdev_ioctl_client_complete(client, code < 0 ? -1 : code, code < 0 ? -code : 0);
    return TRUE;
}

int UsbfsWire::answer(UMockdevIoctlClient* client, UMockdevIoctlData* arg, unsigned long request, bool& known) {
    const std::uint64_t handle = handle_of(client);
    switch (request) {
        case USBDEVFS_GET_CAPABILITIES: {
            Pointed capabilities{arg, sizeof(guint32)};
            constexpr guint32 kLikeAKernel =
                USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_NO_PACKET_SIZE_LIM | USBDEVFS_CAP_REAP_AFTER_DISCONNECT;
            capabilities.write(0, kLikeAKernel);
            return 0;
        }
        case USBDEVFS_GETDRIVER: return get_driver(arg);
        case USBDEVFS_IOCTL: return driver_ioctl(arg);
        case USBDEVFS_CLAIMINTERFACE: return device_.claim(interface_in(arg), handle);
        case USBDEVFS_RELEASEINTERFACE: return device_.release(interface_in(arg), handle);
        case USBDEVFS_CLEAR_HALT: return device_.clear_halt(interface_in(arg));
        case USBDEVFS_RESET: return 0;
        case USBDEVFS_SUBMITURB: return submit(handle, arg);
        case USBDEVFS_DISCARDURB: {
            // The argument is the URB's address itself; only the number matters.
            unsigned long address = 0;
            std::memcpy(&address, arg->data, sizeof address);
            return device_.discard(address);
        }
        case USBDEVFS_REAPURB:
        case USBDEVFS_REAPURBNDELAY: return reap(handle, arg);
        default: known = false; return 0;
    }
}

int UsbfsWire::get_driver(UMockdevIoctlData* arg) {
    Pointed asked{arg, sizeof(usbdevfs_getdriver)};
    auto driver = asked.read<usbdevfs_getdriver>();
    std::string name;
    if (const int code = device_.get_driver(static_cast<std::uint8_t>(driver.interface), name); code != 0) return code;
    std::memset(driver.driver, 0, sizeof driver.driver);
    name.copy(driver.driver, sizeof driver.driver - 1);
    asked.write(0, driver);
    return 0;
}

int UsbfsWire::driver_ioctl(UMockdevIoctlData* arg) {
    const Pointed asked{arg, sizeof(usbdevfs_ioctl)};
    const auto command = asked.read<usbdevfs_ioctl>();
    const auto interface = static_cast<std::uint8_t>(command.ifno);
    switch (static_cast<unsigned>(command.ioctl_code)) {
        case USBDEVFS_DISCONNECT: return device_.disconnect(interface);
        case USBDEVFS_CONNECT: return device_.connect(interface);
        default: return -ENOTTY;
    }
}

int UsbfsWire::submit(std::uint64_t handle, UMockdevIoctlData* arg) {
    Urb held;
    held.urb = umockdev_ioctl_data_resolve(arg, 0, sizeof(usbdevfs_urb), nullptr);
    if (held.urb == nullptr) return -EFAULT;
    usbdevfs_urb asked{};
    std::memcpy(&asked, held.urb->data, sizeof asked);
    const auto room = static_cast<std::size_t>(std::max(asked.buffer_length, 0));
    if (room != 0) held.buffer = umockdev_ioctl_data_resolve(held.urb, offsetof(usbdevfs_urb, buffer), room, nullptr);
    FakeUrb urb;
    urb.id = held.urb->client_addr;
    urb.handle = handle;
    urb.type = asked.type;
    urb.endpoint = asked.endpoint;
    urb.ends_empty = (asked.flags & USBDEVFS_URB_ZERO_PACKET) != 0;
    const bool control = asked.type == USBDEVFS_URB_TYPE_CONTROL;
    urb.room = control && room >= 8 ? room - 8 : room;
    if (held.buffer != nullptr && (control || (asked.endpoint & 0x80) == 0)) {
        const auto* const bytes = reinterpret_cast<const std::byte*>(held.buffer->data);
        urb.out.assign(bytes, bytes + room);
    }
    if (const auto old = urbs_.find(urb.id); old != urbs_.end()) forget(old);
    urbs_[urb.id] = held;
    const std::uint64_t id = urb.id;
    const int code = device_.submit(std::move(urb));
    if (code != 0) forget(urbs_.find(id));
    return code;
}

int UsbfsWire::reap(std::uint64_t handle, UMockdevIoctlData* arg) {
    FakeUrb done;
    if (const int code = device_.reap(handle, done); code != 0) return code;
    const auto held = urbs_.find(done.id);
    if (held == urbs_.end()) return -EAGAIN;
    constexpr std::size_t kSetupSize = 8;
    const std::size_t offset = done.type == USBDEVFS_URB_TYPE_CONTROL ? kSetupSize : 0;
    if (!done.in.empty())
        umockdev_ioctl_data_update(held->second.buffer, offset, reinterpret_cast<guint8*>(done.in.data()),
                                   static_cast<gint>(done.in.size()));
    update(held->second.urb, offsetof(usbdevfs_urb, status), done.status);
    update(held->second.urb, offsetof(usbdevfs_urb, actual_length), static_cast<int>(done.actual));
    Pointed where{arg, sizeof(void*)};
    if (!where) return -EFAULT;
    umockdev_ioctl_data_set_ptr(where.get(), 0, held->second.urb);
    forget(held);
    return 0;
}

void UsbfsWire::forget(std::map<std::uint64_t, Urb>::iterator urb) {
    if (urb->second.buffer != nullptr) umockdev_ioctl_data_unref(urb->second.buffer);
    umockdev_ioctl_data_unref(urb->second.urb);
    urbs_.erase(urb);
}

}  // namespace dosario::test
