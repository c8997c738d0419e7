#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "connector/core/value.hpp"
#include "connector/mapping/finding.hpp"

namespace connector::mapping {

/// What a SARIF log says beside the findings.
struct sarif_context {
  std::string_view version;  ///< of the tool: "0.1.0"
  std::string_view pages;    ///< where the pages about findings stand: "https://host/path/"
  /// The page about a finding, as Markdown; empty if there is none.
  std::function<std::string_view(std::string_view id)> page;
  /// The text of a file that findings point into; none if it cannot be read.
  std::function<std::optional<std::string>(std::string const& file)> source;
};

/// SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0), as code review tools take it: all findings
/// that there can be as rules with their pages, and each finding with its place, its trace as a
/// code flow, and, where it only is a misspelt word, the replacement.
core::record sarif_log(std::span<finding const> all, sarif_context const& with);

}  // namespace connector::mapping
