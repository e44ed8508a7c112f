// SPDX-License-Identifier: Apache-2.0
#include "metrics/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <sstream>

namespace dosario {
namespace {

prometheus::MetricFamily family_of(const std::string& name, const Readings::Family& read) {
    const auto type = read.counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    prometheus::MetricFamily family{name, read.help, type, {}};
    for (const auto& [labels, value] : read.values) {
        prometheus::ClientMetric& metric = family.metric.emplace_back();
        for (const auto& [label, text] : labels) metric.label.push_back({label, text});
        (read.counter ? metric.counter.value : metric.gauge.value) = value;
    }
    return family;
}

}  // namespace

void Readings::gauge(const std::string& name, const std::string& help, std::optional<double> value, const MetricLabels& labels) {
    keep(name, help, false, value, labels);
}

void Readings::counter(const std::string& name, const std::string& help, std::optional<double> value,
                       const MetricLabels& labels) {
    keep(name, help, true, value, labels);
}

void Readings::keep(const std::string& name, const std::string& help, bool counter, std::optional<double> value,
                    const MetricLabels& labels) {
    Family& family = families_.try_emplace(name, Family{help, counter, {}}).first->second;
    if (value) family.values[labels] += *value;
}

void Metrics::Counters::add(const MetricLabels& labels, double amount) { family_->Add(labels).Increment(amount); }

void Metrics::Histogram::observe(double value) { histogram_->Observe(value); }

Metrics::Metrics() : registry_(std::make_unique<prometheus::Registry>()) {}

Metrics::~Metrics() = default;

Metrics::Counters Metrics::counters(const std::string& name, const std::string& help) {
    counters_.push_back({name, help});
    return Counters{prometheus::BuildCounter().Name(name).Help(help).Register(*registry_)};
}

Metrics::Histogram Metrics::histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds) {
    return Histogram{prometheus::BuildHistogram().Name(name).Help(help).Register(*registry_).Add({}, bounds)};
}

std::string Metrics::page(const Readings& readings) const {
    std::map<std::string, prometheus::MetricFamily> families;
    for (prometheus::MetricFamily& family : registry_->Collect()) families[family.name] = std::move(family);
    for (const Declared& one : counters_) families.try_emplace(one.name, family_of(one.name, {one.help, true, {}}));
    for (const auto& [name, read] : readings.families()) families.try_emplace(name, family_of(name, read));
    std::vector<prometheus::MetricFamily> in_order;
    for (auto& [name, family] : families) in_order.push_back(std::move(family));
    std::ostringstream page;
    prometheus::TextSerializer{}.Serialize(page, in_order);
    return std::move(page).str();
}

std::vector<double> commit_bounds_s() {
    return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5};
}

std::vector<double> group_bounds() { return {1, 2, 4, 8, 16, 32, 64, 128, 256}; }

}  // namespace dosario
