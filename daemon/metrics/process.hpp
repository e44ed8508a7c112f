// SPDX-License-Identifier: Apache-2.0
// What the metrics of every program say about the process and its files.
#pragma once

#include "base/time.hpp"
#include "metrics/metrics.hpp"

#include <string>

namespace dosario {

/// process_start_time_seconds and process_resident_memory_bytes: the names that every dashboard knows.
void read_process(Readings& readings, UtcTime started_at);

/// 0 when there is no such file: SQLite takes a write-ahead log away when it closes.
double file_bytes(const std::string& path);

/// Of the disk that holds this directory, for this user; nothing when the disk does not say.
std::optional<double> free_bytes_of(const std::string& directory);

double in_seconds(Micros time);

}  // namespace dosario
