#include "test/support/fake_system.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace connector::support {

namespace {
constexpr std::string_view own_account = "connector";
}  // namespace

using adapter::object;
using adapter::receipt;

fake_system::fake_system(async::clock& clock, adapter::capabilities declared)
    : clock_{clock}, declared_{std::move(declared)} {}

void fake_system::touch(object& o, std::string_view by) {
  o.changed_by = by;
  ++o.version;
  o.changed_at = clock_.now();
}

object& fake_system::add(std::string id, core::record fields) {
  object o;
  o.id = id;
  o.label = id;
  o.url = "https://system.example/" + id;
  o.created_at = clock_.now();
  o.fields = std::move(fields);
  o.comments.emplace();
  touch(o);
  return objects_[id] = std::move(o);
}

void fake_system::edit(std::string const& id, core::record fields) {
  auto& o = objects_.at(id);
  for (auto& f : fields) o.fields[f.key()] = f.value();
  touch(o);
  for (auto& f : fields) {
    edits_[id].push_back({std::string{f.key()}, f.value(), o.version, o.changed_at});
  }
}

void fake_system::say(std::string const& id, std::string author, std::string text, bool is_public) {
  auto& o = objects_.at(id);
  adapter::comment c;
  c.id = "c" + std::to_string(++said_);
  c.author = std::move(author);
  c.at = clock_.now();
  c.text = std::move(text);
  c.is_public = is_public;
  o.comments->push_back(std::move(c));
  touch(o, o.comments->back().author);
}

void fake_system::rephrase(std::string const& id, std::string text) {
  auto& o = objects_.at(id);
  o.comments->front().text = std::move(text);
  o.comments->front().edited_at = clock_.now();
  touch(o);
}

void fake_system::merge(std::string const& id, std::string const& into) {
  auto& o = objects_.at(id);
  o.presence = adapter::presence::merged;
  o.merged_into = into;
  touch(o);
}

void fake_system::unmerge(std::string const& id) {
  auto& o = objects_.at(id);
  o.presence = adapter::presence::present;
  o.merged_into.clear();
  touch(o);
}

std::vector<std::string> fake_system::ids() const {
  std::vector<std::string> out;
  for (auto const& [id, o] : objects_) out.push_back(id);
  return out;
}

std::vector<std::string> fake_system::texts(std::string const& id) const {
  std::vector<std::string> out;
  for (auto const& c : *objects_.at(id).comments) out.push_back(c.text);
  return out;
}

std::optional<fake_system::fault> fake_system::next_fault(call kind) {
  ++calls[kind];
  auto& queue = faults[kind];
  if (queue.empty()) return std::nullopt;
  auto f = std::move(queue.front());
  queue.pop_front();
  return f;
}

object fake_system::view(object const& o, bool row) const {
  auto out = o;
  if (row) {
    if (!declared_.rows_have_comments) out.comments.reset();
    for (auto const& name : declared_.fields_not_in_rows) out.fields.erase(name);
  }
  return out;
}

boost::asio::awaitable<core::result<adapter::change_page>> fake_system::changes(
    adapter::change_query query
) {
  listed_at_once = std::max(listed_at_once, ++listing_now);
  co_await boost::asio::post(boost::asio::use_awaitable);  // others may begin meanwhile
  --listing_now;
  if (auto f = next_fault(call::changes)) co_return f->what;
  auto const key_of = [](object const& o) {
    return std::to_string(o.changed_at.time_since_epoch().count()) + ' ' + o.id;
  };
  std::vector<object const*> rows;
  for (auto const& [id, now] : objects_) {
    if (hidden.contains(id)) continue;
    auto const old = rows_as_they_were.find(id);
    auto const& o = old == rows_as_they_were.end() ? now : old->second;
    if (o.changed_at < query.from || (query.to && o.changed_at > *query.to)) continue;
    if (query.continuation.empty() || key_of(o) > query.continuation) rows.push_back(&o);
  }
  std::sort(rows.begin(), rows.end(), [&](auto* l, auto* r) { return key_of(*l) < key_of(*r); });
  adapter::change_page page;
  auto const shown = std::min(rows.size(), declared_.page_rows_max);
  for (std::size_t i = 0; i < shown; ++i) page.rows.push_back(view(*rows[i], true));
  if (shown < rows.size()) page.continuation = key_of(*rows[shown - 1]);
  if (tells_left) page.left = rows.size() - shown;
  co_return page;
}

