#include "connector/core/secret.hpp"

#include <string_view>

namespace connector::core {

std::string conceal(std::string text, std::vector<secret> const& secrets) {
  constexpr std::string_view shown = "<secret>";
  constexpr std::size_t length_min = 4;
  for (auto const& one : secrets) {
    auto const& hidden = one.reveal();
    if (hidden.size() < length_min) continue;
    for (auto at = text.find(hidden); at != text.npos; at = text.find(hidden, at)) {
      text.replace(at, hidden.size(), shown);
      at += shown.size();
    }
  }
  return text;
}

}  // namespace connector::core
