#include "connector/config/section.hpp"

#include <algorithm>

#include "connector/config/references.hpp"
#include "connector/config/scalars.hpp"
#include "connector/config/suggest.hpp"
#include "connector/config/yaml.hpp"

namespace connector::config {
namespace {

using kind = yaml_node::kind;

std::string quoted(std::string_view text) { return "'" + std::string{text} + "'"; }

std::string_view in_words(kind what) {
  switch (what) {
    case kind::null:
      return "nothing";
    case kind::scalar:
      return "a text";
    case kind::list:
      return "a list";
    case kind::map:
      return "a mapping";
  }
  return "";
}

/// What a value should have been. `raw` is as written, references not replaced, so that no secret
/// can show.
std::string needs(std::string_view key, std::string_view what, std::string_view raw) {
  constexpr std::size_t shown_max = 40;
  auto text = quoted(key) + " needs " + std::string{what};
  return raw.size() > shown_max ? text : text + ", not " + quoted(raw);
}

/// Reads the values of one mapping. Every function answers nothing after a complaint.
class reader {
 public:
  reader(yaml_node const& in, reference_source const& references, complaints& to)
      : in_{in}, references_{references}, complaints_{to} {}

  void complain(position at, std::string text) const {
    complaints_.push_back({std::move(at), std::move(text)});
  }

  /// The value of a key if it is there and of that kind.
  [[nodiscard]] yaml_node const* value(std::string_view key, kind what) const {
    auto const* entry = in_.find(key);
    return entry != nullptr && is(*entry->value, key, what) ? entry->value.get() : nullptr;
  }

  [[nodiscard]] bool is(yaml_node const& node, std::string_view key, kind what) const {
    if (node.what == what) return true;
    if (node.what == kind::null) {
      complain(node.at, quoted(key) + " has no value; give it one or leave the key out");
    } else {
      complain(
          node.at,
          quoted(key) + " needs " + std::string{in_words(what)} + ", not " +
              std::string{in_words(node.what)}
      );
    }
    return false;
  }

  [[nodiscard]] std::optional<std::string> text(std::string_view key) const {
    auto const* node = value(key, kind::scalar);
    return node != nullptr ? expand(*node) : std::nullopt;
  }

  [[nodiscard]] std::optional<std::string> expand(yaml_node const& node) const {
    return config::expand(node.text, node.at, references_, complaints_);
  }

  /// As `text`, for a value that must be one reference and nothing else. Says nothing of what is
  /// there, which may well be the secret.
  [[nodiscard]] std::optional<core::secret> secret(std::string_view key) const {
    auto const* node = value(key, kind::scalar);
    if (node == nullptr) return std::nullopt;
    auto const raw = std::string_view{node->text};
    if (!raw.starts_with("${") || raw.find('}') != raw.size() - 1) {
      complain(
          node->at,
          quoted(key) + " is a secret: write ${env:NAME} or ${file:PATH}, not the secret itself"
      );
      return std::nullopt;
    }
    auto found = expand(*node);
    if (!found) return std::nullopt;
    if (found->empty()) {
      complain(
          node->at, quoted(key) + " is empty: what " + node->text + " refers to holds nothing"
      );
      return std::nullopt;
    }
    return core::secret{std::move(*found)};
  }

  void missing(std::string_view key) const { complain(in_.at, quoted(key) + " is missing"); }

