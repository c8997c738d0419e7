#include "world.hpp"

#include <stdexcept>

namespace pagerduty_test {

boost::asio::awaitable<bool> jumping_clock::wait_until(steady_point deadline) {
  if (deadline > steady) pass(deadline - steady);
  co_return true;
}

pagerduty_settings account::unhurried() {
  pagerduty_settings s;
  s.calls_per_minute = 0;
  s.creates_per_minute = 0;
  return s;
}

account::account(pagerduty_settings of) : service{std::move(of)} {
  transport.route("https://api.pagerduty.com", service, &faults);
  transport.route("https://identity.pagerduty.com", service, &faults);
  needs.fields = {
      "title", "status", "urgency", "priority", "escalation_policy", "assigned_to", "details"};
  needs.comments = true;
  connect();
}

void account::connect(std::function<void(pagerduty::settings&)> const& change) {
  pagerduty::settings with;
  with.base_url = "https://api.pagerduty.com";
  with.login_url = "https://identity.pagerduty.com";
  with.credential = pagerduty::key_sign_in{core::secret{service.settings().api_key}};
  with.service = service.service();
  with.from = service.settings().requester;
  if (change) change(with);
  adapter::surroundings around{"pager", transport, clock, *random};
  system = pagerduty::make_system(std::move(with), around);
}

adapter::change_page account::page(adapter::change_query asked) {
  asked.wants = needs;
  auto found = run(system->changes(std::move(asked)));
  if (!found) throw std::runtime_error{found.error().detail};
  return std::move(*found);
}

std::vector<adapter::object> account::changes_since(core::time_point from, std::size_t rows_max) {
  std::vector<adapter::object> all;
  adapter::change_query asked;
  asked.from = from;
  asked.rows_max = rows_max;
  for (int pages = 0; pages < 1000; ++pages) {
    auto found = page(asked);
    for (auto& row : found.rows) all.push_back(std::move(row));
    if (found.continuation.empty()) return all;
    asked.continuation = found.continuation;
  }
  throw std::runtime_error{"the listing does not come to an end"};
}

std::string account::open(std::string key, core::record more) {
  adapter::creation one;
  one.key = std::move(key);
  one.fields = std::move(more);
  if (!one.fields.contains("title")) one.fields["title"] = "An incident";
  std::vector<adapter::creation> all;
  all.push_back(std::move(one));
  auto made = run(system->create_all(std::move(all), needs));
  if (!made.front()) throw std::runtime_error{made.front().error().detail};
  return made.front()->stored.id;
}

adapter::object account::read(std::string id, bool comments) {
  auto asked = needs;
  asked.comments = comments;
  std::vector<std::string> ids{std::move(id)};
  auto found = run(system->read(std::move(ids), std::move(asked)));
  if (!found) throw std::runtime_error{found.error().detail};
  return found->front();
}

core::result<adapter::receipt> account::update(std::string id, core::record fields) {
  adapter::update one;
  one.id = std::move(id);
  one.fields = std::move(fields);
  std::vector<adapter::update> all;
  all.push_back(std::move(one));
  return std::move(run(system->update_all(std::move(all), needs)).front());
}

core::result<adapter::receipt> account::note(std::string id, std::string words) {
  adapter::new_comment one;
  one.object_id = std::move(id);
  one.text = std::move(words);
  one.place = "notes";
  std::vector<adapter::new_comment> all;
  all.push_back(std::move(one));
  return std::move(run(system->comment_all(std::move(all), needs)).front());
}

std::uint64_t account::calls(std::string const& operation) const {
  auto const found = service.operations().find(operation);
  return found == service.operations().end() ? 0 : found->second;
}

std::string text(adapter::object const& of, std::string_view field) {
  return core::text_of(core::field(of.fields, field));
}

}  // namespace pagerduty_test
