#include "connector/config/suggest.hpp"

#include <algorithm>
#include <vector>

namespace connector::config {
namespace {

// Longer words are not typed by hand, and the table below grows with their product.
constexpr std::size_t word_characters_max = 64;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Three rows of the classic table: a swap looks two rows back.
  auto before = std::vector<std::size_t>(b.size() + 1);
  auto above = std::vector<std::size_t>(b.size() + 1);
  auto row = std::vector<std::size_t>(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto const x = lower(a[i - 1]);
      auto const y = lower(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (x == y ? 0u : 1u)});
      if (i > 1 && j > 1 && x == lower(b[j - 2]) && y == lower(a[i - 2])) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

std::optional<std::string> nearest(std::string_view word, std::span<std::string const> known) {
  std::optional<std::string> best;
  std::size_t best_distance = 0;
  if (word.size() > word_characters_max) return best;
  for (auto const& candidate : known) {
    if (candidate.size() > word_characters_max) continue;
    auto const distance = edit_distance(word, candidate);
    auto const allowed = std::max<std::size_t>(1, candidate.size() / 3);
    if (distance > allowed || distance >= word.size()) continue;
    if (!best || distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<std::string const> known) {
  auto const meant = nearest(word, known);
  return meant ? "; did you mean '" + *meant + "'?" : std::string{};
}

}  // namespace connector::config
