#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/serializer.hpp>
#include <chrono>
#include <cstdio>

#include "test/mapping/support.hpp"

/// What the shipped ServiceNow map's rules cost for one incident of about 8 KB, as a ratio to
/// parsing and serialising it with a reused parser and monotonic memory in the same run.
namespace {

using namespace connector;
using namespace connector::mapping;

core::record device(int i) {
  return {
      {"@odata.type", "#microsoft.graph.security.deviceEvidence"},
      {"createdDateTime", "2026-01-22T12:09:22.9566667Z"},
      {"verdict", "suspicious"},
      {"remediationStatus", "active"},
      {"remediationStatusDetails", nullptr},
      {"roles", boost::json::array{"compromised"}},
      {"detailedRoles", boost::json::array{"PrimaryDevice"}},
      {"tags", boost::json::array{}},
      {"firstSeenDateTime", "2025-08-18T11:09:18.5092327Z"},
      {"mdeDeviceId", "335b3ef544f5d3690b6c75c776dc3e52bb3485c" + std::to_string(i)},
      {"azureAdDeviceId", nullptr},
      {"deviceDnsName", "w11pro-test-" + std::to_string(i)},
      {"hostName", "w11pro-test"},
      {"osPlatform", "Windows11"},
      {"osBuild", 26200},
      {"version", "25H2"},
      {"healthStatus", "active"},
      {"riskScore", "high"},
      {"rbacGroupId", 125},
      {"rbacGroupName", "Clients"},
      {"onboardingStatus", "onboarded"},
      {"lastIpAddress", "172.23.38.127"},
      {"ipInterfaces", boost::json::array{"172.19.50.102", "127.0.0.1", "::1"}},
      {"vmMetadata", nullptr},
      {"loggedOnUsers", boost::json::array{}},
  };
}

core::record user() {
  core::record account{
      {"accountName", "adminlocal"},
      {"domainName", "W11PRO-TEST"},
      {"userSid", "S-1-5-21-2144799004-2815524614-4183675894-1001"},
      {"azureAdUserId", nullptr},
      {"userPrincipalName", nullptr},
      {"displayName", nullptr},
  };
  return {
      {"@odata.type", "#microsoft.graph.security.userEvidence"},
      {"createdDateTime", "2026-01-22T12:09:22.9566667Z"},
      {"verdict", "suspicious"},
      {"remediationStatus", "active"},
      {"roles", boost::json::array{}},
      {"tags", boost::json::array{}},
      {"userAccount", std::move(account)},
  };
}

core::record alert(int i) {
  auto const number = std::to_string(i);
  return {
      {"id", "da09e47ccc-b74a-45bb-985f-8d6c077b70b6_" + number},
      {"providerAlertId", "09e47ccc-b74a-45bb-985f-8d6c077b70b6_" + number},
      {"incidentId", "29"},
      {"status", "new"},
      {"severity", "medium"},
      {"classification", nullptr},
      {"determination", nullptr},
      {"serviceSource", "microsoftDefenderForEndpoint"},
      {"detectionSource", "microsoftDefenderForEndpoint"},
      {"productName", "Microsoft Defender for Endpoint"},
      {"detectorId", "da88ec89-31c5-4864-8609-dce36e65bbc4"},
      {"title", "Alert number " + number + " about a suspicious event consumer"},
      {"description", std::string(280, 'd')},
      {"recommendedActions", std::string(320, 'r')},
      {"category", "Persistence"},
      {"assignedTo", nullptr},
      {"actorDisplayName", nullptr},
      {"mitreTechniques", boost::json::array{"T1546.003"}},
      {"createdDateTime", "2026-01-22T12:09:22.8566667Z"},
      {"lastUpdateDateTime", "2026-02-25T16:29:33.1Z"},
      {"resolvedDateTime", nullptr},
      {"firstActivityDateTime", "2026-01-22T12:08:16.1404016Z"},
      {"lastActivityDateTime", "2026-01-22T12:08:16.1404016Z"},
      {"systemTags", boost::json::array{}},
      {"comments", boost::json::array{}},
      {"evidence", boost::json::array{device(i), user()}},
  };
}

std::string an_incident() {
  return boost::json::serialize(core::record{
      {"id", "29"},
      {"tenantId", "cfcdbe43-297b-4c6b-ac7e-8d7f6befb514"},
      {"status", "inProgress"},
      {"severity", "high"},
      {"displayName", "Multi-stage incident involving Execution on one endpoint"},
      {"description", std::string(200, 'x')},
      {"summary", std::string(300, 's')},
      {"assignedTo", "ann@contoso.com"},
      {"classification", nullptr},
      {"determination", nullptr},
      {"customTags", boost::json::array{"Demo", "VIP"}},
      {"systemTags", boost::json::array{}},
      {"resolvingComment", nullptr},
      {"priorityScore", 90},
      {"createdDateTime", "2026-01-22T12:09:23.1433333Z"},
      {"lastUpdateDateTime", "2026-02-25T16:29:33.1Z"},
      {"lastModifiedBy", "User-ann@contoso.com"},
      {"redirectIncidentId", nullptr},
      {"alerts", boost::json::array{alert(1), alert(2), alert(3)}},
  });
}

template <class F>
double microseconds(F f) {
  using clock = std::chrono::steady_clock;
  auto best = 1e9;
  for (int round = 0; round < 7; ++round) {
    constexpr int times = 2000;
    auto const from = clock::now();
    for (int i = 0; i < times; ++i) f();
    auto const spent = std::chrono::duration<double, std::micro>(clock::now() - from).count();
    best = std::min(best, spent / times);
  }
  return best;
}

}  // namespace

