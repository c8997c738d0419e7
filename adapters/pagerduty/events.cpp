// The Events API v2: what is sent is taken and nothing is shown. An event with the dedup_key of an
// open alert changes that alert and makes no other, so sending one once more does no harm.
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "adapters/pagerduty/adapter.hpp"
#include "adapters/pagerduty/answer.hpp"
#include "adapters/pagerduty/wire.hpp"
#include "connector/http/wait.hpp"

namespace adapters::pagerduty {

namespace asio = boost::asio;

namespace {

constexpr auto deadline = std::chrono::seconds{30};
/// About 120 events a minute and key, counted over the last minute; half a minute is advised.
constexpr std::chrono::seconds wait_otherwise{30};

core::error refused(std::string_view field, std::string why) {
  core::error e{core::errc::rejected, std::string{field} + ": " + std::move(why)};
  e.fields.emplace_back(field);
  return e;
}

std::string text_of(core::record const& fields, std::string_view name) {
  auto const& value = core::field(fields, name);
  return value.is_string() ? std::string{value.get_string()} : std::string{};
}

/// What brings an alert into a status; empty for the one it begins in.
std::string_view action_for(std::string_view status) {
  if (status == "acknowledged") return "acknowledge";
  return status == "resolved" ? "resolve" : std::string_view{};
}

/// 202: taken. Otherwise what it says; an event that may have been taken may be sent once more, so
/// there never is a doubt to be settled.
core::result<void> outcome_of(http::response const& answer, core::time_point now) {
  if (answer.status == 202) return {};
  boost::system::error_code ec;
  auto const body = json::parse(answer.body, ec);
  std::string words = "the Events API answered with " + std::to_string(answer.status);
  if (auto const* told = ec ? nullptr : body.if_object()) {
    words += ": " + for_people(text_at(*told, "message"));
    if (auto const* errors = told->if_contains("errors"); errors && errors->is_array()) {
      for (auto const& one : errors->get_array()) {
        if (one.is_string()) words += "; " + for_people(one.get_string());
      }
    }
  }
  if (answer.status == 429) {
    core::error limited{core::errc::rate_limited, std::move(words)};
    limited.retry_after = http::retry_after(answer.headers, now).value_or(wait_otherwise);
    return limited;
  }
  if (answer.status == 400 || answer.status == 413) {
    return core::error{core::errc::rejected, std::move(words)};
  }
  return core::error{core::errc::unavailable, std::move(words)};
}

class events final : public adapter::system {
 public:
  events(events_settings with, adapter::surroundings world)
      : settings_{std::move(with)}, world_{std::move(world)} {
    using namespace std::chrono_literals;
    declared_.system = "pagerduty/events";
    declared_.creates = true;
    declared_.one_way = true;
    declared_.list_lag = 60s;
    declared_.horizon = 60s;
    declared_.calls_at_once = 2;
  }

  adapter::capabilities const& declared() const override { return declared_; }

  awaitable<core::result<adapter::change_page>> changes(adapter::change_query) override {
    co_return adapter::change_page{};
  }
  awaitable<core::result<std::vector<adapter::object>>> complete(
      std::vector<adapter::object> rows, adapter::wants
  ) override {
    co_return rows;
  }
  awaitable<core::result<std::vector<adapter::object>>> read(
      std::vector<std::string> ids, adapter::wants needs
  ) override {
    std::vector<adapter::object> all;
    for (auto const& id : ids) {
      all.push_back(shown(id, {}));
      if (needs.comments) all.back().comments.emplace();
    }
    co_return all;
  }
  awaitable<core::result<std::vector<adapter::keyed_object>>> find(
      std::vector<std::string>, adapter::wants
  ) override {
    co_return std::vector<adapter::keyed_object>{};
  }
  awaitable<core::result<std::vector<adapter::answer>>> look_up(
      std::vector<adapter::question> questions
  ) override {
    co_return std::vector<adapter::answer>(questions.size());
  }
  awaitable<std::vector<core::result<adapter::receipt>>> comment_all(
      std::vector<adapter::new_comment> comments, adapter::wants
  ) override {
    core::error const none{core::errc::rejected, "the Events API knows no comments"};
    co_return std::vector<core::result<adapter::receipt>>(comments.size(), none);
  }
  awaitable<std::vector<core::result<adapter::receipt>>> create_all(
      std::vector<adapter::creation> creations, adapter::wants
  ) override;
  awaitable<std::vector<core::result<adapter::receipt>>> update_all(
      std::vector<adapter::update> updates, adapter::wants
  ) override;
  awaitable<std::vector<adapter::check>> examine() override;

 private:
  static adapter::object shown(std::string id, core::record fields) {
    adapter::object o;
    o.label = id;
    o.id = std::move(id);
    o.fields = std::move(fields);
    return o;
  }
  [[nodiscard]] json::object trigger(adapter::creation const& of) const;
  awaitable<core::result<void>> send(json::object event);
  /// Sends one after the other, and no more once one is refused for the rate.
  awaitable<std::vector<core::result<adapter::receipt>>> send_all(
      std::vector<core::result<json::object>> all,
      std::vector<std::pair<std::string, core::record>> as
  );

