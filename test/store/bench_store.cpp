// Figures of the SQLite store: bench_store [links] [folder]. Fills a store, then measures opening
// it, the reads and commits of a batch, and memory. In a folder that was given the store stays: a
// second run finds it filled, so that its memory is that of a service and not of the filling.
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <sys/resource.h>

#include "connector/core/digest.hpp"
#include "connector/store/journal_chain.hpp"
#include "connector/store/sqlite.hpp"
#include "support.hpp"

namespace connector::store {
namespace {

constexpr std::size_t batch = 200;

double seconds(std::function<void()> const& work) {
  auto const start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Processor time of all threads, in and for this process.
double processor_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  auto const of = [](timeval const& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

double resident_mib() {
  std::ifstream status{"/proc/self/statm"};
  long pages = 0, resident = 0;
  status >> pages >> resident;
  return static_cast<double>(resident) * 4096 / (1 << 20);
}

std::string key_of(std::size_t i) { return core::short_key("link " + std::to_string(i)); }

/// As large as a link of a map with eight rules.
link bench_link(std::size_t i) {
  auto l = simple_link(std::to_string(i));
  l.id = key_of(i);
  l.incident_id = std::to_string(100'000 + i);
  l.ticket_id = core::sha256_hex(l.incident_id).substr(0, 32);
  l.ticket_label = "INC" + std::to_string(10'000'000 + i);
  l.ticket_url = "https://example.service-now.com/nav_to.do?uri=incident.do?sys_id=" + l.ticket_id;
  l.incident_url = "https://security.microsoft.com/incident2/" + l.incident_id + "/overview";
  l.bases.edit()["title"] = {
      {"Suspicious sign-in from an unusual place involving one user"},
      {"Suspicious sign-in from an unusual place involving one user"}};
  l.bases.edit()["status"] = {{"active"}, {"1"}};
  l.bases.edit()["severity"] = {{"medium"}, {"2"}};
  l.bases.edit()["assignedTo"] = {{"ann@example.org"}, {"6816f79cc0a8016401c5a33be04be441"}};
  l.bases.edit()["classification"] = {{"truePositive", "malware"}, {"Threat mitigated"}};
  l.bases.edit()["tags"] = {{boost::json::array{"one", "two"}}, {"one,two"}};
  l.bases.edit()["alerts"] = {
      {{{"sha256", core::sha256_hex("x")}, {"bytes", 900}}},
      {{{"sha256", core::sha256_hex("y")}, {"bytes", 1900}}}};
  l.bases.edit()["category"] = {{"constant"}, {"security"}};
  l.map_digest = core::short_key("map");
  l.incident_comments = l.ticket_comments = core::short_key("comments");
  l.incident_version = l.ticket_version = 17'000'000'000'000'000;
  l.created_at = l.changed_at = at(1'790'000'000);
  l.lane = static_cast<int>(i % 4);
  if (i % 10 == 0) l.due = at(1'800'000'000 + static_cast<std::int64_t>(i));
  return l;
}

std::unique_ptr<store> opened(std::string const& path) {
  sqlite_settings settings;
  settings.path = path;
  return good(open_sqlite(settings));
}

void report(char const* what, double value, char const* unit) {
  std::printf("%-52s %12.1f %s\n", what, value, unit);
  std::fflush(stdout);
}

void fill(store& in, std::size_t count) {
  constexpr std::size_t at_once = 5000;
  for (std::size_t first = 0; first < count; first += at_once) {
    changes all;
    for (auto i = first; i < std::min(count, first + at_once); ++i) {
      all.links.push_back(bench_link(i));
    }
    put(in, std::move(all));
  }
}

/// The numbers of a batch of links among the newest `among` of `count`.
std::vector<std::size_t> some_of(std::size_t count, std::size_t among, std::mt19937_64& random) {
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < batch; ++i) numbers.push_back(count - 1 - random() % among);
  return numbers;
}

/// What the sync does with a batch: read the links by incident, record the writes to come with a
/// journal line each, then their outcome with another.
void measure_batches(store& in, std::size_t count, std::size_t among) {
  std::printf("-- batches of 200 among the newest %zu links\n", among);
  constexpr int rounds = 50;
  std::mt19937_64 random{1};
  double reading = 0, first = 0, second = 0;
  auto const processor = processor_seconds();
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::string> incidents;
    for (auto const i : some_of(count, among, random))
      incidents.push_back(std::to_string(100'000 + i));
    std::vector<link> found;
    reading += seconds([&] { found = good(run(in.links_by_incident("defender", incidents))); });

    changes before = with_links(found);
    for (auto& l : before.links) {
      auto& o = l.outstanding.emplace();
      o.fields = {{"state", "6"}, {"close_code", "Threat mitigated"}, {"close_notes", "done"}};
      o.derived["status"] = {"resolved"};
      o.sent_at = at(1'795'000'000);
      o.epoch = "0123456789";
      l.due = at(1'795'000'300);
      before.journal.push_back({0, o.sent_at, l.id, "sent", o.fields, ""});
    }
    first += seconds([&] { put(in, before); });

    changes after = with_links(found);
    for (auto& l : after.links) {
      l.ticket_version += 1 + round;
      l.bases.edit()["status"] = {{"resolved"}, {"6"}};
      after.journal.push_back({0, at(1'795'000'001), l.id, "settled", {{"outcome", "applied"}}, ""}
      );
    }
    second += seconds([&] { put(in, after); });
  }
  report(
      "processor time of a batch, this client's included",
      (processor_seconds() - processor) / rounds * 1e3,
      "ms"
  );
  report("read 200 links by incident", reading / rounds * 1e3, "ms");
  report("commit 200 links and 200 journal lines, intent", first / rounds * 1e3, "ms");
  report("commit 200 links and 200 journal lines, outcome", second / rounds * 1e3, "ms");
  report("links a second through all three", rounds * batch / (reading + first + second), "/s");
}

void measure_single(store& in, std::size_t count) {
  constexpr int rounds = 500;
  std::mt19937_64 random{2};
  auto const alone = seconds([&] {
    for (int i = 0; i < rounds; ++i) put(in, with_links({bench_link(random() % count)}));
  });
  report("commits of one link, one after another", rounds / alone, "/s");

  boost::asio::io_context loop;
  std::vector<std::future<core::result<void>>> all;
  auto const together = seconds([&] {
    for (int i = 0; i < rounds; ++i) {
      changes one = with_links({bench_link(random() % count)});
      auto work = in.commit(std::move(one));
      all.push_back(boost::asio::co_spawn(loop, std::move(work), boost::asio::use_future));
    }
    loop.run();
  });
  for (auto& each : all) EXPECT_TRUE(each.get().has_value());
  report("commits of one link, 500 at once", rounds / together, "/s");
}

void measure_questions(store& in, std::size_t count) {
  auto const ms = [](char const* what, std::function<void()> const& work) {
    constexpr int rounds = 20;
    report(
        what,
        seconds([&] {
          for (int i = 0; i < rounds; ++i) work();
        }) / rounds *
            1e3,
        "ms"
    );
  };
  ms("count", [&] { good(run(in.count())); });
  ms("next_due", [&] { good(run(in.next_due())); });
  ms("links_due, none due", [&] { good(run(in.links_due(at(0), 200))); });
  ms("links_due, 200 of many", [&] { good(run(in.links_due(at(2'000'000'000), 200))); });
  link_filter rare;
  rare.state = link_state::opening;
  ms("list_links, a state that none is in", [&] { good(run(in.list_links(rare, "", 100))); });
  link_filter named;
  named.text = "INC" + std::to_string(10'000'000 + count / 2);
  ms("list_links, by ticket label", [&] { good(run(in.list_links(named, "", 100))); });
  link_filter busy;
  busy.state = link_state::linked;
  busy.route = "route";
  ms("list_links, a page of 100", [&] { good(run(in.list_links(busy, key_of(1), 100))); });
}

void measure_codec() {
  constexpr int rounds = 20'000;
  auto const l = bench_link(1);
  auto const body = link_body(l);
  report("body of a link", static_cast<double>(body.size()), "bytes");
  report(
      "write a body",
      seconds([&] {
        for (int i = 0; i < rounds; ++i) link_body(l);
      }) / rounds *
          1e6,
      "us"
  );
  report(
      "read a body",
      seconds([&] {
        for (int i = 0; i < rounds; ++i) {
          link into;
          EXPECT_TRUE(read_link_body(body, into).has_value());
        }
      }) / rounds *
          1e6,
      "us"
  );
}

}  // namespace
}  // namespace connector::store

int main(int argc, char** argv) {
  using namespace connector::store;
  std::size_t const count = argc > 1 ? std::stoul(argv[1]) : 1'000'000;
  scratch_folder scratch;
  auto const path = argc > 2 ? std::string{argv[2]} + "/bench.db" : scratch.file();

  report("resident before opening", resident_mib(), "MiB");
  auto in = opened(path);
  if (good(run(in->count())).links != count) {
    report("resident with an empty store", resident_mib(), "MiB");
    auto const filling = seconds([&] { fill(*in, count); });
    report("links inserted a second, filling", static_cast<double>(count) / filling, "/s");
    report("clean close", seconds([&] { in.reset(); }) * 1e3, "ms");
  }
  in.reset();
  report("file", static_cast<double>(std::filesystem::file_size(path)) / (1 << 20), "MiB");

  report("open", seconds([&] { in = opened(path); }) * 1e3, "ms");
  report("resident with these links", resident_mib(), "MiB");
  measure_batches(*in, count, std::min<std::size_t>(count, 10'000));
  measure_batches(*in, count, count);
  measure_single(*in, count);
  measure_questions(*in, count);
  measure_codec();
  report("resident at the end", resident_mib(), "MiB");
  in.reset();
  std::ofstream{path + "-wal"} << "left behind";
  report(
      "open after an unclean stop (quick_check)", seconds([&] { in = opened(path); }) * 1e3, "ms"
  );
  report("resident after the check", resident_mib(), "MiB");
}
