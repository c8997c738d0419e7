#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "connector/mapping/compile.hpp"
#include "connector/mapping/program.hpp"

namespace connector::mapping::test {

/// By how much a build with sanitizers may be slower than what is promised.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int slowdown = 20;
#else
constexpr int slowdown = 1;
#endif

/// Names of the maps in mappings/: "servicenow-incident".
std::vector<std::string> shipped_maps();

/// The shipped models and maps.
model_catalogue const& models();

/// Files that exist only in a test.
class memory_files {
 public:
  memory_files& with(std::string path, std::string text);
  [[nodiscard]] file_reader reader() const;

 private:
  std::map<std::string, std::string> files_;
};

/// Compiles `text` as "map.yaml".
compiled compile_text(std::string text, memory_files files = {});

/// Compiles a map of these rules (the text below "rules:"); fails the test if there are errors.
std::shared_ptr<field_map const> rules(std::string text, memory_files files = {});

/// Reads JSON; throws on bad JSON.
core::value json(std::string_view text);
core::record object(std::string_view text);

/// The findings as text, one per line.
std::string shown(std::vector<finding> const& all);

/// A map with one rule, and two records to try it on.
class trial {
 public:
  explicit trial(std::string rule, memory_files files = {});

  trial& incident(std::string_view fields);
  trial& ticket(std::string_view fields);
  trial& answer(std::string kind, std::string by, std::string key, std::string id);
  trial& no_answer(adapter::question asked, bool several = false);
  trial& label(std::string ticket_label);

  [[nodiscard]] wish put(side to) const;
  [[nodiscard]] bool corresponds() const;
  [[nodiscard]] rule const& the_rule() const { return *map_->rules().front(); }
  [[nodiscard]] view now() const { return {incident_, ticket_, known_, facts_}; }

  /// What is written to the first field, or "<leave>", "<park>", "<ask>".
  [[nodiscard]] std::string to_ticket() const { return first(side::ticket); }
  [[nodiscard]] std::string to_incident() const { return first(side::incident); }

 private:
  [[nodiscard]] std::string first(side to) const;

  std::shared_ptr<field_map const> map_;
  core::record incident_, ticket_;
  answers known_;
  facts facts_;
};

}  // namespace connector::mapping::test