  events_settings const settings_;
  adapter::surroundings world_;
  adapter::capabilities declared_;
};

json::object events::trigger(adapter::creation const& of) const {
  auto const source = text_of(of.fields, "source");
  json::object payload{
      {"summary", text_of(of.fields, "summary")},
      {"source", source.empty() ? settings_.source : source},
      {"severity", text_of(of.fields, "severity")}};
  for (auto const* name : {"component", "group", "class"}) {
    if (auto const text = text_of(of.fields, name); !text.empty()) payload[name] = text;
  }
  if (auto const text = text_of(of.fields, "details"); !text.empty()) {
    payload["custom_details"] = json::object{{"details", text}};
  }
  json::object event{{"event_action", "trigger"}, {"dedup_key", of.key}};
  event["payload"] = std::move(payload);
  if (auto const link = text_of(of.fields, "link"); !link.empty()) {
    event["client"] = settings_.source;
    event["client_url"] = link;
  }
  return event;
}

asio::awaitable<core::result<void>> events::send(json::object event) {
  event["routing_key"] = settings_.routing_key.reveal();
  http::request call;
  call.method = "POST";
  call.url = settings_.url + "/v2/enqueue";
  call.headers.push_back(http::header{"Content-Type", "application/json"});
  call.headers.push_back(http::header{"Accept", "application/json"});
  call.body = json::serialize(event);
  call.deadline = deadline;
  auto const answer = co_await world_.transport.send(std::move(call));
  if (!answer) {
    core::error failed = answer.error();
    failed.effect = core::effect::none;
    co_return failed;
  }
  co_return outcome_of(*answer, world_.clock.now());
}

asio::awaitable<std::vector<core::result<adapter::receipt>>> events::send_all(
    std::vector<core::result<json::object>> all,
    std::vector<std::pair<std::string, core::record>> as
) {
  std::vector<core::result<adapter::receipt>> out;
  std::optional<core::error> limit;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (limit || !all[i]) {
      out.emplace_back(all[i] ? *limit : all[i].error());
      continue;
    }
    auto event = std::move(*all[i]);
    auto const sent = co_await send(std::move(event));
    if (!sent) {
      if (sent.error().code == core::errc::rate_limited) limit = sent.error();
      out.emplace_back(sent.error());
      continue;
    }
    adapter::receipt receipt;
    receipt.stored = shown(std::move(as[i].first), std::move(as[i].second));
    out.emplace_back(std::move(receipt));
  }
  co_return out;
}

asio::awaitable<std::vector<core::result<adapter::receipt>>> events::create_all(
    std::vector<adapter::creation> creations, adapter::wants
) {
  std::vector<core::result<json::object>> all;
  std::vector<std::pair<std::string, core::record>> as;
  for (auto const& one : creations) {
    if (text_of(one.fields, "summary").empty()) {
      all.emplace_back(refused("summary", "an event needs one"));
    } else if (text_of(one.fields, "severity").empty()) {
      all.emplace_back(refused("severity", "an event needs one"));
    } else {
      all.emplace_back(trigger(one));
    }
    as.emplace_back(one.key, one.fields);
  }
  auto out = co_await send_all(std::move(all), std::move(as));
  // An alert begins as triggered; what is worked on already is acknowledged next. If that fails the
  // alert is raised again, which changes nothing about it.
  for (std::size_t i = 0; i < out.size(); ++i) {
    auto const action = action_for(text_of(creations[i].fields, "status"));
    if (!out[i] || action.empty()) continue;
    json::object next{{"dedup_key", creations[i].key}, {"event_action", action}};
    auto const sent = co_await send(std::move(next));
    if (!sent) out[i] = sent.error();
  }
  co_return out;
}

asio::awaitable<std::vector<core::result<adapter::receipt>>> events::update_all(
    std::vector<adapter::update> updates, adapter::wants
) {
  std::vector<core::result<json::object>> all;
  std::vector<std::pair<std::string, core::record>> as;
  for (auto& one : updates) {
    core::result<json::object> event{json::object{{"dedup_key", one.id}}};
    for (auto const& [name, value] : one.fields) {
      if (name != "status") {
        event = refused(name, "the Events API takes this with a new alert only");
        break;
      }
      auto const action = action_for(text_of(one.fields, "status"));
      if (!action.empty()) {
        (*event)["event_action"] = action;
      } else {
        event = refused(name, "the Events API can only acknowledge and resolve an alert");
        break;
      }
    }
    all.push_back(std::move(event));
    as.emplace_back(std::move(one.id), std::move(one.fields));
  }
  co_return co_await send_all(std::move(all), std::move(as));
}

asio::awaitable<std::vector<adapter::check>> events::examine() {
  // Every call would be an event, and a wrong key is taken like a right one.
  adapter::check one;
  one.name = "events";
  one.found = adapter::check::verdict::warning;
  one.detail =
      "not tried, since trying would raise an alert; a wrong integration key is taken "
      "without a word, so look whether the first incident arrives";
  std::vector<adapter::check> all;
  all.push_back(std::move(one));
  co_return all;
}

}  // namespace

std::unique_ptr<adapter::system> make_events_system(
    events_settings with, adapter::surroundings world
) {
  return std::make_unique<events>(std::move(with), std::move(world));
}

}  // namespace adapters::pagerduty
