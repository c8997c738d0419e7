#include <algorithm>
#include <array>
#include <boost/json/monotonic_resource.hpp>

#include "connector/mapping/evaluate.hpp"
#include "connector/mapping/map.hpp"

namespace connector::mapping {
namespace {

wish left(std::string reason, config::position_view where) {
  wish w;
  w.what = wish::kind::leave;
  w.reason = std::move(reason);
  w.where = where;
  return w;
}

class compiled_rule final : public rule {
 public:
  compiled_rule(program const& all, rule_data const& data) : all_{all}, data_{data} {}

  std::string const& name() const override { return data_.name; }
  config::position const& where() const override { return data_.where; }
  mapping::direction direction() const override { return data_.direction; }
  mapping::resolution resolution() const override { return data_.resolution; }
  side tie() const override { return data_.tie; }

  std::vector<std::string> const& fields(side on) const override {
    return on == side::incident ? data_.incident_names : data_.ticket_names;
  }

  bool applies(view const& now) const override {
    return holds(data_.when, now.incident, now.ticket);
  }

  core::group read(side from, core::record const& r) const override {
    return read_group(data_, from, r);
  }

  bool corresponds(core::group const& incident, core::group const& ticket, view const& now)
      const override {
    return related(data_, incident, ticket, now);
  }

  wish put(side to, view const& now) const override {
    // What is only read for this answer comes from memory that is given back at once.
    std::array<unsigned char, 16384> memory;
    boost::json::monotonic_resource scratch{memory.data(), memory.size()};
    auto const read_now = [&](side s) {
      return read_group(data_, s, s == side::incident ? now.incident : now.ticket, &scratch);
    };
    auto const* line = to == side::ticket ? decision(data_, now.incident) : nullptr;
    auto const from = line ? as_group(*line, &scratch) : read_now(other(to));
    auto const there = read_now(to);
    auto want = line ? judge(data_, *line, now) : judge(data_, to, from, now);
    wish w;
    w.reason = std::move(want.reason);
    w.where = all_.position(want.at);
    switch (want.what) {
      case verdict::kind::ask:
        w.what = wish::kind::ask;
        w.questions = std::move(want.questions);
        return w;
      case verdict::kind::leave:
        w.what = wish::kind::leave;
        return w;
      case verdict::kind::park:
        // What the other side says may still be what is here: then nothing is amiss.
        w.what = related_anyway(to, from, there, now) ? wish::kind::leave : wish::kind::park;
        return w;
      case verdict::kind::value:
        break;
    }
    w.what = wish::kind::write;
    if (satisfied(data_, to, want.value, there) || related_anyway(to, from, there, now)) {
      w.value = there;
      return w;
    }
    if (to == side::ticket && all_.closed && holds(all_.closed->when, now.incident, now.ticket)) {
      using changes = closed_policy::changes;
      w.what = all_.closed->then == changes::leave ? wish::kind::leave : wish::kind::park;
      w.new_ticket = all_.closed->then == changes::new_ticket && !is_finished(now.incident);
      w.reason = "the ticket takes no more changes: " + describe(all_.closed->when);
      w.where = all_.position(all_.closed->at);
      w.value = want.value;
      return w;
    }
    if (to == side::incident && is_guarded(there)) {
      return left(
          "the map never overwrites '" + core::text_of(there.front()) + "'",
          all_.position(data_.reference->at)
      );
    }
    w.value = over(data_, to, std::move(want.value), there);
    return w;
  }

  int rank(side on, core::group const& value) const override {
    if (value.empty()) return -1;
    if (on == side::incident) return position_of(value.front());
    auto const* table = std::get_if<value_table>(&data_.body);
    if (!table) return position_of(value.front());
    // A ticket value stands where its incident value does.
    auto best = -1;
    for (auto const& row : table->rows) {
      auto hit = row.incident.size() > 0 && row.ticket.size() == value.size();
      for (std::size_t i = 0; hit && i < row.ticket.size(); ++i) {
        hit = !row.ticket[i].any && same(*data_.ticket[i].type, row.ticket[i].value, value[i]);
      }
      if (!hit || row.incident.front().any) continue;
      auto const at = position_of(row.incident.front().value);
      if (row.leads(side::incident)) return at;
      best = std::max(best, at);
    }
    return best;
  }

  std::optional<core::group> merged(
      core::group const& base_incident, core::group const& base_ticket, view const& now
  ) const override {
    auto const* s = std::get_if<set_body>(&data_.body);
    if (!s) return std::nullopt;
    auto const a_all = read(side::incident, now.incident);
    auto const b_all = read(side::ticket, now.ticket);
    auto const a = own_elements(*s, side::incident, a_all.front());
    auto const b = own_elements(*s, side::ticket, b_all.front());
    auto const base_a = base_of(*s, side::incident, base_incident, a_all);
    auto const base_b = base_of(*s, side::ticket, base_ticket, b_all);
    auto const has = [](std::vector<std::string> const& in, std::string const& e) {
      return std::find(in.begin(), in.end(), e) != in.end();
    };
    std::vector<std::string> result;
    auto const consider = [&](std::string const& e) {
      if (has(result, e)) return;
      auto const removed = (has(base_a, e) && !has(a, e)) || (has(base_b, e) && !has(b, e));
      if (!removed) result.push_back(e);
    };
    for (auto const& e : a) consider(e);
    for (auto const& e : b) consider(e);
    core::group out;
    out.push_back(with_elements(*s, side::incident, a_all.front(), result));
    return out;
  }

