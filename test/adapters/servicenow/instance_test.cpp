// The adapter against a simulated instance, over the simulated transport: no socket, no script.
#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "test/simulators/faults.hpp"
#include "test/simulators/servicenow/servicenow.hpp"
#include "test/simulators/transport.hpp"
#include "world.hpp"

namespace servicenow_test {
namespace {

using core::effect;
using core::errc;
using simulators::fault_kind;
using simulators::servicenow_settings;
using verdict = adapter::check::verdict;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

/// Sleeping moves the time.
class jumping_clock final : public async::clock {
 public:
  core::time_point now() const override { return wall; }
  steady_point steady_now() const override { return steady; }
  boost::asio::awaitable<bool> wait_until(steady_point deadline) override {
    if (deadline > steady) {
      wall += std::chrono::duration_cast<core::ticks>(deadline - steady);
      steady = deadline;
    }
    co_return true;
  }
  void pass(seconds span) {
    wall += span;
    steady += span;
  }

  core::time_point wall = *core::parse_time("2026-03-01 10:00:00");
  steady_point steady{std::chrono::hours{1}};
};

struct Instance : testing::Test {
  explicit Instance(servicenow_settings with = {}) : service{std::move(with), clock.wall} {
    transport.route("https://instance.service-now.com", service, &faults);
    connect([](auto&) {});
  }

  void connect(std::function<void(servicenow::settings&)> const& change) {
    servicenow::settings with;
    with.base_url = "https://instance.service-now.com";
    with.credential = servicenow::basic_sign_in{
        service.settings().user_name, core::secret{service.settings().password}};
    change(with);
    adapter::surroundings around{"itsm", transport, clock, *random};
    system = servicenow::make_system(std::move(with), around);
  }

  adapter::creation creation(std::string key, core::record fields = {}) {
    adapter::creation one;
    one.key = std::move(key);
    fields["short_description"] = "incident " + one.key;
    one.fields = std::move(fields);
    return one;
  }

  std::string create(std::string key, core::record fields = {}) {
    auto const got = run(system->create_all({creation(key, std::move(fields))}, wanting({})));
    EXPECT_TRUE(got[0]) << got[0].error().detail;
    return got[0]->stored.id;
  }

  core::result<adapter::receipt> update(std::string id, core::record fields) {
    adapter::update one;
    one.id = std::move(id);
    one.fields = std::move(fields);
    return run(system->update_all({one}, wanting({})))[0];
  }

  core::result<adapter::receipt> comment(std::string id, std::string text) {
    adapter::new_comment one;
    one.object_id = std::move(id);
    one.text = std::move(text);
    one.place = "work_notes";
    return run(system->comment_all({one}, wanting({})))[0];
  }

  adapter::object read(
      std::string id, std::vector<std::string> fields = {}, bool comments = false
  ) {
    auto const got = run(system->read({id}, wanting(std::move(fields), comments)));
    EXPECT_TRUE(got) << got.error().detail;
    return got ? got->at(0) : adapter::object{};
  }

  /// All pages from `from` on; counts how often each record came.
  std::map<std::string, int> poll(std::string_view from, std::size_t rows_max) {
    std::map<std::string, int> seen;
    adapter::change_query asked;
    asked.from = *core::parse_time(from);
    asked.rows_max = rows_max;
    asked.wants = wanting({"state"});
    for (int pages = 0; pages < 1000; ++pages) {
      auto const page = run(system->changes(asked));
      EXPECT_TRUE(page) << page.error().detail;
      if (!page) break;
      for (auto const& row : page->rows) ++seen[row.id];
      if (page->continuation.empty()) return seen;
      asked.continuation = page->continuation;
    }
    ADD_FAILURE() << "the pages do not end";
    return seen;
  }

