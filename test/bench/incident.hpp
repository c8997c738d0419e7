#pragma once

#include <string>

namespace connector::bench {

/// One incident of about 9 KB as Graph sends it, with the fields, nesting and lengths of recorded
/// ones: three alerts, each with a device and a user as evidence.
std::string incident_json();

}  // namespace connector::bench
