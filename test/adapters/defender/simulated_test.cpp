#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "certificates.hpp"
#include "test/simulators/graph/graph.hpp"
#include "world.hpp"

namespace defender_test {
namespace {

using simulators::graph_settings;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// The wire between the adapter and the simulated service; time passes with every call.
class to_simulator final : public http::transport {
 public:
  to_simulator(simulators::graph& service, still_clock& clock) : service_{service}, clock_{clock} {}

  awaitable<core::result<http::response>> send(http::request call) override {
    clock_.wall += std::chrono::milliseconds{20};
    co_return service_.handle(call, clock_.now());
  }

 private:
  simulators::graph& service_;
  still_clock& clock_;
};

/// The adapter's own code against a strict simulator of the service.
struct simulated {
  explicit simulated(graph_settings of = unhurried()) : simulated{of, mine(of)} {}
  simulated(graph_settings of, adapters::defender::settings with) : service{std::move(of)} {
    adapter::surroundings around{"soc", transport, clock, *random};
    system = adapters::defender::make_incidents(std::move(with), around);
  }

  static graph_settings unhurried() {
    graph_settings chosen;
    chosen.calls_per_minute = 0;
    return chosen;
  }
  static adapters::defender::settings mine(graph_settings const& of) {
    adapters::defender::settings chosen;
    chosen.tenant_id = of.tenant_id;
    chosen.client_id = of.client_id;
    chosen.method = adapters::defender::by_secret{core::secret{of.client_secret}};
    return chosen;
  }

  std::string add(std::string_view fields = "{}") {
    return service.add_incident(parsed(fields).as_object(), clock.now());
  }
  adapter::object read(std::string const& id, adapter::wants needs = {}) {
    auto found = run(system->read({id}, std::move(needs)));
    if (!found) ADD_FAILURE() << found.error().detail;
    return found ? std::move(found->front()) : adapter::object{};
  }
  core::result<adapter::receipt> write(std::string const& id, std::string_view fields) {
    std::vector<adapter::update> updates(1);
    updates[0].id = id;
    updates[0].fields = parsed(fields).as_object();
    return run(system->update_all(std::move(updates), {})).front();
  }
  core::result<adapter::receipt> say(std::string const& id, std::string text) {
    std::vector<adapter::new_comment> comments(1);
    comments[0].object_id = id;
    comments[0].text = std::move(text);
    return run(system->comment_all(std::move(comments), {})).front();
  }
  /// Every row from `from` on, page by page.
  std::vector<adapter::object> all_since(std::string_view from) {
    std::vector<adapter::object> all;
    adapter::change_query query;
    query.from = at(from);
    do {
      auto page = run(system->changes(query));
      if (!page) {
        ADD_FAILURE() << page.error().detail;
        break;
      }
      std::move(page->rows.begin(), page->rows.end(), std::back_inserter(all));
      query.continuation = page->continuation;
    } while (!query.continuation.empty());
    return all;
  }

  still_clock clock;
  simulators::graph service;
  to_simulator transport{service, clock};
  std::unique_ptr<connector::async::random> random = connector::async::make_seeded_random(7);
  std::unique_ptr<adapter::system> system;
};

constexpr auto long_ago = "2026-06-01T00:00:00Z";

TEST(Simulated, EveryIncidentIsListedInOrder) {
  simulated s;
  std::set<std::string> added;
  for (int i = 0; i < 130; ++i) {
    added.insert(s.add());
    s.clock.wall += std::chrono::milliseconds{7};
  }

  auto const rows = s.all_since(long_ago);

  std::set<std::string> listed;
  for (auto const& row : rows) listed.insert(row.id);
  EXPECT_EQ(listed, added);
  EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end(), [](auto const& a, auto const& b) {
    return a.changed_at < b.changed_at;
  }));
  EXPECT_EQ(s.service.operations().at("GET /security/incidents"), 3u);
}

TEST(Simulated, StampsSharedByMoreThanAPageLoseNothing) {
  for (auto const link : {graph_settings::paging::skip, graph_settings::paging::skip_token}) {
    auto settings = simulated::unhurried();
    settings.next_link = link;
    simulated s{settings};
    std::set<std::string> added;
    added.insert(s.add());
    s.clock.advance(std::chrono::seconds{1});
    for (int i = 0; i < 170; ++i) added.insert(s.add());
    s.clock.advance(std::chrono::seconds{1});
    for (int i = 0; i < 20; ++i) added.insert(s.add());

    std::set<std::string> listed;
    for (auto const& row : s.all_since(long_ago)) listed.insert(row.id);

    EXPECT_EQ(listed, added);
  }
}

TEST(Simulated, AnEmptyPollIsOneCall) {
  simulated s;
  s.add();
  s.all_since(long_ago);
  s.service.forget_operations();

  EXPECT_THAT(s.all_since("2026-12-01T00:00:00Z"), IsEmpty());

  ASSERT_EQ(s.service.operations().size(), 1u);
  EXPECT_EQ(s.service.operations().at("GET /security/incidents"), 1u);
}

