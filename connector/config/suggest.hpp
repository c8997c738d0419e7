#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace connector::config {

/// How many characters must be inserted, removed, replaced or swapped with their neighbour to turn
/// one word into the other (Damerau-Levenshtein, optimal string alignment), case aside.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known word that was probably meant: the nearest, if it is near enough to be no guess (a
/// third of its letters at most). Of equally near ones, the first.
std::optional<std::string> nearest(std::string_view word, std::span<std::string const> known);

/// "; did you mean 'x'?", or nothing.
std::string did_you_mean(std::string_view word, std::span<std::string const> known);

}  // namespace connector::config
