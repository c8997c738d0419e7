#include "test/simulators/graph/vocabulary.hpp"

#include <algorithm>
#include <array>

#include "test/simulators/wire.hpp"

namespace simulators::vocabulary {
namespace {

constexpr word incident_statuses[]{
    {"active"},
    {"resolved"},
    {"inProgress"},
    {"redirected"},
    {"unknownFutureValue"},
    {"awaitingAction", true},
};
constexpr word alert_statuses[]{
    {"unknown"}, {"new"}, {"inProgress"}, {"resolved"}, {"unknownFutureValue"}};
constexpr word severities[]{
    {"unknown"}, {"informational"}, {"low"}, {"medium"}, {"high"}, {"unknownFutureValue"}};
constexpr word classifications[]{
    {"unknown"},
    {"falsePositive"},
    {"truePositive"},
    {"informationalExpectedActivity"},
    {"unknownFutureValue"},
};
constexpr word determinations[]{
    {"unknown"},
    {"apt"},
    {"malware"},
    {"securityPersonnel"},
    {"securityTesting"},
    {"unwantedSoftware"},
    {"other"},
    {"multiStagedAttack"},
    {"compromisedAccount"},
    {"phishing"},
    {"maliciousUserActivity"},
    {"notMalicious"},
    {"notEnoughDataToValidate"},
    {"confirmedActivity"},
    {"lineOfBusinessApplication"},
    {"unknownFutureValue"},
};
constexpr word service_sources[]{
    {"unknown"},
    {"microsoftDefenderForEndpoint"},
    {"microsoftDefenderForIdentity"},
    {"microsoftDefenderForCloudApps"},
    {"microsoftDefenderForOffice365"},
    {"microsoft365Defender"},
    {"azureAdIdentityProtection"},
    {"microsoftAppGovernance"},
    {"dataLossPrevention"},
    {"unknownFutureValue"},
    {"microsoftDefenderForCloud", true},
    {"microsoftSentinel", true},
    {"microsoftInsiderRiskManagement", true},
    {"microsoftThreatIntelligence", true},
    {"microsoftSecurityForAI", true},
};
constexpr std::string_view gated_detections[]{
    "microsoftDefenderForCloud",
    "microsoftDefenderForIoT",
    "microsoftDefenderForServers",
    "microsoftDefenderForStorage",
    "microsoftDefenderForDNS",
    "microsoftDefenderForDatabases",
    "microsoftDefenderForContainers",
    "microsoftDefenderForNetwork",
    "microsoftDefenderForAppService",
    "microsoftDefenderForKeyVault",
    "microsoftDefenderForResourceManager",
    "microsoftDefenderForApiManagement",
    "microsoftSentinel",
    "nrtAlerts",
    "scheduledAlerts",
    "microsoftDefenderThreatIntelligenceAnalytics",
    "builtInMl",
    "microsoftInsiderRiskManagement",
    "microsoftThreatIntelligence",
    "microsoftDefenderForAIServices",
    "securityCopilot",
};
constexpr std::string_view gated_remediations[]{
    "active", "pendingApproval", "declined", "unremediated", "running", "partiallyRemediated"};

constexpr std::string_view incident_names[]{
    "id",
    "tenantId",
    "status",
    "incidentWebUrl",
    "redirectIncidentId",
    "displayName",
    "createdDateTime",
    "lastUpdateDateTime",
    "assignedTo",
    "classification",
    "determination",
    "severity",
    "customTags",
    "systemTags",
    "description",
    "lastModifiedBy",
    "resolvingComment",
    "summary",
    "priorityScore",
    "comments",
};
constexpr std::string_view alert_names[]{
    "id",
    "providerAlertId",
    "incidentId",
    "status",
    "severity",
    "classification",
    "determination",
    "serviceSource",
    "detectionSource",
    "productName",
    "detectorId",
    "tenantId",
    "title",
    "description",
    "recommendedActions",
    "category",
    "categories",
    "assignedTo",
    "alertWebUrl",
    "incidentWebUrl",
    "actorDisplayName",
    "threatDisplayName",
    "threatFamilyName",
    "mitreTechniques",
    "createdDateTime",
    "lastUpdateDateTime",
    "resolvedDateTime",
    "firstActivityDateTime",
    "lastActivityDateTime",
    "investigationState",
    "alertPolicyId",
    "systemTags",
    "comments",
    "evidence",
    "additionalData",
    "customDetails",
};

template <std::size_t Size>
bool among(std::string_view const (&names)[Size], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

}  // namespace

std::span<word const> incident_status() { return incident_statuses; }
std::span<word const> alert_status() { return alert_statuses; }
std::span<word const> severity() { return severities; }
std::span<word const> classification() { return classifications; }
std::span<word const> determination() { return determinations; }
std::span<word const> service_source() { return service_sources; }

std::span<word const> of_property(std::string_view property, bool alert) {
  if (property == "status") return alert ? alert_status() : incident_status();
  if (property == "severity") return severities;
  if (property == "classification") return classifications;
  if (property == "determination") return determinations;
  if (property == "serviceSource" && alert) return service_sources;
  return {};
}

word const* find(std::span<word const> words, std::string_view text, bool any_case) {
  for (auto const& each : words) {
    if (each.name == text) return &each;
  }
  if (any_case) {
    auto const wanted = lower_case(text);
    for (auto const& each : words) {
      if (lower_case(each.name) == wanted) return &each;
    }
  }
  return nullptr;
}

bool is_gated(std::string_view property, bool alert, std::string_view text) {
  if (property == "detectionSource") return among(gated_detections, text);
  if (property == "remediationStatus") return among(gated_remediations, text);
  auto const* found = find(of_property(property, alert), text, true);
  return found != nullptr && found->gated;
}

bool is_pair(std::string_view classification, std::string_view determination) {
  static constexpr std::string_view true_positive[]{
      "multiStagedAttack",
      "maliciousUserActivity",
      "compromisedAccount",
      "malware",
      "phishing",
      "unwantedSoftware",
      "other",
  };
  static constexpr std::string_view informational[]{
      "securityTesting", "lineOfBusinessApplication", "confirmedActivity", "other"};
  static constexpr std::string_view false_positive[]{
      "notMalicious", "notEnoughDataToValidate", "other"};
  if (determination.empty() || determination == "unknown") return true;
  if (classification == "truePositive") return among(true_positive, determination);
  if (classification == "informationalExpectedActivity") return among(informational, determination);
  if (classification == "falsePositive") return among(false_positive, determination);
  return true;
}

std::span<std::string_view const> incident_members() { return incident_names; }
std::span<std::string_view const> alert_members() { return alert_names; }

bool is_member(std::span<std::string_view const> members, std::string_view name) {
  return std::find(members.begin(), members.end(), name) != members.end();
}

bool is_filterable(std::string_view property, bool alert) {
  static constexpr std::string_view common[]{
      "assignedTo",
      "classification",
      "createdDateTime",
      "determination",
      "lastUpdateDateTime",
      "severity",
      "status",
  };
  return among(common, property) || (alert && property == "serviceSource");
}

}  // namespace simulators::vocabulary
