#include "test/simulators/samples.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace simulators {
namespace {

/// Graph incidents have text ids, a display name and comments; legacy and Sentinel ones do not.
bool is_incident(json::value const& candidate) {
  auto const* members = candidate.if_object();
  if (members == nullptr) return false;
  auto const* id = members->if_contains("id");
  return id != nullptr && id->is_string() && members->contains("incidentWebUrl") &&
         members->contains("redirectIncidentId") && members->contains("lastUpdateDateTime");
}

}  // namespace

std::size_t load_samples(graph& into, std::string const& folder) {
  namespace fs = std::filesystem;
  std::error_code failed;
  std::vector<fs::path> files;
  for (auto const& entry : fs::directory_iterator{folder, failed}) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  if (failed) throw std::runtime_error{"cannot read the folder " + folder};
  std::sort(files.begin(), files.end());
  std::size_t loaded = 0;
  auto const load = [&](json::value& candidate) {
    if (!is_incident(candidate)) return;
    auto& members = candidate.get_object();
    // Annotations belong to the answer, not to the incident.
    std::vector<std::string> annotations;
    for (auto const& [key, value] : members) {
      if (key.find("@odata.") != key.npos) annotations.emplace_back(key);
    }
    for (auto const& each : annotations) members.erase(each);
    into.load_incident(std::move(members));
    ++loaded;
  };
  for (auto const& path : files) {
    std::ifstream in{path};
    std::stringstream all;
    all << in.rdbuf();
    auto body = read_json(all.str());
    if (!body) continue;
    load(*body);
    if (!body->is_object()) continue;
    auto* list = body->get_object().if_contains("value");
    if (list == nullptr || !list->is_array()) continue;
    for (auto& each : list->get_array()) load(each);
  }
  return loaded;
}

void seed_incidents(graph& into, std::size_t count, core::time_point last) {
  static constexpr std::array<char const*, 4> severities{"informational", "low", "medium", "high"};
  static constexpr std::array<char const*, 5> names{
      "Multi-stage incident involving Execution on one endpoint",
      "Suspicious sign-in involving one user",
      "Malware was prevented on one endpoint",
      "Phishing mail delivered to multiple users",
      "Data exfiltration involving one user",
  };
  for (std::size_t i = 0; i < count; ++i) {
    auto const random = mix(i);
    json::object record{
        {"displayName", std::string{names[random % names.size()]} + " #" + std::to_string(i + 1)},
        {"severity", severities[(random >> 8) % severities.size()]},
        {"description", "A simulated incident."},
    };
    into.add_incident(
        std::move(record), last - std::chrono::seconds{static_cast<std::int64_t>(count - i)}
    );
  }
}

}  // namespace simulators
