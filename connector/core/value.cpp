#include "connector/core/value.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "connector/core/digest.hpp"

namespace connector::core {
namespace {

constexpr std::size_t kept_bytes_max = 160;

value const null_value;

/// The size of what `v` holds, near enough to decide whether to keep it as it is.
std::size_t weight(value const& v) {
  if (auto const* text = v.if_string()) return text->size() + 2;
  if (auto const* list = v.if_array()) {
    std::size_t sum = 2;
    for (auto const& item : *list) sum += weight(item) + 1;
    return sum;
  }
  if (v.is_object()) return kept_bytes_max + 1;
  return 5;
}

bool is_digest(value const& v) {
  auto const* r = v.if_object();
  return r && r->size() == 2 && r->contains("sha256") && r->contains("bytes");
}

}  // namespace

bool is_unset(value const& v) {
  if (v.is_null()) return true;
  if (auto const* text = v.if_string()) return text->empty();
  if (auto const* list = v.if_array()) return list->empty();
  return false;
}

bool is_unset(group const& g) {
  return std::all_of(g.begin(), g.end(), [](value const& v) { return is_unset(v); });
}

value const* find(record const& r, std::string_view name) {
  for (auto const& [key, v] : r) {
    if (key == name) return &v;
  }
  return nullptr;
}

value const& field(record const& r, std::string_view path) {
  if (auto const* found = find(r, path)) return *found;
  auto const* at = &r;
  while (true) {
    auto const dot = path.find('.');
    auto const* found = find(*at, path.substr(0, dot));
    if (!found) return null_value;
    if (dot == std::string_view::npos) return *found;
    at = found->if_object();
    if (!at) return null_value;
    path.remove_prefix(dot + 1);
  }
}

std::string text_of(value const& v) {
  if (v.is_null()) return {};
  if (auto const* text = v.if_string()) return {text->data(), text->size()};
  return boost::json::serialize(v);
}

group abridged(group const& g) {
  group kept;
  kept.reserve(g.size());
  for (auto const& v : g) {
    // Abridging twice is abridging once.
    if (weight(v) <= kept_bytes_max || is_digest(v)) {
      kept.push_back(v);
    } else {
      auto const text = boost::json::serialize(v);
      kept.push_back(record{{"sha256", sha256_hex(text)}, {"bytes", text.size()}});
    }
  }
  return kept;
}

bool same_as_kept(group const& g, group const& kept) {
  if (g.size() != kept.size()) return false;
  for (std::size_t i = 0; i < g.size(); ++i) {
    if (weight(g[i]) <= kept_bytes_max) {
      if (g[i] != kept[i]) return false;
    } else {
      auto const* digest = kept[i].if_object();
      if (!digest) return false;
      auto const* hex = digest->if_contains("sha256");
      if (!hex || *hex != value(sha256_hex(boost::json::serialize(g[i])))) return false;
    }
  }
  return true;
}

}  // namespace connector::core
