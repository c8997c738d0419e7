#include <algorithm>

#include "connector/mapping/rule_compiler.hpp"

namespace connector::mapping {

void rule_compiler::read_losses() {
  auto const* n = read_.mapping("loses");
  if (!n) return;
  if (r_.direction != direction::both) {
    complain(
        found::unused_setting,
        n->at,
        "'loses' has no effect on a rule that leads one way: nothing comes back",
        "remove it"
    );
    return;
  }
  constexpr key_spec sides[] = {
      {"incident", false, shape::any, "fields of the incident"},
      {"ticket", false, shape::any, "fields of the ticket"},
  };
  key_reader const read{*n, sides, to_};
  for (auto const on : {side::incident, side::ticket}) {
    auto const* fields = read.mapping(mapping::name(on));
    if (!fields) continue;
    for (auto const& [key, value] : fields->entries) {
      auto const hit =
          std::find_if(r_.on(on).begin(), r_.on(on).end(), [&name = key.text](field_ref const& f) {
            return f.path == name;
          });
      if (hit == r_.on(on).end()) {
        std::vector<std::string_view> names;
        for (auto const& f : r_.on(on)) names.push_back(f.path);
        complain(
            found::unknown_field,
            key.at,
            "the rule has no field '" + key.text + "' on the " + std::string{mapping::name(on)} +
                " side",
            suggestion(key.text, names)
        );
        continue;
      }
      declared_loss loss;
      loss.on = on;
      loss.field = *hit;
      loss.at = key.at;
      auto const add = [&](node const& one) {
        if (one.is_word("any")) {
          loss.any = true;
        } else if (auto v = read_literal(*hit, one, to_)) {
          loss.values.push_back(std::move(*v));
        }
      };
      if (value.is_list()) {
        for (auto const& one : value.items) add(one);
      } else {
        add(value);
      }
      r_.loses.push_back(std::move(loss));
    }
  }
}

void rule_compiler::read_unproved() {
  auto const* n = read_.find("unproved");
  if (!n) return;
  r_.unproved = read_.text_or("unproved", "");
  r_.unproved_at = n->at;
}

void rule_compiler::check_visibility() {
  auto const accepted = read_.word_or("show_customers", {"accept"}, "") == "accept";
  auto const makes_text =
      std::holds_alternative<copy_body>(r_.body) || std::holds_alternative<template_body>(r_.body);
  auto const* shown = static_cast<field_ref const*>(nullptr);
  if (r_.goes(side::ticket) && makes_text && !r_.reference) {
    for (auto const& f : r_.ticket) {
      if (f.type->is_public && !shown) shown = &f;
    }
  }
  auto const* template_text = std::get_if<template_body>(&r_.body);
  if (template_text && template_text->text.slots.empty()) shown = nullptr;
  if (auto const* n = read_.find("show_customers"); n && !shown) {
    complain(
        found::unused_setting,
        n->at,
        "'show_customers' has no effect: the rule writes no text that customers see",
        "remove it"
    );
  }
  r_.shows_customers = shown && accepted;
  if (!shown || accepted) return;
  complain(
      found::leaks_internal,
      from_.at,
      "what stands in an incident is internal, and customers see '" + shown->path + "'",
      "write to a field that they do not see, or add 'show_customers: accept'"
  );
}

}  // namespace connector::mapping
