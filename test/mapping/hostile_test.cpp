#include <gtest/gtest.h>
#include <random>

#include "connector/mapping/map_test.hpp"
#include "connector/mapping/preview.hpp"
#include "test/mapping/support.hpp"

/// Whatever a file or a record holds, compiling and evaluating end and do not throw.
namespace connector::mapping::test {
namespace {

std::string shipped(char const* name) {
  return disk_files()(std::string{PROJECT_DIR "/mappings/"} + name).value();
}

/// Changes a text in a few places: bytes, lines moved, doubled and dropped, fragments of the
/// language.
class mutator {
 public:
  explicit mutator(std::uint32_t seed) : random_{seed} {}

  std::string operator()(std::string text) {
    static constexpr std::array<std::string_view, 20> fragments{
        "<->", "->", "<-", "any", "unset", "park", "leave", "otherwise: ", "${x}", "{",
        "}",   "[",  "]",  "\"",  "'",     "\n",   ": ",    "- ",          "\xff", "{displayName:"};
    auto const changes = 1 + pick(4);
    for (std::size_t i = 0; i < changes && !text.empty(); ++i) {
      auto const at = pick(text.size());
      switch (pick(5)) {
        case 0:
          text[at] = static_cast<char>(pick(256));
          break;
        case 1:
          text.erase(at, 1 + pick(12));
          break;
        case 2:
          text.insert(at, fragments[pick(fragments.size())]);
          break;
        case 3:
          text.insert(at, text.substr(pick(text.size()), pick(60)));
          break;
        case 4: {
          auto const from = text.rfind('\n', at);
          auto const to = text.find('\n', at);
          if (from == std::string::npos || to == std::string::npos) break;
          auto const line = text.substr(from, to - from);
          text.erase(from, to - from);
          text.insert(text.find('\n', pick(text.size())) % text.size(), line);
          break;
        }
      }
    }
    return text;
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }

