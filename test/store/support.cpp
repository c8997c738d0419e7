#include "support.hpp"

namespace connector::store {

link full_link(std::string const& key) {
  auto l = simple_link(key);
  l.ticket_url = "https://servicenow.example/INC-" + key;
  l.incident_url = "https://security.example/incident/" + key;
  l.state = link_state::merged;
  l.merged_into = "id-survivor";
  l.succeeded_by = "id-successor";
  l.generation = 2;
  l.lane = 3;
  l.incident_version = 9'007'199'254'740'993;
  l.ticket_version = -1;
  l.bases.edit()["status"] = {{"active"}, {"1"}};
  l.bases.edit()["a \"rule\"\n"] = {
      {nullptr, 4.35, 0.1 + 0.2}, {boost::json::array{"x", "y"}, true}};
  outstanding o;
  o.what = outstanding::kind::create;
  o.to = mapping::side::incident;
  o.fields = {{"short_description", "Résumé \"quoted\" \\ \t"}, {"urgency", 1}};
  o.derived["severity"] = {"high"};
  o.version_seen = 17;
  o.sent_at = at(1000);
  o.not_before = at(1240);
  o.attempts = 2;
  o.empty_looks = 1;
  o.control = "link-0";
  o.epoch = "run-7";
  l.outstanding = o;
  parked p;
  p.rule = "owner";
  p.to = mapping::side::incident;
  p.reason = "no such user";
  p.wanted = {"ann"};
  p.from = {"6816f79cc0a8016401c5a33be04be441"};
  p.since = at(900);
  p.refused = true;
  l.parked = {p, parked{}};
  conflict c;
  c.rule = "status";
  c.base_incident = {"active"};
  c.base_ticket = {"1"};
  c.incident = {"resolved"};
  c.ticket = {"2"};
  c.since = at(800);
  auto lost = c;
  lost.overwritten = mapping::side::incident;
  lost.restore = true;
  l.conflicts = {c, lost};
  l.kept = {{"severity", {"informational"}, {"3"}}};
  l.incident_comments = "digest-a";
  l.ticket_comments = "digest-b";
  l.map_digest = "digest-c";
  l.due = at(2000) + core::ticks{7};
  l.failures = 4;
  l.created_at = at(-5);
  l.changed_at = at(700) + core::ticks{1433333};
  return l;
}

}  // namespace connector::store
