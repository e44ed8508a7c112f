// SPDX-License-Identifier: Apache-2.0
#include "usb/context.hpp"

namespace dosario {

UsbAddress address_of(libusb_device* device) { return {libusb_get_bus_number(device), libusb_get_device_address(device)}; }

UsbContext::UsbContext(libusb_context* context, Hotplug hotplug) : context_(context), hotplug_(std::move(hotplug)) {}

UsbContext::~UsbContext() {
    if (callback_registered_) libusb_hotplug_deregister_callback(context_, callback_);
    libusb_exit(context_);
}

Result<std::shared_ptr<UsbContext>> UsbContext::start(Hotplug hotplug) {
    libusb_context* raw = nullptr;
    if (const int code = libusb_init(&raw); code != LIBUSB_SUCCESS)
        return fail(Failure::unavailable, std::string{"USB cannot be used: "} + libusb_strerror(code) +
                                              ". Check that /dev/bus/usb is there; everything else goes on working.");
    auto context = std::make_shared<UsbContext>(raw, std::move(hotplug));
    if (libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG) != 0) {
        const int code =
            libusb_hotplug_register_callback(raw, LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT,
                                             LIBUSB_HOTPLUG_ENUMERATE, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY,
                                             LIBUSB_HOTPLUG_MATCH_ANY, on_hotplug, context.get(), &context->callback_);
        context->callback_registered_ = code == LIBUSB_SUCCESS;
    }
    if (!context->callback_registered_)
        for (UsbDeviceRef& device : context->devices()) context->hotplug_.arrived(std::move(device));
    return context;
}

int UsbContext::on_hotplug(libusb_context*, libusb_device* device, libusb_hotplug_event event, void* self) {
    auto* const context = static_cast<UsbContext*>(self);
    if (event == LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED)
        context->hotplug_.arrived(context->hold(device));
    else
        context->hotplug_.left(address_of(device));
    constexpr int kKeepRegistered = 0;
    return kKeepRegistered;
}

UsbDeviceRef UsbContext::hold(libusb_device* device) {
    // The deleter owns the context: libusb_exit() must come after the last device.
    return {libusb_ref_device(device), [owner = shared_from_this()](libusb_device* held) { libusb_unref_device(held); }};
}

std::vector<UsbDeviceRef> UsbContext::devices() {
    std::vector<UsbDeviceRef> held;
    libusb_device** list = nullptr;
    const auto count = libusb_get_device_list(context_, &list);
    if (count < 0) return held;
    for (ssize_t i = 0; i < count; ++i) held.push_back(hold(list[i]));
    constexpr int kUnrefToo = 1;
    libusb_free_device_list(list, kUnrefToo);
    return held;
}

void UsbContext::add_poll_fds(std::vector<pollfd>& all) const {
    const libusb_pollfd** fds = libusb_get_pollfds(context_);
    if (fds == nullptr) return;
    for (const libusb_pollfd** fd = fds; *fd != nullptr; ++fd) all.push_back({(*fd)->fd, (*fd)->events, 0});
    libusb_free_pollfds(fds);
}

void UsbContext::handle_ready() {
    timeval no_wait{};
    libusb_handle_events_timeout_completed(context_, &no_wait, nullptr);
}

}  // namespace dosario
