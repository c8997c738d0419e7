#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "test/simulators/wire.hpp"

/// What the simulated Jira reads from the bodies of calls, and the words that more than one of its
/// files refuses them with.
namespace simulators {

inline constexpr std::size_t text_max = 32767;
inline constexpr std::string_view too_long =
    "The entered text is too long. It exceeds the allowed limit of 32,767 characters.";

/// The text at `name`; "" if there is none.
inline std::string text(json::object const& from, std::string_view name) {
  auto const* at = from.if_contains(name);
  if (!at || !at->is_string()) return {};
  return std::string{at->get_string()};
}

/// "a,b" as a list, without its empty parts.
inline std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    auto const comma = list.find(',');
    if (comma != 0) out.emplace_back(list.substr(0, comma));
    list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
  }
  return out;
}

/// The list at `name`, be it one, or a text with commas; numbers as digits.
inline std::vector<std::string> texts(json::object const& from, std::string_view name) {
  std::vector<std::string> out;
  auto const* at = from.if_contains(name);
  if (!at) return out;
  if (at->is_string()) return split(at->get_string());
  if (!at->is_array()) return out;
  for (auto const& each : at->get_array()) {
    if (each.is_string()) out.emplace_back(each.get_string());
    if (each.is_int64()) out.push_back(std::to_string(each.get_int64()));
    if (each.is_uint64()) out.push_back(std::to_string(each.get_uint64()));
  }
  return out;
}

inline std::int64_t milliseconds_of(core::time_point at) {
  return std::chrono::floor<std::chrono::milliseconds>(at).time_since_epoch().count();
}

}  // namespace simulators