 private:
  yaml_node const& in_;
  reference_source const& references_;
  complaints& complaints_;
};

}  // namespace

std::string to_string(position const& at) {
  return at.file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

section::section(
    std::shared_ptr<node const> from,
    std::shared_ptr<reference_source const> references,
    std::shared_ptr<complaints> to
)
    : node_{std::move(from)}, references_{std::move(references)}, complaints_{std::move(to)} {}

position section::at() const { return node_->at; }

position section::at(std::string_view key) const {
  auto const* entry = node_->find(key);
  return entry != nullptr ? entry->value->at : node_->at;
}

bool section::has(std::string_view key) const { return node_->find(key) != nullptr; }

std::vector<std::string> section::keys() const {
  std::vector<std::string> all;
  for (auto const& entry : node_->entries) all.push_back(entry.key);
  return all;
}

std::string section::text(std::string_view key) {
  known_.emplace_back(key);
  auto const in = reader{*node_, *references_, *complaints_};
  if (!has(key)) in.missing(key);
  auto found = in.text(key);
  if (found && found->empty()) in.complain(at(key), quoted(key) + " is empty");
  return found.value_or("");
}

std::string section::text_or(std::string_view key, std::string_view otherwise) {
  return text_if(key).value_or(std::string{otherwise});
}

std::optional<std::string> section::text_if(std::string_view key) {
  known_.emplace_back(key);
  return reader{*node_, *references_, *complaints_}.text(key);
}

core::secret section::secret(std::string_view key) {
  if (!has(key)) reader{*node_, *references_, *complaints_}.missing(key);
  return secret_if(key).value_or(core::secret{});
}

std::optional<core::secret> section::secret_if(std::string_view key) {
  known_.emplace_back(key);
  return reader{*node_, *references_, *complaints_}.secret(key);
}

std::string section::url_or(std::string_view key, std::string_view otherwise) {
  auto found = text_if(key);
  if (!found) return std::string{otherwise};
  if (auto const fault = fault_of_url(*found)) {
    complain(at(key), quoted(key) + " " + std::string{*fault});
    return std::string{otherwise};
  }
  while (found->ends_with('/')) found->pop_back();
  return *found;
}

bool section::flag_or(std::string_view key, bool otherwise) {
  auto const found = text_if(key);
  if (!found) return otherwise;
  if (*found == "true") return true;
  if (*found == "false") return false;
  complain(at(key), needs(key, "true or false", node_->find(key)->value->text));
  return otherwise;
}

std::int64_t section::number_or(
    std::string_view key, std::int64_t otherwise, std::int64_t least, std::int64_t most
) {
  auto const found = text_if(key);
  if (!found) return otherwise;
  auto const number = parse_whole_number(*found);
  if (number && *number >= least && *number <= most) return *number;
  auto const range = "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  complain(at(key), needs(key, range, node_->find(key)->value->text));
  return otherwise;
}

std::chrono::milliseconds section::span_or(
    std::string_view key, std::chrono::milliseconds otherwise
) {
  auto const found = text_if(key);
  if (!found) return otherwise;
  if (auto const length = parse_span(*found)) return *length;
  complain(
      at(key), needs(key, "a time such as 500ms, 30s, 5m, 2h or 7d", node_->find(key)->value->text)
  );
  return otherwise;
}

std::string section::one_of(
    std::string_view key, std::vector<std::string> const& allowed, std::string_view otherwise
) {
  auto const found = text_if(key);
  if (!found) return std::string{otherwise};
  if (std::find(allowed.begin(), allowed.end(), *found) != allowed.end()) return *found;
  auto what = std::string{"one of"};
  for (auto const& word : allowed) what += (word == allowed.front() ? " " : ", ") + word;
  auto const& raw = node_->find(key)->value->text;
  complain(at(key), needs(key, what, raw) + did_you_mean(raw, allowed));
  return std::string{otherwise};
}

std::vector<std::string> section::texts(std::string_view key) {
  known_.emplace_back(key);
  auto const in = reader{*node_, *references_, *complaints_};
  std::vector<std::string> all;
  auto const* entry = node_->find(key);
  if (entry == nullptr) return all;
  if (entry->value->what == kind::scalar) {
    if (auto found = in.expand(*entry->value)) all.push_back(std::move(*found));
  } else if (in.is(*entry->value, key, kind::list)) {
    for (auto const& item : entry->value->items) {
      if (!in.is(*item, key, kind::scalar)) continue;
      if (auto found = in.expand(*item)) all.push_back(std::move(*found));
    }
  }
  return all;
}

std::optional<section> section::sub(std::string_view key) {
  known_.emplace_back(key);
  auto const in = reader{*node_, *references_, *complaints_};
  if (in.value(key, kind::map) == nullptr) return std::nullopt;
  return section{node_->find(key)->value, references_, complaints_};
}

std::vector<section> section::list(std::string_view key) {
  known_.emplace_back(key);
  auto const in = reader{*node_, *references_, *complaints_};
  std::vector<section> all;
  auto const* found = in.value(key, kind::list);
  if (found == nullptr) return all;
  for (auto const& item : found->items) {
    if (in.is(*item, key, kind::map)) all.push_back({item, references_, complaints_});
  }
  return all;
}

std::vector<std::pair<std::string, section>> section::named(std::string_view key) {
  known_.emplace_back(key);
  auto const in = reader{*node_, *references_, *complaints_};
  std::vector<std::pair<std::string, section>> all;
  auto const* found = in.value(key, kind::map);
  if (found == nullptr) return all;
  for (auto const& entry : found->entries) {
    if (!in.is(*entry.value, entry.key, kind::map)) continue;
    all.emplace_back(entry.key, section{entry.value, references_, complaints_});
  }
  return all;
}

void section::complain(position where, std::string text) {
  complaints_->push_back({std::move(where), std::move(text)});
}

void section::finish() {
  for (auto const& entry : node_->entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    complain(entry.at, "unknown key " + quoted(entry.key) + did_you_mean(entry.key, known_));
  }
}

bool section::clean() const { return complaints_->empty(); }

}  // namespace connector::config
