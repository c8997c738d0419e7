#include <algorithm>
#include <fstream>
#include <optional>
#include <ostream>

#include "connector/command/assembly.hpp"
#include "connector/command/command.hpp"
#include "connector/command/junit.hpp"
#include "connector/mapping/map_test.hpp"

/// itsm-connector test.
namespace connector::command {
namespace {

struct map_with_tests {
  std::string map;
  std::vector<std::string> tests;
};

/// Found by itself, since its map is named as well: "test maps/*.yaml" just works.
bool is_beside(std::string const& file, std::vector<std::string> const& files) {
  auto map = file;
  map.erase(map.rfind(".test."), 5);
  return std::find(files.begin(), files.end(), map) != files.end();
}

/// None if a file of tests comes before any map.
std::optional<std::vector<map_with_tests>> grouped(std::vector<std::string> const& files) {
  std::vector<map_with_tests> all;
  for (auto const& file : files) {
    if (!is_test_file(file)) {
      all.push_back({file, {}});
    } else if (!is_beside(file, files)) {
      if (all.empty()) return std::nullopt;
      all.back().tests.push_back(file);
    }
  }
  return all;
}

void print(std::vector<mapping::finding> const& all, std::ostream& err) {
  for (auto const& f : all) err << to_string(f) << '\n';
}

class tester {
 public:
  tester(test_options const& options, surroundings const& with)
      : options_{options}, with_{with}, models_{all_models(with.registry)} {}

  int run(map_with_tests const& one) {
    auto const compiled = mapping::compile(one.map, models_, mapping::disk_files());
    if (!compiled.map) {
      print(compiled.findings, with_.err);
      return unusable;
    }
    auto report = mapping::run_tests(compiled, mapping::disk_files(), one.tests);
    print(report.findings, with_.err);
    print_results(one.map, report);
    auto good = report.failures.empty() && !has_errors(report.findings);
    if (options_.coverage && !report.untouched.empty()) good = false;
    if (options_.mutate && !mutate(compiled, one)) good = false;
    if (options_.generate) with_.out << mapping::propose_tests(compiled, report);
    suites.push_back({one.map, std::move(report)});
    return good ? all_well : findings;
  }

  std::vector<junit_suite> suites;

 private:
  void print_results(std::string const& map, mapping::test_report const& report) {
    for (auto const& failure : report.failures) {
      with_.out << config::to_string(failure.where) << ": FAILED " << failure.test << ": "
                << failure.text << '\n';
    }
    // With --generate the same rows follow as tests.
    if (!options_.generate) {
      for (auto const& row : report.untouched) {
        with_.out << config::to_string(row.where) << ": no test touches: " << row.text << '\n';
      }
    }
    auto& summary = options_.generate ? with_.err : with_.out;
    summary << map << ": " << report.passed << " of " << report.run << " tests passed; "
            << report.rows - report.untouched.size() << " of " << report.rows << " rows touched\n";
  }

  bool mutate(mapping::compiled const& compiled, map_with_tests const& one) {
    auto const report = mapping::run_mutants(compiled, mapping::disk_files(), one.tests);
    if (!report.tests_pass) {
      with_.out << one.map << ": no mutants tried, since a test fails already\n";
      return false;
    }
    for (auto const& m : report.survivors) {
      with_.out << config::to_string(m.where) << ": no test notices: " << m.text << '\n';
    }
    with_.out << one.map << ": " << report.mutants - report.survivors.size() << " of "
              << report.mutants << " mutants noticed\n";
    return report.survivors.empty();
  }

  test_options const& options_;
  surroundings const& with_;
  mapping::model_catalogue models_;
};

}  // namespace

bool is_test_file(std::string_view path) {
  return path.ends_with(".test.yaml") || path.ends_with(".test.yml");
}

int test_maps(test_options const& options, surroundings with) {
  auto const maps = grouped(options.files);
  if (!maps) {
    with.err << options.files.front()
             << ": error: a file of tests follows the map it belongs to on the command line\n";
    return wrong_use;
  }
  tester all{options, with};
  int exit_code = all_well;
  for (auto const& one : *maps) {
    exit_code = std::max(exit_code, all.run(one));
  }
  if (!options.junit.empty()) {
    std::ofstream out{options.junit, std::ios::binary};
    out << junit_xml(all.suites);
    out.flush();
    if (!out) {
      with.err << options.junit << ": error: cannot be written\n";
      return findings;
    }
  }
  return exit_code;
}

}  // namespace connector::command
