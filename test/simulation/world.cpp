#include "test/simulation/world.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/json/serialize.hpp>
#include <deque>
#include <optional>

#include "connector/store/journal_chain.hpp"
#include "connector/sync/unresolved.hpp"
#include "test/simulation/oracle.hpp"
#include "test/simulation/process.hpp"
#include "test/simulators/faults.hpp"
#include "test/simulators/transport.hpp"

namespace simulation {
namespace {

using namespace std::chrono_literals;
using mapping::side;
using simulators::fault_kind;

/// After the faults have ended: every horizon, overlap and backoff passes, and the hourly retry.
constexpr milliseconds act_two = 90min;
constexpr milliseconds act_two_poll = 10min;
/// A world that does more than this loops.
constexpr std::uint64_t steps_max = 400'000;
constexpr std::uint64_t calls_max = 6000;

listening::predicate writes_to(place const& in) {
  return [&in](http::request const& call) { return in.errand_of(call) != errand::read; };
}

class world {
 public:
  world(script const& s, pairing const& with, atlas const& maps, mutation without);

  outcome run();

  bool keeps_journal = false;

 private:
  place& at(side s) { return s == side::ticket ? static_cast<place&>(*tickets_) : *incidents_; }
  listening& service(side s) { return s == side::ticket ? at_tickets_ : at_incidents_; }
  simulators::faults& faults(side s) {
    return s == side::ticket ? ticket_faults_ : incident_faults_;
  }
  core::time_point now() const { return clock_.now(); }
  milliseconds elapsed() const {
    return std::chrono::duration_cast<milliseconds>(clock_.now() - born_);
  }

  void start();
  void kill(bool keep_wire);
  void watch_wire(process& p);
  void advance(milliseconds until);
  /// Runs until all processes wait; a crash may come at any step.
  void settle();
  void strike(event const& e);
  void deed(event const& e, core::time_point service_time);
  std::string object(side s, int n) const;
  void look(side s, std::string const& id, bool by_person) {
    history_.look_at(*maps_.map(script_.map, 0), s, id, now(), by_person);
  }
  void after_call(side s, http::request const& call);
  void keep_journal(store::changes const& all);
  /// In the time that is to take the sweep once around, it looks at each link once.
  void check_sweep(process const& p);
  void heal();
  void look_at_the_gone();
  void order_what_is_stuck();
  void finish();
  std::optional<side> side_of(http::request const& call) const;

  script const& script_;
  atlas const& maps_;
  mutation without_;
  core::time_point born_ = *core::parse_time("2026-03-01T09:00:00Z");
  connector::support::sim_clock clock_{born_};
  milliseconds clock_offset_{0};
  std::unique_ptr<incident_place> incidents_;
  std::unique_ptr<ticket_place> tickets_;
  listening at_incidents_, at_tickets_;
  simulators::faults incident_faults_, ticket_faults_;
  simulators::simulated_transport net_{clock_};
  disk disk_;
  chronicle history_;
  oracle oracle_;

