#include "adapters/defender/words.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace adapters::defender {
namespace {

struct spelling {
  std::string_view met;
  std::string_view meant;
};

// Pages of 2021 and 2022 and the older Defender API name some members differently; the older API
// also calls what is not set NotAvailable and UnSpecified.
constexpr std::array statuses{
    spelling{"active", "active"},
    spelling{"resolved", "resolved"},
    spelling{"inProgress", "inProgress"},
    spelling{"redirected", "redirected"},
    spelling{"awaitingAction", "awaitingAction"},
    spelling{"unknownFutureValue", "unknownFutureValue"},
};
constexpr std::array severities{
    spelling{"high", "high"},
    spelling{"medium", "medium"},
    spelling{"low", "low"},
    spelling{"informational", "informational"},
    spelling{"unknown", "unknown"},
    spelling{"unSpecified", "unknown"},
    spelling{"unknownFutureValue", "unknownFutureValue"},
};
constexpr std::array classifications{
    spelling{"unknown", ""},
    spelling{"truePositive", "truePositive"},
    spelling{"falsePositive", "falsePositive"},
    spelling{"informationalExpectedActivity", "informationalExpectedActivity"},
    spelling{"unknownFutureValue", "unknownFutureValue"},
};
constexpr std::array determinations{
    spelling{"unknown", ""},
    spelling{"notAvailable", ""},
    spelling{"apt", "apt"},
    spelling{"malware", "malware"},
    spelling{"securityPersonnel", "securityPersonnel"},
    spelling{"securityTesting", "securityTesting"},
    spelling{"unwantedSoftware", "unwantedSoftware"},
    spelling{"other", "other"},
    spelling{"multiStagedAttack", "multiStagedAttack"},
    spelling{"compromisedAccount", "compromisedAccount"},
    spelling{"compromisedUser", "compromisedAccount"},
    spelling{"phishing", "phishing"},
    spelling{"maliciousUserActivity", "maliciousUserActivity"},
    spelling{"notMalicious", "notMalicious"},
    spelling{"clean", "notMalicious"},
    spelling{"notEnoughDataToValidate", "notEnoughDataToValidate"},
    spelling{"insufficientData", "notEnoughDataToValidate"},
    spelling{"noEnoughDataToValidate", "notEnoughDataToValidate"},
    spelling{"confirmedActivity", "confirmedActivity"},
    spelling{"confirmedUserActivity", "confirmedActivity"},
    spelling{"lineOfBusinessApplication", "lineOfBusinessApplication"},
    spelling{"unknownFutureValue", "unknownFutureValue"},
};

template <std::size_t N>
std::string_view meaning(std::array<spelling, N> const& known, std::string_view word) {
  for (auto const& [met, meant] : known) {
    if (equal_ignoring_case(met, word)) return meant;
  }
  return word;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](unsigned char x, unsigned char y) {
           return std::tolower(x) == std::tolower(y);
         });
}

std::string_view status_word(std::string_view word) { return meaning(statuses, word); }
std::string_view severity_word(std::string_view word) { return meaning(severities, word); }
std::string_view classification_word(std::string_view word) {
  return meaning(classifications, word);
}
std::string_view determination_word(std::string_view word) { return meaning(determinations, word); }

}  // namespace adapters::defender
