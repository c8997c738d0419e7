#include "adapters/servicenow/adapter.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "adapters/servicenow/client.hpp"
#include "adapters/servicenow/comments.hpp"
#include "adapters/servicenow/describe.hpp"
#include "adapters/servicenow/examine.hpp"
#include "adapters/servicenow/hook.hpp"
#include "adapters/servicenow/look_up.hpp"
#include "adapters/servicenow/walk.hpp"
#include "adapters/servicenow/wire.hpp"
#include "adapters/servicenow/writer.hpp"
#include "adapters/servicenow/writes.hpp"

namespace adapters::servicenow {

namespace asio = boost::asio;
using core::errc;

namespace {

constexpr std::size_t page_rows_max = 200;

// An id costs 35 bytes of URL. Tomcat, which serves an instance, refuses a request whose line and
// headers exceed a limit (support article KB0826932), 8 KB by its own default, and proxies on the
// way often keep to 8 KB too. 100 ids take 3.5 KB, which leaves room for a wide list of columns,
// the cookies and an OAuth token.
constexpr std::size_t ids_per_query = 100;

constexpr std::size_t found_rows_max = 1000;

adapter::capabilities capabilities_of(settings const& with) {
  using namespace std::chrono_literals;
  adapter::capabilities own;
  own.system = "servicenow/" + with.table;
  own.history = adapter::edit_history::counter;  // sys_mod_count
  // A transaction stamps sys_updated_on before it commits, and long business rules commit late; the
  // documented overlap of a minute, twice.
  own.stamp_step = 1s;
  own.list_lag = 120s;
  own.search_lag = 30s;  // read replicas may serve lists
  own.horizon = 240s;    // a transaction goes on after its caller has left
  own.page_rows_max = page_rows_max;
  own.read_at_once = ids_per_query;
  own.write_at_once = with.batch ? writer::batch_items_max : 1;
  own.calls_at_once = with.calls_at_once;
  // Limits are an administrator's rules (sys_rate_limit_rules), by the hour; there are none at
  // first. A 429 says when the hour is over.
  own.limit.reset_header = "X-RateLimit-Reset";
  own.limit.reset_is_unix_time = true;
  own.creates = true;
  own.rows_have_comments = false;
  own.comments_public_by_default = false;
  return own;
}

std::size_t parts_of(std::size_t count) { return (count + ids_per_query - 1) / ids_per_query; }

template <class T>
std::vector<T> part_of(std::vector<T> const& all, std::size_t part) {
  auto const from = std::min(all.size(), part * ids_per_query);
  auto const to = std::min(all.size(), from + ids_per_query);
  return {
      all.begin() + static_cast<std::ptrdiff_t>(from),
      all.begin() + static_cast<std::ptrdiff_t>(to)};
}

template <class T>
core::result<std::vector<T>> joined(std::vector<core::result<std::vector<T>>> parts) {
  std::vector<T> all;
  for (auto& part : parts) {
    if (!part) return part.error();
    std::ranges::move(*part, std::back_inserter(all));
  }
  return all;
}

/// The fields that the answer to a write shall hold: those wanted, and those written, so that it
/// can be seen what became of them. What is no column is refused with its write.
template <class Write>
std::vector<std::string> fields_back(
    std::vector<std::string> wanted, std::vector<Write> const& writes
) {
  for (auto const& one : writes) {
    for (auto const& [name, value] : one.fields) wanted.emplace_back(name);
  }
  std::ranges::sort(wanted);
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  std::erase_if(wanted, [](std::string const& name) { return !is_column(name); });
  return wanted;
}

class service_now final : public adapter::system {
 public:
  service_now(settings with, adapter::surroundings world)
      : settings_{std::move(with)},
        capabilities_{capabilities_of(settings_)},
        origin_{settings_.base_url, settings_.table},
        clock_{world.clock},
        client_{settings_, std::move(world)},
        writer_{client_, settings_},
        comments_{client_, settings_},
        directory_{client_, clock_, settings_.calls_at_once} {}

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
    co_return co_await servicenow::examine(client_, comments_, settings_, clock_);
  }
  core::result<void> accept(adapter::hook_call const& call) override {
    return check_hook(call, settings_.hook_secrets);
  }
  awaitable<core::result<adapter::description>> describe() override {
    co_return co_await servicenow::describe(client_, settings_);
  }

