#include "connector/command/live_check.hpp"

#include <algorithm>
#include <tuple>

namespace connector::command {
using boost::asio::awaitable;
using mapping::side;

namespace {

sync::connection& at(live_route const& on, side s) {
  return s == side::incident ? *on.from : *on.to;
}

std::string trouble_with(sync::connection const& c, core::error const& why) {
  return c.name + ": " + std::string{core::name(why.code)} + ": " + why.detail;
}

void add(live_report& to, std::vector<mapping::live_finding> more) {
  to.findings.insert(
      to.findings.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end())
  );
}

awaitable<void> compare_side(
    live_route const& on, side s, descriptions const& before, descriptions& now, live_report& to
) {
  auto& c = at(on, s);
  if (!now.contains(c.name)) {
    auto told = co_await c.system->describe();
    if (!told) {
      to.trouble.push_back(trouble_with(c, told.error()));
      co_return;
    }
    now[c.name] = std::move(*told);
  }
  auto const& real = now.at(c.name);
  add(to, mapping::compare(*on.map, s, real));
  auto const known = before.find(c.name);
  if (known != before.end()) add(to, mapping::drift(*on.map, s, known->second, real));
}

awaitable<void> compare_names(live_route const& on, live_report& to) {
  auto const all = mapping::named_entries(*on.map);
  mapping::answers known;
  for (auto s : {side::incident, side::ticket}) {
    std::vector<adapter::question> asked;
    for (auto const& one : all) {
      if (one.question.in == s) asked.push_back(one.question.asked);
    }
    if (asked.empty()) continue;
    auto copy = asked;
    auto answers = co_await at(on, s).system->look_up(std::move(copy));
    if (!answers) {
      to.trouble.push_back(trouble_with(at(on, s), answers.error()));
      continue;
    }
    for (std::size_t i = 0; i < asked.size() && i < answers->size(); ++i) {
      known.add(s, std::move(asked[i]), std::move((*answers)[i]));
    }
  }
  add(to, mapping::check_names(all, known));
}

}  // namespace

awaitable<live_report> compare_live(live_route on, descriptions const& before, descriptions& now) {
  live_report out;
  for (auto s : {side::incident, side::ticket}) {
    co_await compare_side(on, s, before, now, out);
  }
  // A system that could not be asked about itself is not asked about people either.
  if (out.trouble.empty()) co_await compare_names(on, out);
  std::ranges::stable_sort(out.findings, [](auto const& a, auto const& b) {
    return std::tie(a.what.at.file, a.what.at.line, a.what.at.column) <
           std::tie(b.what.at.file, b.what.at.line, b.what.at.column);
  });
  co_return out;
}

void remember(descriptions& known, descriptions const& now) {
  for (auto const& [name, one] : now) {
    if (!one.fields.empty() || !known.contains(name)) known[name] = one;
  }
}

}  // namespace connector::command
