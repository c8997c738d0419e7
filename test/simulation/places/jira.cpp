#include "test/simulation/places/jira.hpp"

#include <array>
#include <boost/json/object.hpp>

#include "adapters/jira/adapter.hpp"
#include "test/simulation/places/places.hpp"

namespace simulation {

namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

using edition = enum simulators::jira_settings::edition;

constexpr std::string_view beth = "beth.anglin@example.com";

/// What the maps carry.
std::vector<std::string> const fields{
    "summary",
    "status",
    "resolution",
    "priority",
    "labels",
    "assignee",
    "customfield_10040",
    "customfield_10044"};

}  // namespace

jira::jira(simulators::jira_settings site, adapters::jira::settings chosen, core::time_point born)
    : site_{std::move(site), born}, chosen_{std::move(chosen)}, words_{chosen_} {
  site_.create_user("Abel Tuter", "abel.tuter@example.com");
  site_.create_user("Beth Anglin", beth);
}

std::unique_ptr<adapter::system> jira::connect(adapter::surroundings with) {
  return adapters::jira::make_system(chosen_, std::move(with));
}

/// Jira asks for much by POST.
errand jira::errand_of(http::request const& call) const {
  if (call.method == "PUT") return errand::change;
  if (call.method != "POST") return errand::read;
  auto const path = std::string_view{call.url}.substr(0, call.url.find('?'));
  if (path.ends_with("/transitions")) return errand::change;
  auto const asks =
      path.ends_with("/search/jql") || path.ends_with("/search") || path.ends_with("/bulkfetch");
  return asks ? errand::read : errand::make;
}

bool jira::say(
    std::string const& id, std::string const& text, std::string const& /*who*/, core::time_point now
) {
  return is_visible(id) && site_.comment(id, text, true, beth, now);
}

void jira::touch(std::string const& id, core::time_point now) {
  static constexpr std::array days{"2026-03-01", "2026-03-02"};
  site_.edit(id, {{"duedate", days[++touches_ % days.size()]}}, beth, now);
}

std::optional<adapter::object> jira::look(std::string const& id) const {
  auto found = site_.as_shown(id, words_.names_for(fields));
  if (!found) return std::nullopt;
  // It is there whether or not a screen shows it.
  found->at("fields").as_object()["priority"] = json::object{{"name", site_.find(id)->priority}};
  auto object = words_.to_object(*found, fields);
  if (!object) return std::nullopt;
  return std::move(*object);
}

std::vector<std::string> jira::comments(std::string const& id) const {
  std::vector<std::string> out;
  auto const found = site_.find(id);
  if (!found) return out;
  for (auto const& one : found->comments) out.push_back(words_.plain(one.body));
  return out;
}

bool jira::takes_comments(std::string const& id) const {
  auto const found = site_.find(id);
  return !found || !found->archived;
}

bool jira::is_visible(std::string const& id) const {
  auto const found = site_.find(id);
  return found && !found->hidden && !found->archived;
}

std::vector<std::pair<std::string, std::string>> jira::tickets() const {
  std::vector<std::pair<std::string, std::string>> all;
  site_.each_issue([&](simulators::jira_issue const& one) {
    for (auto const& label : one.labels) {
      auto key = words_.key_in(label);
      if (!key.empty()) all.emplace_back(std::to_string(one.id), std::move(key));
    }
  });
  return all;
}

namespace {

simulators::jira_settings site_of(temper const& with) {
  auto s = with.hard ? simulators::jira_settings{} : simulators::jira_settings::observed();
  s.service_project = with.seed % 3 == 0;
  s.seed = with.seed;
  return s;
}

adapters::jira::settings settings_for(simulators::jira_settings const& site) {
  adapters::jira::settings chosen;
  chosen.base_url = chosen.site_url = site.origin + site.context_path;
  chosen.project = site.project;
  chosen.issue_type = site.issue_type;
  return chosen;
}

class cloud final : public jira {
 public:
  cloud(simulators::jira_settings const& site, core::time_point born)
      : jira{site, chosen_for(site), born} {}

  milliseconds list_lag_max() const override { return 14min; }
  /// With the latest effect of a create, within the horizon.
  milliseconds search_lag_max() const override { return 220s; }

 private:
  static adapters::jira::settings chosen_for(simulators::jira_settings const& site) {
    auto chosen = settings_for(site);
    chosen.credential = adapters::jira::basic_sign_in{site.email, core::secret{site.api_token}};
    return chosen;
  }
};

/// One index for lists and searches, on each node; nobody's clock is in UTC.
class data_center final : public jira {
 public:
  data_center(simulators::jira_settings const& site, core::time_point born)
      : jira{on_premises(site), chosen_for(on_premises(site)), born} {}

  milliseconds list_lag_max() const override { return 110s; }
  milliseconds search_lag_max() const override { return 25s; }

 private:
  static simulators::jira_settings on_premises(simulators::jira_settings site) {
    static constexpr std::array<std::chrono::minutes, 4> zones{0min, 120min, -570min, 345min};
    site.edition = edition::data_center;
    site.origin = "https://jira.example.com";
    site.context_path = "/jira";
    site.user_zone = zones[site.seed % zones.size()];
    return site;
  }
  static adapters::jira::settings chosen_for(simulators::jira_settings const& site) {
    auto chosen = settings_for(site);
    chosen.edition = adapters::jira::edition::data_center;
    chosen.credential = adapters::jira::token_sign_in{core::secret{site.access_token}};
    return chosen;
  }
};

}  // namespace

std::unique_ptr<ticket_place> make_jira(temper const& with, core::time_point born) {
  return std::make_unique<cloud>(site_of(with), born);
}

std::unique_ptr<ticket_place> make_jira_data_center(temper const& with, core::time_point born) {
  return std::make_unique<data_center>(site_of(with), born);
}

}  // namespace simulation
