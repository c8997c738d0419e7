#include <algorithm>

#include "connector/mapping/rule_compiler.hpp"

namespace connector::mapping {

rule_compiler::missing_choice rule_compiler::missing_of(node const& n) {
  if (n.is_word("hold")) return {};
  if (n.is_word("clear")) return {reference_step::missing::clear, {}};
  if (n.is_word("park")) return {reference_step::missing::park, {}};
  return {reference_step::missing::literal, n.text};
}

void rule_compiler::read_by(key_reader const& read, reference_step& s, model_field const& type) {
  auto const* by = read.find("by");
  if (!by) {
    bad_ = true;
    return;
  }
  s.by = by->text;
  std::vector<std::string_view> known{type.by.begin(), type.by.end()};
  if (std::find(known.begin(), known.end(), s.by) == known.end()) {
    unknown_word(*by, "by", known, to_);
    bad_ = true;
  }
  if (auto const* missing = read.find("missing")) {
    auto [then, literal] = missing_of(*missing);
    s.if_missing = then;
    s.literal = std::move(literal);
  } else {
    bad_ = true;
  }
}

bool rule_compiler::read_people(node const& n) {
  if (r_.incident.size() != 1 || r_.ticket.size() != 1 ||
      r_.incident.front().type->type != field_type::person ||
      r_.ticket.front().type->type != field_type::person) {
    complain(
        found::incompatible, n.at, "'people' joins one field that holds a person with another"
    );
    return false;
  }
  auto const& type = *r_.ticket.front().type;
  key_reader const read{n, grammar::people, to_};
  reference_step s;
  s.at = n.at;
  s.kind = type.kind.empty() ? "user" : type.kind;
  read_by(read, s, type);
  if (auto const* names = read.mapping("names")) {
    for (auto const& [key, value] : names->entries) {
      auto [then, literal] = missing_of(value);
      s.names.push_back({key.text, then, std::move(literal), key.at});
    }
  }
  if (auto const* guarded = read.find("never_overwrite")) {
    if (guarded->is_scalar()) s.never_overwrite.push_back(guarded->text);
    for (auto const& item : guarded->items) s.never_overwrite.push_back(item.text);
  }
  r_.body = copy_body{};
  r_.reference = std::move(s);
  return true;
}

bool rule_compiler::read_reference() {
  auto const* n = read_.mapping("reference");
  auto const needs = !r_.ticket.empty() && r_.target == side::ticket && r_.goes(side::ticket) &&
                     (r_.ticket.front().type->type == field_type::reference ||
                      r_.ticket.front().type->type == field_type::person) &&
                     !std::holds_alternative<value_table>(r_.body) &&
                     !std::holds_alternative<constant_body>(r_.body) &&
                     !std::holds_alternative<decision_table>(r_.body);
  if (!n) {
    if (needs) {
      complain(
          found::incompatible,
          from_.at,
          "'" + r_.ticket.front().path + "' holds a key of the ticket system, not a text",
          std::holds_alternative<copy_body>(r_.body) &&
                  r_.ticket.front().type->type == field_type::person
              ? "add 'people: {by: email, missing: hold}'"
              : "add 'reference: {by: name, missing: park}'"
      );
    }
    return !bad_;
  }
  if (r_.ticket.size() != 1) {
    complain(found::no_kind, n->at, "'reference' looks up one ticket field");
    return false;
  }
  auto const& type = *r_.ticket.front().type;
  if (type.by.empty()) {
    complain(found::wrong_type, n->at, "'" + r_.ticket.front().path + "' holds no key to look up");
    return false;
  }
  key_reader const read{*n, grammar::reference, to_};
  reference_step s;
  s.at = n->at;
  s.kind = read.text_or("kind", type.kind);
  read_by(read, s, type);
  r_.reference = std::move(s);
  return !bad_;
}

}  // namespace connector::mapping
