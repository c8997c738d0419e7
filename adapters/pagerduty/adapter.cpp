#include "adapters/pagerduty/adapter.hpp"

#include "adapters/pagerduty/client.hpp"
#include "adapters/pagerduty/examine.hpp"
#include "adapters/pagerduty/hooks.hpp"
#include "adapters/pagerduty/look_up.hpp"
#include "adapters/pagerduty/reads.hpp"
#include "adapters/pagerduty/wire.hpp"
#include "adapters/pagerduty/writes.hpp"

namespace adapters::pagerduty {
namespace {

adapter::capabilities capabilities_of(settings const& with) {
  using namespace std::chrono_literals;
  adapter::capabilities own;
  own.system = "pagerduty";
  // It says that there was a change and by whom, but not always what it was.
  own.history = adapter::edit_history::log;
  own.stamp_step = 1s;
  own.list_lag = list_lag;
  own.search_lag = 30s;
  own.horizon = 240s;
  own.page_rows_max = window_entries_max;
  own.read_at_once = 1;
  own.write_at_once = writer::updates_at_once;
  own.calls_at_once = with.calls_at_once;
  // Every answer says what is left, where an operation has a limit of its own that of the limit
  // closest to being hit.
  own.limit.per_minute = 960;
  own.limit.page = "https://developer.pagerduty.com/docs";
  own.limit.remaining_header = "ratelimit-remaining";
  own.limit.reset_header = "ratelimit-reset";
  own.creates = true;
  own.rows_have_comments = false;
  own.comments_public_by_default = false;
  for (auto const& name : with.custom_fields) {
    own.fields_not_in_rows.push_back(std::string{custom_prefix} + name);
  }
  own.fields_not_in_rows.emplace_back("details");
  return own;
}

class pager_duty final : public adapter::system {
 public:
  pager_duty(settings with, adapter::surroundings world)
      : settings_{std::move(with)},
        capabilities_{capabilities_of(settings_)},
        clock_{world.clock},
        client_{settings_, std::move(world)},
        reader_{client_, settings_, clock_},
        writer_{client_, reader_, settings_},
        directory_{client_, clock_, settings_.calls_at_once},
        hooks_{settings_.webhook_secrets} {}

  adapter::capabilities const& declared() const override { return capabilities_; }

  awaitable<core::result<adapter::change_page>> changes(adapter::change_query asked) override {
    co_return co_await reader_.changes(std::move(asked));
  }
  awaitable<core::result<std::vector<adapter::object>>> complete(
      std::vector<adapter::object> rows, adapter::wants needs
  ) override {
    co_return co_await reader_.complete(std::move(rows), std::move(needs));
  }
  awaitable<core::result<std::vector<adapter::object>>> read(
      std::vector<std::string> ids, adapter::wants needs
  ) override {
    co_return co_await reader_.read(std::move(ids), std::move(needs));
  }
  awaitable<std::vector<core::result<adapter::receipt>>> update_all(
      std::vector<adapter::update> updates, adapter::wants needs
  ) override {
    co_return co_await writer_.update_all(std::move(updates), std::move(needs));
  }
  awaitable<core::result<std::vector<std::vector<adapter::lost_edit>>>> edits_replaced(
      std::vector<adapter::update> updates
  ) override {
    co_return co_await writer_.replaced_by(std::move(updates));
  }
  awaitable<std::vector<core::result<adapter::receipt>>> comment_all(
      std::vector<adapter::new_comment> comments, adapter::wants needs
  ) override {
    co_return co_await writer_.comment_all(std::move(comments), std::move(needs));
  }
  awaitable<std::vector<core::result<adapter::receipt>>> create_all(
      std::vector<adapter::creation> creations, adapter::wants needs
  ) override {
    co_return co_await writer_.create_all(std::move(creations), std::move(needs));
  }
  awaitable<core::result<std::vector<adapter::keyed_object>>> find(
      std::vector<std::string> keys, adapter::wants needs
  ) override {
    co_return co_await reader_.find(std::move(keys), std::move(needs));
  }
  awaitable<core::result<std::vector<adapter::answer>>> look_up(
      std::vector<adapter::question> questions
  ) override {
    co_return co_await directory_.look_up(std::move(questions));
  }
  awaitable<std::vector<adapter::check>> examine() override {
    co_return co_await pagerduty::examine(client_, settings_, clock_);
  }
  awaitable<core::result<adapter::description>> describe() override {
    co_return co_await pagerduty::describe(client_, settings_);
  }
  core::result<void> accept(adapter::hook_call const& call) override {
    return hooks_.accept(call, clock_.now());
  }

 private:
  settings const settings_;
  adapter::capabilities const capabilities_;
  async::clock& clock_;
  client client_;
  reader reader_;
  writer writer_;
  directory directory_;
  hook_guard hooks_;
};

}  // namespace

std::unique_ptr<adapter::system> make_system(settings with, adapter::surroundings world) {
  return std::make_unique<pager_duty>(std::move(with), std::move(world));
}

}  // namespace adapters::pagerduty