  jumping_clock clock;
  simulators::servicenow service;
  simulators::faults faults;
  simulators::simulated_transport transport{clock};
  std::unique_ptr<async::random> random = async::make_seeded_random(1);
  std::unique_ptr<adapter::system> system;
};

TEST_F(Instance, CreatesATicketThatIsFoundByItsKeyAndInTheChanges) {
  auto const id = create("key1", {{"impact", "1"}, {"urgency", "2"}});
  clock.pass(seconds{1});

  auto const found = run(system->find({"key0", "key1"}, wanting({"priority"})));

  ASSERT_TRUE(found) << found.error().detail;
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(found->at(0).key, "key1");
  EXPECT_EQ(found->at(0).found.id, id);
  EXPECT_EQ(found->at(0).found.fields.at("priority"), "2");
  EXPECT_EQ(poll("2026-03-01 09:00:00", 10), (std::map<std::string, int>{{id, 1}}));
}

TEST_F(Instance, CreatesManyByBatchEachOnItsOwn) {
  std::vector<adapter::creation> many;
  for (int i = 0; i < 120; ++i) many.push_back(creation("key" + std::to_string(i)));
  many[7].fields["state"] = "6";  // needs close_code and close_notes

  auto const got = run(system->create_all(many, wanting({})));

  EXPECT_EQ(transport.calls("/api/now/v1/batch"), 3u);
  EXPECT_EQ(
      transport.calls(),
      (std::map<std::string, std::uint64_t>{
          {"POST https://instance.service-now.com/api/now/v1/batch", 3}})
  );
  for (std::size_t i = 0; i < many.size(); ++i) {
    if (i == 7) {
      ASSERT_FALSE(got[i]);
      EXPECT_EQ(got[i].error().code, errc::rejected);
      EXPECT_THAT(got[i].error().fields, ElementsAre("close_code", "close_notes"));
    } else {
      EXPECT_TRUE(got[i]) << got[i].error().detail;
    }
  }
  EXPECT_EQ(service.tickets_by_correlation("incident").size(), 119u);
}

TEST_F(Instance, ReportsWhatABatchDidNotGetTo) {
  service.settings().batch_requests_serviced = 2;
  std::vector<adapter::creation> const three{creation("k1"), creation("k2"), creation("k3")};

  auto const got = run(system->create_all(three, wanting({})));

  EXPECT_TRUE(got[0] && got[1]);
  ASSERT_FALSE(got[2]);
  EXPECT_EQ(got[2].error().effect, effect::none);
  EXPECT_EQ(service.tickets_by_correlation("incident").size(), 2u);
}

TEST_F(Instance, FindsEveryChangeOfManyInTheSameSecond) {
  std::set<std::string> created;
  for (int i = 0; i < 45; ++i) {
    created.insert(create("key" + std::to_string(i)));
    if (i % 15 == 0) clock.pass(seconds{1});
  }
  clock.pass(seconds{1});

  auto const seen = poll("2026-03-01 09:00:00", 7);

  EXPECT_EQ(seen.size(), created.size());
  for (auto const& id : created) EXPECT_EQ(seen.contains(id) ? seen.at(id) : 0, 1);
}

TEST_F(Instance, FindsWhatStandsBehindHiddenRows) {
  std::vector<std::string> ids;
  for (int i = 0; i < 30; ++i) {
    ids.push_back(create("key" + std::to_string(i)));
    clock.pass(seconds{1});
  }
  // Some within pages of seven, and more than a page in a row.
  for (int i : {1, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24}) {
    service.hide(ids[static_cast<std::size_t>(i)], true, clock.wall);
  }

  auto const seen = poll("2026-03-01 09:00:00", 7);

  EXPECT_EQ(seen.size(), 11u);
  EXPECT_TRUE(seen.contains(ids.back()));
}

TEST_F(Instance, LeavesForeignTicketsOutOfTheChanges) {
  service.create_record("incident", {{"short_description", "not ours"}}, "admin", clock.wall);
  auto const ours = create("key1");
  clock.pass(seconds{1});
  EXPECT_EQ(poll("2026-03-01 09:00:00", 10), (std::map<std::string, int>{{ours, 1}}));
}

TEST_F(Instance, NeedsOneCallForAPollWithoutChanges) {
  create("key1");
  clock.pass(seconds{600});
  transport.forget_calls();

  EXPECT_TRUE(poll("2026-03-01 10:05:00", 200).empty());

  EXPECT_EQ(transport.calls(""), 1u);
}

TEST_F(Instance, SeesEachChangeAsANewVersion) {
  auto const id = create("key1");
  auto const before = read(id, {"state"});
  clock.pass(seconds{5});

  service.edit(id, {{"state", "2"}}, "itil", clock.wall);

  auto const after = read(id, {"state"});
  EXPECT_GT(after.version, before.version);
  EXPECT_EQ(after.fields.at("state"), "2");
  EXPECT_GT(after.changed_at, before.changed_at);
}

TEST_F(Instance, TellsWhatIsGone) {
  auto const kept = create("key1");
  auto const removed = create("key2");
  auto const hidden = create("key3");
  service.remove(removed, clock.wall);
  service.hide(hidden, true, clock.wall);

  auto const got = run(system->read({removed, kept, hidden}, wanting({})));

  ASSERT_TRUE(got);
  EXPECT_EQ(got->at(0).presence, adapter::presence::gone);
  EXPECT_EQ(got->at(1).presence, adapter::presence::present);
  EXPECT_EQ(got->at(2).presence, adapter::presence::gone);
  EXPECT_EQ(update(removed, {{"state", "2"}}).error().code, errc::not_found);
}

TEST_F(Instance, ReportsAPriorityThatWasComputedAnew) {
  auto const id = create("key1", {{"impact", "2"}, {"urgency", "2"}});
  auto const got = update(id, {{"priority", "1"}});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->stored.fields.at("priority"), "3");
}

TEST_F(Instance, ReportsAnAbortedWriteAsItIsAnswered) {
  auto const id = create("key1");
  service.close(id, "admin", clock.wall);

  service.settings().aborted_write = servicenow_settings::abort_answer::unchanged;
  auto const silent = update(id, {{"short_description", "late"}});
  ASSERT_TRUE(silent);
  EXPECT_NE(silent->stored.fields.at("short_description"), "late");

  service.settings().aborted_write = servicenow_settings::abort_answer::forbidden;
  auto const loud = update(id, {{"short_description", "late"}});
  ASSERT_FALSE(loud);
  EXPECT_EQ(loud.error().code, errc::rejected);
  EXPECT_EQ(loud.error().effect, effect::none);
}

TEST_F(Instance, ClearsWithNullAndReadsEmptyAsNull) {
  auto const id = create("key1", {{"description", "long text"}});
  EXPECT_EQ(read(id, {"description"}).fields.at("description"), "long text");

  ASSERT_TRUE(update(id, {{"description", nullptr}}));

  EXPECT_TRUE(read(id, {"description"}).fields.at("description").is_null());
}

TEST_F(Instance, CopiesCommentsExactlyThereAndBack) {
  auto const id = create("key1");
  std::string const hostile =
      "line one\n\n2026-03-01 09:00:00 - Boss (Work notes)\n[code]<b>x</b>[/code] \xE2\x9C\x93\n"
      "[sync:abcdefghijklmnopqrstuvwxyz]";

  ASSERT_TRUE(comment(id, hostile));

  auto const stored = service.journal(id);
  ASSERT_EQ(stored.size(), 1u);
  EXPECT_EQ(stored[0].text.find("[code]"), std::string::npos);
  auto const got = read(id, {}, true);
  ASSERT_TRUE(got.comments);
  ASSERT_EQ(got.comments->size(), 1u);
  EXPECT_EQ(got.comments->at(0).text, hostile);
}

/// Ids must not change on the day when an administrator opens or closes sys_journal_field.
TEST_F(Instance, KnowsCommentsByTheSameIdsFromEitherSource) {
  auto const id = create("key1");
  for (auto const* text : {"one", "two\n\nwith a gap", "three"}) {
    clock.pass(seconds{30});
    service.add_journal(id, "work_notes", text, "itil", clock.wall);
  }
  clock.pass(seconds{30});  // of one second, the two kinds have no order
  service.add_journal(id, "comments", "public", "itil", clock.wall);
  auto const ids_of = [](adapter::object const& object) {
    std::vector<std::string> ids;
    for (auto const& one : *object.comments) ids.push_back(one.id);
    return ids;
  };

  connect([](auto& with) { with.journal = servicenow::journal_source::table; });
  auto const from_table = ids_of(read(id, {}, true));
  service.settings().user_zone = std::chrono::minutes{120};
  connect([](auto& with) {
    with.journal = servicenow::journal_source::display;
    with.display_offset = std::chrono::minutes{120};
  });
  auto const from_display = ids_of(read(id, {}, true));

  EXPECT_EQ(from_table.size(), 4u);
  EXPECT_EQ(from_table, from_display);
}

TEST_F(Instance, FindsItsWayToCommentsHoweverTheTableIsDenied) {
  auto const id = create("key1");
  service.add_journal(id, "work_notes", "hello", "itil", clock.wall);
  for (auto const access :
       {servicenow_settings::journal_access::granted,
        servicenow_settings::journal_access::forbidden,
        servicenow_settings::journal_access::empty}) {
    service.settings().journals = access;
    connect([](auto&) {});
    auto const got = read(id, {"state"}, true);
    ASSERT_TRUE(got.comments);
    ASSERT_EQ(got.comments->size(), 1u);
    EXPECT_EQ(got.comments->at(0).text, "hello");
    EXPECT_EQ(got.fields.at("state"), "1");
  }
}

TEST_F(Instance, RefusesDisplayDatesItCannotRead) {
  auto const id = create("key1");
  service.add_journal(id, "work_notes", "hello", "itil", clock.wall);
  service.settings().user_date_format = "dd/MM/yyyy";
  connect([](auto& with) { with.journal = servicenow::journal_source::display; });

  auto const got = run(system->read({id}, wanting({}, true)));

  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().detail, HasSubstr("date format"));
}

