#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/jira/client.hpp"
#include "adapters/jira/settings.hpp"
#include "connector/core/value.hpp"

namespace adapters::jira {

/// What the API says of the kind of a field: schema.type, schema.items, schema.custom.
struct field_kind {
  std::string type;
  std::string items;
  std::string custom;
};
using field_kinds = std::map<std::string, field_kind, std::less<>>;

/// The names of fields that this adapter makes itself.
inline constexpr std::string_view portal_link =
    "portal_link";  ///< a remote link; written, not read

/// True for names that can be fields: letters, digits, underscores.
bool is_field_name(std::string_view name);
/// True for decimal digits.
bool is_issue_id(std::string_view id);

/// How values of one site's issues look, both ways. Pure.
class translator {
 public:
  explicit translator(settings const& with);

  /// An issue with the fields in `fields`. Needs id, key, fields.updated and fields.created.
  [[nodiscard]] core::result<adapter::object> to_object(
      issue const& from, std::span<std::string const> fields
  ) const;

  /// The names to ask for: those that make an object, then `fields`, each once.
  [[nodiscard]] std::vector<std::string> names_for(std::span<std::string const> fields) const;

  /// A value as the API takes it. `invalid` if it has no form there.
  [[nodiscard]] core::result<json::value> to_wire(
      std::string_view field, core::value const& v, field_kinds const& kinds
  ) const;

  /// A value as `to_object` would have shown it, from what the changelog keeps of it; none: that is
  /// another form (documents), or not enough (people of Data Center, by key).
  [[nodiscard]] std::optional<core::value> from_history(
      std::string_view field, std::string_view id, std::string_view text, field_kinds const& kinds
  ) const;

  /// The kinds of fields that `to_wire` does not know by itself are needed for these.
  [[nodiscard]] static bool needs_kinds(core::record const& fields);

  /// Plain text as the body of a comment, and back.
  [[nodiscard]] json::value rich(std::string_view text) const;
  [[nodiscard]] std::string plain(json::value const& rich) const;

  /// The label that carries a ticket's key, and the key again; empty if it is none.
  [[nodiscard]] std::string label_of(std::string_view key) const;
  [[nodiscard]] std::string key_in(std::string_view label) const;
  /// Labels that this adapter sets for itself; maps neither see nor change them.
  [[nodiscard]] bool is_own_label(std::string_view label) const;

 private:
  [[nodiscard]] core::value from_wire(std::string_view field, json::value const& v) const;

  std::string site_url_;
  jira::edition edition_;
  std::string tag_;
  std::string home_;  ///< how keys of the project begin
};

/// What an issue that was asked for and did not come is.
adapter::object gone(std::string id);

/// "2021-01-17T12:34:00.000+0000".
std::optional<core::time_point> stamp_at(json::object const& from, std::string_view key);

/// The texts of an array, "" for what is none.
std::vector<std::string> texts_at(json::object const& from, std::string_view key);

}  // namespace adapters::jira
