#include "test/simulation/watched.hpp"

#include <algorithm>
#include <utility>

namespace simulation {
namespace {

using mapping::side;

class watched_system final : public adapter::system {
 public:
  watched_system(std::unique_ptr<adapter::system> inner, watching how, witness& by)
      : inner_{std::move(inner)}, how_{std::move(how)}, by_{by}, declared_{inner_->declared()} {
    by_.on_connect(how_.side, declared_);
    if (how_.without == mutation::no_overlap) declared_.list_lag = std::chrono::seconds{0};
    if (how_.without == mutation::no_horizon) declared_.horizon = std::chrono::seconds{0};
  }

  adapter::capabilities const& declared() const override { return declared_; }

  awaitable<core::result<adapter::change_page>> changes(adapter::change_query query) override {
    if (how_.page_rows > 0) query.rows_max = how_.page_rows;
    auto page = co_await inner_->changes(std::move(query));
    if (!page) co_return heard(page.error());
    if (how_.without == mutation::naive_echo_check) {
      std::erase_if(page->rows, [&](auto const& row) {
        return !how_.own_account.empty() && row.changed_by.ends_with(how_.own_account);
      });
    }
    for (auto& row : page->rows) see(row);
    co_return page;
  }

  awaitable<core::result<std::vector<adapter::object>>> complete(
      std::vector<adapter::object> rows, adapter::wants needs
  ) override {
    auto done = co_await inner_->complete(std::move(rows), std::move(needs));
    if (!done) co_return heard(done.error());
    for (auto& one : *done) see(one);
    co_return done;
  }

  awaitable<core::result<std::vector<adapter::object>>> read(
      std::vector<std::string> ids, adapter::wants needs
  ) override {
    auto done = co_await inner_->read(std::move(ids), std::move(needs));
    if (!done) co_return heard(done.error());
    for (auto& one : *done) see(one);
    co_return done;
  }

  awaitable<std::vector<core::result<adapter::receipt>>> update_all(
      std::vector<adapter::update> updates, adapter::wants needs
  ) override {
    for (auto const& one : updates) by_.on_update(how_.side, one);
    auto const sent = updates;
    auto answers = co_await inner_->update_all(std::move(updates), std::move(needs));
    for (std::size_t i = 0; i < answers.size(); ++i) {
      answers[i] = heard_answer(std::move(answers[i]));
      by_.on_answer(how_.side, sent[i], answers[i]);
    }
    co_return answers;
  }

  awaitable<core::result<std::vector<std::vector<adapter::lost_edit>>>> edits_replaced(
      std::vector<adapter::update> updates
  ) override {
    auto found = co_await inner_->edits_replaced(std::move(updates));
    if (!found) co_return heard(found.error());
    co_return found;
  }

  awaitable<std::vector<core::result<adapter::receipt>>> comment_all(
      std::vector<adapter::new_comment> comments, adapter::wants needs
  ) override {
    for (auto const& one : comments) by_.on_comment(how_.side, one);
    auto answers = co_await inner_->comment_all(std::move(comments), std::move(needs));
    for (auto& one : answers) one = heard_answer(std::move(one));
    co_return answers;
  }

  awaitable<std::vector<core::result<adapter::receipt>>> create_all(
      std::vector<adapter::creation> creations, adapter::wants needs
  ) override {
    for (auto const& one : creations) by_.on_create(one);
    auto answers = co_await inner_->create_all(std::move(creations), std::move(needs));
    for (auto& one : answers) {
      one = heard_answer(std::move(one));
      if (one) by_.on_seen(how_.side, one->stored);
    }
    co_return answers;
  }

  awaitable<core::result<std::vector<adapter::keyed_object>>> find(
      std::vector<std::string> keys, adapter::wants needs
  ) override {
    auto found = co_await inner_->find(std::move(keys), std::move(needs));
    if (!found) co_return heard(found.error());
    co_return found;
  }

  awaitable<core::result<std::vector<adapter::answer>>> look_up(
      std::vector<adapter::question> questions
  ) override {
    auto found = co_await inner_->look_up(std::move(questions));
    if (!found) co_return heard(found.error());
    co_return found;
  }

  awaitable<std::vector<adapter::check>> examine() override { return inner_->examine(); }

 private:
  void see(adapter::object& one) {
    by_.on_seen(how_.side, one);
    if (how_.without == mutation::blind_to_merges && one.presence == adapter::presence::merged) {
      one.presence = adapter::presence::present;
    }
  }

  core::error heard(core::error why) const {
    if (how_.without == mutation::deaf_to_retry_after) why.retry_after.reset();
    if (how_.without == mutation::retry_unknown_outcome) why.effect = core::effect::none;
    return why;
  }
  core::result<adapter::receipt> heard_answer(core::result<adapter::receipt> answer) {
    if (!answer) return heard(answer.error());
    if (how_.without == mutation::blind_to_merges) {
      answer->stored.presence = adapter::presence::present;
    }
    return answer;
  }

  std::unique_ptr<adapter::system> inner_;
  watching how_;
  witness& by_;
  adapter::capabilities declared_;
};

}  // namespace

std::unique_ptr<adapter::system> watch(
    std::unique_ptr<adapter::system> inner, watching how, witness& by
) {
  return std::make_unique<watched_system>(std::move(inner), std::move(how), by);
}

}  // namespace simulation
