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

namespace {

/// The element in the incident's words; none if it does not belong to the rule.
std::optional<std::string> own_name(set_body const& s, side on, std::string_view element) {
  if (on == side::ticket) {
    if (!element.starts_with(s.prefix)) return std::nullopt;
    element.remove_prefix(s.prefix.size());
  }
  // Behind a prefix may stand what the incident could not hold: "mdx: VIP" is the tag VIP.
  auto name = single_line(element);
  auto const listed =
      s.only.empty() || std::find(s.only.begin(), s.only.end(), name) != s.only.end();
  if (name.empty() || !listed) return std::nullopt;
  return name;
}

}  // namespace

std::vector<std::string> own_elements(set_body const& s, side on, core::value const& v) {
  std::vector<std::string> own;
  for (auto const& e : elements(v)) {
    if (auto name = own_name(s, on, e)) own.push_back(std::move(*name));
  }
  std::sort(own.begin(), own.end());
  own.erase(std::unique(own.begin(), own.end()), own.end());
  return own;
}

core::value with_elements(
    set_body const& s, side on, core::value const& there, std::vector<std::string> const& own
) {
  // What says the same already stays as it is spelt.
  auto missing = own;
  auto all = elements(there);
  std::erase_if(all, [&](std::string const& e) {
    auto const name = own_name(s, on, e);
    if (!name) return false;
    std::erase(missing, *name);
    return std::find(own.begin(), own.end(), *name) == own.end();
  });
  for (auto const& e : missing) all.push_back(on == side::ticket ? s.prefix + e : e);
  return set_value(std::move(all));
}

}  // namespace connector::mapping
