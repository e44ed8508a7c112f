// SPDX-License-Identifier: Apache-2.0
// Between umockdev, which hands over ioctls of the program under test, and a FakeDevice. Runs on umockdev's worker thread.
// umockdev 0.17 never tells that a file was closed (client-vanished is not emitted): see FakeDevice::program_ended().
#pragma once

#include "support/usbfs/fake_device.hpp"

#include <umockdev.h>

#include <map>

namespace dosario::test {

class UsbfsWire {
public:
    explicit UsbfsWire(FakeDevice& device) : device_(device) {}
    ~UsbfsWire();
    UsbfsWire(const UsbfsWire&) = delete;
    UsbfsWire& operator=(const UsbfsWire&) = delete;

    /// Connects to the handler's signals; the wire must outlive the test bed's interest in the handler.
    void attach(UMockdevIoctlBase* handler);

private:
    struct Urb {
        UMockdevIoctlData* urb = nullptr;
        UMockdevIoctlData* buffer = nullptr;
    };

    static gboolean on_ioctl(UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer self);
    static void on_connected(UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer self);
    int answer(UMockdevIoctlClient* client, UMockdevIoctlData* arg, unsigned long request, bool& known);
    int get_driver(UMockdevIoctlData* arg);
    int driver_ioctl(UMockdevIoctlData* arg);
    int submit(std::uint64_t handle, UMockdevIoctlData* arg);
    int reap(std::uint64_t handle, UMockdevIoctlData* arg);
    void forget(std::map<std::uint64_t, Urb>::iterator urb);

    FakeDevice& device_;
    std::map<std::uint64_t, Urb> urbs_;  ///< by the address of the program's usbdevfs_urb; on the worker thread only
};

}  // namespace dosario::test
