#include "connector/mapping/schema.hpp"

#include <boost/json/serialize.hpp>

#include "connector/core/value.hpp"
#include "connector/mapping/grammar.hpp"

namespace connector::mapping {
namespace {

using core::record;
using core::value;

record ref(std::string_view name) { return {{"$ref", "#/$defs/" + std::string{name}}}; }

boost::json::array texts(std::initializer_list<std::string_view> all) {
  boost::json::array out;
  for (auto const t : all) out.emplace_back(t);
  return out;
}

record list_of(record items) { return {{"type", "array"}, {"items", std::move(items)}}; }

record one_of(std::initializer_list<record> all) {
  boost::json::array out;
  for (auto const& r : all) out.emplace_back(r);
  return {{"anyOf", std::move(out)}};
}

record map_of(record values) {
  return {{"type", "object"}, {"additionalProperties", std::move(values)}};
}

record shape_schema(shape s) {
  switch (s) {
    case shape::text:
    case shape::word:
      return ref("scalar");
    case shape::texts:
      return one_of({ref("scalar"), list_of(ref("scalar"))});
    case shape::number:
      return {{"type", "integer"}};
    case shape::flag:
      return {{"enum", boost::json::array{"yes", "no", true, false}}};
    case shape::span:
      return {{"type", "string"}, {"pattern", "^[0-9]+[smhd]$"}};
    case shape::value:
      return ref("value");
    case shape::values:
      return map_of(ref("value"));
    case shape::condition:
      return ref("condition");
    case shape::sync:
      return {{"enum", texts({"never", "once", "to_ticket", "to_incident", "both"})}};
    case shape::conflict:
      return ref("conflict");
    case shape::rows:
      return ref("rows");
    case shape::choices:
      return ref("choices");
    case shape::open:
      return one_of({record{{"enum", texts({"all", "none"})}}, ref("condition")});
    case shape::urgent:
      return list_of(ref("condition"));
    case shape::names:
    case shape::settings:
      return map_of(ref("scalar"));
    case shape::model_fields:
      return map_of(ref("model_field"));
    case shape::columns:
      return map_of(one_of({ref("scalar"), list_of(ref("scalar"))}));
    case shape::rule:
      return list_of(ref("rule"));
    case shape::overlay_rule:
      return list_of(ref("overlay_rule"));
    case shape::people:
      return ref("people");
    case shape::lookup:
      return ref("lookup");
    case shape::reference:
      return ref("reference");
    case shape::set:
      return ref("set");
    case shape::tables:
      return map_of(ref("table"));
    case shape::comments:
      return ref("comments");
    case shape::merged:
      return ref("merged");
    case shape::closed:
      return ref("closed");
    case shape::tests:
      return list_of(ref("test"));
    case shape::steps:
      return list_of(ref("step"));
    case shape::said_comments:
      return list_of(ref("said_comment"));
    case shape::merge_test:
      return ref("merge_test");
    case shape::any:
      return {};
  }
  return {};
}

record object_of(std::span<key_spec const> keys) {
  record properties;
  boost::json::array required;
  for (auto const& key : keys) {
    auto schema = shape_schema(key.shape);
    schema["description"] = key.says;
    properties[key.name] = std::move(schema);
    if (key.required) required.emplace_back(key.name);
  }
  record out{
      {"type", "object"},
      {"properties", std::move(properties)},
      {"additionalProperties", false},
  };
  if (!required.empty()) out["required"] = std::move(required);
  return out;
}

/// The keys of both, none of them required.
std::vector<key_spec> joined(std::span<key_spec const> a, std::span<key_spec const> b) {
  std::vector<key_spec> all{a.begin(), a.end()};
  all.insert(all.end(), b.begin(), b.end());
  for (auto& key : all) key.required = false;
  return all;
}

record rows_schema() {
  record row{
      {"type", "string"},
      {"pattern", "(<->|->|<-)"},
      {"description", "incident <-> ticket, incident -> ticket, or incident <- ticket"},
  };
  record otherwise{
      {"type", "object"},
      {"properties", record{{"otherwise", record{}}}},
      {"required", texts({"otherwise"})},
      {"additionalProperties", false},
  };
  return list_of(one_of({std::move(row), std::move(otherwise)}));
}

record choices_schema() {
  record line{
      {"type", "object"},
      {"properties", record{{"when", ref("condition")}, {"then", ref("value")}}},
      {"required", texts({"when", "then"})},
      {"additionalProperties", false},
  };
  record otherwise{
      {"type", "object"},
      {"properties", record{{"otherwise", ref("value")}}},
      {"required", texts({"otherwise"})},
      {"additionalProperties", false},
  };
  return list_of(one_of({std::move(line), std::move(otherwise)}));
}

record condition_schema() {
  return {
      {"type", "object"},
      {"minProperties", 1},
      {"properties",
       record{
           {"any", list_of(ref("condition"))},
           {"all", list_of(ref("condition"))},
           {"not", ref("condition")},
           {"incident", ref("condition")},
           {"ticket", ref("condition")},
       }},
  };
}

record conflict_schema() {
  record word{
      {"enum", texts({"incident", "ticket", "highest", "furthest", "merge", "ask"})},
  };
  record latest{
      {"type", "object"},
      {"properties", record{{"latest", record{{"enum", texts({"incident", "ticket"})}}}}},
      {"required", texts({"latest"})},
      {"additionalProperties", false},
  };
  record ordered{
      {"type", "object"},
      {"properties",
       record{{"highest", list_of(ref("scalar"))}, {"furthest", list_of(ref("scalar"))}}},
      {"minProperties", 1},
      {"maxProperties", 1},
      {"additionalProperties", false},
  };
  return one_of({std::move(word), std::move(latest), std::move(ordered)});
}

}  // namespace

std::string language_schema() {
  // A file with a base is an overlay, any other a whole map.
  record root{
      {"if", record{{"required", texts({"base"})}}},
      {"then", ref("overlay")},
      {"else", ref("map")},
  };
  root["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  root["title"] = "itsm-connector mapping";
  root["$defs"] = record{
      {"scalar", record{{"type", texts({"string", "number", "boolean"})}}},
      {"value", one_of({ref("scalar"), list_of(ref("scalar"))})},
      {"condition", condition_schema()},
      {"conflict", conflict_schema()},
      {"rows", rows_schema()},
      {"choices", choices_schema()},
      {"map", object_of(grammar::map)},
      {"overlay", object_of(grammar::overlay)},
      {"rule", object_of(grammar::rule)},
      {"overlay_rule", object_of(joined(grammar::overlay_rule, grammar::rule))},
      {"people", object_of(grammar::people)},
      {"lookup", object_of(grammar::lookup)},
      {"reference", object_of(grammar::reference)},
      {"set", object_of(grammar::set)},
      {"table", object_of(grammar::table)},
      {"comments", object_of(grammar::comments)},
      {"merged", object_of(grammar::merged)},
      {"closed", object_of(grammar::closed)},
      {"test", object_of(grammar::test)},
      {"step", object_of(grammar::step)},
      {"said_comment", object_of(grammar::said_comment)},
      {"merge_test", object_of(grammar::merge_test)},
      {"model_field", object_of(grammar::model_field)},
  };
  return boost::json::serialize(root) + '\n';
}

}  // namespace connector::mapping
