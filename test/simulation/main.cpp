#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <poll.h>
#include <sstream>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/simulation/shrink.hpp"
#include "test/simulation/world.hpp"

/// Plays many worlds and says which of them broke a promise. Each job is a process of its own: a
/// world that crashes is a finding too, and takes nothing else with it.
namespace simulation {
namespace {

struct options {
  std::uint64_t worlds = 1000;
  std::uint64_t seed = 1;
  std::string system = "servicenow";
  unsigned jobs = 1;
  std::string without = "none";
  std::string replay;
  bool no_shrink = false;
  bool must_fail = false;
  bool counts = false;
  bool journal = false;
  int failures_max = 5;
  std::string root = PROJECT_DIR;
};

/// Shared by all jobs.
struct progress {
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> done{0};
  std::atomic<std::uint64_t> failed{0};
  std::atomic<std::uint64_t> playing[64]{};  ///< the seed each job is at, plus one
};

void print(script const& s, pairing const& with, outcome const& of, std::ostream& out) {
  auto const incidents = with.incidents(s.incidents);
  auto const tickets = with.tickets(s.tickets, {});
  out << "seed " << s.seed << ", " << s.system << ", map "
      << with.maps[static_cast<std::size_t>(s.map) % with.maps.size()] << ", polls every "
      << s.poll_every.count() / 1000 << " s, sweeps every " << s.sweep_every.count() / 1000
      << " s, latency " << s.latency.count() << " ms\n"
      << "Defender: " << (s.incidents.hard ? "hard" : "observed") << ", pages of "
      << s.incidents.page_rows << ", clock off by " << s.skew_incidents.count()
      << " ms; tickets: " << (s.tickets.hard ? "hard" : "observed") << ", pages of "
      << s.tickets.page_rows << ", clock off by " << s.skew_tickets.count() << " ms\n";
  for (auto const& e : s.events) out << "  " << to_text(e, *incidents, *tickets) << '\n';
  for (auto const& v : of.violations) out << "  => " << v << '\n';
  out << "replay: " << boost::json::serialize(to_json(s)) << std::endl;
}

/// The words of a complaint without names and values: the same promise is broken.
std::string kind_of(std::string const& complaint) {
  std::istringstream words{complaint};
  std::string out;
  std::string word;
  for (int kept = 0; kept < 6 && words >> word;) {
    if (word.find_first_of("0123456789[\"") != word.npos || word.size() > 15) continue;
    out += word + ' ';
    ++kept;
  }
  return out;
}

bool report(
    script s,
    outcome const& of,
    pairing const& with,
    atlas const& maps,
    mutation without,
    bool shrinks
) {
  std::ostringstream text;
  text << "FAILED seed " << s.seed << ": " << of.violations.front() << '\n';
  if (shrinks) {
    auto const words = kind_of(of.violations.front());
    auto const fails = [&](script const& smaller) {
      auto const again = play(smaller, with, maps, without);
      return std::any_of(again.violations.begin(), again.violations.end(), [&](auto const& v) {
        return kind_of(v) == words;
      });
    };
    auto const small = shrink(s, fails);
    print(small, with, play(small, with, maps, without), text);
  }
  std::cout << text.str() << std::flush;
  return false;
}

/// One job: takes the next seed until there are no more, and writes its counts to `to`.
void work(
    options const& o, pairing const& with, atlas const& maps, progress& shared, unsigned job, int to
) {
  auto const without = o.without == "none" ? mutation::none : *mutation_from(o.without);
  std::map<std::string, std::uint64_t> events;
  while (true) {
    auto const index = shared.next++;
    if (index >= o.worlds) break;
    if (shared.failed >= static_cast<std::uint64_t>(o.failures_max)) break;
    auto const s = draw(o.seed + index, with);
    shared.playing[job] = s.seed + 1;
    auto const of = play(s, with, maps, without);
    if (index % 100 == 0 && play(s, with, maps, without).digest != of.digest) {
      ++shared.failed;
      std::cout << "FAILED seed " << s.seed << ": played twice, it went two ways\n" << std::flush;
    }
    for (auto const& [kind, count] : of.events) events[kind] += static_cast<std::uint64_t>(count);
    events["calls"] += of.calls;
    if (!of.violations.empty() && ++shared.failed <= static_cast<std::uint64_t>(o.failures_max)) {
      report(s, of, with, maps, without, !o.no_shrink);
    }
    ++shared.done;
  }
  shared.playing[job] = 0;
  std::ostringstream text;
  for (auto const& [kind, count] : events) text << count << ' ' << kind << '\n';
  auto const all = text.str();
  for (std::size_t at = 0; at < all.size();) {
    auto const n = ::write(to, all.data() + at, all.size() - at);
    if (n <= 0) break;
    at += static_cast<std::size_t>(n);
  }
}

class bar {
 public:
  explicit bar(std::uint64_t worlds) : worlds_{worlds}, shows_{::isatty(STDERR_FILENO) == 1} {}
  void show(std::uint64_t done) {
    if (!shows_) return;
    constexpr std::uint64_t width = 40;
    auto const filled = worlds_ == 0 ? width : done * width / worlds_;
    std::cerr << '\r' << '[' << std::string(filled, '#') << std::string(width - filled, ' ') << "] "
              << done << '/' << worlds_ << ", " << static_cast<long>(rate(done)) << " worlds/s "
              << std::flush;
  }
  void clear() {
    if (shows_) std::cerr << "\r\033[K" << std::flush;
  }
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  }
  [[nodiscard]] double rate(std::uint64_t done) const {
    return static_cast<double>(done) / std::max(seconds(), 1e-3);
  }

