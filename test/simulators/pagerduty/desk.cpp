#include "test/simulators/desk.hpp"

#include "test/simulators/pagerduty/pagerduty.hpp"

namespace simulators {
namespace {

constexpr std::string_view responder = "beth@acme.example";

class pagerduty_desk final : public desk {
 public:
  pagerduty_desk(pagerduty_settings settings, core::time_point now)
      : account_{std::move(settings), now} {}

  std::string_view name() const override { return "pagerduty"; }
  simulator& service() override { return account_; }
  /// Its answers name the vendor's own addresses wherever it is.
  void lives_at(std::string const&) override {}

  json::array tickets() const override {
    json::array all;
    account_.each_incident([&all](json::object const& each) { all.push_back(each); });
    return all;
  }

  json::object ticket(std::string const& named) const override {
    return *account_.incident(id_of(named));
  }

  json::object create(json::object const& body, core::time_point now) override {
    return {
        {"id", account_.create_by_hand(needed(body, "title"), text(body, "who", responder), now)}};
  }

  bool act(
      std::string const& named,
      std::string_view deed,
      json::object const& body,
      core::time_point now
  ) override {
    auto const id = id_of(named);
    auto const who = text(body, "who", responder);
    if (deed == "edit") return account_.edit(id, object(body, "fields"), who, now);
    if (deed == "annotate" || deed == "comment") {
      return !account_.annotate(id, needed(body, "text"), who, now).empty();
    }
    if (deed == "acknowledge" || deed == "take-up") return account_.acknowledge(id, who, now);
    if (deed == "resolve") return account_.resolve(id, who, now);
    if (deed == "reopen") return account_.reopen(id, who, now);
    if (deed == "escalate") return account_.escalate(id, now);
    if (deed == "notify") return account_.notify(id, now);
    if (deed == "time-out") return account_.time_out(id, now);
    if (deed == "hide") return account_.hide(id, true);
    if (deed == "merge") return account_.merge(id, id_of(needed(body, "into")), who, now);
    throw misuse{"unknown deed '" + std::string{deed} + "'", 404};
  }

  json::object duplicates() const override {
    auto const keys = account_.incidents_by_key();
    json::object twins;
    for (auto const& [key, count] : keys) {
      if (count > 1) twins[key] = count;
    }
    json::object incidents{
        {"tickets", account_.incidents()}, {"keys", keys.size()}, {"duplicates", twins}};
    return {{"incident", std::move(incidents)}};
  }

  bool set(std::string_view setting, double value) override {
    auto& settings = account_.settings();
    if (setting == "pagerduty_calls_per_minute") {
      settings.calls_per_minute = static_cast<std::size_t>(value);
    } else if (setting == "pagerduty_creates_per_minute") {
      settings.creates_per_minute = static_cast<std::size_t>(value);
    } else if (setting == "pagerduty_list_lag_ms") {
      settings.list_lag = std::chrono::milliseconds{static_cast<std::int64_t>(value)};
    } else {
      return false;
    }
    return true;
  }

  void lift_limits() override {
    account_.settings().calls_per_minute = account_.settings().creates_per_minute = 0;
  }

  json::object figures() const override { return {{"incidents", account_.incidents()}}; }

 private:
  /// An incident may be named by id, number or incident_key.
  std::string id_of(std::string const& named) const {
    if (auto const found = account_.incident(named))
      return std::string{found->at("id").get_string()};
    auto const found = account_.find_ids(named);
    if (found.empty()) throw misuse{"no such incident", 404};
    return found.front();
  }

  pagerduty account_;
};

}  // namespace

std::unique_ptr<desk> make_pagerduty_desk(open_points chosen, core::time_point now) {
  pagerduty_settings settings;
  if (chosen == open_points::observed) settings = pagerduty_settings::observed();
  return std::make_unique<pagerduty_desk>(std::move(settings), now);
}

}  // namespace simulators