int main() {
  auto const text = an_incident();
  auto const done = mapping::compile(
      PROJECT_DIR "/mappings/servicenow-incident.yaml", test::models(), disk_files()
  );
  if (!done.map) return 1;
  auto const incident = boost::json::parse(text).as_object();
  auto const ticket = test::object(R"({"state": "1", "impact": "2", "urgency": "2",
      "short_description": "Multi-stage incident", "assigned_to": "u1", "assignment_group": "g1"})"
  );
  answers known;
  known.add(side::ticket, {"user", "email", "ann@contoso.com", "id"}, {core::value("u2"), false});
  known.add(side::ticket, {"user", "id", "u1", "email"}, {core::value("bob@contoso.com"), false});
  known.add(
      side::ticket, {"group", "name", "Security Operations", "id"}, {core::value("g1"), false}
  );
  facts const links{"INC1", "https://t.example/INC1", "https://i.example/29"};
  view const now{incident, ticket, known, links};

  std::size_t sink = 0;
  boost::json::parser parser;
  std::vector<unsigned char> memory(1 << 18);
  boost::json::serializer serializer;
  std::string out(1 << 16, '\0');
  auto const json_cost = microseconds([&] {
    boost::json::monotonic_resource resource{memory.data(), memory.size()};
    parser.reset(&resource);
    parser.write(text);
    auto const v = parser.release();
    serializer.reset(&v);
    sink += serializer.read(out.data(), out.size()).size();
  });
  // Most changes of an incident move none or one of a map's fields: all rules read, few decide.
  auto const read_cost = microseconds([&] {
    for (auto const& r : done.map->rules()) {
      if (r->direction() == direction::once || !r->applies(now)) continue;
      sink += r->read(side::incident, incident).size() + r->read(side::ticket, ticket).size();
    }
  });
  auto const decide_cost = microseconds([&] {
    for (auto const& r : done.map->rules()) {
      if (r->direction() == direction::once || !r->applies(now)) continue;
      auto const a = r->read(side::incident, incident);
      auto const b = r->read(side::ticket, ticket);
      if (r->corresponds(a, b, now)) continue;
      auto const to = r->direction() == direction::to_incident ? side::incident : side::ticket;
      sink += r->put(to, now).value.size();
    }
  });
  core::record const none;
  auto const create_cost = microseconds([&] {
    for (auto const& r : done.map->rules()) {
      if (r->direction() != direction::to_incident) {
        sink += r->put(side::ticket, {incident, none, known, links}).value.size();
      }
    }
  });
  auto const line = [&](char const* what, double cost) {
    std::printf("%-38s %6.2f us  %.2f of parsing and serialising\n", what, cost, cost / json_cost);
  };
  std::printf("one incident of %zu bytes\n", text.size());
  line("parse and serialise", json_cost);
  line("read every rule, both sides", read_cost);
  line("read and decide, every rule differs", decide_cost);
  line("all values of a new ticket", create_cost);
  for (auto const& r : done.map->rules()) {
    auto const cost = microseconds([&] {
      auto const a = r->read(side::incident, incident);
      auto const b = r->read(side::ticket, ticket);
      if (!r->applies(now) || r->corresponds(a, b, now)) return;
      auto const to = r->direction() == direction::to_incident ? side::incident : side::ticket;
      sink += r->put(to, now).value.size();
    });
    std::printf("  %-45s %.2f us\n", r->name().c_str(), cost);
  }
  return sink == 0;
}
