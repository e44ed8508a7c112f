// SPDX-License-Identifier: Apache-2.0
// The numbers of a program as one page of Prometheus text: what it counts while it works, and what it reads when somebody asks. Knows no
// socket, and none of the numbers: docs/metrics.md lists them. A label never holds what was scanned, nor who worked.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prometheus {
class Registry;
class Counter;
class Histogram;
template <typename T>
class Family;
}  // namespace prometheus

namespace dosario {

/// The content type of Metrics::page(): the text format of Prometheus, version 0.0.4.
inline constexpr const char* kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

using MetricLabels = std::map<std::string, std::string>;

/// Values that are read for one page.
class Readings {
public:
    struct Family {
        std::string help;
        bool counter = false;  ///< counted elsewhere; else a gauge
        std::map<MetricLabels, double> values;
    };

    /// Without a value the page only says that there is such a metric. Values of the same labels are added up: a page with the same
    /// series twice would be refused whole.
    void gauge(const std::string& name, const std::string& help, std::optional<double> value, const MetricLabels& labels = {});
    void counter(const std::string& name, const std::string& help, std::optional<double> value, const MetricLabels& labels = {});

    const std::map<std::string, Family>& families() const { return families_; }

private:
    void keep(const std::string& name, const std::string& help, bool counter, std::optional<double> value,
              const MetricLabels& labels);
    std::map<std::string, Family> families_;
};

class Metrics {
public:
    /// A counter, one series for each set of labels. The caller bounds how many there can be.
    class Counters {
    public:
        /// Any thread. With 0 the series begins to exist, so that its first increase is seen as one.
        void add(const MetricLabels& labels, double amount = 1);

    private:
        friend class Metrics;
        explicit Counters(prometheus::Family<prometheus::Counter>& family) : family_(&family) {}
        prometheus::Family<prometheus::Counter>* family_;
    };

    class Histogram {
    public:
        /// Any thread.
        void observe(double value);

    private:
        friend class Metrics;
        explicit Histogram(prometheus::Histogram& histogram) : histogram_(&histogram) {}
        prometheus::Histogram* histogram_;
    };

    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    /// Each name once. What comes back is good for as long as this object.
    Counters counters(const std::string& name, const std::string& help);
    /// `bounds`: the upper ends of the buckets, rising; the one without end is added.
    Histogram histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds);

    /// Everything counted so far, and the readings, by name. Every metric has its HELP and TYPE, with or without values. Any thread.
    std::string page(const Readings& readings) const;

private:
    struct Declared {
        std::string name;
        std::string help;
    };
    std::unique_ptr<prometheus::Registry> registry_;
    std::vector<Declared> counters_;  ///< the library keeps silent about those that have no series yet
};

/// Buckets of a commit in seconds: a good disk takes some milliseconds, a dying one seconds.
std::vector<double> commit_bounds_s();
/// Buckets of how many requests shared one commit, up to the largest group.
std::vector<double> group_bounds();

}  // namespace dosario
