#include "connector/command/junit.hpp"

namespace connector::command {
namespace {

/// XML 1.0 has no way to write most control characters.
std::string attribute(std::string_view text) {
  std::string out;
  for (auto const c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#10;";
        break;
      case '\t':
        out += "&#9;";
        break;
      default:
        out += static_cast<unsigned char>(c) < ' ' ? '?' : c;
    }
  }
  return out;
}

std::string count(std::string_view name, std::size_t n) {
  return ' ' + std::string{name} + "=\"" + std::to_string(n) + '"';
}

}  // namespace

std::string junit_xml(std::vector<junit_suite> const& suites) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (auto const& [map, report] : suites) {
    out += "  <testsuite name=\"" + attribute(map) + '"' + count("tests", report.run) +
           count("failures", report.run - report.passed) + count("errors", 0) + ">\n";
    for (auto const& t : report.results) {
      out += "    <testcase classname=\"" + attribute(map) + "\" name=\"" + attribute(t.name) +
             "\" file=\"" + attribute(t.where.file) + '"' +
             count("line", static_cast<std::size_t>(t.where.line));
      if (t.failures.empty()) {
        out += "/>\n";
        continue;
      }
      out += ">\n";
      for (auto const& f : t.failures) {
        out += "      <failure message=\"" + attribute(f.text) + "\">" +
               attribute(config::to_string(f.where) + ": " + f.text) + "</failure>\n";
      }
      out += "    </testcase>\n";
    }
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

}  // namespace connector::command
