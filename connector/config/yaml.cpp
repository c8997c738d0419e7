#include "connector/config/yaml.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <istream>
#include <map>
#include <streambuf>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

namespace connector::config {
namespace {

constexpr std::size_t file_bytes_max = 1u << 20;
constexpr std::size_t depth_max = 32;
// Aliases of aliases can make a short file mean a huge one; this is far more than a person writes.
constexpr std::size_t values_max = 200'000;

/// Ends the reading; the one thing to tell.
struct unreadable {
  position at;
  std::string text;
};

/// The length of the UTF-8 sequence at `at`, or 0 if there is none.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  auto const byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  auto const first = byte(at);
  if (first < 0x80) return 1;
  auto const length = first >= 0xF0 ? 4u : first >= 0xE0 ? 3u : 2u;
  if (first < 0xC2 || first > 0xF4) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates and what lies beyond U+10FFFF.
  auto const second = byte(at + 1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
      (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) {
    return 0;
  }
  return length;
}

/// Finds lines and turns byte columns into columns of characters, as editors count them.
class places {
 public:
  places(std::string_view text, std::string const& file) : text_{text}, file_{file} {
    starts_.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') starts_.push_back(i + 1);
    }
  }

  [[nodiscard]] position at(YAML::Mark const& mark) const {
    auto const line = static_cast<std::size_t>(std::max(mark.line, 0));
    auto const column = static_cast<std::size_t>(std::max(mark.column, 0));
    return at(line, column);
  }

  [[nodiscard]] position at_byte(std::size_t offset) const {
    auto const next = std::upper_bound(starts_.begin(), starts_.end(), offset);
    auto const line = static_cast<std::size_t>(next - starts_.begin()) - 1;
    return at(line, offset - starts_[line]);
  }

 private:
  [[nodiscard]] position at(std::size_t line, std::size_t bytes) const {
    auto const start = line < starts_.size() ? starts_[line] : text_.size();
    auto const before = text_.substr(start, bytes);
    auto const characters = std::count_if(before.begin(), before.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    });
    return {file_, static_cast<int>(line) + 1, static_cast<int>(characters) + 1};
  }

  std::string_view text_;
  std::string file_;
  std::vector<std::size_t> starts_;
};

