#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/config/section.hpp"

namespace connector::config {

/// One value of a YAML file with its place. Aliases are resolved (shared, not copied), the tree is
/// finite, at most 32 deep, and every map key is a text that occurs once.
struct section::node {
  enum class kind { null, scalar, list, map };

  struct entry {
    std::string key;
    position at;  ///< of the key
    std::shared_ptr<node const> value;
  };

  kind what = kind::null;
  position at;
  std::string text;                                ///< scalar
  bool quoted = false;                             ///< scalar: "5" and not 5
  std::vector<std::shared_ptr<node const>> items;  ///< list
  std::vector<entry> entries;                      ///< map, in the order of the file

  std::size_t size = 1;    ///< values in this tree, aliases counted each time
  std::size_t height = 0;  ///< levels of lists and mappings in it, itself included

  [[nodiscard]] entry const* find(std::string_view key) const;
};

using yaml_node = section::node;

/// Reads one YAML document. Null after a complaint that leaves nothing to go on with (too large,
/// not UTF-8, not YAML, nested too deep, cyclic); a key that occurs twice is complained about and
/// its first value kept. Complaints name places and keys, never values: a value may be a password.
/// An empty document is an empty map. `file` is for positions only.
std::shared_ptr<yaml_node const> read_yaml(
    std::string_view text, std::string const& file, complaints& to
);

/// Reads a file as `read_yaml` does.
std::shared_ptr<yaml_node const> read_yaml_file(std::string const& path, complaints& to);

/// Reads YAML text whose top is a mapping as a section; none after a complaint.
std::optional<section> parse_section(
    std::string_view text,
    std::string const& file,
    std::shared_ptr<reference_source const> references,
    std::shared_ptr<complaints> to
);

}  // namespace connector::config
