#include "connector/mapping/document.hpp"

#include <set>
#include <sstream>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "connector/mapping/text.hpp"

namespace connector::mapping {
namespace {

constexpr std::size_t file_bytes_max = 1 << 20;
constexpr std::size_t depth_max = 32;

struct refused : std::exception {};

place place_of(YAML::Mark const& mark, reporter const& in) {
  return in.here(mark.line + 1, mark.column + 1);
}

/// Builds our own tree from the parser's events, since yaml-cpp's nodes silently keep both of two
/// equal keys and follow aliases.
class builder : public YAML::EventHandler {
 public:
  explicit builder(reporter& to) : to_{to} {}

  std::optional<node> take() { return std::move(root_); }
  [[nodiscard]] bool has_root() const { return root_.has_value(); }

  void OnDocumentStart(YAML::Mark const&) override {}
  void OnDocumentEnd() override {}

  void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override {
    node n;
    n.at = place_of(mark, to_);
    check(mark, {}, anchor);
    put(std::move(n));
  }

  void OnAlias(YAML::Mark const& mark, YAML::anchor_t) override { refuse(mark); }

  void OnScalar(
      YAML::Mark const& mark,
      std::string const& tag,
      YAML::anchor_t anchor,
      std::string const& value
  ) override {
    check(mark, tag, anchor);
    node n;
    n.what = node::kind::scalar;
    n.at = place_of(mark, to_);
    n.text = value;
    n.quoted = tag == "!";
    put(std::move(n));
  }

  void OnSequenceStart(
      YAML::Mark const& mark,
      std::string const& tag,
      YAML::anchor_t anchor,
      YAML::EmitterStyle::value
  ) override {
    open(node::kind::list, mark, tag, anchor);
  }

  void OnMapStart(
      YAML::Mark const& mark,
      std::string const& tag,
      YAML::anchor_t anchor,
      YAML::EmitterStyle::value
  ) override {
    open(node::kind::mapping, mark, tag, anchor);
  }

  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  struct level {
    node value;
    std::optional<node> key;
    std::set<std::string, std::less<>> seen;
    bool drop_next = false;
  };

  [[noreturn]] void refuse(YAML::Mark const& mark) {
    to_.add(
        found::alias,
        place_of(mark, to_),
        "anchors (&x), aliases (*x) and tags (!x) are not part of the mapping language",
        "write the value out; quote a text that starts with one of these characters"
    );
    throw refused{};
  }

  void check(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor) {
    if (anchor != 0 || !(tag.empty() || tag == "?" || tag == "!")) refuse(mark);
  }

  void open(
      node::kind what, YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor
  ) {
    check(mark, tag, anchor);
    if (stack_.size() == depth_max) {
      to_.add(found::too_deep, place_of(mark, to_), "nested more than 32 deep", "flatten it");
      throw refused{};
    }
    level l;
    l.value.what = what;
    l.value.at = place_of(mark, to_);
    stack_.push_back(std::move(l));
  }

  void close() {
    auto done = std::move(stack_.back().value);
    stack_.pop_back();
    put(std::move(done));
  }

  void put(node n) {
    if (stack_.empty()) {
      root_ = std::move(n);
      return;
    }
    auto& top = stack_.back();
    if (top.value.is_list()) {
      top.value.items.push_back(std::move(n));
    } else if (!top.key) {
      if (!n.is_scalar()) {
        to_.add(found::wrong_shape, n.at, "a key must be a text", "quote it");
        top.drop_next = true;
      } else if (!top.seen.insert(n.text).second) {
        to_.add(
            found::duplicate_key,
            n.at,
            "'" + n.text + "' stands twice; only one of them could count",
            "remove one"
        );
        top.drop_next = true;
      }
      top.key = std::move(n);
    } else {
      if (!top.drop_next) top.value.entries.push_back({std::move(*top.key), std::move(n)});
      top.key.reset();
      top.drop_next = false;
    }
  }

