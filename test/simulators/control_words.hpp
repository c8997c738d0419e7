#pragma once

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "test/simulators/wire.hpp"

/// What every part of the control API says and reads.
namespace simulators {

/// A wrong control call; the text goes back to the caller.
struct misuse : std::runtime_error {
  explicit misuse(std::string const& what, int answer_status = 400)
      : std::runtime_error{what}, status{answer_status} {}
  int status;
};

inline http::response answer_json(json::value const& body, int status = 200) {
  return answer(status, "application/json", json::serialize(body) + "\n");
}

inline std::string text(
    json::object const& from, std::string_view name, std::string_view otherwise = {}
) {
  auto const* value = from.if_contains(name);
  if (value == nullptr) return std::string{otherwise};
  if (!value->is_string()) throw misuse{"'" + std::string{name} + "' must be a string"};
  return std::string{value->get_string()};
}

inline std::string needed(json::object const& from, std::string_view name) {
  auto out = text(from, name);
  if (out.empty()) throw misuse{"'" + std::string{name} + "' is missing"};
  return out;
}

inline json::object object(json::object const& from, std::string_view name) {
  auto const* value = from.if_contains(name);
  if (value == nullptr) return {};
  if (!value->is_object()) throw misuse{"'" + std::string{name} + "' must be an object"};
  return value->get_object();
}

inline double number(json::object const& from, std::string_view name, double otherwise) {
  auto const* value = from.if_contains(name);
  if (value == nullptr) return otherwise;
  json::error_code failed;
  auto const out = value->to_number<double>(failed);
  if (failed) throw misuse{"'" + std::string{name} + "' must be a number"};
  return out;
}

inline http::response done(bool worked) {
  if (!worked) throw misuse{"no such object, or the service would not do it", 404};
  return answer_json({{"done", true}});
}

}  // namespace simulators
