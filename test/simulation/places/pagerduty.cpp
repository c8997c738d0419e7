#include "test/simulators/pagerduty/pagerduty.hpp"

#include <boost/json/object.hpp>

#include "adapters/pagerduty/adapter.hpp"
#include "adapters/pagerduty/wire.hpp"
#include "test/simulation/places/places.hpp"

namespace simulation {
namespace {

namespace json = boost::json;

/// Responders, and what the account does by itself.
enum class deed {
  acknowledge,
  resolve,
  reopen,
  urgent,
  calm,
  prioritise,
  rename,
  summarise,
  note_resolution,
  class_true,
  class_false,
  to_abel,
  to_beth,
  escalate,
  time_out,
  notify,
  merge_into_another,
  merge_into_a_ticket,
  hide,
};

std::vector<habit> const every_habit{
    {"acknowledges it", 6},
    {"resolves it", 6},
    {"reopens it", 4},
    {"sets the urgency to high", 4},
    {"sets the urgency to low", 4},
    {"sets the priority to P1", 3},
    {"changes the title", 6},
    {"changes the summary", 5},
    {"changes the resolution", 5},
    {"sets the class to true positive", 3},
    {"sets the class to false positive", 3},
    {"reassigns it to abel", 4},
    {"reassigns it to beth", 4},
    {"lets it escalate", 2},
    {"lets it time out", 1},
    {"is notified of it", 2},
    {"merges it into an incident opened by hand", 1},
    {"merges it into another ticket", 1},
    {"hides it from the key", 1},
};

constexpr std::string_view base_url = "https://api.pagerduty.com";
constexpr std::string_view abel = "abel.tuter@example.com";
constexpr std::string_view beth = "beth.anglin@example.com";

class pager_duty final : public ticket_place {
 public:
  pager_duty(temper const& with, core::time_point born) : account_{settings_of(with), born} {
    account_.add_user("Abel Tuter", abel);
    account_.add_user("Beth Anglin-Example", beth);
    for (auto const* name : {"summary", "resolution", "class"}) {
      account_.define_field(name, "string");
    }
    by_hand_ = account_.create_by_hand("Opened by hand", abel, born);
  }

  simulators::simulator& service() override { return account_; }
  std::vector<std::string> origins() const override { return {std::string{base_url}}; }

  std::unique_ptr<adapter::system> connect(adapter::surroundings with) override {
    adapters::pagerduty::settings chosen;
    chosen.base_url = base_url;
    chosen.credential = adapters::pagerduty::key_sign_in{core::secret{account_.settings().api_key}};
    chosen.service = account_.service();
    chosen.from = account_.settings().requester;
    chosen.custom_fields = {"summary", "resolution", "class"};
    return adapters::pagerduty::make_system(std::move(chosen), std::move(with));
  }

  std::vector<habit> const& habits() const override { return every_habit; }
  bool do_habit(std::string const& id, int which, int n, core::time_point now) override;

  bool say(
      std::string const& id,
      std::string const& text,
      std::string const& /*who*/,
      core::time_point now
  ) override {
    return !account_.annotate(id, text, beth, now).empty();
  }

  void touch(std::string const& id, core::time_point now) override {
    account_.edit(id, {{"defender_id", "touched " + std::to_string(++touches_)}}, abel, now);
  }

  /// Stamps are whole seconds, and what a reading within one is worth depends on when it was made:
  /// this shows the least that a link must have accepted.
  std::optional<adapter::object> look(std::string const& id) const override {
    auto const found = account_.as_shown(id);
    if (!found) return std::nullopt;
    auto object = adapters::pagerduty::to_object(*found, fields_, {});
    if (!object) return std::nullopt;
    return std::move(*object);
  }
  bool is_seen(adapter::object const& now, std::int64_t accepted) const override {
    return now.version <= accepted;
  }

  std::vector<std::string> comments(std::string const& id) const override {
    std::vector<std::string> out;
    auto const found = account_.incident(id);
    if (!found) return out;
    for (auto const& one : found->at("notes").as_array()) {
      out.emplace_back(one.at("text").as_string());
    }
    return out;
  }

  bool is_visible(std::string const& id) const override {
    return account_.as_shown(id).has_value();
  }

  void set_list_lag(milliseconds lag) override { account_.settings().list_lag = lag; }
  milliseconds list_lag_max() const override { return std::chrono::seconds{110}; }
  milliseconds search_lag_max() const override { return std::chrono::seconds{25}; }