TEST_F(Instance, LooksPeopleAndGroupsUp) {
  auto const joe = service.create_user("joe", "Joe Doe", "joe@example.com", clock.wall);
  auto const soc = service.create_group("SOC", clock.wall);
  std::vector<adapter::question> const asked{
      {"user", "email", "joe@example.com", "id"},
      {"user", "email", "nobody@example.com", "id"},
      {"user", "id", joe, "email"},
      {"user", "user_name", "joe", "name"},
      {"group", "name", "SOC", "id"}};

  auto const got = run(system->look_up(asked));

  ASSERT_TRUE(got) << got.error().detail;
  EXPECT_EQ(got->at(0).found, core::value(joe));
  EXPECT_TRUE(got->at(1).found.is_null());
  EXPECT_EQ(got->at(2).found, "joe@example.com");
  EXPECT_EQ(got->at(3).found, "Joe Doe");
  EXPECT_EQ(got->at(4).found, core::value(soc));
}

TEST_F(Instance, IsAskedForColumnsThatAreNotThere) {
  auto const id = create("key1");
  std::vector<adapter::question> const asked{{"user", "nick_name", "joe", "id"}};
  EXPECT_EQ(run(system->look_up(asked)).error().code, errc::forbidden);
  EXPECT_EQ(run(system->read({id}, wanting({"u_nothing"}))).error().code, errc::forbidden);
}