  reporter& to_;
  std::vector<level> stack_;
  std::optional<node> root_;
};

/// yaml-cpp's words with what usually is behind them in a mapping file.
std::string hint_for(std::string_view line) {
  auto const start = line.find_first_not_of(" -");
  if (start != std::string_view::npos && (line[start] == '"' || line[start] == '\'')) {
    return "a row that starts with a quote must be quoted as a whole: '\"1\" <-> active'";
  }
  if (line.find('\t') != std::string_view::npos) return "indent with spaces, not tabs";
  if (line.find('{') != std::string_view::npos) {
    return "quote a text that contains { } [ ] : or #";
  }
  return "check the indentation and quote texts with : # { } [ ]";
}

std::string_view line_of(std::string_view text, int line) {
  for (int i = 1; i < line; ++i) {
    auto const end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

place place_of_offset(std::string_view text, std::size_t offset, reporter const& in) {
  auto p = in.here(1, 1);
  for (auto const c : text.substr(0, offset)) {
    if (c == '\n') {
      ++p.line;
      p.column = 1;
    } else {
      ++p.column;
    }
  }
  return p;
}

}  // namespace

node const* node::find(std::string_view key) const {
  for (auto const& [k, v] : entries) {
    if (k.text == key) return &v;
  }
  return nullptr;
}

std::string_view node::kind_name() const {
  switch (what) {
    case kind::empty:
      return "nothing";
    case kind::scalar:
      return "a text";
    case kind::list:
      return "a list";
    case kind::mapping:
      return "a mapping";
  }
  return "";
}

std::optional<node> read_document(std::string_view text, reporter& to) {
  if (text.size() > file_bytes_max) {
    to.add(found::too_large, to.here(1, 1), "the file is larger than 1 MiB", "split it");
    return std::nullopt;
  }
  if (auto const bad = first_bad_utf8(text); bad != text.size()) {
    to.add(
        found::not_utf8,
        place_of_offset(text, bad, to),
        "this is not UTF-8 text",
        "save it as UTF-8"
    );
    return std::nullopt;
  }
  std::istringstream in{std::string{text}};
  builder events{to};
  try {
    YAML::Parser parser{in};
    parser.HandleNextDocument(events);
    auto root = events.take();
    if (!root) {
      root.emplace();
      root->at = to.here(1, 1);
    }
    builder rest{to};
    if (parser.HandleNextDocument(rest)) {
      auto const second = rest.take();
      auto const at = second ? second->at : to.here(1, 1);
      to.add(found::bad_yaml, at, "a second document in one file", "one file, one document");
      return std::nullopt;
    }
    return root;
  } catch (refused const&) {
    return std::nullopt;
  } catch (YAML::Exception const& e) {
    auto const at = e.mark.is_null() ? to.here(1, 1) : place_of(e.mark, to);
    to.add(found::bad_yaml, at, "not well-formed YAML: " + e.msg, hint_for(line_of(text, at.line)));
    return std::nullopt;
  }
}

void fill_in_settings(
    node& in, std::map<std::string, std::string, std::less<>> const& settings, reporter& to
) {
  for (auto& item : in.items) fill_in_settings(item, settings, to);
  for (auto& [key, value] : in.entries) fill_in_settings(value, settings, to);
  if (!in.is_scalar()) return;
  std::size_t from = 0;
  while ((from = in.text.find("${", from)) != std::string::npos) {
    auto const end = in.text.find('}', from);
    auto const name =
        end == std::string::npos ? std::string{} : in.text.substr(from + 2, end - from - 2);
    auto const known = settings.find(name);
    if (known == settings.end()) {
      std::vector<std::string_view> names;
      for (auto const& [n, v] : settings) names.push_back(n);
      to.add(
          found::unknown_setting,
          in.at,
          name.empty() ? "'${' without a name and '}'" : "no setting '" + name + "'",
          names.empty() ? "add it under settings" : suggestion(name, names)
      );
      return;
    }
    in.text.replace(from, end - from + 1, known->second);
    from += known->second.size();
  }
}

}  // namespace connector::mapping
