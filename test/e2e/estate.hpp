#pragma once

#include "test/e2e/service_in_process.hpp"
#include "test/simulators/servicenow/servicenow.hpp"

namespace connector::e2e {

/// The service between Graph and ServiceNow, under the shipped map.
class estate : public service_in_process {
 public:
  struct choices {
    simulators::graph_settings graph = simulators::graph_settings::observed();
    simulators::servicenow_settings servicenow = simulators::servicenow_settings::observed();
    std::string mapping = "servicenow-incident";
    std::string servicenow_extra;  ///< more lines of that connection's configuration
    std::chrono::hours lookback{1};
    bool budgets = false;  ///< calls are paced as in production, by the documented limits
  };

  explicit estate(choices const& chosen);
  estate() : estate(choices{}) {}

  boost::json::object ticket_of(std::string const& incident);
  std::vector<std::string> notes_of(std::string const& incident);

  simulators::servicenow servicenow;
  simulators::faults servicenow_faults{2};
};

}  // namespace connector::e2e
