#include "test/simulation/disk.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace simulation {

namespace {

/// Takes a write that cannot be told apart from an edit for one that was made: its source counts as
/// delivered, and what it was to change as it was.
void believe_written(store::link& l, store::link const& before) {
  if (!before.outstanding) return;
  core::group const unknown{core::record{{"unknown", true}}};
  auto const to_ticket = before.outstanding->to == connector::mapping::side::ticket;
  for (auto const& [rule, source] : before.outstanding->derived) {
    auto const known = before.bases->find(rule);
    auto const now = l.bases->find(rule);
    if (known == before.bases->end() || now == l.bases->end()) continue;
    auto const& written = to_ticket ? now->second.ticket : now->second.incident;
    if (written != unknown) continue;
    auto& base = l.bases.edit()[rule];
    base.incident = to_ticket ? source : known->second.incident;
    base.ticket = to_ticket ? known->second.ticket : source;
  }
}

}  // namespace
namespace {

namespace asio = boost::asio;

/// Lets everything else that is ready go first; a process may die here.
asio::awaitable<void> step() {
  auto const executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, asio::use_awaitable);
}

}  // namespace

struct disk::copy {
  store::memory_disk media;
  std::map<std::string, store::link> links;
  std::map<std::string, core::time_point> cursors;
};

class crashing_store final : public store::store {
 public:
  explicit crashing_store(disk& on) : on_{on}, inner_{*on.inner_} {}
  ~crashing_store() override { --on_.open_; }

  awaitable<core::result<void>> commit(simulation::store::changes all) override {
    co_await step();
    core::result<void> done{};
    if (on_.failing_ > 0) {
      --on_.failing_;
      if (on_.mutation_ != mutation::send_despite_storage) {
        done = core::error{core::errc::storage, "the disk is full"};
      }
    } else {
      on_.mutate(all);
      if (on_.on_commit) on_.on_commit(all);
      if (on_.mutation_ == mutation::late_flush) {
        on_.before_last_.reset(new disk::copy{*on_.media_, on_.links_, on_.cursors_});
      }
      simulation::store::changes kept;  // what keep() looks at
      kept.links = all.links;
      kept.outbox = all.outbox;
      kept.cursors = all.cursors;
      done = co_await inner_.commit(std::move(all));
      if (done) on_.keep(kept);
    }
    co_await step();
    co_return done;
  }

  awaitable<core::result<std::vector<simulation::store::link>>> links(std::vector<std::string> ids
  ) override {
    return inner_.links(std::move(ids));
  }
  awaitable<core::result<std::vector<simulation::store::link>>> links_by_incident(
      std::string connection, std::vector<std::string> ids
  ) override {
    return inner_.links_by_incident(std::move(connection), std::move(ids));
  }
  awaitable<core::result<std::vector<simulation::store::link>>> links_by_ticket(
      std::string connection, std::vector<std::string> ids
  ) override {
    return inner_.links_by_ticket(std::move(connection), std::move(ids));
  }
  awaitable<core::result<std::vector<simulation::store::link>>> links_due(
      core::time_point now, std::size_t rows_max
  ) override {
    return inner_.links_due(now, rows_max);
  }
  awaitable<core::result<std::optional<core::time_point>>> next_due() override {
    return inner_.next_due();
  }
  awaitable<core::result<std::vector<simulation::store::link>>> list_links(
      simulation::store::link_filter filter, std::string after_id, std::size_t rows_max
  ) override {
    return inner_.list_links(std::move(filter), std::move(after_id), rows_max);
  }
  awaitable<core::result<std::vector<simulation::store::comment_entry>>> comments(
      std::vector<std::string> link_ids
  ) override {
    return inner_.comments(std::move(link_ids));
  }
  awaitable<core::result<std::optional<simulation::store::cursor>>> read_cursor(std::string name
  ) override {
    return inner_.read_cursor(std::move(name));
  }
  awaitable<core::result<std::optional<std::string>>> setting(std::string name) override {
    return inner_.setting(std::move(name));
  }
  awaitable<core::result<std::vector<simulation::store::journal_entry>>> journal(
      std::string link, std::int64_t before_seq, std::size_t rows_max
  ) override {
    return inner_.journal(std::move(link), before_seq, rows_max);
  }
  awaitable<core::result<std::vector<simulation::store::journal_entry>>> journal_after(
      std::int64_t seq, std::size_t rows_max
  ) override {
    return inner_.journal_after(seq, rows_max);
  }
  awaitable<core::result<std::size_t>> trim_journal(core::time_point before, std::size_t rows_max)
      override {
    return inner_.trim_journal(before, rows_max);
  }
  awaitable<core::result<simulation::store::counts>> count() override { return inner_.count(); }

 private:
  disk& on_;
  simulation::store::store& inner_;
};

disk::disk(mutation with) : mutation_{with}, inner_{store::make_memory_store(media_)} {}
disk::~disk() = default;

std::unique_ptr<store::store> disk::open() {
  if (open_ > 0 && mutation_ != mutation::no_store_lock) return nullptr;
  ++open_;
  return std::make_unique<crashing_store>(*this);
}

void disk::crash() {
  if (!before_last_) return;
  *media_ = before_last_->media;
  links_ = std::move(before_last_->links);
  cursors_ = std::move(before_last_->cursors);
  before_last_.reset();
}

void disk::mutate(store::changes& all) const {
  if (mutation_ == mutation::no_outstanding_record) all.outbox.clear();
  for (auto& l : all.links) {
    if (mutation_ == mutation::no_outstanding_record) l.outstanding.reset();
    if (mutation_ == mutation::believe_empty_search && l.outstanding)
      l.outstanding->control.clear();
    if (mutation_ == mutation::no_version_floor) l.incident_version = l.ticket_version = 0;
    if (mutation_ == mutation::no_taint) {
      auto const before = links_.find(l.id);
      if (before != links_.end()) believe_written(l, before->second);
    }
  }
  for (auto& c : all.comments) {
    if (mutation_ == mutation::no_comment_ledger && c.state == store::comment_state::in_doubt) {
      c.state = store::comment_state::pending;
      c.not_before = {};
    }
  }
  for (auto& line : all.journal) {
    if (mutation_ != mutation::no_grounds || line.kind != "decided") continue;
    auto& grounds = line.data.as_object().at("grounds").as_object();
    for (auto const what : {"answers", "bases", "conflicts", "held", "parked"}) grounds.erase(what);
  }
  for (auto& c : all.cursors) {
    if (mutation_ == mutation::cursor_by_own_clock) c.position = own_clock();
  }
}

void disk::keep(store::changes const& all) {
  for (auto const& l : all.links) links_.insert_or_assign(l.id, l);
  for (auto const& one : all.outbox) {
    auto const at = links_.find(one.link);
    if (at == links_.end()) continue;
    at->second.outstanding = one.what;
    at->second.due = std::min(at->second.due.value_or(one.due), one.due);
  }
  for (auto const& c : all.cursors) cursors_[c.name] = c.position;
}

}  // namespace simulation