 private:
  std::uint64_t worlds_;
  bool shows_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

int simulate(options const& o, pairing const& with, atlas const& maps) {
  void* memory =
      ::mmap(nullptr, sizeof(progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  auto& shared = *new (memory) progress;
  auto const jobs = std::clamp(o.jobs, 1u, 64u);
  std::vector<pid_t> children;
  std::vector<pollfd> ends;
  std::cout << std::flush;
  for (unsigned i = 0; i < jobs; ++i) {
    std::array<int, 2> pipe_ends{};
    if (::pipe(pipe_ends.data()) != 0) return 1;
    auto const child = ::fork();
    if (child == 0) {
      ::close(pipe_ends[0]);
      work(o, with, maps, shared, i, pipe_ends[1]);
      std::cout << std::flush;
      ::_exit(0);
    }
    ::close(pipe_ends[1]);
    children.push_back(child);
    ends.push_back({pipe_ends[0], POLLIN, 0});
  }
  bar progress_bar{o.worlds};
  std::vector<std::string> texts(jobs);
  auto open = jobs;
  while (open > 0) {
    ::poll(ends.data(), ends.size(), 250);
    for (unsigned i = 0; i < jobs; ++i) {
      if (ends[i].fd < 0 || ends[i].revents == 0) continue;
      std::array<char, 4096> some{};
      auto const n = ::read(ends[i].fd, some.data(), some.size());
      if (n > 0) {
        texts[i].append(some.data(), static_cast<std::size_t>(n));
        continue;
      }
      ::close(ends[i].fd);
      ends[i].fd = -1;
      --open;
    }
    progress_bar.show(shared.done);
  }
  progress_bar.clear();
  for (unsigned i = 0; i < jobs; ++i) {
    int status = 0;
    ::waitpid(children[i], &status, 0);
    if (status != 0) {
      ++shared.failed;
      std::cout << "FAILED seed " << shared.playing[i] - 1 << ": the job died (status " << status
                << ")\n";
    }
  }
  std::map<std::string, std::uint64_t> events;
  for (auto const& text : texts) {
    std::istringstream lines{text};
    std::uint64_t count = 0;
    std::string kind;
    while (lines >> count && std::getline(lines >> std::ws, kind)) events[kind] += count;
  }
  rusage use{};
  ::getrusage(RUSAGE_CHILDREN, &use);
  auto const cpu = static_cast<double>(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
                   static_cast<double>(use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1e-6;
  auto const done = shared.done.load();
  std::cout << done << " worlds of " << with.name << " from seed " << o.seed << ", "
            << shared.failed << " violations; " << static_cast<long>(progress_bar.rate(done))
            << " worlds/s, " << static_cast<long>(static_cast<double>(done) / std::max(cpu, 1e-3))
            << " per second of one core, at most " << use.ru_maxrss / 1024 << " MiB\n";
  if (o.counts) {
    for (auto const& [kind, count] : events) std::cout << "  " << count << "  " << kind << '\n';
  }
  return (shared.failed > 0) == o.must_fail ? 0 : 1;
}

/// In the system that the script names.
int replay(options const& o) {
  std::ifstream in{o.replay};
  std::stringstream text;
  text << in.rdbuf();
  auto const s = script_from(boost::json::parse(text.str()).as_object());
  auto const* found = find_pairing(s.system);
  if (found == nullptr) throw std::runtime_error{"no such system: " + s.system};
  auto const& with = *found;
  atlas const maps{with, o.root};
  auto const without = o.without == "none" ? mutation::none : *mutation_from(o.without);
  auto const of = play(s, with, maps, without, o.journal);
  for (auto const& line : of.journal) std::cout << line << '\n';
  print(s, with, of, std::cout);
  return of.violations.empty() ? 0 : 1;
}

}  // namespace
}  // namespace simulation

int main(int argc, char** argv) {
  simulation::options o;
  CLI::App app{"Plays worlds, one a seed, in which the service and two systems meet every fault."};
  app.add_option("--worlds", o.worlds, "how many")->capture_default_str();
  app.add_option("--seed", o.seed, "of the first one")->capture_default_str();
  app.add_option("--system", o.system, "the ticket system")->capture_default_str();
  app.add_option("--jobs", o.jobs, "processes at work")->capture_default_str();
  app.add_option("--without", o.without, "take a safeguard away: see README.md");
  app.add_option("--replay", o.replay, "play the script in this file");
  app.add_option("--failures", o.failures_max, "stop after so many")->capture_default_str();
  app.add_flag("--no-shrink", o.no_shrink, "only name the seeds that fail");
  app.add_flag("--must-fail", o.must_fail, "exit code 0 if a promise was broken, 1 if none was");
  app.add_flag("--journal", o.journal, "with --replay: everything that became durable");
  app.add_flag("--counts", o.counts, "say how often each thing happened");
  app.add_option("--root", o.root, "the repository")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  auto const* with = simulation::find_pairing(o.system);
  if (with == nullptr) {
    std::cerr << "no such system: " << o.system << '\n';
    return 2;
  }
  if (o.without != "none" && !simulation::mutation_from(o.without)) {
    std::cerr << "no such safeguard: " << o.without << '\n';
    return 2;
  }
  try {
    if (!o.replay.empty()) return simulation::replay(o);
    simulation::atlas const maps{*with, o.root};
    return simulation::simulate(o, *with, maps);
  } catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 2;
  }
}
