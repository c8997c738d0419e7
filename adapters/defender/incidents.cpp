#include "adapters/defender/incidents.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "adapters/defender/client.hpp"
#include "adapters/defender/doctor.hpp"
#include "adapters/defender/listing.hpp"
#include "adapters/defender/query.hpp"
#include "adapters/defender/wire.hpp"
#include "connector/async/tasks.hpp"

namespace adapters::defender {
namespace adapter = connector::adapter;
namespace async = connector::async;
namespace core = connector::core;
using adapter::object;
using adapter::receipt;
using core::errc;
using core::result;

namespace {

constexpr std::size_t calls_per_batch = 20;
constexpr std::size_t alert_pages_max = 50;

adapter::capabilities declaration(settings const& chosen) {
  adapter::capabilities c;
  c.system = "defender";
  // Neither an ETag nor past values are to be had, and stamps do not count changes.
  c.history = adapter::edit_history::none;
  // Seen in recorded answers: stamps are multiples of 1/300 s.
  c.stamp_step = core::ticks{33'334};
  c.list_lag = std::chrono::seconds{900};
  c.horizon = std::chrono::seconds{240};
  c.page_rows_max = chosen.page_rows;
  c.read_at_once = calls_per_batch;
  c.write_at_once = calls_per_batch;
  c.calls_at_once = chosen.calls_at_once;
  // Stated for alerts, per app and tenant; the page does not name incidents.
  c.limit.per_minute = 150;
  c.limit.page = "https://learn.microsoft.com/graph/throttling-limits";
  c.limit.parts_count = true;
  c.creates = false;
  c.rows_have_comments = true;
  c.fields_not_in_rows = {"alerts"};
  return c;
}

core::error no_id(std::string const& id) {
  return {errc::invalid, "\"" + tidy(id) + "\" is no id of an incident"};
}

object gone(std::string id) {
  object one;
  one.id = std::move(id);
  one.label = one.id;
  one.presence = adapter::presence::gone;
  return one;
}

/// Graph answers a merged incident as it is; should it ever answer with the one it lives on in, the
/// other id says so.
object as_asked(object found, std::string const& id) {
  if (found.id == id) return found;
  object one;
  one.id = id;
  one.label = id;
  one.presence = adapter::presence::merged;
  one.merged_into = found.id;
  one.version = found.version;
  one.changed_at = found.changed_at;
  return one;
}

/// What a write brought. If the answer cannot be read, the write may well have been done.
result<receipt> to_receipt(
    result<core::value> answer, std::string const& id, adapter::wants const& needs
) {
  if (!answer) return answer.error();
  auto stored = to_object(std::move(*answer), needs);
  if (!stored) {
    auto e = stored.error();
    e.effect = core::effect::unknown;
    return e;
  }
  receipt done;
  done.stored = as_asked(std::move(*stored), id);
  return done;
}

/// The answer to a new comment is the whole list, and nothing of the incident itself.
result<receipt> to_comment_receipt(result<core::value> answer, adapter::new_comment const& sent) {
  if (!answer) return answer.error();
  auto list = to_rows(std::move(*answer));
  if (!list) {
    auto e = list.error();
    e.effect = core::effect::unknown;
    return e;
  }
  receipt out;
  out.stored.id = sent.object_id;
  out.stored.label = sent.object_id;
  out.stored.comments = to_comments(core::value(std::move(list->values)));
  out.comment_id = find_comment(*out.stored.comments, sent.text);
  return out;
}

class incidents final : public adapter::system {
 public:
  incidents(settings chosen, adapter::surroundings with)
      : settings_{std::move(chosen)},
        with_{with},
        declared_{declaration(settings_)},
        client_{settings_, with} {}

  [[nodiscard]] adapter::capabilities const& declared() const override { return declared_; }

  awaitable<result<adapter::change_page>> changes(adapter::change_query query) override {
    bookmark asked;
    asked.stamp = core::format_time(query.from);
    if (!query.continuation.empty()) {
      auto mark = bookmark_from(query.continuation);
      if (!mark) co_return mark.error();
      asked = std::move(*mark);
    }
    auto const most = declared_.page_rows_max;
    auto const rows_max = query.rows_max == 0 ? most : std::min(query.rows_max, most);
    auto const to = query.to ? core::format_time(*query.to) : std::string{};
    auto page = list_incidents(asked.stamp, to, rows_max);
    auto asking = asked.link.empty() ? client_.list(std::move(page)) : client_.follow(asked.link);
    auto found = co_await std::move(asking);
    if (!found) co_return found.error();
    co_return page_of(std::move(*found), asked, query.to, query.wants);
  }

  awaitable<result<std::vector<object>>> complete(std::vector<object> rows, adapter::wants needs)
      override {
    std::vector<bool> lacks;
    std::vector<std::string> ids;
    for (auto const& row : rows) {
      auto const no_alerts = asks_for_alerts(needs) && !row.fields.contains("alerts");
      auto const no_comments = needs.comments && !row.comments;
      auto const is_there = row.presence != adapter::presence::gone;
      lacks.push_back(is_there && (no_alerts || no_comments));
      if (lacks.back()) ids.push_back(row.id);
    }
    if (ids.empty()) co_return rows;
    auto found = co_await read(std::move(ids), std::move(needs));
    if (!found) co_return found.error();
    // A fresh read is taken whole: half a row and half a read would belong to no moment. A new
    // vector, since assigning a record of another memory resource would copy it.
    std::vector<object> whole;
    whole.reserve(rows.size());
    auto fresh = found->begin();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      whole.push_back(std::move(lacks[i] ? *fresh++ : rows[i]));
    }
    co_return whole;
  }

  awaitable<result<std::vector<object>>> read(std::vector<std::string> ids, adapter::wants needs)
      override {
    auto const with_alerts = asks_for_alerts(needs);
    std::vector<call> calls;
    for (auto const& id : ids) {
      if (!is_id(id)) co_return no_id(id);
      calls.push_back(get_incident(id, with_alerts));
    }
    auto answers = co_await send_in_batches(std::move(calls));
    std::vector<object> found;
    found.reserve(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (!answers[i]) {
        if (answers[i].error().code != errc::not_found) co_return answers[i].error();
        found.push_back(gone(ids[i]));
        continue;
      }
      auto whole = co_await with_all_alerts(std::move(*answers[i]));
      if (!whole) co_return whole.error();
      auto one = to_object(std::move(*whole), needs);
      if (!one) co_return one.error();
      found.push_back(as_asked(std::move(*one), ids[i]));
    }
    co_return found;
  }

  awaitable<std::vector<result<receipt>>> update_all(
      std::vector<adapter::update> updates, adapter::wants needs
  ) override {
    std::vector<result<call>> calls;
    std::vector<std::string> ids;
    for (auto& one : updates) {
      ids.push_back(one.id);
      calls.push_back(to_call(std::move(one)));
    }
    auto answers = co_await send_writes(std::move(calls), ids);
    std::vector<result<receipt>> receipts;
    receipts.reserve(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      receipts.push_back(to_receipt(std::move(answers[i]), ids[i], needs));
    }
    co_return receipts;
  }

  awaitable<std::vector<result<receipt>>> comment_all(
      std::vector<adapter::new_comment> comments, adapter::wants
  ) override {
    std::vector<result<call>> calls;
    std::vector<std::string> ids;
    for (auto const& one : comments) {
      ids.push_back(one.object_id);
      calls.push_back(to_call(one));
    }
    auto answers = co_await send_writes(std::move(calls), ids);
    std::vector<result<receipt>> receipts;
    receipts.reserve(comments.size());
    for (std::size_t i = 0; i < comments.size(); ++i) {
      receipts.push_back(to_comment_receipt(std::move(answers[i]), comments[i]));
    }
    co_return receipts;
  }

  awaitable<std::vector<result<receipt>>> create_all(
      std::vector<adapter::creation> creations, adapter::wants
  ) override {
    std::vector<result<receipt>> refused;
    for (std::size_t i = 0; i < creations.size(); ++i) refused.emplace_back(no_creation());
    co_return refused;
  }

  awaitable<result<std::vector<adapter::keyed_object>>> find(
      std::vector<std::string>, adapter::wants
  ) override {
    co_return no_creation();
  }

  /// assignedTo is free text that Graph does not check against the directory, and the directory
  /// needs a permission of its own: a user is the text itself, a mail address by convention.
  awaitable<result<std::vector<adapter::answer>>> look_up(std::vector<adapter::question> questions
  ) override {
    std::vector<adapter::answer> answers;
    answers.reserve(questions.size());
    for (auto const& asked : questions) {
      adapter::answer one;
      if (asked.kind == "user" && !asked.key.empty()) one.found = asked.key;
      answers.push_back(std::move(one));
    }
    co_return answers;
  }

  awaitable<std::vector<adapter::check>> examine() override {
    co_return co_await defender::examine(client_, settings_, with_.clock);
  }

 private:
  static core::error no_creation() {
    return {errc::rejected, "Defender incidents cannot be created through the API"};
  }

  static result<call> to_call(adapter::update one) {
    if (!is_id(one.id)) return no_id(one.id);
    auto fields = patch_fields(std::move(one.fields));
    if (!fields) return fields.error();
    return patch_incident(one.id, std::move(*fields));
  }

  static result<call> to_call(adapter::new_comment const& one) {
    if (!is_id(one.object_id)) return no_id(one.object_id);
    if (one.text.empty()) return core::error{errc::rejected, "not sent: the comment has no text"};
    return post_comment(one.object_id, one.text);
  }

  /// In the order of `calls`.
  awaitable<std::vector<result<core::value>>> send_in_batches(std::vector<call> calls) {
    using answers = std::vector<result<core::value>>;
    auto const count = (calls.size() + calls_per_batch - 1) / calls_per_batch;
    std::function<awaitable<answers>(std::size_t)> one = [&](std::size_t n) -> awaitable<answers> {
      auto const first = calls.begin() + static_cast<std::ptrdiff_t>(n * calls_per_batch);
      auto const rest = static_cast<std::size_t>(calls.end() - first);
      auto const last = first + static_cast<std::ptrdiff_t>(std::min(rest, calls_per_batch));
      std::vector<call> part{std::move_iterator{first}, std::move_iterator{last}};
      co_return co_await client_.each(std::move(part));
    };
    auto parts = co_await async::gather<answers>(count, settings_.calls_at_once, one);
    answers all;
    all.reserve(calls.size());
    for (auto& part : parts) std::move(part.begin(), part.end(), std::back_inserter(all));
    co_return all;
  }

  /// Writes to one incident go one after the other. Once one of them may yet get through, later
  /// ones are held back, so that none overtakes it.
  awaitable<std::vector<result<core::value>>> send_writes(
      std::vector<result<call>> calls, std::vector<std::string> ids
  ) {
    std::vector<result<core::value>> all;
    for (auto const& one : calls) {
      all.emplace_back(one ? core::error{} : one.error());
    }
    std::vector<bool> held(calls.size(), false);
    auto const rounds = rounds_of(ids, calls_per_batch);
    for (auto const& round : rounds) {
      std::function<awaitable<void>(std::size_t)> one = [&](std::size_t n) -> awaitable<void> {
        co_await send_some(round[n], calls, held, all);
      };
      co_await async::for_each_index(round.size(), settings_.calls_at_once, one);
      hold_back(round, ids, held, all);
    }
    co_return all;
  }

  awaitable<void> send_some(
      std::vector<std::size_t> const& which,
      std::vector<result<call>>& calls,
      std::vector<bool> const& held,
      std::vector<result<core::value>>& all
  ) {
    std::vector<std::size_t> sent;
    std::vector<call> part;
    for (auto const i : which) {
      if (!calls[i] || held[i]) continue;
      sent.push_back(i);
      part.push_back(std::move(*calls[i]));
    }
    auto answers = co_await client_.each(std::move(part));
    for (std::size_t n = 0; n < sent.size(); ++n) all[sent[n]] = std::move(answers[n]);
  }

  static void hold_back(
      round const& done,
      std::vector<std::string> const& ids,
      std::vector<bool>& held,
      std::vector<result<core::value>>& all
  ) {
    for (auto const& some : done) {
      for (auto const i : some) {
        if (all[i] || !core::is_transient(all[i].error().code)) continue;
        for (std::size_t later = i + 1; later < ids.size(); ++later) {
          if (ids[later] != ids[i] || held[later]) continue;
          held[later] = true;
          core::error e{
              errc::unavailable,
              "not sent: an earlier write to incident " + ids[i] + " has not got through"};
          e.retry_after = all[i].error().retry_after;
          all[later] = std::move(e);
        }
      }
    }
  }

  /// A long list of alerts goes on behind a link of its own.
  awaitable<result<core::value>> with_all_alerts(core::value incident) {
    constexpr auto key = "alerts@odata.nextLink";
    auto* in = incident.if_object();
    auto* alerts = in ? in->if_contains("alerts") : nullptr;
    auto* list = alerts ? alerts->if_array() : nullptr;
    auto link = list ? core::text_of(core::field(*in, key)) : std::string{};
    for (std::size_t page = 0; !link.empty() && page < alert_pages_max; ++page) {
      auto more = co_await client_.follow(std::move(link));
      if (!more) co_return more.error();
      for (auto& alert : more->values) list->push_back(std::move(alert));
      link = std::move(more->next_link);
    }
    co_return std::move(incident);
  }

  settings settings_;
  adapter::surroundings with_;
  adapter::capabilities declared_;
  client client_;
};

}  // namespace

std::unique_ptr<adapter::system> make_incidents(settings chosen, adapter::surroundings with) {
  return std::make_unique<incidents>(std::move(chosen), std::move(with));
}

}  // namespace adapters::defender
