#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connector/mapping/finding.hpp"

namespace connector::mapping {

/// One value of a YAML file with its place. The tree is finite and at most 32 deep; every key is a
/// text and stands once. Nothing is typed: `no`, `1` and `2024-01-01` are the words they are.
struct node {
  enum class kind { empty, scalar, list, mapping };
  struct entry;

  kind what = kind::empty;
  std::string text;     ///< scalar
  bool quoted = false;  ///< scalar: "1" and not 1
  place at;
  std::vector<node> items;     ///< list
  std::vector<entry> entries;  ///< mapping, in the order of the file

  [[nodiscard]] bool is_scalar() const { return what == kind::scalar; }
  [[nodiscard]] bool is_list() const { return what == kind::list; }
  [[nodiscard]] bool is_mapping() const { return what == kind::mapping; }
  [[nodiscard]] bool is_word(std::string_view w) const {
    return is_scalar() && !quoted && text == w;
  }
  [[nodiscard]] node const* find(std::string_view key) const;

  /// "a list", "a text", "nothing", for messages.
  [[nodiscard]] std::string_view kind_name() const;
};

struct node::entry {
  node key, value;
};

/// Reads one YAML document; none if it cannot be read at all (it is reported why). Never throws.
std::optional<node> read_document(std::string_view text, reporter& to);

/// Puts the values of `settings` where `${name}` stands, in every value below `in`.
void fill_in_settings(
    node& in, std::map<std::string, std::string, std::less<>> const& settings, reporter& to
);

}  // namespace connector::mapping
