#include "connector/mapping/map_test.hpp"

#include "connector/mapping/compile_tests.hpp"
#include "connector/mapping/coverage.hpp"
#include "connector/mapping/grammar.hpp"
#include "connector/mapping/test_runner.hpp"

namespace connector::mapping {
namespace {

std::string tests_path(std::string const& map_path) {
  auto const dot = map_path.rfind('.');
  auto const slash = map_path.rfind('/');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) {
    return map_path + ".test.yaml";
  }
  return map_path.substr(0, dot) + ".test" + map_path.substr(dot);
}

void read_test_file(
    std::string const& path,
    std::string const& text,
    program const& p,
    std::vector<map_test>& into,
    std::vector<finding>& findings
) {
  reporter to{path, findings};
  auto const root = read_document(text, to);
  if (!root) return;
  key_reader const read{*root, grammar::test_file, to};
  auto const* list = read.list("tests");
  if (!list) return;
  for (auto& t : read_tests(*list, p, to)) into.push_back(std::move(t));
}

}  // namespace

std::vector<map_test> tests_of(
    compiled const& map,
    file_reader const& files,
    std::span<std::string const> more,
    std::vector<finding>& findings
) {
  if (!map.as_data) return {};
  auto const& p = *map.as_data;
  auto all = p.tests;
  auto const beside = tests_path(p.file);
  if (auto const text = files(beside)) read_test_file(beside, *text, p, all, findings);
  for (auto const& path : more) {
    if (path == beside) continue;
    if (auto const text = files(path)) {
      read_test_file(path, *text, p, all, findings);
    } else {
      reporter to{path, findings};
      to.add(found::unreadable, {0, 0}, "cannot be read: " + text.error().detail);
    }
  }
  return all;
}

test_report run_tests(
    compiled const& map, file_reader const& files, std::span<std::string const> more
) {
  test_report report;
  if (!map.map || !map.as_data) return report;
  test_runner runner{*map.map, *map.as_data};
  for (auto const& t : tests_of(map, files, more, report.findings)) {
    test_result one{t.where, t.name, runner.run(t)};
    ++report.run;
    report.passed += one.failures.empty() ? 1 : 0;
    report.failures.insert(report.failures.end(), one.failures.begin(), one.failures.end());
    report.results.push_back(std::move(one));
  }
  for (auto& row : coverables(*map.as_data)) {
    ++report.rows;
    if (runner.touched().contains(row.where, row.how)) continue;
    report.untouched.push_back({std::move(row.where), std::move(row.text)});
  }
  return report;
}

}  // namespace connector::mapping
