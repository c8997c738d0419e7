#pragma once

#include "connector/core/time.hpp"
#include "connector/mapping/map.hpp"

/// What a map says beside its rules: which comments are copied, and what becomes of the ticket of a
/// merged incident.
namespace connector::mapping {

struct said_comment {
  side on = side::incident;
  std::string author;
  core::time_point at{};
  std::string text;
  bool is_public = false;  ///< customers see it; only on a ticket
};

struct comment_copy {
  bool wanted = false;
  std::string text;    ///< of the copy, if wanted
  std::string reason;  ///< why there is none
};

comment_copy copy_of(said_comment const& said, comment_policy const& by);

/// The fields to write to the ticket of an incident that was merged away; those that already hold
/// what they should are left out.
core::record closing_fields(merge_policy const& by, core::record const& ticket);

/// What is left on it; empty for nothing. `into` is the label of the survivor's ticket.
std::string closing_comment(
    merge_policy const& by, std::string_view into, std::string_view incident
);

}  // namespace connector::mapping
