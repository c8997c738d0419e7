#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "adapters/defender/incidents.hpp"
#include "adapters/defender/wire.hpp"
#include "test/simulation/places/places.hpp"
#include "test/simulators/graph/graph.hpp"

namespace simulation {
namespace {

namespace json = boost::json;

/// Analysts, owners, Defender itself and the Defender Experts.
enum class deed {
  activate,
  begin,
  resolve,
  resolve_as_false,
  raise,
  lower,
  rename,
  explain,
  summarise,
  take_over,
  hand_to_beth,
  leave_alone,
  classify,
  alert,
  experts_take,
  experts_hand_over,
  experts_remediate,
  tag,
};

std::vector<habit> const every_habit{
    {"sets the status to active", 4},
    {"sets the status to inProgress", 6},
    {"resolves it as a true positive", 4},
    {"resolves it as a false positive", 2},
    {"raises the severity to high", 6},
    {"lowers the severity to medium", 6},
    {"renames it", 6},
    {"writes a resolving comment", 6},
    {"writes a summary", 4},
    {"assigns it to abel", 4},
    {"assigns it to beth", 4},
    {"unassigns it", 3},
    {"classifies it", 3},
    {"adds an alert", 3},
    {"takes it for the Experts", 1},
    {"hands it over to the customer", 1},
    {"remediates it for the Experts", 1},
    {"tags it", 2},
};

class defender final : public incident_place {
 public:
  explicit defender(temper const& with) : temper_{with}, graph_{settings_of(with)} {}

  simulators::simulator& service() override { return graph_; }
  std::vector<std::string> origins() const override {
    return {graph_.settings().origin, graph_.settings().login_origin};
  }

  std::unique_ptr<adapter::system> connect(adapter::surroundings with) override {
    adapters::defender::settings chosen;
    chosen.tenant_id = graph_.settings().tenant_id;
    chosen.client_id = graph_.settings().client_id;
    chosen.method = adapters::defender::by_secret{core::secret{graph_.settings().client_secret}};
    chosen.page_rows = temper_.page_rows;
    return adapters::defender::make_incidents(std::move(chosen), std::move(with));
  }

  std::vector<habit> const& habits() const override { return every_habit; }
  bool do_habit(std::string const& id, int which, int n, core::time_point now) override;

  bool say(
      std::string const& id, std::string const& text, std::string const& who, core::time_point now
  ) override {
    return graph_.comment(id, text, who, now);
  }

  void touch(std::string const& id, core::time_point now) override {
    graph_.edit(id, {{"priorityScore", 50}}, "soc", now);
  }

  std::optional<adapter::object> look(std::string const& id) const override {
    auto const revision = graph_.incident_revision(id);
    auto& last = last_looks_[id];
    if (revision == 0 || last.first != revision) last = {revision, read(id)};
    return last.second;
  }

  std::optional<adapter::object> read(std::string const& id) const {
    auto found = graph_.incident(id);
    if (!found) return std::nullopt;
    found->erase("comments");
    adapter::wants const all{fields_, false};
    auto object = adapters::defender::to_object(core::value(std::move(*found)), all);
    if (!object) return std::nullopt;
    return std::move(*object);
  }

  std::vector<std::string> comments(std::string const& id) const override {
    std::vector<std::string> out;
    auto const found = graph_.incident(id);
    if (!found) return out;
    for (auto const& c : adapters::defender::to_comments(found->at("comments"))) {
      out.push_back(c.text);
    }
    return out;
  }

  void set_list_lag(milliseconds lag) override { graph_.settings().list_lag = lag; }
  milliseconds list_lag_max() const override { return std::chrono::minutes{14}; }

  std::vector<std::string_view> const& drifts() const override {
    static std::vector<std::string_view> const all{
        "150 calls a minute become 20", "the write permission is withdrawn"};
    return all;
  }
  void drift(int which, bool begins, core::time_point) override {
    if (which == 0) {
      graph_.settings().calls_per_minute = begins ? 20 : 150;
    } else {
      auto& permissions = graph_.settings().permissions;
      permissions = begins ? std::vector<std::string>{"SecurityIncident.Read.All"}
                           : std::vector<std::string>{"SecurityIncident.ReadWrite.All"};
    }
  }

