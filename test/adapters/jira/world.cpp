#include "test/adapters/jira/world.hpp"

#include <gtest/gtest.h>

namespace jira_test {

world::world(jira_settings site_settings, std::function<void(jira::settings&)> const& change)
    : site{std::move(site_settings)} {
  jira::settings with;
  with.base_url = with.site_url = "https://example.atlassian.net";
  with.project = "SEC";
  with.issue_type = "Task";
  if (site.settings().edition == jira_settings::edition::data_center) {
    with.edition = jira::edition::data_center;
    with.credential = jira::token_sign_in{core::secret{site.settings().access_token}};
  } else {
    with.credential =
        jira::basic_sign_in{site.settings().email, core::secret{site.settings().api_token}};
  }
  if (change) change(with);
  transport.route("https://example.atlassian.net", site, &faults);
  transport.route("https://api.atlassian.com", site, &faults);
  transport.route("https://auth.atlassian.com", site, &faults);
  adapter::surroundings around{"jira", transport, clock, *random};
  system = jira::make_system(std::move(with), around);
}

std::string world::issue(core::record fields, std::string key) {
  if (!fields.contains("summary")) fields["summary"] = "An incident";
  std::vector<adapter::creation> one;
  one.push_back({std::move(key), std::move(fields)});
  auto const made = run(system->create_all(std::move(one), {}));
  if (!made.front()) throw std::runtime_error{made.front().error().detail};
  wait(std::chrono::seconds{3});
  return made.front()->stored.id;
}

core::result<adapter::receipt> world::update(
    std::string id, core::record fields, std::int64_t version_seen
) {
  std::vector<adapter::update> one;
  one.push_back({std::move(id), std::move(fields), version_seen});
  return run(system->update_all(std::move(one), wanting({"status"}))).front();
}

adapter::object world::read(std::string id, std::vector<std::string> fields, bool comments) {
  std::vector<std::string> const ids{std::move(id)};
  auto const found = run(system->read(ids, wanting(std::move(fields), comments)));
  if (!found) throw std::runtime_error{found.error().detail};
  return found->front();
}

adapter::wants wanting(std::vector<std::string> fields, bool comments) {
  adapter::wants needs;
  needs.fields = std::move(fields);
  needs.comments = comments;
  return needs;
}

}  // namespace jira_test
