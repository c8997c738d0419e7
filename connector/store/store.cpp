#include "connector/store/store.hpp"

#include <array>

namespace connector::store {
namespace {

constexpr std::array<std::string_view, 4> state_names{"opening", "linked", "merged", "gone"};

}  // namespace

std::string_view name(link_state s) { return state_names.at(static_cast<std::size_t>(s)); }

std::optional<link_state> link_state_from(std::string_view text) {
  for (std::size_t i = 0; i < state_names.size(); ++i) {
    if (state_names[i] == text) return static_cast<link_state>(i);
  }
  return std::nullopt;
}

}  // namespace connector::store
