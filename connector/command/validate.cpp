#include <algorithm>
#include <boost/json/serialize.hpp>
#include <finding_pages.hpp>
#include <ostream>

#include "connector/command/assembly.hpp"
#include "connector/command/command.hpp"
#include "connector/command/forecast.hpp"
#include "connector/command/live_maps.hpp"
#include "connector/command/load_map.hpp"
#include "connector/mapping/proof_report.hpp"
#include "connector/mapping/sarif.hpp"

namespace connector::command {
namespace {

std::size_t count(std::vector<mapping::finding> const& all, mapping::severity s) {
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](auto const& f) {
    return f.severity == s;
  }));
}

std::string counted(std::size_t n, std::string_view what) {
  return std::to_string(n) + ' ' + std::string{what} + (n == 1 ? "" : "s");
}

std::string_view page_of(std::string_view id) {
  auto const hit = std::find_if(finding_pages.begin(), finding_pages.end(), [&](auto const& page) {
    return page.first == id;
  });
  return hit == finding_pages.end() ? std::string_view{} : hit->second;
}

void print_text(std::vector<loaded_map> const& all, bool report, std::ostream& out) {
  for (auto const& one : all) {
    for (auto const& f : one.findings) out << to_string(f) << '\n';
    if (report && one.proof) out << one.file << '\n' << to_text(*one.proof);
  }
}

void print_budgets(std::vector<forecast> const& all, std::ostream& out) {
  for (auto const& f : all) {
    if (!f.holds()) out << config::to_string(f.at) << ": warning: " << remedy(f) << '\n';
  }
  if (!all.empty()) print_forecasts(all, out);
}

void print_json(
    std::vector<loaded_map> const& all, std::vector<forecast> const& budgets, std::ostream& out
) {
  boost::json::array found, maps;
  for (auto const& one : all) {
    for (auto const& f : one.findings) found.push_back(to_json(f));
    auto map = one.proof ? to_json(*one.proof) : core::record{};
    map["file"] = one.file;
    maps.push_back(std::move(map));
  }
  core::record log{{"findings", std::move(found)}, {"maps", std::move(maps)}};
  if (!budgets.empty()) {
    boost::json::array calls;
    for (auto const& f : budgets) calls.push_back(to_json(f));
    log["budgets"] = std::move(calls);
  }
  out << boost::json::serialize(log) << '\n';
}

void print_sarif(std::vector<loaded_map> const& all, std::ostream& out) {
  std::vector<mapping::finding> findings;
  for (auto const& one : all) {
    findings.insert(findings.end(), one.findings.begin(), one.findings.end());
  }
  auto const read = mapping::disk_files();
  mapping::sarif_context with;
  with.version = CONNECTOR_VERSION;
  with.pages = CONNECTOR_FINDINGS_URL;
  with.page = page_of;
  with.source = [&](std::string const& file) -> std::optional<std::string> {
    auto text = read(file);
    return text ? std::optional{std::move(*text)} : std::nullopt;
  };
  out << boost::json::serialize(mapping::sarif_log(findings, with)) << '\n';
}

}  // namespace

namespace {

/// Adds what comparing with the real systems finds; see compare_live_maps.
int add_live(validate_options const& options, std::vector<loaded_map>& all, surroundings with) {
  std::vector<live_map> maps;
  for (auto const& one : all) maps.push_back({one.file, one.as_data, {}});
  auto const exit_code = compare_live_maps({options.config, options.state}, maps, with);
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto& to = all[i].findings;
    to.insert(
        to.end(),
        std::make_move_iterator(maps[i].findings.begin()),
        std::make_move_iterator(maps[i].findings.end())
    );
  }
  return exit_code;
}

}  // namespace

int explain_finding(std::string const& id, surroundings with) {
  auto const page = page_of(id);
  if (page.empty()) {
    with.err << "no finding '" << id << "'; known:";
    for (auto const& one : finding_pages) with.err << ' ' << one.first;
    with.err << '\n';
    return wrong_use;
  }
  with.out << page;
  return all_well;
}

int validate(validate_options const& options, surroundings with) {
  if (!options.explain.empty()) return explain_finding(options.explain, with);
  if (options.files.empty() && options.config.empty()) {
    with.err << "validate: a mapping file or --config is required; see --help\n";
    return wrong_use;
  }
  auto files = options.files;
  std::vector<forecast> budgets;
  if (!options.config.empty()) {
    auto planned = forecasts_for(options.config, with);
    if (!planned) return unusable;
    budgets = std::move(planned->budgets);
    // Named by the file and by hand, a map is looked at once.
    if (files.empty()) files = std::move(planned->maps);
  }
  auto const models = all_models(with.registry);
  std::vector<loaded_map> all;
  for (auto const& file : files) {
    if (is_test_file(file)) continue;  // checked with the map it belongs to, by `test`
    all.push_back(load_map(file, models));
  }
  auto const live = options.live ? add_live(options, all, with) : all_well;
  if (live == unusable) return unusable;
  std::size_t errors = 0, warnings = 0, notes = 0;
  for (auto const& one : all) {
    errors += count(one.findings, mapping::severity::error);
    warnings += count(one.findings, mapping::severity::warning);
    notes += count(one.findings, mapping::severity::note);
  }
  warnings += static_cast<std::size_t>(
      std::count_if(budgets.begin(), budgets.end(), [](auto const& f) { return !f.holds(); })
  );
  if (options.format == "json") {
    print_json(all, budgets, with.out);
  } else if (options.format == "sarif") {
    print_sarif(all, with.out);
  } else {
    print_text(all, options.report, with.out);
    print_budgets(budgets, with.out);
    with.out << counted(all.size(), "map") << ", " << counted(errors, "error") << ", "
             << counted(warnings, "warning") << ", " << counted(notes, "note") << '\n';
  }
  if (live != all_well) return live;
  return errors > 0 || (options.deny_warnings && warnings > 0) ? findings : all_well;
}

}  // namespace connector::command