  bool comments_move_stamps() const override { return graph_.settings().comment_moves_stamp; }

  std::string add(int choice, int n, core::time_point now) override {
    static constexpr std::string_view severities[]{"high", "medium", "medium", "low"};
    json::object record{
        {"displayName", "Incident " + std::to_string(n)},
        {"severity", severities[static_cast<std::size_t>(choice) % std::size(severities)]},
        {"lastModifiedBy", "soc"},
    };
    if (choice % 5 == 4) record["assignedTo"] = "beth.anglin@example.com";
    if (choice % 7 == 6) record["status"] = "inProgress";
    return graph_.add_incident(std::move(record), now);
  }

  bool merge(std::string const& id, std::string const& into, core::time_point now) override {
    return graph_.merge(id, into, now);
  }

 private:
  static simulators::graph_settings settings_of(temper const& with) {
    auto s = with.hard ? simulators::graph_settings{} : simulators::graph_settings::observed();
    s.seed = with.seed;
    return s;
  }

  temper temper_;
  simulators::graph graph_;
  /// By id, with the revision that it was taken from.
  mutable std::map<std::string, std::pair<std::uint64_t, std::optional<adapter::object>>>
      last_looks_;
  std::vector<std::string> fields_{
      "displayName",
      "summary",
      "status",
      "severity",
      "assignedTo",
      "classification",
      "determination",
      "resolvingComment",
      "customTags",
      "systemTags"};
};

bool defender::do_habit(std::string const& id, int which, int n, core::time_point now) {
  auto const found = graph_.incident(id);
  if (!found || found->at("status") == "redirected") return false;
  auto const number = std::to_string(n);
  auto const edit = [&](json::object const& fields) {
    return graph_.edit(id, fields, which % 2 == 0 ? "ann@contoso.com" : "bob@contoso.com", now);
  };
  switch (static_cast<deed>(which)) {
    case deed::activate:
      return edit({{"status", "active"}});
    case deed::begin:
      return edit({{"status", "inProgress"}});
    case deed::resolve:
      return edit(
          {{"status", "resolved"},
           {"classification", "truePositive"},
           {"determination", "malware"},
           {"resolvingComment", "Reimaged " + number}}
      );
    case deed::resolve_as_false:
      return edit(
          {{"status", "resolved"},
           {"classification", "falsePositive"},
           {"determination", "notMalicious"}}
      );
    case deed::raise:
      return edit({{"severity", "high"}});
    case deed::lower:
      return edit({{"severity", "medium"}});
    case deed::rename:
      return edit({{"displayName", "Renamed " + number}});
    case deed::explain:
      return edit({{"resolvingComment", "Explained " + number}});
    case deed::summarise:
      return edit({{"summary", "Summary " + number}});
    case deed::take_over:
      return edit({{"assignedTo", "abel.tuter@example.com"}});
    case deed::hand_to_beth:
      return edit({{"assignedTo", "beth.anglin@example.com"}});
    case deed::leave_alone:
      return edit({{"assignedTo", nullptr}});
    case deed::classify:
      return edit(
          {{"classification", "informationalExpectedActivity"},
           {"determination", "confirmedActivity"}}
      );
    case deed::alert:
      return !graph_.add_alert(id, {{"title", "Alert " + number}}, now).empty();
    case deed::experts_take:
      return graph_.experts_take(id, now);
    case deed::experts_hand_over:
      return graph_.experts_hand_over(id, "Please isolate the host " + number, now);
    case deed::experts_remediate:
      return graph_.experts_remediate(id, "Remediated " + number, now);
    case deed::tag:
      return edit({{"customTags", json::array{"VIP-" + number}}});
  }
  return false;
}

}  // namespace

std::unique_ptr<incident_place> make_defender(temper const& with) {
  return std::make_unique<defender>(with);
}

}  // namespace simulation