TEST_F(Instance, SignsInEveryWayItOffers) {
  auto const id = create("key1");
  connect([this](auto& with) {
    with.credential = servicenow::api_key_sign_in{core::secret{service.settings().api_key}};
  });
  EXPECT_EQ(read(id).id, id);

  connect([this](auto& with) {
    with.credential = servicenow::oauth_sign_in{
        service.settings().client_id, core::secret{service.settings().client_secret}};
  });
  EXPECT_EQ(read(id).id, id);
  service.revoke_tokens();
  EXPECT_EQ(read(id).id, id) << "a revoked token is replaced";
  clock.pass(seconds{4000});
  EXPECT_EQ(read(id).id, id) << "an old token is replaced";
}

TEST_F(Instance, KeepsOneSession) {
  for (int i = 0; i < 5; ++i) create("key" + std::to_string(i));
  EXPECT_EQ(service.sessions_opened(), 1u);
}

TEST_F(Instance, IsTakenForDownWhileItHibernates) {
  service.settings().hibernating = true;
  auto const got = run(system->find({"key1"}, wanting({})));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::unavailable);
  EXPECT_THAT(got.error().detail, HasSubstr("hibernating"));
}

TEST_F(Instance, SaysWhenToComeBackWhenItLimitsCalls) {
  create("key0");
  service.settings().rate_limits.push_back({1, ""});
  clock.pass(seconds{31});
  core::error last;
  for (int i = 0; i < 200 && last.code != errc::rate_limited; ++i) {
    auto const got = run(system->find({"key0"}, wanting({})));
    if (!got) last = got.error();
    clock.pass(seconds{5});
  }
  EXPECT_EQ(last.code, errc::rate_limited);
  EXPECT_TRUE(last.retry_after);
}

