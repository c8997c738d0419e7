#include "connector/mapping/grammar.hpp"

#include <algorithm>
#include <charconv>

namespace connector::mapping {

key_reader::key_reader(node const& from, std::span<key_spec const> known, reporter& to)
    : from_{from}, to_{to} {
  std::vector<std::string_view> names;
  for (auto const& spec : known) names.push_back(spec.name);
  if (!from.is_mapping()) {
    to.add(
        found::wrong_shape,
        from.at,
        "a mapping is wanted here, not " + std::string{from.kind_name()},
        suggestion("", names)
    );
    return;
  }
  for (auto const& [key, value] : from.entries) {
    if (std::find(names.begin(), names.end(), key.text) == names.end()) {
      to.add(
          found::unknown_key, key.at, "no key '" + key.text + "' here", suggestion(key.text, names)
      );
    }
  }
  for (auto const& spec : known) {
    auto const* value = spec.required ? from.find(spec.name) : nullptr;
    if (!spec.required || (value && value->what != node::kind::empty)) continue;
    to.add(
        found::missing_key,
        value ? value->at : from.at,
        "'" + std::string{spec.name} + "' is missing",
        "add '" + std::string{spec.name} + ":' - " + std::string{spec.says}
    );
  }
}

node const* key_reader::find(std::string_view key) const {
  auto const* n = from_.find(key);
  return n && n->what != node::kind::empty ? n : nullptr;
}

node const* key_reader::mapping(std::string_view key) const {
  auto const* n = find(key);
  if (!n || n->is_mapping()) return n;
  to_.add(
      found::wrong_shape,
      n->at,
      "'" + std::string{key} + "' is a mapping, not " + std::string{n->kind_name()}
  );
  return nullptr;
}

node const* key_reader::list(std::string_view key) const {
  auto const* n = find(key);
  if (!n || n->is_list()) return n;
  to_.add(
      found::wrong_shape,
      n->at,
      "'" + std::string{key} + "' is a list, not " + std::string{n->kind_name()},
      "start each line with '- '"
  );
  return nullptr;
}

std::string key_reader::text_or(std::string_view key, std::string_view otherwise) const {
  auto const* n = find(key);
  if (!n) return std::string{otherwise};
  if (n->is_scalar()) return n->text;
  to_.add(
      found::wrong_shape,
      n->at,
      "'" + std::string{key} + "' is one text, not " + std::string{n->kind_name()}
  );
  return std::string{otherwise};
}

bool key_reader::flag_or(std::string_view key, bool otherwise) const {
  auto const* n = find(key);
  if (!n) return otherwise;
  if (n->is_word("yes") || n->is_word("true")) return true;
  if (n->is_word("no") || n->is_word("false")) return false;
  to_.add(found::wrong_shape, n->at, "'" + std::string{key} + "' is yes or no");
  return otherwise;
}

std::int64_t key_reader::number_or(
    std::string_view key, std::int64_t otherwise, std::int64_t least, std::int64_t most
) const {
  auto const* n = find(key);
  if (!n) return otherwise;
  std::int64_t number = 0;
  auto const* end = n->text.data() + n->text.size();
  auto const [stop, ec] = std::from_chars(n->text.data(), end, number);
  if (n->is_scalar() && ec == std::errc{} && stop == end && number >= least && number <= most) {
    return number;
  }
  to_.add(
      found::wrong_shape,
      n->at,
      "'" + std::string{key} + "' is a whole number from " + std::to_string(least) + " to " +
          std::to_string(most)
  );
  return otherwise;
}

std::string key_reader::word_or(
    std::string_view key, std::initializer_list<std::string_view> words, std::string_view otherwise
) const {
  auto const* n = find(key);
  if (!n) return std::string{otherwise};
  if (n->is_scalar() && std::find(words.begin(), words.end(), n->text) != words.end()) {
    return n->text;
  }
  unknown_word(*n, key, {words.begin(), words.size()}, to_);
  return std::string{otherwise};
}

void unknown_word(
    node const& at, std::string_view what, std::span<std::string_view const> words, reporter& to
) {
  auto const said = at.is_scalar() ? "'" + at.text + "'" : std::string{at.kind_name()};
  to.add(
      found::unknown_word,
      at.at,
      "'" + std::string{what} + "' cannot be " + said,
      suggestion(at.is_scalar() ? std::string_view{at.text} : std::string_view{}, words)
  );
}

}  // namespace connector::mapping
