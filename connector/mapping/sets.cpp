#include <algorithm>

#include "connector/mapping/evaluate.hpp"

namespace connector::mapping {

std::vector<std::string> elements(core::value const& v) {
  std::vector<std::string> all;
  if (auto const* list = v.if_array()) {
    for (auto const& item : *list) {
      if (auto const* s = item.if_string()) all.emplace_back(*s);
    }
  }
  return all;
}

core::value set_value(std::vector<std::string> all) {
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  if (all.empty()) return nullptr;
  boost::json::array out;
  out.reserve(all.size());
  for (auto const& item : all) out.emplace_back(item);
  return out;
}

std::vector<std::string> own_elements(set_body const& s, side on, core::value const& v) {
  std::vector<std::string> own;
  for (auto& e : elements(v)) {
    if (on == side::ticket) {
      if (!e.starts_with(s.prefix)) continue;
      e.erase(0, s.prefix.size());
      // A space could not come back: the incident's elements have none around them.
      if (e.empty() || e.front() == ' ') continue;
    }
    auto const listed =
        s.only.empty() || std::find(s.only.begin(), s.only.end(), e) != s.only.end();
    if (listed) own.push_back(std::move(e));
  }
  std::sort(own.begin(), own.end());
  return own;
}

core::value with_elements(
    set_body const& s, side on, core::value const& there, std::vector<std::string> const& own
) {
  auto const before = own_elements(s, on, there);
  auto const name = [&](std::string const& e) { return on == side::ticket ? s.prefix + e : e; };
  auto all = elements(there);
  std::erase_if(all, [&](std::string const& e) {
    return std::any_of(before.begin(), before.end(), [&](auto const& o) { return name(o) == e; });
  });
  for (auto const& e : own) all.push_back(name(e));
  return set_value(std::move(all));
}

}  // namespace connector::mapping
