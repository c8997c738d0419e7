#include "adapters/defender/doctor.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "adapters/defender/assertion.hpp"
#include "connector/http/wait.hpp"

namespace adapters::defender {
namespace asio = boost::asio;
namespace adapter = connector::adapter;
namespace core = connector::core;
using adapter::check;

namespace {

using seconds = std::chrono::seconds;
using days = std::chrono::days;

check made(std::string name, check::verdict found, std::string detail) {
  check one;
  one.name = std::move(name);
  one.found = found;
  one.detail = std::move(detail);
  return one;
}

/// None for ways of signing in that need no certificate.
std::optional<check> certificate_check(settings const& chosen, core::time_point now) {
  auto const* with = std::get_if<by_certificate>(&chosen.method);
  if (!with) return std::nullopt;
  auto const name = std::string{"certificate"};
  auto const own = read_certificate(with->certificate_file, with->key_file);
  if (!own) return made(name, check::verdict::bad, own.error().detail);
  auto const end = expiry_of(*own);
  if (!end) return made(name, check::verdict::bad, end.error().detail);
  auto const when = "valid until " + core::format_time_seconds(*end) + " UTC";
  if (*end <= now) return made(name, check::verdict::bad, when + ": renew it");
  if (*end - now < days{30}) return made(name, check::verdict::warning, when + ": renew it soon");
  return made(name, check::verdict::good, when);
}

check clock_check(std::vector<connector::http::header> const& headers, core::time_point now) {
  auto const name = std::string{"clock"};
  auto const theirs = connector::http::parse_http_date(connector::http::find(headers, "Date"));
  if (!theirs)
    return made(name, check::verdict::warning, "Graph's answer has no Date to compare with");
  auto const skew = std::chrono::round<seconds>(now - *theirs);
  auto const apart = std::to_string(std::chrono::abs(skew).count()) + " s " +
                     (skew.count() < 0 ? "behind" : "ahead of") + " Graph's";
  if (std::chrono::abs(skew) <= seconds{30}) return made(name, check::verdict::good, apart);
  // Entra refuses a signed assertion that is minutes off.
  auto const grade =
      std::chrono::abs(skew) > seconds{300} ? check::verdict::bad : check::verdict::warning;
  return made(name, grade, apart + ": let this machine keep time from the network");
}

/// Polling rests on this: a row must be found by its own stamp.
check filter_check(core::result<rows> const& found, std::string const& id) {
  auto const name = std::string{"find changes"};
  if (!found) return made(name, check::verdict::bad, found.error().detail);
  auto const same = [&](core::value const& row) {
    auto const* in = row.if_object();
    return in && core::text_of(core::field(*in, "id")) == id;
  };
  if (std::any_of(found->values.begin(), found->values.end(), same)) {
    return made(name, check::verdict::good, "the newest incident is found by its own stamp");
  }
  return made(
      name,
      check::verdict::warning,
      "incident " + id +
          " was not found by its own lastUpdateDateTime; it may have changed just "
          "now: run this again, and do not rely on polling if it stays so"
  );
}

}  // namespace

asio::awaitable<std::vector<check>> examine(
    client& graph, settings const& chosen, connector::async::clock& clock
) {
  std::vector<check> checks;
  if (auto one = certificate_check(chosen, clock.now())) checks.push_back(std::move(*one));

  auto const signed_in = co_await graph.sign_in();
  if (!signed_in) {
    checks.push_back(made("sign-in", check::verdict::bad, signed_in.error().detail));
    co_return checks;
  }
  checks.push_back(made("sign-in", check::verdict::good, "token for " + chosen.resource));

  auto newest = list_incidents("", "", 1, true);
  auto const found = co_await graph.list_with_headers(std::move(newest));
  if (!found) {
    checks.push_back(made("read incidents", check::verdict::bad, found.error().detail));
    co_return checks;
  }
  auto const& values = found->page.values;
  checks.push_back(made(
      "read incidents",
      check::verdict::good,
      values.empty() ? "permitted; the tenant has no incident" : "permitted"
  ));
  checks.push_back(clock_check(found->headers, clock.now()));

  auto const stamp = values.empty() ? std::string{} : raw_stamp(values.front());
  if (!stamp.empty()) {
    auto const id = core::text_of(core::field(values.front().get_object(), "id"));
    auto same = list_incidents(stamp, stamp, chosen.page_rows);
    auto const again = co_await graph.list(std::move(same));
    checks.push_back(filter_check(again, id));
  }
  checks.push_back(made(
      "write incidents",
      check::verdict::good,
      "not tried, since trying would write; it needs SecurityIncident.ReadWrite.All"
  ));
  co_return checks;
}

}  // namespace adapters::defender
