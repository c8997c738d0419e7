#include "connector/command/metrics.hpp"

#include <chrono>
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
  out.gauge("poll_age_seconds", "Time since the last complete poll", std::move(age));
  return out.text();
}

}  // namespace connector::command
