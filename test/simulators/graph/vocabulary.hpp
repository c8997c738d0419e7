#pragma once

#include <span>
#include <string_view>

/// The words of the Graph security schema (CSDL of v1.0, August 2026).
namespace simulators::vocabulary {

struct word {
  std::string_view name;
  bool gated = false;  ///< sent only with "Prefer: include-unknown-enum-members"
};

std::span<word const> incident_status();
std::span<word const> alert_status();
std::span<word const> severity();
std::span<word const> classification();
std::span<word const> determination();
std::span<word const> service_source();

/// The enumeration of a property of incidents (or alerts); empty if it is not one.
std::span<word const> of_property(std::string_view property, bool alert);

/// The schema's spelling of `text`, or null if it is no member. `any_case` ignores case.
word const* find(std::span<word const> words, std::string_view text, bool any_case);

/// True for members that a reader without the Prefer header sees as "unknownFutureValue".
bool is_gated(std::string_view property, bool alert, std::string_view text);

/// Whether the two may stand together; unset and unknown go with everything.
bool is_pair(std::string_view classification, std::string_view determination);

/// Members of the incident and alert types (the `alerts` relation excluded).
std::span<std::string_view const> incident_members();
std::span<std::string_view const> alert_members();
bool is_member(std::span<std::string_view const> members, std::string_view name);

/// Properties that the reference pages allow in $filter.
bool is_filterable(std::string_view property, bool alert);

}  // namespace simulators::vocabulary
