#include "connector/mapping/proof_report.hpp"

#include <algorithm>

#include "connector/mapping/text.hpp"

namespace connector::mapping {
namespace {

using boost::json::array;
using core::record;

/// Filled up with spaces to `width` characters.
std::string padded(std::string text, std::size_t width) {
  auto const length = length_of(text);
  if (length < width) text.append(width - length, ' ');
  return text;
}

core::value text_of(std::string_view t) { return core::value(boost::json::string(t)); }

std::string rules_text(proof const& p) {
  std::size_t width = 0;
  for (auto const& r : p.rules) width = std::max(width, length_of(r.rule));
  auto text = "  each rule comes to rest (" + std::to_string(p.passes) + " merges tried)\n";
  for (auto const& r : p.rules) {
    text += "    " + padded(r.rule, width) + "  " + padded(std::string{name(r.by)}, 8) + "  " +
            r.argument;
    std::string others;
    for (auto const& other : r.with) {
      if (other != r.rule) others += (others.empty() ? "" : ", ") + other;
    }
    if (!others.empty()) text += "; together with " + others;
    text += '\n';
  }
  return text;
}

std::string trips_text(proof const& p) {
  std::string text;
  for (auto first = p.trips.begin(); first != p.trips.end();) {
    auto const last = std::find_if(first, p.trips.end(), [&](round_trip const& t) {
      return t.rule != first->rule || t.from != first->from;
    });
    std::size_t value = 0, there = 0, back = 0;
    for (auto t = first; t != last; ++t) {
      value = std::max(value, length_of(t->value));
      there = std::max(there, length_of(t->there));
      back = std::max(back, length_of(t->back));
    }
    text +=
        "  there and back, " + first->rule + ", from the " + std::string{name(first->from)} + '\n';
    for (; first != last; ++first) {
      text += "    " + padded(first->value, value) + "  ->  " + padded(first->there, there) +
              (first->back.empty() ? "      " : "  ->  ") + padded(first->back, back) + "  " +
              std::string{name(first->what)} + " (line " + std::to_string(first->where.line) +
              ")\n";
    }
  }
  return text;
}

record place_of(config::position const& at) {
  return {{"file", at.file}, {"line", at.line}, {"column", at.column}};
}

}  // namespace

std::string to_text(proof const& p) { return rules_text(p) + trips_text(p); }

core::record to_json(proof const& p) {
  array rules, trips;
  for (auto const& r : p.rules) {
    array with;
    for (auto const& other : r.with) with.push_back(text_of(other));
    rules.push_back(record{
        {"rule", r.rule},
        {"where", place_of(r.where)},
        {"proof", text_of(name(r.by))},
        {"argument", r.argument},
        {"with", std::move(with)},
        {"merges", r.passes},
    });
  }
  for (auto const& t : p.trips) {
    trips.push_back(record{
        {"rule", t.rule},
        {"where", place_of(t.where)},
        {"from", text_of(name(t.from))},
        {"value", t.value},
        {"there", t.there},
        {"back", t.back},
        {"result", text_of(name(t.what))},
    });
  }
  return {{"rules", std::move(rules)}, {"round_trips", std::move(trips)}, {"merges", p.passes}};
}

core::record to_json(finding const& f) {
  record out{
      {"id", f.id},
      {"severity", text_of(name(f.severity))},
      {"file", f.at.file},
      {"line", f.at.line},
      {"column", f.at.column},
      {"text", f.text},
  };
  if (!f.fix.empty()) out["fix"] = f.fix;
  array trace;
  for (auto const& step : f.trace) {
    record one{{"text", step.text}};
    if (step.at.line > 0) one["where"] = place_of(step.at);
    trace.push_back(std::move(one));
  }
  if (!trace.empty()) out["trace"] = std::move(trace);
  return out;
}

}  // namespace connector::mapping
