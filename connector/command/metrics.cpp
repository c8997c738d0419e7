#include "connector/command/metrics.hpp"

#include <chrono>
#include <cmath>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sstream>
#include <vector>

namespace connector::command {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

class page {
 public:
  void counter(std::string name, std::string help, std::uint64_t value) {
    ClientMetric m;
    m.counter.value = static_cast<double>(value);
    add(std::move(name), std::move(help), MetricType::Counter, {std::move(m)});
  }

  void counters(std::string name, std::string help, std::vector<ClientMetric> values) {
    add(std::move(name), std::move(help), MetricType::Counter, std::move(values));
  }

  void gauge(std::string name, std::string help, std::vector<ClientMetric> values) {
    add(std::move(name), std::move(help), MetricType::Gauge, std::move(values));
  }

  std::string text() const { return prometheus::TextSerializer{}.Serialize(families_); }

 private:
  void add(std::string name, std::string help, MetricType type, std::vector<ClientMetric> values) {
    MetricFamily f;
    f.name = "itsm_connector_" + std::move(name);
    f.help = std::move(help);
    f.type = type;
    f.metric = std::move(values);
    families_.push_back(std::move(f));
  }

  std::vector<MetricFamily> families_;
};

ClientMetric labelled(std::string label, std::string value, double amount) {
  ClientMetric m;
  m.label = {{std::move(label), std::move(value)}};
  m.gauge.value = amount;
  return m;
}

void add_budgets(page& out, sync::engine const& engine) {
  std::vector<ClientMetric> made, waited, refused, too_many, tokens, rate, open;
  for (auto const& c : engine.connections()) {
    if (!c->budget) continue;
    auto const used = c->budget->used();
    auto const of = [&](auto amount) {
      auto m = labelled("connection", c->name, static_cast<double>(amount));
      m.counter.value = m.gauge.value;
      return m;
    };
    made.push_back(of(used.made));
    waited.push_back(of(used.waited));
    too_many.push_back(of(used.too_many));
    open.push_back(of(used.out_of_reach ? 1 : 0));
    for (auto const& [why, count] :
         {std::pair{"budget", used.refused}, std::pair{"outage", used.kept_back}}) {
      refused.push_back(of(count));
      refused.back().label.push_back({"why", why});
    }
    if (std::isinf(used.per_minute)) continue;
    tokens.push_back(of(used.tokens));
    rate.push_back(of(used.per_minute));
  }
  out.counters("calls_total", "Calls made, as the system counts them", std::move(made));
  out.counters("calls_waited_total", "Calls that did not go out at once", std::move(waited));
  out.counters("calls_refused_total", "Calls not made, by why", std::move(refused));
  out.counters("calls_too_many_total", "Calls answered with 429", std::move(too_many));
  out.gauge("call_tokens", "Calls that may go out at once", std::move(tokens));
  out.gauge("calls_per_minute", "Calls a minute allowed at present", std::move(rate));
  out.gauge("connection_out_of_reach", "1 while calls are kept back", std::move(open));
}

}  // namespace

