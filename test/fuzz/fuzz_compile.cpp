#include <cstddef>
#include <cstdint>
#include <string>

#include "connector/mapping/map_test.hpp"
#include "connector/mapping/prove.hpp"
#include "test/mapping/support.hpp"

/// The map compiler, its tests and its proofs, on any bytes: they end, within their bounds, and
/// whatever is wrong is a finding. After a zero byte stands the look-up file beside the map.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace connector::mapping;
  std::string text{reinterpret_cast<char const*>(data), size};
  auto const cut = text.find('\0');
  std::string const beside = cut == std::string::npos ? "" : text.substr(cut + 1);
  if (cut != std::string::npos) text.resize(cut);
  file_reader const files = [&](std::string const& path) -> connector::core::result<std::string> {
    if (path == "map.yaml") return text;
    if (path.ends_with(".tests.yaml") || beside.empty()) {
      return connector::core::error{connector::core::errc::not_found, "no such file"};
    }
    return beside;
  };
  auto const done = compile("map.yaml", test::models(), files);
  for (auto const& f : done.findings) to_string(f);
  if ((done.map == nullptr) != has_errors(done.findings)) __builtin_trap();
  if (!done.map) return 0;
  run_tests(done, files);
  proof_limits limits;
  limits.passes_max = 500;
  limits.trips_max = 200;
  for (auto const& f : prove(done.as_data, limits).findings) to_string(f);
  return 0;
}
