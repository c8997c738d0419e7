#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connector/config/references.hpp"
#include "connector/config/settings.hpp"
#include "connector/config/yaml.hpp"

namespace connector::config {

/// "line:column: text" of each, so that a test can state all of them at once.
inline std::vector<std::string> lines_of(complaints const& all) {
  std::vector<std::string> lines;
  for (auto const& c : all) {
    lines.push_back(std::to_string(c.at.line) + ":" + std::to_string(c.at.column) + ": " + c.text);
  }
  return lines;
}

/// A section of a text, with what was complained about so far.
class reading {
 public:
  explicit reading(
      std::string const& text,
      std::map<std::string, std::string> environment = {},
      std::map<std::string, std::string> files = {}
  )
      : top{parse_section(
            text,
            "/etc/connector/connector.yaml",
            make_fixed_references(std::move(environment), std::move(files)),
            complaints_
        )} {}

  [[nodiscard]] std::vector<std::string> complaints() const { return lines_of(*complaints_); }

 private:
  std::shared_ptr<config::complaints> complaints_ = std::make_shared<config::complaints>();

 public:
  std::optional<section> top;
};

inline std::vector<std::string> const& known_systems() {
  static auto const all = std::vector<std::string>{"defender", "servicenow"};
  return all;
}

}  // namespace connector::config
