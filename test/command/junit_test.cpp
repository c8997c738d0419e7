#include "connector/command/junit.hpp"

#include <gtest/gtest.h>

namespace connector::command {
namespace {

TEST(Junit, HasACaseForEachTestAndEscapesWhatItSays) {
  mapping::test_failure const wrong{{"m.yaml", 7, 3}, "b & <c>", "expected \"1\",\ngot \x01"};
  mapping::test_report report;
  report.run = 2;
  report.passed = 1;
  report.results = {{{"m.yaml", 5, 5}, "a", {}}, {{"m.yaml", 6, 5}, "b & <c>", {wrong}}};

  EXPECT_EQ(
      junit_xml({{"m.yaml", report}}),
      R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="m.yaml" tests="2" failures="1" errors="0">
    <testcase classname="m.yaml" name="a" file="m.yaml" line="5"/>
    <testcase classname="m.yaml" name="b &amp; &lt;c&gt;" file="m.yaml" line="6">
      <failure message="expected &quot;1&quot;,&#10;got ?">m.yaml:7:3: expected &quot;1&quot;,&#10;got ?</failure>
    </testcase>
  </testsuite>
</testsuites>
)"
  );
}

}  // namespace
}  // namespace connector::command
