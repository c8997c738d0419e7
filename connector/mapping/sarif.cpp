#include "connector/mapping/sarif.hpp"

#include <algorithm>
#include <map>

namespace connector::mapping {
namespace {

using boost::json::array;
using core::record;

core::value text_of(std::string_view t) { return core::value(boost::json::string(t)); }

record message(std::string_view text) { return {{"text", text_of(text)}}; }

/// Relative paths and plain characters stay; the rest is escaped as in a URI (RFC 3986).
std::string uri_of(std::string_view path) {
  static constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (auto const c : path) {
    if (plain.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    auto const byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return path.starts_with('/') ? "file://" + out : out;
}

record location(config::position const& at) {
  record region{
      {"startLine", std::max(at.line, 1)},
      {"startColumn", std::max(at.column, 1)},
  };
  return {
      {"physicalLocation",
       record{
           {"artifactLocation", record{{"uri", text_of(uri_of(at.file))}}},
           {"region", std::move(region)},
       }},
  };
}

/// Lines of a file by number, from 1.
std::string_view line_of(std::string_view text, int number) {
  for (int line = 1; line < number; ++line) {
    auto const end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

/// "did you mean 'state'?" as a replacement, where the misspelt word stands at the finding's place.
std::optional<record> fix_of(finding const& f, std::string_view source) {
  constexpr std::string_view question = "did you mean '";
  auto const begin = f.fix.find(question);
  if (begin == std::string::npos) return std::nullopt;
  auto const word = f.fix.substr(begin + question.size());
  auto const end = word.find("'?");
  if (end == std::string::npos) return std::nullopt;
  auto line = line_of(source, f.at.line);
  if (f.at.column < 1 || static_cast<std::size_t>(f.at.column) > line.size()) return std::nullopt;
  auto rest = line.substr(static_cast<std::size_t>(f.at.column) - 1);
  auto column = f.at.column;
  if (rest.starts_with('"') || rest.starts_with('\'')) {
    rest.remove_prefix(1);
    ++column;
  }
  auto const wrong = rest.substr(0, rest.find_first_of(" ,:]}\"'#"));
  auto const named = f.text.find("'" + std::string{wrong} + "'") != std::string::npos;
  if (wrong.empty() || !named) return std::nullopt;
  record region{
      {"startLine", f.at.line},
      {"startColumn", column},
      {"endColumn", column + static_cast<int>(wrong.size())},
  };
  record replacement{
      {"deletedRegion", std::move(region)},
      {"insertedContent", message(word.substr(0, end))},
  };
  record change{
      {"artifactLocation", record{{"uri", text_of(uri_of(f.at.file))}}},
      {"replacements", array{std::move(replacement)}},
  };
  return record{
      {"description", message(f.fix)},
      {"artifactChanges", array{std::move(change)}},
  };
}

record flow_of(finding const& f) {
  array locations;
  auto const* before = &f.at;
  for (auto const& step : f.trace) {
    // What people do stands in no file: it is shown where the connector answers it.
    if (step.at.line > 0) before = &step.at;
    auto at = location(*before);
    at["message"] = message(step.text);
    locations.push_back(record{{"location", std::move(at)}});
  }
  record thread{{"locations", std::move(locations)}};
  return {{"threadFlows", array{std::move(thread)}}};
}

std::string_view level_of(severity s) { return name(s); }  // the words are SARIF's

record rule_of(finding_kind const& kind, sarif_context const& with) {
  record rule{
      {"id", text_of(kind.id)},
      {"shortDescription", message(kind.summary)},
      {"fullDescription", message(kind.summary)},
      {"defaultConfiguration", record{{"level", text_of(level_of(kind.severity))}}},
  };
  if (auto const page = with.page(kind.id); !page.empty()) {
    rule["help"] = record{{"text", text_of(page)}, {"markdown", text_of(page)}};
  }
  if (!with.pages.empty()) {
    rule["helpUri"] = text_of(std::string{with.pages} + std::string{kind.id} + ".md");
  }
  return rule;
}

}  // namespace

core::record sarif_log(std::span<finding const> all, sarif_context const& with) {
  array rules;
  std::map<std::string_view, std::size_t> numbers;
  for (auto const& kind : finding_kinds()) {
    numbers.emplace(kind.id, rules.size());
    rules.push_back(rule_of(kind, with));
  }
  std::map<std::string, std::optional<std::string>> sources;
  array results;
  for (auto const& f : all) {
    record result{
        {"ruleId", text_of(f.id)},
        {"level", text_of(level_of(f.severity))},
        {"message", message(f.fix.empty() ? f.text : f.text + "; " + f.fix)},
        {"locations", array{location(f.at)}},
    };
    if (auto const number = numbers.find(f.id); number != numbers.end()) {
      result["ruleIndex"] = number->second;
    }
    if (!f.trace.empty()) result["codeFlows"] = array{flow_of(f)};
    auto const [source, is_new] = sources.try_emplace(f.at.file);
    if (is_new) source->second = with.source(f.at.file);
    if (source->second) {
      if (auto fix = fix_of(f, *source->second)) result["fixes"] = array{std::move(*fix)};
    }
    results.push_back(std::move(result));
  }
  record driver{
      {"name", "itsm-connector"},
      {"semanticVersion", text_of(with.version)},
      {"rules", std::move(rules)},
  };
  record run{
      {"tool", record{{"driver", std::move(driver)}}},
      {"columnKind", "unicodeCodePoints"},
      {"results", std::move(results)},
  };
  return {
      {"$schema",
       "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
       "sarif-schema-2.1.0.json"},
      {"version", "2.1.0"},
      {"runs", array{std::move(run)}},
  };
}

}  // namespace connector::mapping
