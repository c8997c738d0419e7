#include "test/simulation/places/places.hpp"

#include <algorithm>

namespace simulation {

bool is_sign_in(http::request const& call) {
  return call.url.find("/token") != std::string::npos ||
         call.url.find("oauth_token") != std::string::npos;
}

// To add a system: its file in this folder, a line here, and its library in CMakeLists.txt.
std::vector<pairing> const& pairings() {
  static std::vector<pairing> const all{
      {"servicenow",
       {"test/simulation/maps/servicenow.yaml", "mappings/servicenow-incident.yaml"},
       make_defender,
       make_servicenow},
      {"jira", {"test/simulation/maps/jira.yaml", "mappings/jira.yaml"}, make_defender, make_jira},
      {"jira-data-center",
       {"test/simulation/maps/jira-data-center.yaml", "mappings/jira-data-center.yaml"},
       make_defender,
       make_jira_data_center},
      {"pagerduty",
       {"test/simulation/maps/pagerduty.yaml", "mappings/pagerduty.yaml"},
       make_defender,
       make_pagerduty},
  };
  return all;
}

pairing const* find_pairing(std::string_view name) {
  auto const& all = pairings();
  auto const found =
      std::find_if(all.begin(), all.end(), [&](auto const& p) { return p.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace simulation