TEST(Simulated, AwaitingActionIsSeen) {
  simulated s;
  auto const id = s.add();
  s.service.experts_take(id, s.clock.now());
  s.service.experts_hand_over(id, "please act", s.clock.now());

  auto const one = s.read(id);

  EXPECT_EQ(one.fields.at("status"), "awaitingAction");
  EXPECT_EQ(one.fields.at("assignedTo"), "Customer");
}

TEST(Simulated, AnOwnerCalledUnassignedIsNobody) {
  simulated s;
  auto const id = s.add();
  core::record const nobody{{"assignedTo", "Unassigned"}};
  ASSERT_TRUE(s.service.edit(id, nobody, "User-anna", s.clock.now()));

  EXPECT_TRUE(s.read(id).fields.at("assignedTo").is_null());
}

TEST(Simulated, AnUpdateIsStoredAndReadBack) {
  simulated s;
  auto const id = s.add();

  auto const receipt = s.write(
      id,
      R"({"status":"resolved","classification":"truePositive","determination":"malware",
          "customTags":["INC0010007"],"resolvingComment":"done","assignedTo":"a@contoso.com"})"
  );

  ASSERT_TRUE(receipt) << receipt.error().detail;
  auto const one = s.read(id);
  EXPECT_EQ(one.fields, receipt->stored.fields);
  EXPECT_EQ(one.version, receipt->stored.version);
  EXPECT_EQ(one.fields.at("determination"), "malware");
  EXPECT_EQ(one.fields.at("customTags"), parsed(R"(["INC0010007"])"));
}

TEST(Simulated, WhatWasClearedReadsAsNotSet) {
  for (auto const unknown : {false, true}) {
    auto settings = simulated::unhurried();
    settings.unset_reads_unknown = unknown;
    simulated s{settings};
    auto const id = s.add();
    ASSERT_TRUE(s.write(
        id,
        R"({"classification":"truePositive","determination":"malware","assignedTo":"a@contoso.com"})"
    ));

    auto const receipt = s.write(
        id, R"({"classification":null,"determination":null,"assignedTo":null,"customTags":null})"
    );

    ASSERT_TRUE(receipt) << receipt.error().detail;
    for (auto const* name : {"classification", "determination", "assignedTo"}) {
      EXPECT_TRUE(s.read(id).fields.at(name).is_null()) << name;
    }
  }
}

TEST(Simulated, ManyUpdatesTakeOneCallForTwenty) {
  simulated s;
  std::vector<adapter::update> updates(45);
  for (auto& one : updates) {
    one.id = s.add();
    one.fields = {{"severity", "low"}};
  }

  auto const receipts = run(s.system->update_all(std::move(updates), {}));

  for (auto const& one : receipts) {
    ASSERT_TRUE(one) << one.error().detail;
    EXPECT_EQ(one->stored.fields.at("severity"), "low");
  }
  EXPECT_EQ(s.service.operations().at("POST /$batch"), 3u);
  EXPECT_EQ(s.service.operations().at("batch: PATCH /security/incidents/{id}"), 45u);
}

TEST(Simulated, AThrottledBatchSaysSoForEachPart) {
  auto settings = simulated::unhurried();
  settings.calls_per_minute = 2;
  settings.retry_after = graph_settings::retry_header::date;
  simulated s{settings};
  std::vector<adapter::update> updates(4);
  for (auto& one : updates) {
    one.id = s.add();
    one.fields = {{"severity", "low"}};
  }

  auto const receipts = run(s.system->update_all(std::move(updates), {}));

  EXPECT_TRUE(receipts[0]);
  EXPECT_TRUE(receipts[1]);
  EXPECT_EQ(receipts[2].error().code, errc::rate_limited);
  EXPECT_EQ(receipts[3].error().code, errc::rate_limited);
  EXPECT_EQ(receipts[3].error().effect, core::effect::none);
  ASSERT_TRUE(receipts[3].error().retry_after);
  EXPECT_LE(*receipts[3].error().retry_after, std::chrono::seconds{60});
}

TEST(Simulated, AMergedIncidentShowsWhereItLivesOn) {
  using position = graph_settings::redirected_write;
  for (auto const behaviour : {position::applied, position::forwarded}) {
    auto settings = simulated::unhurried();
    settings.write_to_redirected = behaviour;
    simulated s{settings};
    auto const source = s.add();
    auto const target = s.add();
    ASSERT_TRUE(s.service.merge(source, target, s.clock.now()));

    auto const read = s.read(source);
    auto const receipt = s.write(source, R"({"severity":"low"})");

    EXPECT_EQ(read.presence, adapter::presence::merged);
    EXPECT_EQ(read.merged_into, target);
    ASSERT_TRUE(receipt) << receipt.error().detail;
    EXPECT_EQ(receipt->stored.id, source);
    EXPECT_EQ(receipt->stored.presence, adapter::presence::merged);
    EXPECT_EQ(receipt->stored.merged_into, target);
  }
}

