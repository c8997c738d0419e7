#include "adapters/jira/adapter.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <set>

#include "adapters/jira/client.hpp"
#include "adapters/jira/comments.hpp"
#include "adapters/jira/describe.hpp"
#include "adapters/jira/examine.hpp"
#include "adapters/jira/jql.hpp"
#include "adapters/jira/look_up.hpp"
#include "adapters/jira/walk.hpp"
#include "adapters/jira/webhook.hpp"
#include "adapters/jira/wire.hpp"
#include "adapters/jira/writer.hpp"

namespace adapters::jira {

namespace asio = boost::asio;
using core::errc;

namespace {

// Cloud gives up to 5,000 rows a page, and fewer where many fields are wanted.
constexpr std::size_t page_rows_max = 200;
constexpr std::size_t keys_per_query = 50;
constexpr std::size_t reconciled_max = 50;  // ids that one search looks at as they are now
constexpr auto reconciled_for = std::chrono::minutes{2};

adapter::capabilities capabilities_of(settings const& with) {
  using namespace std::chrono_literals;
  auto const cloud = with.edition == edition::cloud;
  adapter::capabilities own;
  own.system = cloud ? "jira/issue" : "jira/dc-issue";
  own.history = adapter::edit_history::log;
  // Cloud's search is "eventually consistent" without a figure; seen were seconds to minutes. Data
  // Center indexes as it writes, and other nodes follow within seconds.
  own.stamp_step = 1ms;
  own.list_lag = cloud ? 900s : 120s;
  own.search_lag = cloud ? 300s : 30s;
  own.horizon = cloud ? 420s : 240s;  // a create that is not found by its label may still be unseen
  own.page_rows_max = page_rows_max;
  own.read_at_once = cloud ? client::bulk_ids_max : 1;
  own.write_at_once = 1;
  own.calls_at_once = with.calls_at_once;
  own.creates = true;
  own.rows_have_comments = false;
  own.comments_public_by_default = false;
  return own;
}

class jira_system final : public adapter::system {
 public:
  jira_system(settings with, adapter::surroundings world)
      : settings_{std::move(with)},
        capabilities_{capabilities_of(settings_)},
        clock_{world.clock},
        words_{settings_},
        client_{settings_, std::move(world)},
        walker_{client_, clock_},
        writer_{client_, settings_, words_, walker_, clock_},
        directory_{client_, clock_, settings_} {}

  adapter::capabilities const& declared() const override { return capabilities_; }

  awaitable<core::result<adapter::change_page>> changes(adapter::change_query asked) override;
  awaitable<core::result<std::vector<adapter::object>>> complete(
      std::vector<adapter::object> rows, adapter::wants needs
  ) override;
  awaitable<core::result<std::vector<adapter::object>>> read(
      std::vector<std::string> ids, adapter::wants needs
  ) override;
  awaitable<std::vector<core::result<adapter::receipt>>> update_all(
      std::vector<adapter::update> updates, adapter::wants needs
  ) override;
  awaitable<core::result<std::vector<std::vector<adapter::lost_edit>>>> edits_replaced(
      std::vector<adapter::update> updates
  ) override {
    co_return co_await writer_.replaced_by(std::move(updates));
  }
  awaitable<std::vector<core::result<adapter::receipt>>> comment_all(
      std::vector<adapter::new_comment> comments, adapter::wants needs
  ) override;
  awaitable<std::vector<core::result<adapter::receipt>>> create_all(
      std::vector<adapter::creation> creations, adapter::wants needs
  ) override;
  awaitable<core::result<std::vector<adapter::keyed_object>>> find(
      std::vector<std::string> keys, adapter::wants needs
  ) override;
  awaitable<core::result<std::vector<adapter::answer>>> look_up(
      std::vector<adapter::question> questions
  ) override {
    co_return co_await directory_.look_up(std::move(questions));
  }
  awaitable<std::vector<adapter::check>> examine() override {
    co_return co_await jira::examine(client_, settings_, words_, clock_);
  }
  awaitable<core::result<adapter::description>> describe() override {
    co_return co_await jira::describe(client_, settings_, walker_);
  }
  core::result<void> accept(adapter::hook_call const& call) override {
    if (settings_.webhook_secret) return check_signature(call, *settings_.webhook_secret);
    return core::error{errc::rejected, "no webhook_secret is configured for this connection"};
  }

 private:
  using objects = core::result<std::vector<adapter::object>>;
  using receipts = std::vector<core::result<adapter::receipt>>;

  awaitable<core::result<std::string>> post(adapter::new_comment one);
  void remember(receipts const& written);
  [[nodiscard]] std::vector<std::string> written_lately() const;

