// What applications use, on a terminal. Pure.
#pragma once

#include <string>
#include <vector>

namespace ns::cli {

// A value of that metric of the API: "0.25 cores", "12.3 MiB", "4.0 KiB/s".
std::string UsageOf(const std::string& metric, double value);
// At most `width` bars of eight heights, from 0 to the largest; each the average of its share.
std::string Sparkline(const std::vector<double>& values, size_t width);

}  // namespace ns::cli
