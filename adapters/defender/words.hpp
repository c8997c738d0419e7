#pragma once

#include <string_view>

/// Graph's enumeration members, in the one spelling the rest of the service knows: the v1.0
/// metadata's. Pure.
namespace adapters::defender {

/// The member that `word` means, whatever its case and whichever of the names once used; `word`
/// itself if it is none of them, since new members appear without notice. "" stands for "not set".
std::string_view status_word(std::string_view word);
std::string_view severity_word(std::string_view word);
std::string_view classification_word(std::string_view word);
std::string_view determination_word(std::string_view word);

bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace adapters::defender
