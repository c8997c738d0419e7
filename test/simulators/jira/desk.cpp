#include "test/simulators/desk.hpp"

#include "test/simulators/jira/jira.hpp"

namespace simulators {
namespace {

constexpr std::string_view agent = "Bob Desk";

class jira_desk final : public desk {
 public:
  jira_desk(jira_settings settings, core::time_point now) : site_{std::move(settings), now} {}

  std::string_view name() const override { return "jira"; }
  simulator& service() override { return site_; }
  void lives_at(std::string const& origin) override { site_.settings().origin = origin; }

  json::array tickets() const override {
    json::array out;
    site_.each_issue([&](jira_issue const& each) { out.push_back(site_.told(each)); });
    return out;
  }

  json::object ticket(std::string const& named) const override {
    auto const found = site_.find(named);
    if (!found) throw misuse{"no such issue", 404};
    return site_.told(*found);
  }

  json::object create(json::object const& body, core::time_point now) override {
    auto const id = site_.create_issue(object(body, "fields"), text(body, "who", agent), now);
    return {{"id", id}, {"key", site_.find(id)->key()}};
  }

  bool act(
      std::string const& named,
      std::string_view deed,
      json::object const& body,
      core::time_point now
  ) override {
    if (!site_.find(named)) throw misuse{"no such issue", 404};
    auto const who = text(body, "who", agent);
    if (deed == "edit") return site_.edit(named, object(body, "fields"), who, now);
    if (deed == "comment") {
      auto const is_public = text(body, "to", "colleagues") == "customer";
      return site_.comment(named, needed(body, "text"), !is_public, who, now);
    }
    if (deed == "label") {
      return site_.label(named, text(body, "add"), text(body, "remove"), who, now);
    }
    if (deed == "take-up") return site_.put_into(named, "In Progress", {}, who, now);
    if (deed == "resolve") {
      return site_.put_into(named, "Done", text(body, "resolution", "Done"), who, now);
    }
    if (deed == "put-into") {
      return site_.put_into(named, needed(body, "status"), text(body, "resolution"), who, now);
    }
    if (deed == "reopen") return site_.put_into(named, "In Progress", {}, who, now);
    if (deed == "move") return site_.move(named, text(body, "project", "OPS"), who, now);
    if (deed == "archive") return site_.archive(named, true, now);
    if (deed == "hide") return site_.hide(named, true, now);
    if (deed == "remove") return site_.remove(named, now);
    throw misuse{"unknown deed '" + std::string{deed} + "'", 404};
  }

  json::object duplicates() const override {
    auto const keys = site_.issues_by_label("defender-sync.");
    json::object twins;
    for (auto const& [key, count] : keys) {
      if (count > 1) twins[key] = count;
    }
    json::object issues{{"tickets", site_.issues()}, {"keys", keys.size()}, {"duplicates", twins}};
    return {{"issue", std::move(issues)}};
  }

  bool set(std::string_view setting, double value) override {
    auto& settings = site_.settings();
    if (setting == "jira_list_lag_ms") {
      settings.list_lag = std::chrono::milliseconds{static_cast<std::int64_t>(value)};
    } else if (setting == "jira_burst_limits") {
      settings.burst_limits = value != 0;
    } else if (setting == "jira_per_issue_limits") {
      settings.per_issue_limits = value != 0;
    } else {
      return false;
    }
    return true;
  }

  void lift_limits() override {
    site_.settings().burst_limits = false;
    site_.settings().per_issue_limits = false;
  }

 private:
  jira site_;
};

}  // namespace

std::unique_ptr<desk> make_jira_desk(open_points chosen, core::time_point now) {
  jira_settings settings;
  if (chosen == open_points::observed) settings = jira_settings::observed();
  return std::make_unique<jira_desk>(std::move(settings), now);
}

}  // namespace simulators