  settings const settings_;
  adapter::capabilities const capabilities_;
  async::clock& clock_;
  translator const words_;
  client client_;
  walker walker_;
  writer writer_;
  directory directory_;
  /// Issues we wrote to a moment ago: searches look at these as they are, not as they are indexed.
  std::deque<std::pair<async::clock::steady_point, std::string>> written_;
};

void jira_system::remember(receipts const& written) {
  for (auto const& one : written) {
    if (one) written_.emplace_back(clock_.steady_now(), one->stored.id);
  }
  while (written_.size() > reconciled_max) written_.pop_front();
}

std::vector<std::string> jira_system::written_lately() const {
  std::set<std::string> ids;
  for (auto const& [at, id] : written_) {
    if (clock_.steady_now() - at < reconciled_for) ids.insert(id);
  }
  return {ids.begin(), ids.end()};
}

asio::awaitable<core::result<adapter::change_page>> jira_system::changes(adapter::change_query asked
) {
  auto const walk = change_walk::from(asked, settings_);
  if (!walk) co_return walk.error();
  auto const rows_max =
      asked.rows_max == 0 ? page_rows_max : std::min(asked.rows_max, page_rows_max);
  auto what = walk->what(words_.names_for(asked.wants.fields), rows_max);
  what.reconcile = written_lately();
  auto const found = co_await client_.find(std::move(what));
  if (!found) co_return found.error();
  std::vector<adapter::object> rows;
  rows.reserve(found->issues.size());
  for (auto const& one : found->issues) {
    auto const labels = texts_at(one.at("fields").get_object(), "labels");
    if (std::ranges::find(labels, settings_.label) == labels.end()) {
      co_return core::error{
          errc::malformed,
          "Jira ignored a part of the query: it returned an issue without our label"};
    }
    auto object = words_.to_object(one, asked.wants.fields);
    if (!object) co_return object.error();
    rows.push_back(std::move(*object));
  }
  co_return walk->page(std::move(rows), *found);
}

asio::awaitable<jira_system::objects> jira_system::complete(
    std::vector<adapter::object> rows, adapter::wants needs
) {
  if (!needs.comments || rows.empty()) co_return rows;
  auto const added = co_await add_comments(client_, words_, rows);
  if (!added) co_return added.error();
  co_return rows;
}

asio::awaitable<jira_system::objects> jira_system::read(
    std::vector<std::string> ids, adapter::wants needs
) {
  for (auto const& id : ids) {
    if (!is_issue_id(id)) {
      co_return core::error{errc::invalid, "\"" + id + "\" is no id of an issue"};
    }
  }
  auto names = words_.names_for(needs.fields);
  if (needs.comments) names.insert(names.end(), comment_fields.begin(), comment_fields.end());
  auto const issues = co_await client_.fetch(ids, std::move(names));
  if (!issues) co_return issues.error();
  std::map<std::string, adapter::object> known;
  for (auto const& one : *issues) {
    auto object = words_.to_object(one, needs.fields);
    if (!object) co_return object.error();
    if (needs.comments) {
      auto comments = co_await comments_of(client_, words_, one);
      if (!comments) co_return comments.error();
      object->comments = std::move(*comments);
    }
    auto id = object->id;
    known[id] = std::move(*object);
  }
  std::vector<adapter::object> in_order;
  in_order.reserve(ids.size());
  for (auto& id : ids) {
    auto const at = known.find(id);
    in_order.push_back(at != known.end() ? at->second : gone(id));
  }
  co_return in_order;
}

asio::awaitable<jira_system::receipts> jira_system::update_all(
    std::vector<adapter::update> updates, adapter::wants needs
) {
  auto all = co_await writer_.update_all(std::move(updates), std::move(needs));
  remember(all);
  co_return all;
}

asio::awaitable<jira_system::receipts> jira_system::create_all(
    std::vector<adapter::creation> creations, adapter::wants needs
) {
  auto all = co_await writer_.create_all(std::move(creations), std::move(needs));
  remember(all);
  co_return all;
}

asio::awaitable<core::result<std::string>> jira_system::post(adapter::new_comment one) {
  if (!is_issue_id(one.object_id)) {
    co_return core::error{errc::invalid, "\"" + one.object_id + "\" is no id of an issue"};
  }
  auto body = comment_body(one, words_);
  if (!body) co_return body.error();
  auto const path = client_.api() + "/issue/" + one.object_id + "/comment";
  auto const made = co_await client_.send("POST", path, std::move(*body), false);
  if (!made) co_return made.error();
  auto const* comment = made->if_object();
  auto id = comment ? text_at(*comment, "id") : std::string{};
  if (id.empty()) {
    core::error e{errc::malformed, "the answer to a comment has no id", core::effect::unknown};
    co_return e;
  }
  co_return id;
}

asio::awaitable<jira_system::receipts> jira_system::comment_all(
    std::vector<adapter::new_comment> comments, adapter::wants needs
) {
  // Those of one issue one after the other, so that they keep their order.
  std::map<std::string, std::vector<std::size_t>> of_issue;
  for (std::size_t i = 0; i < comments.size(); ++i) of_issue[comments[i].object_id].push_back(i);
  std::vector<std::vector<std::size_t>> lanes;
  for (auto& [id, indices] : of_issue) lanes.push_back(std::move(indices));
  core::error const untried{errc::unavailable, "not tried: an earlier comment was not taken"};
  std::vector<core::result<std::string>> posted(comments.size(), untried);
  std::function<asio::awaitable<void>(std::size_t)> one = [&](std::size_t n
                                                          ) -> asio::awaitable<void> {
    for (auto const i : lanes[n]) {
      posted[i] = co_await post(comments[i]);
      auto const passing = !posted[i] && posted[i].error().code != errc::rejected;
      if (passing) co_return;
    }
  };
  co_await async::for_each_index(lanes.size(), settings_.calls_at_once, one);
  std::vector<std::string> ids;
  for (auto const& [id, indices] : of_issue) {
    if (is_issue_id(id)) ids.push_back(id);
  }
  // What is stored is told where it can be read; a comment is there whether or not it can.
  auto const issues = co_await client_.fetch(ids, words_.names_for(needs.fields));
  std::map<std::string, adapter::object> stored;
  for (auto const& issue : issues ? *issues : std::vector<jira::issue>{}) {
    auto object = words_.to_object(issue, needs.fields);
    if (object) stored[object->id] = std::move(*object);
  }
  receipts all;
  for (std::size_t i = 0; i < comments.size(); ++i) {
    if (!posted[i]) {
      all.emplace_back(posted[i].error());
      continue;
    }
    adapter::receipt receipt;
    auto const at = stored.find(comments[i].object_id);
    if (at != stored.end()) receipt.stored = at->second;
    receipt.stored.id = comments[i].object_id;
    receipt.comment_id = *posted[i];
    all.emplace_back(std::move(receipt));
  }
  remember(all);
  co_return all;
}

asio::awaitable<core::result<std::vector<adapter::keyed_object>>> jira_system::find(
    std::vector<std::string> keys, adapter::wants needs
) {
  std::vector<std::string> ids;
  for (std::size_t from = 0; from < keys.size(); from += keys_per_query) {
    std::vector<std::string> labels;
    for (auto i = from; i < std::min(keys.size(), from + keys_per_query); ++i) {
      if (!is_plain_word(keys[i])) {
        co_return core::error{errc::invalid, "\"" + keys[i] + "\" cannot be a part of a label"};
      }
      labels.push_back(words_.label_of(keys[i]));
    }
    search what;
    what.jql = "labels in " + jql_list(labels) + " ORDER BY created ASC, key ASC";
    what.fields = {"labels"};
    what.rows_max = 2 * keys_per_query;
    for (auto more = true; more;) {
      auto const page = co_await client_.find(what);
      if (!page) co_return page.error();
      for (auto const& one : page->issues) ids.push_back(text_at(one, "id"));
      more = page->more;
      what.token = page->token;
      what.skip += page->issues.size();
    }
  }
  // The index may be behind; what counts is what the issue says itself.
  auto const issues = co_await client_.fetch(ids, words_.names_for(needs.fields));
  if (!issues) co_return issues.error();
  std::vector<adapter::keyed_object> all;
  for (auto const& one : *issues) {
    for (auto const& label : texts_at(one.at("fields").get_object(), "labels")) {
      auto const key = words_.key_in(label);
      if (key.empty() || std::ranges::find(keys, key) == keys.end()) continue;
      auto object = words_.to_object(one, needs.fields);
      if (!object) co_return object.error();
      all.push_back(adapter::keyed_object{key, std::move(*object)});
    }
  }
  std::ranges::stable_sort(all, {}, [](adapter::keyed_object const& one) {
    return std::pair{one.found.created_at, one.found.version};
  });
  co_return all;
}

}  // namespace

std::unique_ptr<adapter::system> make_system(settings with, adapter::surroundings world) {
  return std::make_unique<jira_system>(std::move(with), std::move(world));
}

}  // namespace adapters::jira
