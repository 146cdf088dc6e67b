// Slices of the ABI as the standard library's views, both ways. Nothing here owns anything.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ns/abi/call.h"

namespace ns::sdk {

inline ns_str Str(std::string_view text) { return {text.data(), text.size()}; }
inline ns_bytes Bytes(std::string_view bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

inline std::string_view View(ns_str text) {
  return text.data ? std::string_view(text.data, text.size) : std::string_view();
}
inline std::string_view View(ns_bytes bytes) {
  return bytes.data ? std::string_view(reinterpret_cast<const char*>(bytes.data), bytes.size)
                    : std::string_view();
}

inline std::string Text(ns_str text) { return std::string(View(text)); }

inline std::vector<std::string> Texts(const ns_str* items, size_t count) {
  std::vector<std::string> texts;
  texts.reserve(count);
  for (size_t i = 0; i < count; ++i) texts.emplace_back(View(items[i]));
  return texts;
}

// Slices of `texts`, which must stay where they are.
inline std::vector<ns_str> Slices(const std::vector<std::string>& texts) {
  std::vector<ns_str> slices;
  slices.reserve(texts.size());
  for (const std::string& text : texts) slices.push_back(Str(text));
  return slices;
}

// Pointers to `items`, which must stay where they are: the ABI's arrays are arrays of pointers.
template <class T>
std::vector<const T*> Pointers(const std::vector<T>& items) {
  std::vector<const T*> pointers;
  pointers.reserve(items.size());
  for (const T& item : items) pointers.push_back(&item);
  return pointers;
}

}  // namespace ns::sdk