  std::vector<std::string> incident_ids_;
  int variant_ = 0;
  std::vector<std::unique_ptr<process>> processes_;
  std::uint64_t starts_ = 0;
  std::uint64_t steps_ = 0;
  struct planned_crash {
    std::uint64_t at_step = 0;
    event how;
  };
  std::optional<planned_crash> crash_;
  std::optional<milliseconds> restart_at_;
  struct straggler {
    milliseconds at;
    side to;
    http::request call;
  };
  std::deque<straggler> stragglers_;
  std::size_t next_event_ = 0;
  int texts_ = 0;
  std::vector<std::pair<side, int>> drifting_;
  std::vector<std::pair<side, std::string>> quiet_;  ///< objects with a comment that moved no stamp
  outcome out_;
};

world::world(script const& s, pairing const& with, atlas const& maps, mutation without)
    : script_{s},
      maps_{maps},
      without_{without},
      incidents_{with.incidents(s.incidents)},
      tickets_{with.tickets(s.tickets, born_)},
      at_incidents_{incidents_->service(), writes_to(*incidents_)},
      at_tickets_{tickets_->service(), writes_to(*tickets_)},
      incident_faults_{s.seed},
      ticket_faults_{s.seed + 1},
      disk_{without},
      history_{*incidents_, *tickets_},
      oracle_{{clock_, *incidents_, *tickets_, disk_, history_, maps.map(s.map, 0)}} {
  at_incidents_.skew = s.skew_incidents;
  at_tickets_.skew = s.skew_tickets;
  for (auto const& origin : incidents_->origins()) {
    net_.route(origin, at_incidents_, &incident_faults_);
  }
  for (auto const& origin : tickets_->origins()) net_.route(origin, at_tickets_, &ticket_faults_);
  net_.latency = s.latency;
  net_.keeps_count = false;
  disk_.on_commit = [this](store::changes const& all) {
    oracle_.on_commit(all);
    if (keeps_journal) keep_journal(all);
  };
  disk_.own_clock = [this] { return clock_.now() + clock_offset_; };
  for (auto where : {side::incident, side::ticket}) {
    service(where).on_effect = [this, where](http::request const& call, core::time_point) {
      after_call(where, call);
    };
  }
}

std::optional<side> world::side_of(http::request const& call) const {
  for (auto s : {side::incident, side::ticket}) {
    auto const origins = s == side::ticket ? tickets_->origins() : incidents_->origins();
    for (auto const& origin : origins) {
      if (call.url.starts_with(origin)) return s;
    }
  }
  return std::nullopt;
}

void world::watch_wire(process& p) {
  p.wire().on_send = [this](http::request const& call) {
    ++out_.calls;
    if (auto const s = side_of(call)) oracle_.on_call(*s);
  };
  p.wire().on_answer = [this](http::request const& call, core::result<http::response> const& a) {
    if (!a || a->status != 429) return;
    auto const wait = http::find(a->headers, "Retry-After");
    if (wait.empty() || wait.find_first_not_of("0123456789") != wait.npos) return;
    if (auto const s = side_of(call)) {
      oracle_.on_closed(*s, std::chrono::seconds{std::stoi(std::string{wait})});
    }
  };
}

void world::start() {
  launch const with{
      clock_,
      clock_offset_,
      net_,
      *incidents_,
      *tickets_,
      disk_,
      oracle_,
      maps_.map(script_.map, variant_),
      script_.poll_every,
      script_.sweep_every,
      script_.batch_rows,
      script_.incidents.page_rows,
      script_.tickets.page_rows,
      without_,
      script_.seed * 1000 + ++starts_};
  auto p = process::start(with);
  if (!p) {
    ++out_.events["second process refused"];
    return;
  }
  watch_wire(*p);
  oracle_.on_start();
  processes_.push_back(std::move(p));
}

void world::check_sweep(process const& p) {
  auto const& n = p.counters();
  out_.events["swept"] += static_cast<int>(n.swept);
  auto const rounds = script_.sweep_every > 0ms ? p.age() / script_.sweep_every : 0;
  if (n.swept > static_cast<std::uint64_t>(rounds) * disk_.links().size()) {
    oracle_.complain("the sweep looked at " + std::to_string(n.swept) + " links, too many");
  }
}

void world::kill(bool keep_wire) {
  for (auto& p : processes_) {
    check_sweep(*p);
    if (!keep_wire) continue;
    for (auto& call : p->wire().on_the_way(script_.latency / 2)) {
      if (auto const to = side_of(call)) stragglers_.push_back({elapsed() + 900ms, *to, call});
    }
  }
  processes_.clear();
  disk_.crash();
}

void world::settle() {
  bool busy = true;
  while (busy) {
    busy = false;
    for (std::size_t i = 0; i < processes_.size(); ++i) {
      if (!processes_[i]->step()) continue;
      busy = true;
      ++steps_;
      if (processes_[i]->has_failed()) {
        oracle_.complain("the engine failed: " + processes_[i]->failure());
        processes_.clear();
        return;
      }
      if (crash_ && steps_ >= crash_->at_step) {
        ++out_.events["crash"];
        restart_at_ = elapsed() + crash_->how.amount;
        kill(crash_->how.sharp);
        crash_.reset();
        return;
      }
      if (steps_ > steps_max || out_.calls > calls_max) {
        oracle_.complain("it does not come to rest");
        processes_.clear();
        return;
      }
    }
  }
}

std::string world::object(side s, int n) const {
  if (incident_ids_.empty()) return {};
  auto const& incident = incident_ids_[static_cast<std::size_t>(n) % incident_ids_.size()];
  if (s == side::incident) return incident;
  for (auto const& [id, l] : disk_.links()) {
    if (l.incident_id == incident && !l.ticket_id.empty()) return l.ticket_id;
  }
  return {};
}

void world::deed(event const& e, core::time_point service_time) {
  auto const id = object(e.where, e.object);
  if (id.empty()) return;
  auto& in = at(e.where);
  ++texts_;
  // Whatever is new about it now, this person did not do.
  look(e.where, id, false);
  if (e.what == action::say) {
    auto const text = "said " + std::to_string(texts_) + " of world";
    if (!in.say(
            id, text, e.where == side::ticket ? "beth.anglin" : "ann@contoso.com", service_time
        )) {
      return;
    }
    history_.comments.push_back({e.where, id, text});
    if (!in.comments_move_stamps()) quiet_.emplace_back(e.where, id);
  } else if (!in.do_habit(id, e.choice, texts_, service_time)) {
    return;
  }
  look(e.where, id, true);
}

void world::after_call(side s, http::request const& call) {
  if (s == side::ticket && tickets_->errand_of(call) == errand::make) {
    for (auto const& [id, key] : tickets_->tickets()) {
      if (history_.of(s, id, maps_.map(script_.map, 0)->rules().front()->name()).empty()) {
        look(s, id, false);
      }
    }
    oracle_.check_keys();
  }
  if (s == side::incident) {
    for (auto const& id : incident_ids_) {
      if (call.url.find("incidents/" + id) != std::string::npos ||
          call.body.find("incidents/" + id) != std::string::npos) {
        look(s, id, false);
      }
    }
    return;
  }
  for (auto const& [id, l] : disk_.links()) {
    if (l.ticket_id.empty()) continue;
    if (call.url.find(l.ticket_id) != std::string::npos ||
        call.body.find(l.ticket_id) != std::string::npos) {
      look(s, l.ticket_id, false);
    }
  }
}

void world::strike(event const& e) {
  switch (e.what) {
    case action::add: {
      auto const id = incidents_->add(e.choice, ++texts_, at_incidents_.clock(now()));
      incident_ids_.push_back(id);
      look(side::incident, id, true);
      break;
    }
    case action::act:
    case action::say:
      if (e.sharp) {
        service(e.where).before_write.push_back([this, e](core::time_point when) { deed(e, when); }
        );
      } else {
        deed(e, service(e.where).clock(now()));
      }
      break;
    case action::merge: {
      auto const id = object(side::incident, e.object);
      auto const into = object(side::incident, e.choice);
      if (id.empty() || id == into) break;
      if (!incidents_->merge(id, into, at_incidents_.clock(now()))) break;
      ++out_.events["merge"];
      look(side::incident, id, true);
      look(side::incident, into, true);
      break;
    }
    case action::tie:
      for (int i = 0; i < static_cast<int>(incident_ids_.size()); ++i) {
        event each = e;
        each.what = action::act;
        each.object = i;
        deed(each, service(e.where).clock(now()));
      }
      break;
    case action::fault: {
      simulators::fault f;
      f.kind = static_cast<fault_kind>(e.choice);
      f.delay = e.amount;
      // Asked to wait for long enough that polls and retries would come in between.
      if (f.kind == fault_kind::too_many_requests) f.delay *= 6;
      f.retry_after = e.amount.count() % 2 == 0 ? simulators::fault::wait::seconds
                                                : simulators::fault::wait::none;
      for (int i = 0; i < e.times; ++i) {
        if (e.sharp) {
          auto const struck = e.object % 2 == 0 ? errand::change : errand::make;
          faults(e.where).script(f, [&in = at(e.where), struck](http::request const& call) {
            return in.errand_of(call) == struck;
          });
        } else {
          faults(e.where).script(f);
        }
      }
      break;
    }
    case action::lag:
      at(e.where).set_list_lag(e.amount);
      break;
    case action::step:
      clock_offset_ += e.amount;
      break;
    case action::crash:
      crash_ = planned_crash{steps_ + static_cast<std::uint64_t>(e.times), e};
      break;
    case action::disk:
      disk_.fail(e.times);
      break;
    case action::reload:
      variant_ = e.choice;
      for (auto& p : processes_) p->reload(maps_.map(script_.map, variant_));
      break;
    case action::drift:
      at(e.where).drift(e.choice, e.times > 0, service(e.where).clock(now()));
      if (e.times > 0) drifting_.emplace_back(e.where, e.choice);
      break;
    case action::second:
      if (!processes_.empty()) start();
      break;
  }
}

void world::advance(milliseconds until) {
  while (true) {
    settle();
    auto next = until;
    if (next_event_ < script_.events.size()) {
      next = std::min(next, script_.events[next_event_].at);
    }
    if (restart_at_) next = std::min(next, *restart_at_);
    if (!stragglers_.empty()) next = std::min(next, stragglers_.front().at);
    auto const span = next - elapsed();
    auto const deadline = clock_.next_deadline();
    if (deadline && *deadline <= clock_.steady_now() + span) {
      clock_.advance(*deadline - clock_.steady_now());
      net_.settle();
      if (span > 0ms) continue;
    } else if (span > 0ms) {
      clock_.advance(span);
    }
    net_.settle();
    if (restart_at_ && *restart_at_ <= elapsed()) {
      restart_at_.reset();
      if (processes_.empty()) start();
    }
    while (!stragglers_.empty() && stragglers_.front().at <= elapsed()) {
      auto const late = std::move(stragglers_.front());
      stragglers_.pop_front();
      service(late.to).handle(late.call, now());
    }
    bool struck = false;
    while (next_event_ < script_.events.size() && script_.events[next_event_].at <= elapsed()) {
      strike(script_.events[next_event_++]);
      struck = true;
    }
    if (elapsed() >= until && !struck) {
      settle();
      return;
    }
  }
}

void world::keep_journal(store::changes const& all) {
  auto const when = clock_text(elapsed());
  for (auto const& line : all.journal) {
    out_.journal.push_back(
        when + "  " + line.link.substr(0, 6) + " " + line.kind + " " +
        boost::json::serialize(line.data)
    );
  }
  for (auto const& l : all.links) {
    out_.journal.push_back(
        when + "  " + l.id.substr(0, 6) + " link " + std::string{store::name(l.state)} +
        " versions " + std::to_string(l.incident_version) + ", " +
        std::to_string(l.ticket_version) + (l.outstanding ? ", outstanding" : "") +
        (l.due ? ", due " + core::format_time(*l.due) : "") + ", parked " +
        std::to_string(l.parked.size())
    );
  }
  for (auto const& c : all.comments) {
    out_.journal.push_back(
        when + "  " + c.link.substr(0, 6) + " comment from " +
        std::string{mapping::name(c.origin)} + " " + c.origin_id + " state " +
        std::to_string(static_cast<int>(c.state)) + " " + c.detail
    );
  }
}

void world::heal() {
  for (auto s : {side::incident, side::ticket}) {
    faults(s).off();
    at(s).set_list_lag(0ms);
    service(s).before_write.clear();
  }
  for (auto const& [s, which] : drifting_) at(s).drift(which, false, service(s).clock(now()));
  disk_.stop_failing();
  crash_.reset();
  if (processes_.empty()) {
    restart_at_.reset();
    start();
  }
  for (auto& p : processes_) p->poll_every(act_two_poll);
  // A sweep finds what moved no stamp by itself.
  if (script_.sweep_every > 0ms) return;
  for (auto const& [s, id] : quiet_) at(s).touch(id, service(s).clock(now()));
}

/// Without a sweep, that a ticket is gone, or what was done to it before it was archived, is found
/// out when its link is looked at: no list shows it any more.
void world::look_at_the_gone() {
  if (script_.sweep_every > 0ms) return;
  for (auto const& [id, l] : disk_.links()) {
    auto const is_listed = tickets_->look(l.ticket_id) && tickets_->takes_comments(l.ticket_id);
    if (l.state == store::link_state::linked && !is_listed) {
      incidents_->touch(l.incident_id, at_incidents_.clock(now()));
    }
  }
}

/// A create whose outcome nobody can find out, every older ticket being deleted or hidden: a person
/// looks, and has it made if it was not.
void world::order_what_is_stuck() {
  for (auto const& stored : disk_.links()) {
    auto const& id = stored.first;
    auto const& l = stored.second;
    auto const stuck = l.outstanding && std::ranges::any_of(l.parked, [](auto const& p) {
                         return p.rule == sync::whole_create;
                       });
    auto const all = tickets_->tickets();
    auto const made =
        std::ranges::any_of(all, [&](auto const& ticket) { return ticket.second == id; });
    if (stuck && !made && !processes_.empty()) processes_.front()->order_ticket(id);
  }
}

void world::finish() {
  // What rules ask of the ticket system, answered without any fault.
  mapping::answers known;
  std::vector<adapter::question> asked;
  for (auto const& [id, l] : disk_.links()) {
    if (l.state != store::link_state::linked) continue;
    auto const incident = incidents_->look(l.incident_id);
    auto const ticket = tickets_->look(l.ticket_id);
    if (!incident || !ticket) continue;
    mapping::facts const facts{l.ticket_label, l.ticket_url, l.incident_url};
    mapping::view const view{incident->fields, ticket->fields, known, facts};
    for (auto const& r : maps_.map(script_.map, 0)->rules()) {
      using mapping::direction;
      if (r->direction() != direction::both && r->direction() != direction::to_ticket) continue;
      for (auto s : {side::ticket, side::incident}) {
        if (s == side::incident && r->direction() != direction::both) continue;
        for (auto const& q : r->put(s, view).questions) {
          if (std::find(asked.begin(), asked.end(), q.asked) == asked.end())
            asked.push_back(q.asked);
        }
      }
    }
  }
  for (auto const& p : processes_) check_sweep(*p);
  processes_.clear();
  if (!asked.empty()) {
    boost::asio::io_context loop{1};
    auto const random = async::make_seeded_random(1);
    adapter::surroundings const around{"end", net_, clock_, *random};
    auto const clean = tickets_->connect(around);
    auto found = connector::support::run(loop, clock_, clean->look_up(asked));
    if (found) {
      for (std::size_t i = 0; i < asked.size(); ++i) known.add(side::ticket, asked[i], (*found)[i]);
    }
  }
  oracle_.check_end(known);

  boost::asio::io_context loop{1};
  auto const chain = connector::support::run(loop, clock_, store::verify_journal(disk_.durable()));
  if (!chain) oracle_.complain("the journal's chain is broken: " + chain.error().detail);
  auto lines = connector::support::run(
      loop, clock_, disk_.durable().journal_after(0, std::numeric_limits<std::size_t>::max())
  );
  std::string all = std::to_string(out_.calls) + ' ' + std::to_string(steps_);
  if (lines && !lines->empty()) {
    oracle_.check_replay(*lines, {maps_.map(script_.map, 0), maps_.map(script_.map, 1)});
    all += lines->back().chain;
  }
  out_.digest = std::hash<std::string>{}(all);
}

outcome world::run() {
  // The first incident is there before the service.
  while (next_event_ < script_.events.size() && script_.events[next_event_].at <= 0ms) {
    strike(script_.events[next_event_++]);
  }
  start();
  advance(script_.length);
  heal();
  advance(script_.length + 3min);
  look_at_the_gone();
  advance(script_.length + 30min);
  order_what_is_stuck();
  advance(script_.length + act_two);
  finish();
  out_.violations = oracle_.complaints();
  for (auto const& [kind, count] : oracle_.kinds()) out_.events["journal: " + kind] += count;
  for (auto s : {side::incident, side::ticket}) {
    for (auto const& [kind, count] : faults(s).struck()) {
      out_.events["fault: " + std::string{simulators::name(kind)}] += static_cast<int>(count);
    }
  }
  return std::move(out_);
}

}  // namespace

outcome play(
    script const& s, pairing const& with, atlas const& maps, mutation without, bool with_journal
) {
  world w{s, with, maps, without};
  w.keeps_journal = with_journal;
  return w.run();
}

}  // namespace simulation
