#include "connector/sync/verdict.hpp"

namespace connector::sync {

std::string_view describe(verdict v) {
  switch (v) {
    case verdict::not_carried:
      return "the map carries nothing in this direction";
    case verdict::does_not_apply:
      return "its condition does not hold";
    case verdict::unchanged:
      return "neither side changed since they last agreed";
    case verdict::agrees:
      return "both sides say the same";
    case verdict::left:
      return "the map leaves it";
    case verdict::writes_ticket:
      return "to be written to the ticket";
    case verdict::writes_incident:
      return "to be written to the incident";
    case verdict::held:
      return "held: the incident may still be merged";
    case verdict::parked:
      return "parked: the map cannot say it";
    case verdict::refused:
      return "parked: the system refused this value";
    case verdict::waits_for_a_person:
      return "both sides changed; a person decides";
    case verdict::asks:
      return "depends on a look-up";
  }
  return "";
}

}  // namespace connector::sync
