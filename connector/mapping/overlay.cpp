#include "connector/mapping/overlay.hpp"

#include <algorithm>
#include <array>

#include "connector/mapping/compile_rule.hpp"
#include "connector/mapping/grammar.hpp"

namespace connector::mapping {
namespace {

constexpr int bases_max = 4;  ///< an overlay on an overlay on ...

node* find_in(node& n, std::string_view key) {
  auto const hit = std::find_if(n.entries.begin(), n.entries.end(), [&](node::entry const& e) {
    return e.key.text == key;
  });
  return hit == n.entries.end() ? nullptr : &hit->value;
}

void erase_key(node& n, std::string_view key) {
  std::erase_if(n.entries, [&](node::entry const& e) { return e.key.text == key; });
}

void put(node& into, node::entry e) {
  if (auto* there = find_in(into, e.key.text)) {
    *there = std::move(e.value);
  } else {
    into.entries.push_back(std::move(e));
  }
}

/// Key by key, `levels` mappings deep; below that a value replaces the one that was there.
void merge_keys(node& into, node from, int levels) {
  for (auto& e : from.entries) {
    auto* there = find_in(into, e.key.text);
    if (levels > 1 && there && there->is_mapping() && e.value.is_mapping()) {
      merge_keys(*there, std::move(e.value), levels - 1);
    } else {
      put(into, std::move(e));
    }
  }
}

/// What an overlay does with a rule of its base.
struct edit {
  std::string_view what;  ///< add, replace, change, remove
  node const* name = nullptr;
  node const* before = nullptr;
  node const* after = nullptr;
};

class merger {
 public:
  merger(node base, node overlay, reporter& to)
      : base_{std::move(base)}, overlay_{std::move(overlay)}, to_{to} {}

  node merged() {
    // fields: incident: name: ...
    constexpr std::array<std::pair<std::string_view, int>, 5> by_key{{
        {"settings", 1},
        {"fields", 2},
        {"comments", 1},
        {"merged", 1},
        {"closed", 1},
    }};
    erase_key(base_, "tests");
    for (auto& e : overlay_.entries) {
      if (e.key.text == "base") continue;
      auto* there = find_in(base_, e.key.text);
      auto const deep = std::find_if(by_key.begin(), by_key.end(), [&](auto const& k) {
        return k.first == e.key.text;
      });
      if (e.key.text == "rules" && there && there->is_list() && e.value.is_list()) {
        merge_rules(*there, std::move(e.value));
      } else if (deep != by_key.end() && there && there->is_mapping() && e.value.is_mapping()) {
        merge_keys(*there, std::move(e.value), deep->second);
      } else {
        put(base_, std::move(e));
      }
    }
    return std::move(base_);
  }

 private:
  using position = std::vector<node>::iterator;

  std::optional<position> find_rule(std::vector<node>& rules, node const& name) {
    auto const hit = std::find_if(rules.begin(), rules.end(), [&](node const& r) {
      return name.is_scalar() && rule_name(r) == name.text;
    });
    if (hit != rules.end()) return hit;
    std::vector<std::string> owned;
    for (auto const& r : rules) owned.push_back(rule_name(r));
    std::vector<std::string_view> const names{owned.begin(), owned.end()};
    to_.add(
        found::no_such_rule,
        name.at,
        "the base has no rule '" + name.text + "'",
        suggestion(name.text, names)
    );
    return std::nullopt;
  }

  std::optional<edit> edit_of(node const& rule) {
    edit e{"add"};
    for (auto const word : {"replace", "change", "remove"}) {
      auto const* n = rule.find(word);
      if (!n) continue;
      if (e.name) {
        to_.add(
            found::no_kind,
            n->at,
            "a rule cannot have both '" + std::string{e.what} + "' and '" + word + "'",
            "make two entries"
        );
        return std::nullopt;
      }
      e.what = word;
      e.name = n;
    }
    e.before = rule.find("before");
    e.after = rule.find("after");
    auto const placed = e.before ? e.before : e.after;
    if (placed && (e.what != "add" || (e.before && e.after))) {
      to_.add(
          found::unused_setting,
          placed->at,
          "'before' or 'after' is for one new rule; others stay where they are",
          "remove it"
      );
    }
    if (e.what == "remove" && rule.entries.size() > 1) {
      to_.add(
          found::unused_setting,
          rule.at,
          "nothing else counts in a rule that is removed",
          "write '- remove: " + e.name->text + "' alone"
      );
    }
    return e;
  }

