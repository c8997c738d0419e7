#include "test/simulators/pagerduty/pagerduty.hpp"

#include <boost/json/object.hpp>

#include "adapters/pagerduty/adapter.hpp"
#include "adapters/pagerduty/wire.hpp"
#include "test/simulation/places/deeds.hpp"
#include "test/simulation/places/places.hpp"

namespace simulation {
namespace {

namespace json = boost::json;

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

  simulators::pagerduty& account() { return account_; }
  [[nodiscard]] std::string const& by_hand() const { return by_hand_; }

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

  std::vector<habit> const& habits() const override;
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

  std::vector<std::string_view> const& drifts() const override;
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

/// A responder, or the account by itself, at one incident.
struct hand {
  pager_duty& place;
  std::string const& id;
  bool is_resolved;
  std::string number;  ///< makes texts unique
  std::string_view who;
  core::time_point now;

  [[nodiscard]] simulators::pagerduty& account() const { return place.account(); }
  [[nodiscard]] bool set(std::string_view field, std::string_view text) const {
    return account().edit(id, {{field, text}}, who, now);
  }
};

bool merge_into_another_ticket(hand const& h) {
  for (auto const& [other, key] : h.place.tickets()) {
    if (other != h.id && h.account().merge(h.id, other, h.who, h.now)) return true;
  }
  return false;
}

using doing = hand const&;

std::vector<deed<hand>> const deeds{
    {"acknowledges it",
     6,
     [](doing h) { return !h.is_resolved && h.account().acknowledge(h.id, h.who, h.now); }},
    {"resolves it", 6, [](doing h) { return h.account().resolve(h.id, h.who, h.now); }},
    {"reopens it",
     4,
     [](doing h) { return h.is_resolved && h.account().reopen(h.id, h.who, h.now); }},
    {"sets the urgency to high", 4, [](doing h) { return h.set("urgency", "high"); }},
    {"sets the urgency to low", 4, [](doing h) { return h.set("urgency", "low"); }},
    {"sets the priority to P1", 3, [](doing h) { return h.set("priority", "P1"); }},
    {"changes the title", 6, [](doing h) { return h.set("title", "Reworded " + h.number); }},
    {"changes the summary", 5, [](doing h) { return h.set("summary", "Described " + h.number); }},
    {"changes the resolution", 5, [](doing h) { return h.set("resolution", "Noted " + h.number); }},
    {"sets the class to true positive", 3, [](doing h) { return h.set("class", "True positive"); }},
    {"sets the class to false positive",
     3,
     [](doing h) { return h.set("class", "False positive"); }},
    {"reassigns it to abel", 4, [](doing h) { return h.set("assigned_to", abel); }},
    {"reassigns it to beth", 4, [](doing h) { return h.set("assigned_to", beth); }},
    {"lets it escalate", 2, [](doing h) { return h.account().escalate(h.id, h.now); }},
    {"lets it time out", 1, [](doing h) { return h.account().time_out(h.id, h.now); }},
    {"is notified of it", 2, [](doing h) { return h.account().notify(h.id, h.now); }},
    {"merges it into an incident opened by hand",
     1,
     [](doing h) { return h.account().merge(h.id, h.place.by_hand(), h.who, h.now); }},
    {"merges it into another ticket", 1, merge_into_another_ticket},
    {"hides it from the key", 1, [](doing h) { return h.account().hide(h.id, true); }},
};

/// Looked at again by somebody afterwards: sight alone leaves nothing in the log.
void hide_all(pager_duty& at, bool hidden, core::time_point now) {
  for (auto const& [id, key] : at.tickets()) {
    at.account().hide(id, hidden);
    if (!hidden) at.touch(id, now);
  }
}

std::vector<upheaval<pager_duty>> const upheavals{
    {"960 calls a minute become 30",
     [](pager_duty& at, bool begins, core::time_point) {
       at.account().settings().calls_per_minute = begins ? 30 : 960;
     }},
    {"one incident a minute can be opened",
     [](pager_duty& at, bool begins, core::time_point) {
       at.account().settings().creates_per_minute = begins ? 1 : 30;
     }},
    {"what is resolved cannot be reopened",
     [](pager_duty& at, bool begins, core::time_point) {
       at.account().settings().reopening = !begins;
     }},
    {"the plan has no priorities any more",
     [](pager_duty& at, bool begins, core::time_point) {
       at.account().settings().has_priorities = !begins;
     }},
    {"the plan has no custom fields any more",
     [](pager_duty& at, bool begins, core::time_point) {
       at.account().settings().has_custom_fields = !begins;
     }},
    {"the key may only read",
     [](pager_duty& at, bool begins, core::time_point) {
       at.account().settings().key_reads_only = begins;
     }},
    {"the key loses sight of every incident", hide_all},
};

std::vector<habit> const& pager_duty::habits() const {
  static auto const all = habits_of(deeds);
  return all;
}

bool pager_duty::do_habit(std::string const& id, int which, int n, core::time_point now) {
  auto const found = account_.as_shown(id);
  // Nobody works on what was merged away.
  if (!found || !found->at("resolve_reason").is_null()) return false;
  auto const who = which % 2 == 0 ? abel : beth;
  hand const somebody{*this, id, found->at("status") == "resolved", std::to_string(n), who, now};
  return deeds[static_cast<std::size_t>(which)].doing(somebody);
}

std::vector<std::string_view> const& pager_duty::drifts() const {
  static auto const all = words_of(upheavals);
  return all;
}

void pager_duty::drift(int which, bool begins, core::time_point now) {
  upheavals[static_cast<std::size_t>(which)].set(*this, begins, now);
}

}  // namespace

std::unique_ptr<ticket_place> make_pagerduty(temper const& with, core::time_point born) {
  return std::make_unique<pager_duty>(with, born);
}

}  // namespace simulation
