#pragma once

#include "test/simulation/place.hpp"

/// The systems that have a place in a world.
namespace simulation {

std::unique_ptr<incident_place> make_defender(temper const& with);
std::unique_ptr<ticket_place> make_jira(temper const& with, core::time_point born);
std::unique_ptr<ticket_place> make_jira_data_center(temper const& with, core::time_point born);
std::unique_ptr<ticket_place> make_pagerduty(temper const& with, core::time_point born);
std::unique_ptr<ticket_place> make_servicenow(temper const& with, core::time_point born);

}  // namespace simulation