 private:
  using objects = core::result<std::vector<adapter::object>>;
  using keyed = core::result<std::vector<adapter::keyed_object>>;
  using receipts = std::vector<core::result<adapter::receipt>>;

  awaitable<objects> read_part(std::vector<std::string> ids, adapter::wants needs);
  awaitable<objects> complete_part(std::vector<adapter::object> rows);
  awaitable<keyed> find_part(std::vector<std::string> keys, adapter::wants needs);

  /// Sends what is good among `writes` and puts the answers into their places.
  awaitable<receipts> send(
      std::vector<core::result<write>> writes, std::vector<std::string> fields
  );

  settings const settings_;
  adapter::capabilities const capabilities_;
  origin const origin_;
  async::clock& clock_;
  client client_;
  writer writer_;
  comment_reader comments_;
  directory directory_;

  /// Why nothing can be created any more: a ticket came back without the key it was given.
  std::optional<core::error> keys_lost_;
};

asio::awaitable<core::result<adapter::change_page>> service_now::changes(adapter::change_query asked
) {
  auto const walk = change_walk::from(asked, settings_.tag);
  if (!walk) co_return walk.error();
  auto columns = columns_for(asked.wants.fields);
  if (!columns) co_return columns.error();
  listing page_asked;
  page_asked.table = settings_.table;
  page_asked.what = walk->what();
  page_asked.columns = std::move(*columns);
  page_asked.rows_max =
      asked.rows_max == 0 ? page_rows_max : std::min(asked.rows_max, page_rows_max);
  page_asked.skip = walk->skip();
  page_asked.counted = true;
  auto const rows_max = page_asked.rows_max;
  auto listed = co_await client_.list(std::move(page_asked));
  if (!listed) co_return listed.error();
  auto const rows = without_repeats(std::move(listed->rows));
  auto const sound = walk->check(rows);
  if (!sound) co_return sound.error();
  adapter::change_page page;
  page.rows.reserve(rows.size());
  for (auto const& one : rows) {
    auto object = to_object(one, origin_, asked.wants.fields, absent::refuse);
    if (!object) co_return object.error();
    page.rows.push_back(std::move(*object));
  }
  if (listed->more) page.continuation = walk->continuation(rows, rows_max);
  page.left = listed->behind;
  co_return page;
}

asio::awaitable<service_now::objects> service_now::complete(
    std::vector<adapter::object> rows, adapter::wants needs
) {
  if (!needs.comments || rows.empty()) co_return rows;
  std::function<awaitable<objects>(std::size_t)> one = [&](std::size_t i) {
    return complete_part(part_of(rows, i));
  };
  auto parts = co_await async::gather<objects>(parts_of(rows.size()), settings_.calls_at_once, one);
  co_return joined(std::move(parts));
}

asio::awaitable<service_now::objects> service_now::complete_part(std::vector<adapter::object> rows
) {
  std::map<std::string, row> displayed;
  if (comments_.needs_display()) {
    std::vector<std::string> ids;
    for (auto const& object : rows) ids.push_back(object.id);
    listing asked;
    asked.table = settings_.table;
    asked.what.in("sys_id", ids);
    asked.columns = journal_columns();
    asked.columns.insert(asked.columns.begin(), "sys_id");
    asked.rows_max = ids.size();
    asked.with_display = true;
    auto listed = co_await client_.list(std::move(asked));
    if (!listed) co_return listed.error();
    for (auto& one : listed->rows) {
      auto id = text_at(one, "sys_id");
      displayed.insert_or_assign(std::move(id), std::move(one));
    }
  }
  auto const added = co_await comments_.add(rows, std::move(displayed));
  if (!added) co_return added.error();
  co_return rows;
}

asio::awaitable<service_now::objects> service_now::read(
    std::vector<std::string> ids, adapter::wants needs
) {
  for (auto const& id : ids) {
    if (!is_safe_key(id)) co_return bad_id(id);
  }
  std::function<awaitable<objects>(std::size_t)> one = [&](std::size_t i) {
    return read_part(part_of(ids, i), needs);
  };
  auto parts = co_await async::gather<objects>(parts_of(ids.size()), settings_.calls_at_once, one);
  co_return joined(std::move(parts));
}

asio::awaitable<service_now::objects> service_now::read_part(
    std::vector<std::string> ids, adapter::wants needs
) {
  auto columns = columns_for(needs.fields);
  if (!columns) co_return columns.error();
  listing asked;
  asked.table = settings_.table;
  asked.what.in("sys_id", ids);
  asked.columns = std::move(*columns);
  asked.rows_max = ids.size();
  auto const with_display = needs.comments && comments_.needs_display();
  asked.with_display = with_display;
  if (with_display) {
    for (auto& column : journal_columns()) {
      if (std::ranges::find(asked.columns, column) == asked.columns.end()) {
        asked.columns.push_back(std::move(column));
      }
    }
  }
  auto listed = co_await client_.list(std::move(asked));
  if (!listed) co_return listed.error();

  std::map<std::string, row> by_id;
  for (auto& one : listed->rows) {
    auto id = text_at(one, "sys_id");
    if (std::ranges::find(ids, id) == ids.end()) {
      co_return core::error{
          errc::malformed,
          "the instance ignored a part of the query: it returned a record whose "
          "sys_id was not asked for"};
    }
    by_id.insert_or_assign(std::move(id), std::move(one));
  }
  std::vector<adapter::object> present;
  for (auto const& [id, one] : by_id) {
    auto object = to_object(one, origin_, needs.fields, absent::refuse);
    if (!object) co_return object.error();
    present.push_back(std::move(*object));
  }
  if (needs.comments) {
    if (!with_display) by_id.clear();
    auto const added = co_await comments_.add(present, std::move(by_id));
    if (!added) co_return added.error();
  }
  std::map<std::string, adapter::object> known;
  for (auto& object : present) known[object.id] = std::move(object);
  std::vector<adapter::object> in_order;
  for (auto& id : ids) {
    auto const at = known.find(id);
    in_order.push_back(at != known.end() ? at->second : gone(id));
  }
  co_return in_order;
}

asio::awaitable<service_now::receipts> service_now::send(
    std::vector<core::result<write>> writes, std::vector<std::string> fields
) {
  std::vector<write> good;
  for (auto const& one : writes) {
    if (one) good.push_back(*one);
  }
  auto answers = co_await writer_.send_all(std::move(good));
  receipts all;
  all.reserve(writes.size());
  auto next = answers.begin();
  for (auto const& one : writes) {
    if (!one) {
      all.emplace_back(one.error());
      continue;
    }
    auto const& answer = *next++;
    if (!answer) {
      all.emplace_back(answer.error());
      continue;
    }
    auto stored = to_object(*answer, origin_, fields, absent::tolerate);
    if (stored && !one->subject.empty() && stored->id != one->subject) {
      stored = core::error{errc::malformed, "the answer to a write shows another record"};
    }
    if (!stored) {
      core::error failed = stored.error();
      failed.effect = core::effect::unknown;
      all.emplace_back(std::move(failed));
      continue;
    }
    adapter::receipt receipt;
    receipt.stored = std::move(*stored);
    all.emplace_back(std::move(receipt));
  }
  co_return all;
}

asio::awaitable<service_now::receipts> service_now::update_all(
    std::vector<adapter::update> updates, adapter::wants needs
) {
  std::vector<core::result<write>> writes;
  auto fields = fields_back(std::move(needs.fields), updates);
  auto const columns = columns_for(fields);
  target const to{settings_.table, *columns};
  for (auto const& one : updates) writes.push_back(write_of(one, to));
  co_return co_await send(std::move(writes), std::move(fields));
}

asio::awaitable<service_now::receipts> service_now::comment_all(
    std::vector<adapter::new_comment> comments, adapter::wants needs
) {
  std::vector<core::result<write>> writes;
  auto fields = fields_back(std::move(needs.fields), std::vector<adapter::update>{});
  auto const columns = columns_for(fields);
  target const to{settings_.table, *columns};
  for (auto const& one : comments) writes.push_back(write_of(one, to));
  co_return co_await send(std::move(writes), std::move(fields));
}

asio::awaitable<service_now::receipts> service_now::create_all(
    std::vector<adapter::creation> creations, adapter::wants needs
) {
  if (keys_lost_) co_return receipts(creations.size(), *keys_lost_);
  std::vector<core::result<write>> writes;
  needs.fields.emplace_back("correlation_id");
  auto fields = fields_back(std::move(needs.fields), creations);
  auto const columns = columns_for(fields);
  target const to{settings_.table, *columns};
  for (auto const& one : creations) writes.push_back(write_of(one, settings_.tag, to));
  auto all = co_await send(std::move(writes), std::move(fields));
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!all[i]) continue;
    auto const& stored = all[i]->stored;
    if (core::text_of(core::field(stored.fields, "correlation_id")) == creations[i].key) continue;
    // This one exists and is linked. But no ticket of this kind could be found again after a lost
    // answer, so there must not be another.
    keys_lost_ = core::error{
        errc::forbidden,
        stored.label +
            " was created, but came back without its key: correlation_id has to be "
            "writable and readable for the integration user. No more tickets are created on this "
            "connection until that is put right and the service started anew"};
  }
  co_return all;
}