boost::asio::awaitable<core::result<std::vector<object>>> fake_system::complete(
    std::vector<object> rows, adapter::wants
) {
  if (auto f = next_fault(call::complete)) co_return f->what;
  for (auto& row : rows) row = view(objects_.at(row.id), false);
  co_return rows;
}

boost::asio::awaitable<core::result<std::vector<object>>> fake_system::read(
    std::vector<std::string> ids, adapter::wants
) {
  if (auto f = next_fault(call::read)) co_return f->what;
  if (just_before_read) {
    if (auto outage = just_before_read()) co_return *outage;
  }
  std::vector<object> out;
  for (auto const& id : ids) {
    auto const found = objects_.find(id);
    auto const old = reads_as_they_were.find(id);
    if (old != reads_as_they_were.end()) {
      out.push_back(view(old->second, false));
    } else if (found != objects_.end() && !hidden.contains(id)) {
      out.push_back(view(found->second, false));
    } else {
      object gone;
      gone.id = id;
      gone.presence = adapter::presence::gone;
      out.push_back(std::move(gone));
    }
  }
  co_return out;
}

std::vector<adapter::lost_edit> fake_system::replaced_by(
    std::string const& id, core::record const& written, std::int64_t version_seen
) const {
  std::vector<adapter::lost_edit> out;
  auto const edits = edits_.find(id);
  if (declared_.history != adapter::edit_history::log || edits == edits_.end()) return out;
  for (auto const& field : written) {
    auto const name = std::string{field.key()};
    auto const& all = edits->second;
    auto const ours = written_at_.at(id);
    auto const last = std::find_if(all.rbegin(), all.rend(), [&](past_edit const& e) {
      return e.field == name && e.version < ours;
    });
    if (last == all.rend() || last->version <= version_seen) continue;
    adapter::lost_edit one{name, last->value, "Ann Desk", last->at};
    if (untold.contains(name)) one.value.reset();
    out.push_back(std::move(one));
  }
  return out;
}

core::result<receipt> fake_system::write(
    std::string const& id, core::record const& fields, std::int64_t version_seen
) {
  if (just_before_write) just_before_write(id);
  if (refuses) {
    if (auto no = refuses(fields)) return *no;
  }
  auto const found = objects_.find(id);
  if (found == objects_.end() || hidden.contains(id)) {
    return core::error{core::errc::not_found, "no such record"};
  }
  auto written = fields;
  if (rewrites) rewrites(written);
  for (auto const& f : written) found->second.fields[f.key()] = f.value();
  touch(found->second, own_account);
  receipt r;
  r.stored = view(found->second, true);
  written_at_[id] = r.stored.version;
  r.lost_edits = replaced_by(id, fields, version_seen);
  r.refusal = refuses_rest;
  return r;
}

boost::asio::awaitable<std::vector<core::result<receipt>>> fake_system::update_all(
    std::vector<adapter::update> updates, adapter::wants
) {
  std::vector<core::result<receipt>> out;
  for (auto const& u : updates) {
    auto const f = next_fault(call::update);
    if (f && !f->takes_effect) {
      out.emplace_back(f->what);
      continue;
    }
    auto done = write(u.id, u.fields, u.version_seen);
    if (f) {
      out.emplace_back(f->what);
    } else {
      out.push_back(std::move(done));
    }
  }
  co_return out;
}