TEST_F(Instance, ExaminesWell) {
  create("key1");
  clock.pass(seconds{1});
  auto const found = run(system->examine());
  for (auto const& one : found) {
    if (one.name == "time zone" || one.name == "key column" || one.name == "choices") continue;
    EXPECT_EQ(one.found, verdict::good) << one.name << ": " << one.detail;
  }
  EXPECT_GE(found.size(), 9u);
}

/// Whatever goes wrong on the way: what is reported as "no effect" had none, and what is reported
/// as done is there.
TEST_F(Instance, NeverClaimsMoreThanItKnows) {
  for (auto const kind :
       {fault_kind::too_many_requests,
        fault_kind::server_error,
        fault_kind::html_page,
        fault_kind::truncated_json,
        fault_kind::wrong_type,
        fault_kind::unreachable,
        fault_kind::cut_before,
        fault_kind::lost_reply,
        fault_kind::cut_in_body}) {
    auto const key = "key-" + std::to_string(static_cast<int>(kind));
    simulators::fault next;
    next.kind = kind;
    faults.script(next);

    auto const got = run(system->create_all({creation(key)}, wanting({})))[0];

    auto const there = service.tickets_by_correlation("incident").contains(key);
    ASSERT_FALSE(got) << name(kind);
    EXPECT_FALSE(there && got.error().effect == effect::none) << name(kind);
    EXPECT_TRUE(core::is_transient(got.error().code)) << name(kind) << got.error().detail;
  }
}

TEST_F(Instance, NeverClaimsMoreThanItKnowsOfABatch) {
  for (auto const kind :
       {fault_kind::too_many_requests,
        fault_kind::server_error,
        fault_kind::html_page,
        fault_kind::truncated_json,
        fault_kind::wrong_type,
        fault_kind::unreachable,
        fault_kind::cut_before,
        fault_kind::lost_reply,
        fault_kind::cut_in_body}) {
    std::vector<adapter::creation> three;
    for (int i = 0; i < 3; ++i) {
      three.push_back(
          creation("key-" + std::to_string(static_cast<int>(kind)) + "-" + std::to_string(i))
      );
    }
    simulators::fault next;
    next.kind = kind;
    faults.script(next);

    auto const got = run(system->create_all(three, wanting({})));

    auto const there = service.tickets_by_correlation("incident");
    for (std::size_t i = 0; i < three.size(); ++i) {
      ASSERT_FALSE(got[i]) << name(kind);
      auto const none = got[i].error().effect == effect::none;
      EXPECT_FALSE(none && there.contains(three[i].key)) << name(kind);
    }
  }
}

TEST_F(Instance, ToleratesARowThatIsListedTwice) {
  create("key1");
  create("key2");
  clock.pass(seconds{1});
  simulators::fault twice;
  twice.kind = fault_kind::duplicate_rows;

  faults.script(twice);
  EXPECT_EQ(poll("2026-03-01 09:00:00", 10).size(), 2u);
  faults.script(twice);
  EXPECT_EQ(run(system->find({"key1", "key2"}, wanting({})))->size(), 2u);
}

struct SecurityIncidents : Instance {
  SecurityIncidents() {
    connect([](auto& with) { with.table = "sn_si_incident"; });
  }
};

TEST_F(SecurityIncidents, AreCreatedFoundAndWalkedThroughTheirStates) {
  auto const id = create("sir1");
  clock.pass(seconds{1});

  EXPECT_EQ(system->declared().system, "servicenow/sn_si_incident");
  EXPECT_EQ(poll("2026-03-01 09:00:00", 10).size(), 1u);
  auto const got = read(id, {"state"});
  EXPECT_THAT(got.label, testing::StartsWith("SIR"));
  EXPECT_EQ(got.url, "https://instance.service-now.com/sn_si_incident.do?sys_id=" + id);
}

TEST_F(SecurityIncidents, NotInstalledAreFoundOutByTheExamination) {
  service.settings().security_incidents = false;
  auto const found = run(system->examine());
  EXPECT_EQ(found.back().name, "read sn_si_incident");
  EXPECT_EQ(found.back().found, verdict::bad);
  EXPECT_THAT(found.back().detail, HasSubstr("Security Incident Response"));
}

}  // namespace
}  // namespace servicenow_test
