#include "connector/mapping/description_json.hpp"

namespace connector::mapping {

namespace {

using description = adapter::description;

boost::json::array list_of(std::vector<std::string> const& all) {
  boost::json::array out;
  for (auto const& one : all) out.emplace_back(one);
  return out;
}

std::vector<std::string> texts(core::record const& from, std::string_view name) {
  std::vector<std::string> out;
  auto const* all = from.if_contains(name);
  auto const* list = all ? all->if_array() : nullptr;
  if (!list) return out;
  for (auto const& one : *list) {
    if (auto const* text = one.if_string()) out.emplace_back(*text);
  }
  return out;
}

std::string text(core::record const& from, std::string_view name) {
  auto const* found = from.if_contains(name);
  auto const* text = found ? found->if_string() : nullptr;
  return text ? std::string{*text} : std::string{};
}

bool flag(core::record const& from, std::string_view name, bool otherwise) {
  auto const* found = from.if_contains(name);
  auto const* is = found ? found->if_bool() : nullptr;
  return is ? *is : otherwise;
}

/// Calls `f` for each object in the list of this name.
template <class F>
void each_object(core::record const& from, std::string_view name, F&& f) {
  auto const* all = from.if_contains(name);
  auto const* list = all ? all->if_array() : nullptr;
  if (!list) return;
  for (auto const& one : *list) {
    if (auto const* object = one.if_object()) f(*object);
  }
}

core::record to_json(description::field const& f) {
  core::record out{{"name", f.name}, {"type", f.type}, {"kind", f.kind}};
  if (f.mandatory) out["mandatory"] = true;
  if (f.expected) out["expected"] = true;
  if (!f.writable) out["writable"] = false;
  if (f.length) out["length"] = *f.length;
  if (f.choices) out["choices"] = list_of(*f.choices);
  return out;
}

description::field field_from(core::record const& from) {
  description::field f;
  f.name = text(from, "name");
  f.type = text(from, "type");
  f.kind = text(from, "kind");
  f.mandatory = flag(from, "mandatory", false);
  f.expected = flag(from, "expected", false);
  f.writable = flag(from, "writable", true);
  if (auto const* length = from.if_contains("length"); length && length->is_number()) {
    boost::system::error_code ec;
    auto const n = length->to_number<std::size_t>(ec);
    if (!ec) f.length = n;
  }
  if (from.contains("choices")) f.choices = texts(from, "choices");
  return f;
}

}  // namespace

core::value to_json(description const& from) {
  boost::json::array fields, steps;
  for (auto const& f : from.fields) fields.push_back(to_json(f));
  for (auto const& s : from.steps) {
    core::record one{{"from", s.from}, {"to", s.to}};
    if (!s.demands.empty()) one["demands"] = list_of(s.demands);
    if (!s.expects.empty()) one["expects"] = list_of(s.expects);
    steps.push_back(std::move(one));
  }
  return core::record{
      {"fields", std::move(fields)},
      {"workflow_field", from.workflow_field},
      {"states", list_of(from.states)},
      {"steps", std::move(steps)},
      {"exits_unseen", list_of(from.exits_unseen)},
      {"unseen", list_of(from.unseen)},
  };
}

description description_from(core::value const& from) {
  description out;
  auto const* whole = from.if_object();
  if (!whole) return out;
  each_object(*whole, "fields", [&](auto const& one) { out.fields.push_back(field_from(one)); });
  each_object(*whole, "steps", [&](auto const& one) {
    description::step s;
    s.from = text(one, "from");
    s.to = text(one, "to");
    s.demands = texts(one, "demands");
    s.expects = texts(one, "expects");
    out.steps.push_back(std::move(s));
  });
  out.workflow_field = text(*whole, "workflow_field");
  out.states = texts(*whole, "states");
  out.exits_unseen = texts(*whole, "exits_unseen");
  out.unseen = texts(*whole, "unseen");
  return out;
}

}  // namespace connector::mapping