boost::asio::awaitable<core::result<std::vector<std::vector<adapter::lost_edit>>>>
fake_system::edits_replaced(std::vector<adapter::update> updates) {
  if (auto f = next_fault(call::history)) co_return f->what;
  std::vector<std::vector<adapter::lost_edit>> out;
  for (auto const& u : updates) out.push_back(replaced_by(u.id, u.fields, u.version_seen));
  co_return out;
}

boost::asio::awaitable<std::vector<core::result<receipt>>> fake_system::comment_all(
    std::vector<adapter::new_comment> comments, adapter::wants
) {
  std::vector<core::result<receipt>> out;
  for (auto const& c : comments) {
    auto const f = next_fault(call::comment);
    if (just_before_write) just_before_write(c.object_id);
    if (!f || f->takes_effect) {
      auto const before = objects_.at(c.object_id);
      say(c.object_id, std::string{own_account}, c.text);
      if (!own_comments_count) {
        auto& o = objects_.at(c.object_id);
        o.version = before.version;
        o.changed_at = before.changed_at;
        o.changed_by = before.changed_by;
      }
    }
    if (f) {
      out.emplace_back(f->what);
    } else {
      receipt r;
      r.stored = view(objects_.at(c.object_id), true);
      out.emplace_back(std::move(r));
    }
  }
  co_return out;
}

boost::asio::awaitable<std::vector<core::result<receipt>>> fake_system::create_all(
    std::vector<adapter::creation> creations, adapter::wants
) {
  std::vector<core::result<receipt>> out;
  for (auto& c : creations) {
    auto const f = next_fault(call::create);
    if (f && !f->takes_effect) {
      out.emplace_back(f->what);
      continue;
    }
    std::optional<core::error> no;
    if (refuses) no = refuses(c.fields);
    if (no) {
      out.emplace_back(*no);
      continue;
    }
    if (rewrites) rewrites(c.fields);
    auto const id = "T" + std::to_string(++made_);
    auto& o = add(id, std::move(c.fields));
    by_key_[c.key].push_back(id);
    if (f) {
      out.emplace_back(f->what);
    } else {
      receipt r;
      r.stored = view(o, true);
      if (hides_new) {
        hidden.insert(id);
        r.stored = {};
        r.stored.id = id;
        r.stored.presence = adapter::presence::gone;
      }
      out.emplace_back(std::move(r));
    }
  }
  co_return out;
}

boost::asio::awaitable<core::result<std::vector<adapter::keyed_object>>> fake_system::find(
    std::vector<std::string> keys, adapter::wants
) {
  if (auto f = next_fault(call::find)) co_return f->what;
  std::vector<adapter::keyed_object> out;
  if (blind) co_return out;
  for (auto const& key : keys) {
    for (auto const& id : by_key_[key]) {
      if (objects_.contains(id) && !archived.contains(id) && !hidden.contains(id))
        out.push_back({key, view(objects_.at(id), true)});
    }
  }
  co_return out;
}

boost::asio::awaitable<core::result<std::vector<adapter::answer>>> fake_system::look_up(
    std::vector<adapter::question> questions
) {
  if (auto f = next_fault(call::look_up)) co_return f->what;
  std::vector<adapter::answer> out;
  for (auto const& q : questions) {
    auto const found = knows.find(q);
    out.push_back(found == knows.end() ? adapter::answer{} : found->second);
  }
  co_return out;
}

boost::asio::awaitable<std::vector<adapter::check>> fake_system::examine() {
  co_return std::vector<adapter::check>{};
}

boost::asio::awaitable<core::result<adapter::description>> fake_system::describe() {
  ++described;
  co_return tells;
}

core::result<void> fake_system::accept(adapter::hook_call const& hook) {
  if (!vouches) return core::error{core::errc::rejected, "no webhooks"};
  return vouches(hook);
}

}  // namespace connector::support