std::string metrics_text(
    sync::engine const& engine, store::counts const& counts, core::time_point now
) {
  page out;
  auto const& n = engine.counters();
  out.counter("incidents_seen_total", "Rows of incidents that polls brought", n.incidents_seen);
  out.counter("tickets_seen_total", "Rows of tickets that polls brought", n.tickets_seen);
  out.counter("tickets_created_total", "Tickets created", n.tickets_created);
  out.counter(
      "tickets_adopted_total", "Tickets found by key after a lost answer", n.tickets_adopted
  );
  out.counter("tickets_updated_total", "Updates written to tickets", n.tickets_updated);
  out.counter("incidents_updated_total", "Updates written to incidents", n.incidents_updated);
  out.counter("comments_copied_total", "Comments copied to the other side", n.comments_copied);
  out.counter("conflicts_total", "Fields that both sides had changed", n.conflicts);
  out.counter("parked_total", "Changes that could not be delivered", n.parked);
  out.counter("failures_total", "Calls that failed and are tried again", n.failures);
  out.counter("twin_tickets_total", "Second tickets found for one incident", n.twins);
  out.counter("stale_reads_total", "Reads older than what was known", n.stale_reads);
  out.counter("passes_total", "Complete polls of a connection", n.passes);
  out.counter("swept_total", "Links compared by the sweep", n.swept);
  out.counter("missed_total", "Changes that polls missed and the sweep found", n.missed);
  out.gauge(
      "links",
      "Links by state",
      {labelled("state", "opening", static_cast<double>(counts.opening)),
       labelled("state", "linked", static_cast<double>(counts.linked)),
       labelled("state", "merged", static_cast<double>(counts.merged)),
       labelled("state", "gone", static_cast<double>(counts.gone))}
  );
  out.gauge(
      "waiting",
      "Links that wait, by what for",
      {labelled("for", "an_answer", static_cast<double>(counts.outstanding)),
       labelled("for", "release_of_parked", static_cast<double>(counts.parked)),
       labelled("for", "a_decision", static_cast<double>(counts.conflicts))}
  );
  out.gauge(
      "comments_waiting",
      "Comments not yet copied",
      {labelled("for", "delivery", static_cast<double>(counts.comments_waiting))}
  );
  std::vector<ClientMetric> up, age;
  for (auto const& [name, health] : engine.health()) {
    up.push_back(labelled("connection", name, health.trouble.empty() && health.ever_good ? 1 : 0));
    if (health.ever_good) {
      std::chrono::duration<double> const since = now - health.last_good;
      age.push_back(labelled("connection", name, since.count()));
    }
  }
  out.gauge("connection_up", "1 if the last poll of the connection was complete", std::move(up));
  add_budgets(out, engine);
  out.gauge("poll_age_seconds", "Time since the last complete poll", std::move(age));
  return out.text();
}

std::string more_metrics(validation const& compared, hooks const* taken, core::time_point now) {
  page out;
  std::vector<ClientMetric> findings, drifts, held, age;
  auto const counted = [](std::string label, std::string const& value, std::uint64_t amount) {
    ClientMetric m;
    m.label = {{std::move(label), value}};
    m.counter.value = static_cast<double>(amount);
    return m;
  };
  for (auto const& [route, one] : compared.standings()) {
    for (auto const& [severity, count] :
         {std::pair{"error", one.errors}, std::pair{"warning", one.warnings}}) {
      auto m = labelled("route", route, static_cast<double>(count));
      m.label.push_back({"severity", severity});
      findings.push_back(std::move(m));
    }
    drifts.push_back(counted("route", route, one.drifts));
    held.push_back(labelled("route", route, static_cast<double>(one.held.rules.size())));
    held.back().label.push_back({"what", "rules"});
    held.push_back(labelled("route", route, one.held.route.empty() ? 0 : 1));
    held.back().label.push_back({"what", "route"});
    if (one.checked) {
      std::chrono::duration<double> const since = now - *one.checked;
      age.push_back(labelled("route", route, since.count()));
    }
  }
  out.gauge(
      "validation_findings", "What the last comparison with the systems found", std::move(findings)
  );
  out.counters("drifts_total", "Changes of the systems under rules", std::move(drifts));
  out.gauge("held", "Rules and routes held because of findings", std::move(held));
  out.gauge("validation_age_seconds", "Time since the last complete comparison", std::move(age));
  if (!taken) return out.text();
  std::vector<ClientMetric> accepted, refused;
  for (auto const& [connection, count] : taken->counts()) {
    accepted.push_back(counted("connection", connection, count.accepted));
    refused.push_back(counted("connection", connection, count.refused));
  }
  out.counters("hooks_accepted_total", "Webhooks that brought a poll forward", std::move(accepted));
  out.counters("hooks_refused_total", "Webhooks that nobody vouched for", std::move(refused));
  return out.text();
}

}  // namespace connector::command