TEST(Simulated, ACommentIsFoundAgainHoweverItIsStored) {
  for (auto const as_html : {false, true}) {
    auto settings = simulated::unhurried();
    settings.comments_as_html = as_html;
    simulated s{settings};
    auto const id = s.add();
    auto const text = std::string{"Anna wrote:\na < b && \"c\"\n[sync:abcdefghijklmnopqrst]"};

    auto const receipt = s.say(id, text);

    ASSERT_TRUE(receipt) << receipt.error().detail;
    auto const one = s.read(id, with_comments());
    ASSERT_EQ(one.comments->size(), 1u);
    EXPECT_EQ(one.comments->front().id, receipt->comment_id);
    EXPECT_THAT(one.comments->front().text, ::testing::EndsWith("[sync:abcdefghijklmnopqrst]"));
    EXPECT_EQ(one.comments->front().text, text) << as_html;
  }
}

TEST(Simulated, EveryAlertOfALongListIsRead) {
  simulated s;
  auto const id = s.add();
  for (int i = 0; i < 65; ++i) s.service.add_alert(id, {}, s.clock.now());

  EXPECT_EQ(s.read(id, with_alerts()).fields.at("alerts").as_array().size(), 65u);
}

TEST(Simulated, AlertsOfManyIncidentsComeInOneBatch) {
  simulated s;
  for (int i = 0; i < 12; ++i) s.service.add_alert(s.add(), {}, s.clock.now());
  auto rows = s.all_since(long_ago);
  s.service.forget_operations();

  auto const whole = run(s.system->complete(std::move(rows), with_alerts()));

  ASSERT_TRUE(whole) << whole.error().detail;
  for (auto const& one : *whole) EXPECT_EQ(one.fields.at("alerts").as_array().size(), 1u);
  EXPECT_EQ(s.service.operations().at("POST /$batch"), 1u);
}

TEST(Simulated, WithdrawnTokensAreReplaced) {
  simulated s;
  auto const id = s.add();
  s.read(id);
  s.service.revoke_tokens();

  EXPECT_EQ(s.read(id).id, id);
}

TEST(Simulated, AnIncidentNobodyKnowsIsGone) {
  simulated s;
  auto const id = s.add();

  auto const found = run(s.system->read({id, "987654"}, {}));

  ASSERT_TRUE(found);
  EXPECT_EQ(found->at(0).presence, adapter::presence::present);
  EXPECT_EQ(found->at(1).presence, adapter::presence::gone);
}

TEST(Simulated, AWriteWithoutPermissionNamesIt) {
  auto settings = simulated::unhurried();
  settings.permissions = {"SecurityIncident.Read.All"};
  simulated s{settings};
  auto const id = s.add();

  auto const receipt = s.write(id, R"({"severity":"low"})");

  EXPECT_EQ(receipt.error().code, errc::forbidden);
  EXPECT_THAT(receipt.error().detail, HasSubstr("SecurityIncident.ReadWrite.All"));
}

TEST(Simulated, SigningInWithACertificateIsAccepted) {
  auto const files = make_certificate_files();
  std::ifstream in{files.certificate};
  auto settings = simulated::unhurried();
  settings.certificate_pem.assign(std::istreambuf_iterator<char>{in}, {});
  settings.client_secret = "not known to the adapter";
  auto with = simulated::mine(settings);
  with.method = adapters::defender::by_certificate{files.certificate, files.key};
  simulated s{settings, with};

  EXPECT_THAT(s.all_since(long_ago), IsEmpty());
  EXPECT_EQ(s.service.operations().at("GET /security/incidents"), 1u);
}

TEST(Simulated, SigningInAsAManagedIdentityIsAccepted) {
  auto const settings = simulated::unhurried();
  auto with = simulated::mine(settings);
  with.method = adapters::defender::by_managed_identity{settings.managed_identity_client_id, {}};
  simulated s{settings, with};

  s.all_since(long_ago);

  EXPECT_EQ(s.service.operations().at("GET /security/incidents"), 1u);
}

TEST(Simulated, AWrongSecretSaysWhatIsWrong) {
  auto const settings = simulated::unhurried();
  auto with = simulated::mine(settings);
  with.method = adapters::defender::by_secret{core::secret{"wrong-canary"}};
  simulated s{settings, with};

  auto const page = run(s.system->changes({}));

  EXPECT_EQ(page.error().code, errc::unauthorized);
  EXPECT_THAT(page.error().detail, HasSubstr("AADSTS7000215"));
  EXPECT_THAT(page.error().detail, ::testing::Not(HasSubstr("canary")));
}

TEST(Simulated, DoctorFindsAllGood) {
  simulated s;
  s.add();

  for (auto const& check : run(s.system->examine())) {
    EXPECT_EQ(check.found, adapter::check::verdict::good) << check.name << ": " << check.detail;
  }
}

}  // namespace
}  // namespace defender_test