  std::mt19937 random_;
};

core::value hostile_value(std::mt19937& random, int depth = 0) {
  switch (random() % (depth < 3 ? 10 : 8)) {
    case 0:
      return nullptr;
    case 1:
      return true;
    case 2:
      return static_cast<std::int64_t>(random()) - 5;
    case 3:
      return 1e300;
    case 4:
      return "";
    case 5:
      return core::value(std::string(random() % 5000, 'x') + "\xff\xfe");
    case 6:
      return "resolved";
    case 7:
      return "</td><script>[code]{displayName}@here\u202e";
    case 8: {
      boost::json::array a;
      for (auto n = random() % 5; n > 0; --n) a.push_back(hostile_value(random, depth + 1));
      return a;
    }
    default: {
      core::record o;
      for (auto const* key : {"title", "value", "evidence", "@odata.type"}) {
        if (random() % 2) o[key] = hostile_value(random, depth + 1);
      }
      return o;
    }
  }
}

core::record hostile_record(model const& m, std::mt19937& random) {
  core::record r;
  for (auto const& f : m.fields) {
    if (random() % 3) r[f.name] = hostile_value(random);
  }
  return r;
}

void try_on_anything(compiled const& done, std::mt19937& random) {
  for (int i = 0; i < 3; ++i) {
    auto const incident = hostile_record(*done.as_data->incident, random);
    auto const ticket = hostile_record(*done.as_data->ticket, random);
    auto const p = preview(*done.map, incident, ticket, {}, {});
    to_text(p);
    for (auto const& r : done.map->rules()) {
      view const now{incident, ticket, {}, {}};
      r->corresponds({}, {}, now);
      r->corresponds({hostile_value(random)}, {hostile_value(random)}, now);
      r->rank(side::ticket, {hostile_value(random)});
      r->merged({hostile_value(random)}, {hostile_value(random)}, now);
      r->hinders_merging(incident);
    }
  }
}

TEST(Hostile, AMutatedMapGivesFindingsAndNeverThrows) {
  constexpr int maps = 6000;
  auto const incident_map = shipped("servicenow-incident.yaml");
  auto const sir_map = shipped("servicenow-sir.yaml");
  std::mt19937 random{4711};
  int usable = 0;

  for (int seed = 0; seed < maps; ++seed) {
    auto const text = mutator{static_cast<std::uint32_t>(seed)}(seed % 2 ? incident_map : sir_map);
    SCOPED_TRACE(seed);
    compiled done;
    ASSERT_NO_THROW(done = compile_text(text));
    ASSERT_EQ(done.map == nullptr, has_errors(done.findings));
    for (auto const& f : done.findings) ASSERT_FALSE(f.text.empty());
    if (!done.map) continue;
    ++usable;
    if (seed % 10) continue;
    ASSERT_NO_THROW(run_tests(done, memory_files{}.reader()));
    ASSERT_NO_THROW(try_on_anything(done, random));
  }

  EXPECT_GT(usable, maps / 20) << "the mutations are too wild to test evaluation";
  EXPECT_LT(usable, maps) << "the mutations are too tame to test the compiler";
}

TEST(Hostile, TruncatedMapsNeverThrow) {
  auto const text = shipped("servicenow-incident.yaml");

  for (std::size_t bytes = 0; bytes < text.size(); bytes += 37) {
    ASSERT_NO_THROW(compile_text(text.substr(0, bytes))) << bytes;
  }
}

TEST(Hostile, NoiseNeverThrows) {
  std::mt19937 random{99};
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (auto n = random() % 80; n > 0; --n) text += " \n-:[]{}\"'#&*!|>%@`,?ab1"[random() % 24];
    ASSERT_NO_THROW(compile_text(text)) << text;
  }
}

TEST(Hostile, AMapAsLargeAsAFileMayBeCompiles) {
  std::string text =
      "mapping: m\nversion: 1\nincident: defender\nticket: servicenow/incident\nopen: all\nrules:\n"
      "  - incident: displayName\n    ticket: u_a\n    sync: both\n    values:\n";
  for (int i = 0; i < 30'000; ++i) {
    text += "      - a" + std::to_string(i) + " <-> b" + std::to_string(i) + "\n";
  }
  text += "      - otherwise: leave\n";

  auto const done = compile_text(text);

  ASSERT_TRUE(done.map) << shown(done.findings);
  auto const incident = object(R"({"displayName": "a29999"})");
  EXPECT_EQ(
      done.map->rules().front()->put(side::ticket, {incident, {}, {}, {}}).value,
      core::group{"b29999"}
  );
}

TEST(Hostile, AFolderIsNoFile) {
  auto const text = disk_files()(PROJECT_DIR);

  EXPECT_FALSE(text);
}

TEST(Hostile, AnyRecordIsReadWithoutThrowing) {
  std::mt19937 random{7};
  for (auto const* name : {"servicenow-incident.yaml", "servicenow-sir.yaml"}) {
    auto const done = compile_text(shipped(name));
    ASSERT_TRUE(done.map);
    for (int i = 0; i < 300; ++i) ASSERT_NO_THROW(try_on_anything(done, random));
  }
}

TEST(Hostile, ATicketTextStaysWithinWhatTheFieldHolds) {
  auto const done = compile_text(shipped("servicenow-incident.yaml"));
  std::mt19937 random{3};
  core::record const none;
  for (int i = 0; i < 200; ++i) {
    auto const incident = hostile_record(*done.as_data->incident, random);
    auto const p = preview(*done.map, incident, std::nullopt, {}, {});
    for (auto const& c : p.ticket) {
      auto const* type = done.as_data->ticket->find(c.field);
      auto const* text = c.after.if_string();
      if (!text || type->length_max == 0) continue;
      EXPECT_LE(length_of({text->data(), text->size()}), type->length_max) << c.field;
    }
  }
}

}  // namespace
}  // namespace connector::mapping::test