  void merge_rules(node& into, node changes) {
    auto& rules = into.items;
    for (auto& rule : changes.items) {
      auto const e = edit_of(rule);
      if (!e) continue;
      if (e->what == "add") {
        auto at = rules.end();
        if (auto const* next_to = e->before ? e->before : e->after) {
          auto const hit = find_rule(rules, *next_to);
          if (!hit) continue;
          at = e->before ? *hit : *hit + 1;
        }
        for (auto const word : {"before", "after"}) erase_key(rule, word);
        rules.insert(at, std::move(rule));
        continue;
      }
      auto const hit = find_rule(rules, *e->name);
      if (!hit) continue;
      auto const name = e->name->text;
      if (e->what == "remove") {
        rules.erase(*hit);
        continue;
      }
      for (auto const word : {"replace", "change", "before", "after"}) erase_key(rule, word);
      if (e->what == "replace") {
        **hit = std::move(rule);
      } else {
        change(**hit, std::move(rule));
      }
    }
  }

  /// The keys given take the place of those in the base; another source of the value takes the
  /// place of the one there was.
  static void change(node& rule, node with) {
    auto const is_source = [](std::string_view key) {
      constexpr std::array<std::string_view, 7> sources{
          "constant", "template", "values", "choose", "lookup", "people", "set"};
      return std::find(sources.begin(), sources.end(), key) != sources.end();
    };
    auto const brings_source =
        std::any_of(with.entries.begin(), with.entries.end(), [&](node::entry const& e) {
          return is_source(e.key.text);
        });
    if (brings_source) {
      std::erase_if(rule.entries, [&](node::entry const& e) { return is_source(e.key.text); });
    }
    rule.at = with.at;
    merge_keys(rule, std::move(with), 1);
    std::erase_if(rule.entries, [](node::entry const& e) {
      return e.value.what == node::kind::empty;
    });
  }

  node base_, overlay_;
  reporter& to_;
};

struct source {
  std::string path, text;
};

std::optional<source> find_base(
    node const& base, model_catalogue const& shipped, file_reader const& files, reporter& to
) {
  auto const complain = [&](std::string text, std::string fix) {
    to.add(found::bad_base, base.at, std::move(text), std::move(fix));
    return std::nullopt;
  };
  if (!base.is_scalar()) {
    return complain("'base' names one map", "write the name of a shipped map, or a path");
  }
  if (!base.text.ends_with(".yaml") && !base.text.ends_with(".yml")) {
    if (auto const* text = shipped.base_map(base.text)) {
      return source{"<shipped>/" + base.text + ".yaml", *text};
    }
    auto const names = shipped.base_maps();
    return complain("no shipped map '" + base.text + "'", suggestion(base.text, names));
  }
  auto const from = to.at(base.at).file;
  auto const path =
      base.text.starts_with('/') ? base.text : from.substr(0, from.rfind('/') + 1) + base.text;
  auto text = files(path);
  if (!text) {
    return complain(
        "'" + path + "' cannot be read: " + text.error().detail,
        "the path counts from this file; a shipped map has a name without '.yaml'"
    );
  }
  return source{path, std::move(*text)};
}

std::optional<node> read_with_base(
    std::string_view text,
    model_catalogue const& shipped,
    file_reader const& files,
    reporter& to,
    int bases
) {
  auto root = read_document(text, to);
  auto const* base = root && root->is_mapping() ? root->find("base") : nullptr;
  if (!base) return root;
  key_reader const check{*root, grammar::overlay, to};
  if (bases == bases_max) {
    to.add(
        found::bad_base,
        base->at,
        "more than " + std::to_string(bases_max) + " maps on top of each other",
        "does one of them name itself?"
    );
    return std::nullopt;
  }
  auto const below = find_base(*base, shipped, files, to);
  if (!below) return std::nullopt;
  auto in_base = to.for_file(below->path);
  auto merged_base = read_with_base(below->text, shipped, files, in_base, bases + 1);
  if (!merged_base) return std::nullopt;
  if (!merged_base->is_mapping()) {
    to.add(found::bad_base, base->at, "'" + below->path + "' is no map");
    return std::nullopt;
  }
  return merger{std::move(*merged_base), std::move(*root), to}.merged();
}

}  // namespace

std::optional<node> read_merged(
    std::string_view text, model_catalogue const& shipped, file_reader const& files, reporter& to
) {
  return read_with_base(text, shipped, files, to, 0);
}

}  // namespace connector::mapping