asio::awaitable<service_now::keyed> service_now::find(
    std::vector<std::string> keys, adapter::wants needs
) {
  for (auto const& key : keys) {
    if (!is_safe_key(key)) {
      co_return core::error{errc::invalid, "\"" + key + "\" cannot be a correlation_id"};
    }
  }
  std::function<awaitable<keyed>(std::size_t)> one = [&](std::size_t i) {
    return find_part(part_of(keys, i), needs);
  };
  auto parts = co_await async::gather<keyed>(parts_of(keys.size()), settings_.calls_at_once, one);
  co_return joined(std::move(parts));
}

asio::awaitable<service_now::keyed> service_now::find_part(
    std::vector<std::string> keys, adapter::wants needs
) {
  auto columns = columns_for(needs.fields);
  if (!columns) co_return columns.error();
  listing asked;
  asked.table = settings_.table;
  asked.what.in("correlation_id", keys).ascending("sys_created_on").ascending("sys_id");
  asked.columns = std::move(*columns);
  asked.rows_max = found_rows_max;
  auto listed = co_await client_.list(std::move(asked));
  if (!listed) co_return listed.error();
  if (listed->more) {
    co_return core::error{errc::malformed, "too many tickets carry the same keys"};
  }
  std::map<std::string, std::vector<adapter::object>> by_key;
  for (auto const& one : without_repeats(std::move(listed->rows))) {
    auto const key = text_at(one, "correlation_id");
    if (std::ranges::find(keys, key) == keys.end()) {
      co_return core::error{
          errc::malformed,
          "the instance ignored a part of the query: it returned a ticket without "
          "one of the keys asked for; may the user read correlation_id?"};
    }
    auto object = to_object(one, origin_, needs.fields, absent::refuse);
    if (!object) co_return object.error();
    by_key[key].push_back(std::move(*object));
  }
  std::vector<adapter::keyed_object> found;
  for (auto const& key : keys) {
    for (auto& object : by_key[key]) {
      adapter::keyed_object one;
      one.key = key;
      one.found = std::move(object);
      found.push_back(std::move(one));
    }
    by_key.erase(key);  // a key asked for twice is answered once
  }
  co_return found;
}

}  // namespace

std::unique_ptr<adapter::system> make_system(settings with, adapter::surroundings world) {
  return std::make_unique<service_now>(std::move(with), std::move(world));
}

}  // namespace adapters::servicenow
