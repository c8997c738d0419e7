#include "test/bench/incident.hpp"

#include <boost/json/serialize.hpp>

#include "connector/core/value.hpp"

namespace connector::bench {
namespace {

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

}  // namespace

std::string incident_json() {
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

}  // namespace connector::bench