void check_characters(std::string_view text, places const& where) {
  for (std::size_t i = 0; i < text.size();) {
    auto const length = utf8_length(text, i);
    if (length == 0) throw unreadable{where.at_byte(i), "not UTF-8; save the file as UTF-8"};
    auto const c = static_cast<unsigned char>(text[i]);
    auto const is_control = (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
    if (is_control) {
      throw unreadable{where.at_byte(i), "a control character, which YAML does not allow"};
    }
    i += length;
  }
}

/// Builds the tree from yaml-cpp's events, which carry places and come before any recursion over
/// the values, so that a file that is too deep stops early.
class builder : public YAML::EventHandler {
 public:
  builder(places const& where, complaints& to) : where_{where}, complaints_{to} {}

  [[nodiscard]] std::shared_ptr<yaml_node const> root() const { return root_; }

  void OnDocumentStart(YAML::Mark const& mark) override {
    if (root_) throw unreadable{where_.at(mark), "a second document; one file holds one"};
  }
  void OnDocumentEnd() override {}

  void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override {
    add(make(yaml_node::kind::null, mark), anchor);
  }

  void OnAlias(YAML::Mark const& mark, YAML::anchor_t anchor) override {
    auto const found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      throw unreadable{where_.at(mark), "an alias inside the value it stands for"};
    }
    place(found->second, where_.at(mark));
  }

  void OnScalar(
      YAML::Mark const& mark,
      std::string const& tag,
      YAML::anchor_t anchor,
      std::string const& value
  ) override {
    refuse_tag(mark, tag);
    auto made = make(yaml_node::kind::scalar, mark);
    made->text = value;
    made->quoted = tag == "!";
    add(std::move(made), anchor);
  }

  void OnSequenceStart(
      YAML::Mark const& mark,
      std::string const& tag,
      YAML::anchor_t anchor,
      YAML::EmitterStyle::value
  ) override {
    refuse_tag(mark, tag);
    open(yaml_node::kind::list, mark, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(
      YAML::Mark const& mark,
      std::string const& tag,
      YAML::anchor_t anchor,
      YAML::EmitterStyle::value
  ) override {
    refuse_tag(mark, tag);
    open(yaml_node::kind::map, mark, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct level {
    std::shared_ptr<yaml_node> value;
    YAML::anchor_t anchor;
    bool has_key = false;
    std::string key;
    position key_at;
    std::map<std::string, int> lines;  ///< of the keys so far
  };

  [[nodiscard]] std::shared_ptr<yaml_node> make(yaml_node::kind what, YAML::Mark const& mark)
      const {
    auto made = std::make_shared<yaml_node>();
    made->what = what;
    made->at = where_.at(mark);
    return made;
  }

  void refuse_tag(YAML::Mark const& mark, std::string const& tag) const {
    // yaml-cpp says "?" for a plain value and "!" for a quoted one.
    if (tag.empty() || tag == "?" || tag == "!") return;
    throw unreadable{
        where_.at(mark), "a tag, which is not used here; text that begins with ! needs quotes"};
  }

  void open(yaml_node::kind what, YAML::Mark const& mark, YAML::anchor_t anchor) {
    if (open_.size() == depth_max) too_deep(where_.at(mark));
    if (!open_.empty() && is_key_next()) bad_key(where_.at(mark));
    open_.push_back({make(what, mark), anchor, false, {}, {}, {}});
  }

  void close() {
    auto done = std::move(open_.back());
    open_.pop_back();
    add(std::move(done.value), done.anchor);
  }

  void add(std::shared_ptr<yaml_node const> done, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = done;
    auto const at = done->at;
    place(std::move(done), at);
  }

  void place(std::shared_ptr<yaml_node const> value, position const& at) {
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    if (is_key_next()) {
      note_key(*value, at);
      return;
    }
    auto& parent = open_.back();
    if (open_.size() + value->height > depth_max + 1) too_deep(at);
    parent.value->size += value->size;
    if (parent.value->size > values_max) {
      throw unreadable{at, "more than 200000 values, aliases counted each time"};
    }
    parent.value->height = std::max(parent.value->height, value->height + 1);
    if (parent.value->what == yaml_node::kind::list) {
      parent.value->items.push_back(std::move(value));
      return;
    }
    parent.has_key = false;
    auto const [seen, is_new] = parent.lines.emplace(parent.key, parent.key_at.line);
    if (!is_new) {
      complaints_.push_back(
          {parent.key_at,
           "'" + parent.key + "' is here twice; the first is on line " +
               std::to_string(seen->second)}
      );
      return;
    }
    parent.value->entries.push_back({parent.key, parent.key_at, std::move(value)});
  }

  [[nodiscard]] bool is_key_next() const {
    auto const& top = open_.back();
    return top.value->what == yaml_node::kind::map && !top.has_key;
  }

  void note_key(yaml_node const& key, position const& at) {
    if (key.what != yaml_node::kind::scalar) bad_key(at);
    if (key.text == "<<" && !key.quoted) {
      throw unreadable{at, "merge keys (<<) are not read; use an alias for a whole value"};
    }
    open_.back().has_key = true;
    open_.back().key = key.text;
    open_.back().key_at = at;
  }

  [[noreturn]] static void bad_key(position const& at) {
    throw unreadable{at, "a key must be a text"};
  }
  [[noreturn]] static void too_deep(position const& at) {
    throw unreadable{at, "nested more than " + std::to_string(depth_max) + " deep"};
  }

  places const& where_;
  complaints& complaints_;
  std::shared_ptr<yaml_node const> root_;
  std::vector<level> open_;
  std::map<YAML::anchor_t, std::shared_ptr<yaml_node const>> anchors_;
};

/// yaml-cpp's words. What follows a colon there quotes the file, and that may be a password.
std::string in_words(YAML::ParserException const& failure) {
  if (failure.msg.starts_with(YAML::ErrorMsg::UNKNOWN_ANCHOR)) {
    return "an alias without an anchor; text that begins with * needs quotes";
  }
  return "not YAML: " + failure.msg.substr(0, failure.msg.find(':'));
}

class view_buffer : public std::streambuf {
 public:
  explicit view_buffer(std::string_view text) {
    auto* begin = const_cast<char*>(text.data());  // a streambuf that only reads
    setg(begin, begin, begin + text.size());
  }
};

std::shared_ptr<yaml_node const> read_checked(
    std::string_view text, places const& where, complaints& to
) {
  auto buffer = view_buffer{text};
  auto in = std::istream{&buffer};
  auto parser = YAML::Parser{in};
  auto built = builder{where, to};
  while (parser.HandleNextDocument(built)) {
  }
  if (built.root() && built.root()->what != yaml_node::kind::null) return built.root();
  auto nothing = std::make_shared<yaml_node>();
  nothing->what = yaml_node::kind::map;
  nothing->at = where.at_byte(0);
  return nothing;
}

}  // namespace

yaml_node::entry const* yaml_node::find(std::string_view key) const {
  for (auto const& e : entries) {
    if (e.key == key) return &e;
  }
  return nullptr;
}

std::shared_ptr<yaml_node const> read_yaml(
    std::string_view text, std::string const& file, complaints& to
) {
  if (text.size() > file_bytes_max) {
    to.push_back({{file, 1, 1}, "larger than 1 MiB"});
    return nullptr;
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  auto const where = places{text, file};
  auto found = complaints{};
  try {
    check_characters(text, where);
    auto root = read_checked(text, where, found);
    to.insert(to.end(), found.begin(), found.end());
    return root;
  } catch (unreadable const& e) {
    to.push_back({e.at, e.text});
  } catch (YAML::ParserException const& e) {
    to.push_back({where.at(e.mark), in_words(e)});
  }
  return nullptr;
}

std::shared_ptr<yaml_node const> read_yaml_file(std::string const& path, complaints& to) {
  auto const nothing = position{path, 1, 1};
  std::error_code failure;
  if (std::filesystem::is_directory(path, failure)) {
    to.push_back({nothing, "a folder, not a file"});
    return nullptr;
  }
  auto in = std::ifstream{path, std::ios::binary};
  if (!in) {
    auto const there = std::filesystem::exists(path, failure);
    to.push_back({nothing, there ? "cannot be opened; check its permissions" : "no such file"});
    return nullptr;
  }
  auto text = std::string(file_bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) {
    to.push_back({nothing, "cannot be read to its end"});
    return nullptr;
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  return read_yaml(text, path, to);
}

std::optional<section> parse_section(
    std::string_view text,
    std::string const& file,
    std::shared_ptr<reference_source const> references,
    std::shared_ptr<complaints> to
) {
  auto root = read_yaml(text, file, *to);
  if (!root) return std::nullopt;
  if (root->what != yaml_node::kind::map) {
    to->push_back({root->at, "must be a mapping of keys to values"});
    return std::nullopt;
  }
  return section{std::move(root), std::move(references), std::move(to)};
}

}  // namespace connector::config