  bool loses(core::group const& incident) const override {
    auto declared = false;
    for (std::size_t i = 0; i < incident.size() && i < data_.incident.size(); ++i) {
      auto const& field = data_.incident[i];
      auto const* text = incident[i].if_string();
      auto const* known = text ? field.type->find_value(*text) : nullptr;
      auto const may_be_written = field.type->writable && (!known || known->writable);
      if (core::is_unset(incident[i]) || !may_be_written) return false;
      declared = declared || std::ranges::any_of(data_.loses, [&](declared_loss const& d) {
                   return d.on == side::incident && d.field.path == field.path &&
                          (d.any || std::ranges::find(d.values, incident[i]) != d.values.end());
                 });
    }
    return declared;
  }

  bool is_read_back() const override {
    return std::none_of(data_.ticket.begin(), data_.ticket.end(), [](field_ref const& f) {
      return f.type->type == field_type::comment;
    });
  }

  bool hinders_merging(core::record const& incident) const override {
    return data_.hinders_merging && !is_finished(incident);
  }

 private:
  bool is_finished(core::record const& incident) const {
    return std::any_of(all_.finished.begin(), all_.finished.end(), [&](field_ref const& f) {
      auto const v = read_field(f, incident);
      auto const* text = v.if_string();
      auto const* known = text ? f.type->find_value(*text) : nullptr;
      return known && known->finished;
    });
  }

  /// The other direction's verdict makes the two sides agree.
  bool related_anyway(side to, core::group const& from, core::group const& there, view const& now)
      const {
    auto const back = other(to);
    if (!data_.goes(back) || data_.direction == direction::once) return false;
    if (std::holds_alternative<set_body>(data_.body)) return false;
    auto const v = judge(data_, back, there, now);
    return v.what == verdict::kind::value && satisfied(data_, back, v.value, from);
  }

  bool is_guarded(core::group const& there) const {
    if (!data_.reference || there.empty()) return false;
    auto const* text = there.front().if_string();
    auto const& names = data_.reference->never_overwrite;
    return text && std::any_of(names.begin(), names.end(), [&](auto const& n) {
             return same_name(n, *text);
           });
  }

  int position_of(core::value const& v) const {
    auto const& order = data_.order;
    auto const hit = std::find(order.begin(), order.end(), v);
    return hit == order.end() ? -1 : static_cast<int>(hit - order.begin());
  }

  /// A base kept as a digest is the value there is now if that was not changed; otherwise nothing
  /// is known of it, and nothing counts as removed.
  static std::vector<std::string> base_of(
      set_body const& s, side on, core::group const& kept, core::group const& now
  ) {
    if (kept.empty()) return {};
    if (!kept.front().is_object()) return own_elements(s, on, kept.front());
    return core::same_as_kept(now, kept) ? own_elements(s, on, now.front())
                                         : std::vector<std::string>{};
  }

  program const& all_;
  rule_data const& data_;
};

class compiled_map final : public field_map {
 public:
  explicit compiled_map(std::shared_ptr<program const> of) : of_{std::move(of)} {
    for (auto const& data : of_->rules) {
      rules_.push_back(std::make_unique<compiled_rule const>(*of_, data));
    }
  }

  std::string const& name() const override { return of_->name; }
  std::string const& model(side of) const override { return of_->model_of(of).name; }
  std::string const& digest() const override { return of_->digest; }
  std::span<std::unique_ptr<rule const> const> rules() const override { return rules_; }
  comment_policy const& comments() const override { return of_->comments; }
  merge_policy const& merged() const override { return of_->merged; }
  std::chrono::seconds merging_settles_after() const override { return of_->merging_settles_after; }
  std::vector<std::string> const& fields(side of) const override {
    return of == side::incident ? of_->incident_fields : of_->ticket_fields;
  }

  opening opens(core::record const& incident) const override {
    opening o;
    o.where = of_->position(of_->open_at);
    o.opens = holds(of_->open, incident, {});
    o.reason = describe(of_->open);
    if (o.opens && of_->open.what == condition::kind::any) {
      for (auto const& part : of_->open.parts) {
        if (!holds(part, incident, {})) continue;
        o.reason = describe(part);
        o.where = of_->position(part.at);
        break;
      }
    }
    if (!o.opens) o.reason = "tickets are made if " + o.reason;
    return o;
  }

  int lane(core::record const& incident) const override {
    auto const& lines = of_->urgent;
    auto const hit = std::find_if(lines.begin(), lines.end(), [&](condition const& c) {
      return holds(c, incident, {});
    });
    return static_cast<int>(hit - lines.begin());
  }

 private:
  std::shared_ptr<program const> of_;
  std::vector<std::unique_ptr<rule const>> rules_;
};

}  // namespace

std::string_view name(side s) { return s == side::incident ? "incident" : "ticket"; }

bool carries(direction d, side to) {
  return d == direction::both ||
         d == (to == side::ticket ? direction::to_ticket : direction::to_incident);
}

bool leads(direction d, side to) {
  return carries(d, to) || (d == direction::once && to == side::ticket);
}

void set_fields(core::record& into, rule const& r, side on, core::group const& values) {
  auto const& names = r.fields(on);
  for (std::size_t i = 0; i < names.size() && i < values.size(); ++i) into[names[i]] = values[i];
}

void answers::add(side in, adapter::question asked, adapter::answer found) {
  known_[static_cast<std::size_t>(in)].insert_or_assign(std::move(asked), std::move(found));
}

adapter::answer const* answers::find(side in, adapter::question const& asked) const {
  if (all_) {
    auto const* found = all_->find(in, asked);
    if (found) used_->emplace(in, asked);
    return found;
  }
  auto const& known = known_[static_cast<std::size_t>(in)];
  auto const hit = known.find(asked);
  return hit == known.end() ? nullptr : &hit->second;
}

std::shared_ptr<field_map const> make_field_map(std::shared_ptr<program const> of) {
  return std::make_shared<compiled_map>(std::move(of));
}

}  // namespace connector::mapping
