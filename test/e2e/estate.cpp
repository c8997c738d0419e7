#include "test/e2e/estate.hpp"

namespace connector::e2e {
namespace {

service_in_process::settings settings_for(estate::choices const& chosen) {
  service_in_process::settings s;
  s.graph = chosen.graph;
  s.connections = R"(
  snow:
    system: servicenow
    base_url: https://instance.service-now.com
    basic: {user: svc.defender, password: "${env:SNOW_PASSWORD}"}
)" + chosen.servicenow_extra +
                  '\n';
  s.secrets = {{"SNOW_PASSWORD", chosen.servicenow.password}};
  s.routes = {{"main", "snow", chosen.mapping}};
  s.lookback = chosen.lookback;
  s.budgets = chosen.budgets;
  return s;
}

}  // namespace

estate::estate(choices const& chosen)
    : service_in_process{settings_for(chosen)}, servicenow{chosen.servicenow, clock.now()} {
  transport.route("https://instance.service-now.com", servicenow, &servicenow_faults);
  start();
}

boost::json::object estate::ticket_of(std::string const& incident) {
  auto const record = servicenow.record(link_of(incident).ticket_id);
  if (!record) throw std::runtime_error{"incident " + incident + " has no ticket"};
  return *record;
}

std::vector<std::string> estate::notes_of(std::string const& incident) {
  std::vector<std::string> out;
  for (auto const& note : servicenow.journal(link_of(incident).ticket_id)) out.push_back(note.text);
  return out;
}

}  // namespace connector::e2e