  std::vector<std::string_view> const& drifts() const override {
    static std::vector<std::string_view> const all{
        "960 calls a minute become 30",
        "one incident a minute can be opened",
        "what is resolved cannot be reopened",
        "the plan has no priorities any more",
        "the plan has no custom fields any more",
        "the key may only read",
        "the key loses sight of every incident",
    };
    return all;
  }
  void drift(int which, bool begins, core::time_point now) override;

  /// The log tells of every note, whether or not the incident's stamp moves.
  bool comments_move_stamps() const override { return true; }

  std::vector<std::pair<std::string, std::string>> tickets() const override {
    std::vector<std::pair<std::string, std::string>> all;
    for (auto const& [key, count] : account_.incidents_by_key()) {
      for (auto& id : account_.find_ids(key)) all.emplace_back(std::move(id), key);
    }
    return all;
  }

 private:
  static simulators::pagerduty_settings settings_of(temper const& with) {
    auto s =
        with.hard ? simulators::pagerduty_settings{} : simulators::pagerduty_settings::observed();
    s.seed = with.seed;
    return s;
  }

  simulators::pagerduty account_;
  std::string by_hand_;
  int touches_ = 0;
  std::vector<std::string> fields_{
      "title",
      "status",
      "urgency",
      "priority",
      "escalation_policy",
      "assigned_to",
      "cf_summary",
      "cf_resolution",
      "cf_class"};
};

bool pager_duty::do_habit(std::string const& id, int which, int n, core::time_point now) {
  auto const found = account_.as_shown(id);
  // Nobody works on what was merged away.
  if (!found || !found->at("resolve_reason").is_null()) return false;
  auto const number = std::to_string(n);
  auto const who = which % 2 == 0 ? abel : beth;
  auto const edit = [&](json::object const& fields) { return account_.edit(id, fields, who, now); };
  bool const is_resolved = found->at("status") == "resolved";
  switch (static_cast<deed>(which)) {
    case deed::acknowledge:
      return !is_resolved && account_.acknowledge(id, who, now);
    case deed::resolve:
      return account_.resolve(id, who, now);
    case deed::reopen:
      return is_resolved && account_.reopen(id, who, now);
    case deed::urgent:
      return edit({{"urgency", "high"}});
    case deed::calm:
      return edit({{"urgency", "low"}});
    case deed::prioritise:
      return edit({{"priority", "P1"}});
    case deed::rename:
      return edit({{"title", "Reworded " + number}});
    case deed::summarise:
      return edit({{"summary", "Described " + number}});
    case deed::note_resolution:
      return edit({{"resolution", "Noted " + number}});
    case deed::class_true:
      return edit({{"class", "True positive"}});
    case deed::class_false:
      return edit({{"class", "False positive"}});
    case deed::to_abel:
      return edit({{"assigned_to", abel}});
    case deed::to_beth:
      return edit({{"assigned_to", beth}});
    case deed::escalate:
      return account_.escalate(id, now);
    case deed::time_out:
      return account_.time_out(id, now);
    case deed::notify:
      return account_.notify(id, now);
    case deed::merge_into_another:
      return account_.merge(id, by_hand_, who, now);
    case deed::merge_into_a_ticket:
      for (auto const& [other, key] : tickets()) {
        if (other != id && account_.merge(id, other, who, now)) return true;
      }
      return false;
    case deed::hide:
      return account_.hide(id, true);
  }
  return false;
}

void pager_duty::drift(int which, bool begins, core::time_point now) {
  auto& s = account_.settings();
  switch (which) {
    case 0:
      s.calls_per_minute = begins ? 30 : 960;
      break;
    case 1:
      s.creates_per_minute = begins ? 1 : 30;
      break;
    case 2:
      s.reopening = !begins;
      break;
    case 3:
      s.has_priorities = !begins;
      break;
    case 4:
      s.has_custom_fields = !begins;
      break;
    case 5:
      s.key_reads_only = begins;
      break;
    default:
      // Looked at again by somebody afterwards: sight alone leaves nothing in the log.
      for (auto const& [id, key] : tickets()) {
        account_.hide(id, begins);
        if (!begins) touch(id, now);
      }
      break;
  }
}

}  // namespace

std::unique_ptr<ticket_place> make_pagerduty(temper const& with, core::time_point born) {
  return std::make_unique<pager_duty>(with, born);
}

}  // namespace simulation
