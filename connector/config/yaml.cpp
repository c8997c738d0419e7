#include "connector/config/yaml.hpp"

#include <filesystem>
#include <fstream>
#include <istream>
#include <map>
#include <streambuf>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "connector/config/places.hpp"

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

/// Builds the tree from yaml-cpp's events, which carry places and come before any recursion over
/// the values, so that a file that is too deep stops early.
class builder : public YAML::EventHandler {
 public:
  builder(places const& where, complaints& to) : where_{where}, complaints_{to} {}

  [[nodiscard]] std::shared_ptr<yaml_node const> root() const { return root_; }

  void OnDocumentStart(YAML::Mark const& mark) override {
    if (root_) throw unreadable{at(mark), "a second document; one file holds one"};
  }
  void OnDocumentEnd() override {}

  void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override {
    auto made = make(yaml_node::kind::null, mark);
    // yaml-cpp places a value that is not there at whatever comes next, perhaps lines below.
    if (!open_.empty() && open_.back().has_key) made->at = open_.back().key_at;
    add(std::move(made), anchor);
  }

  void OnAlias(YAML::Mark const& mark, YAML::anchor_t anchor) override {
    auto const found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      throw unreadable{at(mark), "an alias inside the value it stands for"};
    }
    place(found->second, at(mark));
  }

  void OnScalar(
      YAML::Mark const& mark,
      std::string const& tag,
      YAML::anchor_t anchor,
      std::string const& value
  ) override {
    refuse_tag(mark, tag);
    if (!where_.is_closed(byte(mark))) throw unreadable{at(mark), "a quoted text is not closed"};
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
  [[nodiscard]] std::size_t byte(YAML::Mark const& mark) const {
    return where_.byte(mark.line, mark.column);
  }
  [[nodiscard]] position at(YAML::Mark const& mark) const { return where_.at(byte(mark)); }

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
    made->at = at(mark);
    made->height = what == yaml_node::kind::list || what == yaml_node::kind::map ? 1 : 0;
    return made;
  }

  void refuse_tag(YAML::Mark const& mark, std::string const& tag) const {
    // yaml-cpp says "?" for a plain value and "!" for a quoted one.
    if (tag.empty() || tag == "?" || tag == "!") return;
    throw unreadable{
        at(mark), "a tag, which is not used here; text that begins with ! needs quotes"};
  }

  void open(yaml_node::kind what, YAML::Mark const& mark, YAML::anchor_t anchor) {
    if (open_.size() == depth_max) too_deep(at(mark));
    if (!open_.empty() && is_key_next()) bad_key(at(mark));
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
    if (open_.size() + value->height > depth_max) too_deep(at);
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

/// What is wrong in words that say what to do, where yaml-cpp has its own trade's. What follows a
/// colon in its messages quotes the file, and that may be a password.
std::string in_words(std::string const& message) {
  namespace said = YAML::ErrorMsg;
  static struct {
    char const* message;
    char const* text;
  } const known[] = {
      {said::UNKNOWN_ANCHOR, "an alias without an anchor; text that begins with * needs quotes"},
      {said::MAP_VALUE,
       "a colon where none can be; check the indentation, and quote text that has ': ' in "
       "it"},
      {said::END_OF_MAP, "not in line with the keys above; check the indentation"},
      {said::END_OF_SEQ, "not in line with the list above; check the indentation"},
      {said::END_OF_MAP_FLOW, "a { before this is not closed"},
      {said::END_OF_SEQ_FLOW, "a [ before this is not closed"},
      {said::FLOW_END, "a } or ] that closes nothing, or the wrong one"},
      {said::EOF_IN_SCALAR, "a quoted text is not closed"},
      {said::UNKNOWN_TOKEN, "not YAML; text that begins with @, %, ` or & needs quotes"},
  };
  for (auto const& k : known) {
    if (message.starts_with(k.message)) return k.text;
  }
  return "not YAML: " + message.substr(0, message.find(':'));
}

complaint in_words(YAML::ParserException const& failure, places const& where) {
  auto const byte = where.byte(failure.mark.line, failure.mark.column);
  if (auto const tab = where.tab_in_indentation(byte)) {
    return {*tab, "a tab in the indentation; use spaces"};
  }
  return {where.at(byte), in_words(failure.msg)};
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
  nothing->at = where.at(0);
  return nothing;
}

/// For what is wrong with a file as a whole.
std::shared_ptr<yaml_node const> refuse_file(
    std::string const& file, std::string_view why, complaints& to
) {
  auto said = complaint{};
  said.at = position{file, 1, 1};
  said.text = why;
  to.push_back(std::move(said));
  return nullptr;
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
    return refuse_file(file, "larger than 1 MiB", to);
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  auto const where = places{text, file};
  if (auto fault = where.fault_in_characters()) {
    to.push_back(std::move(*fault));
    return nullptr;
  }
  auto found = complaints{};
  try {
    auto root = read_checked(text, where, found);
    to.insert(to.end(), found.begin(), found.end());
    return root;
  } catch (unreadable const& e) {
    to.push_back({e.at, e.text});
  } catch (YAML::ParserException const& e) {
    to.push_back(in_words(e, where));
  }
  return nullptr;
}

std::shared_ptr<yaml_node const> read_yaml_file(std::string const& path, complaints& to) {
  std::error_code failure;
  if (std::filesystem::is_directory(path, failure)) {
    return refuse_file(path, "a folder, not a file", to);
  }
  auto in = std::ifstream{path, std::ios::binary};
  if (!in) {
    auto const there = std::filesystem::exists(path, failure);
    return refuse_file(
        path, there ? "cannot be opened; check its permissions" : "no such file", to
    );
  }
  auto text = std::string(file_bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return refuse_file(path, "cannot be read to its end", to);
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
