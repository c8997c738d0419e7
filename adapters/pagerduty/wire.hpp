#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connector/adapter/adapter.hpp"
#include "connector/core/error.hpp"
#include "connector/core/value.hpp"

/// PagerDuty's JSON in the port's terms, and back. Pure.
namespace adapters::pagerduty {

namespace adapter = connector::adapter;
namespace core = connector::core;
namespace json = boost::json;

/// The text of a member, "" if there is none; `path` may have dots ("service.id").
std::string text_at(json::object const& from, std::string_view path);

/// Custom fields are `cf_NAME` in the model.
inline constexpr std::string_view custom_prefix = "cf_";

/// Two servers of PagerDuty may differ by about this much.
inline constexpr std::chrono::seconds settling{2};

/// The version of an object that was last changed in the second `changed` and read when the
/// server's clock showed `read_at`.
///
/// Stamps have whole seconds, so a reading within the same second may yet be followed by a change
/// with the same stamp. Such a reading gets a lower version than one from later on: an object seen
/// too early is looked at once more.
std::int64_t version_of(core::time_point changed, core::time_point read_at);

/// An incident with the fields in `fields`, as far as the JSON has them: custom fields and
/// `details` are only there if they were included.
///
/// One that was merged into another reads as merged: PagerDuty shows it as resolved, but nobody has
/// resolved it. `malformed` without id or stamp.
core::result<adapter::object> to_object(
    json::object const& incident, std::span<std::string const> fields, core::time_point read_at
);

/// True if the JSON is a whole incident and not just a reference to one.
bool is_whole(json::object const& incident);

adapter::object gone(std::string id);

/// A note as a comment; `malformed` without id or time.
core::result<adapter::comment> to_comment(json::object const& note);

/// What a write asks for, sorted by the call that can do it.
struct ordered {
  json::object members;     ///< of PUT /incidents, but for `assignments`
  json::array assignments;  ///< empty: leave as it is
  json::array custom;       ///< entries of PUT /incidents/{id}/custom_fields/values
  std::string details;      ///< of POST /incidents alone
  bool has_status = false;
};

/// Refuses, naming the field, what PagerDuty cannot do: fields that are read-only or unknown,
/// values that are no such value, clearing what cannot be empty. `details` only if `creating`.
core::result<ordered> to_order(core::record const& fields, bool creating);

}  // namespace adapters::pagerduty
