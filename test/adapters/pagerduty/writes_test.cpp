#include "adapters/pagerduty/writes.hpp"

#include "world.hpp"

namespace pagerduty_test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

struct Writes : testing::Test {
  account w;
  using receipts = std::vector<core::result<adapter::receipt>>;

  static adapter::update change(std::string id, core::record fields) {
    adapter::update one;
    one.id = std::move(id);
    one.fields = std::move(fields);
    return one;
  }
  receipts update(std::vector<adapter::update> all) {
    return w.run(w.system->update_all(std::move(all), w.needs));
  }
  receipts create(std::vector<std::string> keys, core::record const& fields = {{"title", "T"}}) {
    std::vector<adapter::creation> all;
    for (auto& key : keys) {
      adapter::creation one;
      one.key = std::move(key);
      one.fields = fields;
      all.push_back(std::move(one));
    }
    return w.run(w.system->create_all(std::move(all), w.needs));
  }
  json::object stored(std::string const& id) { return *w.service.incident(id); }
};

TEST_F(Writes, OpenAnIncidentWithItsKeyAndAllItsFields) {
  auto const made = create(
      {"key-1"},
      {{"title", "Ransomware"},
       {"details", "What happened."},
       {"urgency", "low"},
       {"status", "triggered"},
       {"priority", w.service.priority("P2")},
       {"escalation_policy", w.service.policy("Customer response")}}
  );

  ASSERT_TRUE(made.front()) << made.front().error().detail;
  auto const it = stored(made.front()->stored.id);
  EXPECT_EQ(it.at("incident_key"), "key-1");
  EXPECT_EQ(it.at("details"), "What happened.");
  EXPECT_EQ(it.at("priority"), "P2");
  EXPECT_EQ(it.at("escalation_policy"), "Customer response");
  EXPECT_EQ(it.at("urgency"), "low");
  EXPECT_EQ(text(made.front()->stored, "details"), "What happened.");
  EXPECT_EQ(w.calls("POST /incidents"), 1u);
  EXPECT_EQ(w.calls("PUT /incidents/{id}"), 0u);
}

TEST_F(Writes, OpenByOneCallAndShowWhatItDidNotTake) {
  auto const made = create(
      {"key-1"},
      {{"title", "T"},
       {"status", "acknowledged"},
       {"assigned_to", w.service.user("ann@contoso.com")},
       {"escalation_policy", w.service.policy("Customer response")},
       {"cf_defender_id", "1042"}}
  );

  ASSERT_TRUE(made.front()) << made.front().error().detail;
  EXPECT_EQ(text(made.front()->stored, "status"), "triggered");
  EXPECT_EQ(text(made.front()->stored, "assigned_to"), "");
  EXPECT_EQ(text(made.front()->stored, "cf_defender_id"), "");
  EXPECT_EQ(w.calls("PUT"), 0u) << "a second call could take effect late, and over what people did";
}

TEST_F(Writes, ACreateWhoseAnswerWasLostIsFoundAndNotMadeTwice) {
  w.faults.script({fault_kind::lost_reply}, "POST");
  auto const lost = create({"key-1"});
  ASSERT_FALSE(lost.front());
  EXPECT_EQ(lost.front().error().effect, effect::unknown);

  auto const again = create({"key-1"});

  ASSERT_FALSE(again.front());
  EXPECT_EQ(again.front().error().code, errc::conflict);
  EXPECT_EQ(again.front().error().effect, effect::unknown) << "so that its key is looked up";
  EXPECT_EQ(w.service.incidents(), 1u);
}

TEST_F(Writes, ReportsARefusedCreateWithItsField) {
  auto const made = create({"key-1"}, {{"title", std::string(300, 'x')}});

  ASSERT_FALSE(made.front());
  EXPECT_EQ(made.front().error().code, errc::rejected);
  EXPECT_EQ(made.front().error().effect, effect::none);
  EXPECT_THAT(made.front().error().fields, ElementsAre("title"));
}

TEST_F(Writes, CreatesStopAtTheLimitAndSayHowLong) {
  w.service.settings().creates_per_minute = 2;

  auto const made = create({"key-1", "key-2", "key-3", "key-4", "key-5"});

  EXPECT_TRUE(made[0]);
  EXPECT_TRUE(made[1]);
  for (std::size_t i = 2; i < 5; ++i) {
    EXPECT_EQ(made[i].error().code, errc::rate_limited);
    EXPECT_EQ(made[i].error().effect, effect::none);
    EXPECT_EQ(made[i].error().retry_after, seconds{30}) << "nothing was told";
  }
  EXPECT_EQ(w.calls("POST /incidents refused: 429"), 1u);
}

TEST_F(Writes, ChangeManyIncidentsByOneCall) {
  std::vector<adapter::update> all;
  for (int i = 0; i < 150; ++i) {
    all.push_back(change(w.open("key-" + std::to_string(i)), {{"title", "N" + std::to_string(i)}}));
  }

  auto const done = update(all);

  for (std::size_t i = 0; i < done.size(); ++i) {
    ASSERT_TRUE(done[i]) << done[i].error().detail;
    EXPECT_EQ(text(done[i]->stored, "title"), "N" + std::to_string(i));
  }
  EXPECT_EQ(w.calls("PUT /incidents"), 2u);
  EXPECT_EQ(w.calls("PUT /incidents/{id}"), 0u);
}

TEST_F(Writes, OnesRefusalIsNotAnothers) {
  auto const good = w.open("key-1");
  auto const bad = w.open("key-2");

  auto const done = update(
      {change(good, {{"title", "Good"}}),
       change(bad, {{"priority", "PNOTHERE"}}),
       change("QGONE", {{"title", "Gone"}})}
  );

  EXPECT_TRUE(done[0]);
  EXPECT_EQ(done[1].error().code, errc::rejected);
  EXPECT_THAT(done[1].error().fields, ElementsAre("priority"));
  EXPECT_EQ(done[2].error().code, errc::not_found);
  EXPECT_EQ(stored(good).at("title"), "Good");
}

TEST_F(Writes, ALostAnswerToManyLeavesAllOpen) {
  auto const one = w.open("key-1");
  auto const two = w.open("key-2");
  w.faults.script({fault_kind::lost_reply}, "PUT");

  auto const done = update({change(one, {{"title", "A"}}), change(two, {{"title", "B"}})});

  for (auto const& each : done) EXPECT_EQ(each.error().effect, effect::unknown);
  EXPECT_EQ(w.calls("PUT /incidents/{id}"), 0u) << "nothing is sent twice";
}

TEST_F(Writes, WhatIsSoAlreadyIsNoRefusal) {
  auto const id = w.open("key-1");
  w.service.acknowledge(id, "beth@acme.example", w.clock.wall);

  auto const again = w.update(id, {{"status", "acknowledged"}, {"title", "Another"}});

  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_EQ(text(again->stored, "status"), "acknowledged");
  EXPECT_EQ(stored(id).at("title"), "Another");
  w.service.resolve(id, "beth@acme.example", w.clock.wall);
  auto const resolved = w.update(id, {{"status", "resolved"}});
  ASSERT_TRUE(resolved) << resolved.error().detail;
  EXPECT_EQ(text(resolved->stored, "status"), "resolved");
}

TEST_F(Writes, AWriteToAMergedIncidentShowsWhereItWent) {
  auto const one = w.open("key-1");
  auto const two = w.open("key-2");
  w.service.merge(one, two, "beth@acme.example", w.clock.wall);

  auto const done = w.update(one, {{"status", "resolved"}});

  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(done->stored.presence, adapter::presence::merged);
  EXPECT_EQ(done->stored.merged_into, two);
}

TEST_F(Writes, ReopenAResolvedIncident) {
  auto const id = w.open("key-1");
  w.service.resolve(id, "beth@acme.example", w.clock.wall);

  auto const done = w.update(id, {{"status", "triggered"}});

  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(stored(id).at("status"), "triggered");
  EXPECT_EQ(w.service.incidents(), 1u);
}

TEST_F(Writes, APersonComesAfterThePolicyThatWouldReplaceHim) {
  auto const id = w.open("key-1");
  auto const ann = w.service.user("ann@contoso.com");

  auto const done = w.update(
      id, {{"assigned_to", ann}, {"escalation_policy", w.service.policy("Customer response")}}
  );

  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(text(done->stored, "assigned_to"), ann);
  EXPECT_EQ(stored(id).at("escalation_policy"), "Customer response");
}

TEST_F(Writes, RefusesBeforeSendingWhatPagerDutyCannotDo) {
  auto const id = w.open("key-1");
  w.service.forget_operations();
  for (auto const& [field, value] : core::record{
           {"details", "New"},
           {"incident_number", "7"},
           {"created_at", "2026-01-01T00:00:00Z"},
           {"status", "closed"},
           {"priority", nullptr},
           {"assigned_to", "ann@contoso.com"},
           {"nonsense", "x"}}) {
    core::record one;
    one[field] = value;
    auto const done = w.update(id, std::move(one));
    ASSERT_FALSE(done) << field;
    EXPECT_EQ(done.error().code, errc::rejected) << field;
    EXPECT_THAT(done.error().fields, ElementsAre(std::string{field}));
  }
  EXPECT_TRUE(w.service.operations().empty()) << "PagerDuty would ignore it without a word";
}

TEST_F(Writes, SetCustomFields) {
  auto const id = w.open("key-1");

  auto const done = w.update(id, {{"cf_defender_id", "1042"}, {"title", "Another"}});

  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(text(done->stored, "cf_defender_id"), "1042");
  EXPECT_EQ(stored(id).at("custom").at("defender_id"), "1042");
  EXPECT_EQ(stored(id).at("title"), "Another");
}

TEST_F(Writes, ARefusedCustomFieldIsNamedAndNothingElseWasDone) {
  auto const id = w.open("key-1");

  auto const done = w.update(id, {{"cf_unheard_of", "1042"}, {"title", "Another"}});

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, errc::rejected) << "not the incident is missing, but the field";
  EXPECT_THAT(done.error().fields, ElementsAre("cf_unheard_of"));
  EXPECT_EQ(stored(id).at("title"), "An incident");
}

TEST_F(Writes, WhatIsRefusedAfterAnEarlierPartShowsInWhatIsStored) {
  auto const id = w.open("key-1");

  auto const done = w.update(id, {{"cf_defender_id", "1042"}, {"priority", "PNOTHERE"}});

  ASSERT_TRUE(done) << "the custom field was set: " << done.error().detail;
  EXPECT_EQ(text(done->stored, "cf_defender_id"), "1042");
  EXPECT_EQ(text(done->stored, "priority"), "");
  EXPECT_THAT(done->refusal, HasSubstr("Invalid Priority"));
}

TEST_F(Writes, APersonRefusedAfterThePolicyShowsInWhatIsStored) {
  auto const id = w.open("key-1");
  auto const policy = w.service.policy("Customer response");

  auto const done = w.update(id, {{"assigned_to", "PNOTHERE"}, {"escalation_policy", policy}});

  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(text(done->stored, "escalation_policy"), policy);
  EXPECT_NE(text(done->stored, "assigned_to"), "PNOTHERE");
}

TEST_F(Writes, ALimitHitAfterAnEarlierPartLeavesThatUpdateAloneOpen) {
  auto const one = w.open("key-1");
  auto const two = w.open("key-2");
  w.faults.script({fault_kind::too_many_requests}, [&](http::request const& call) {
    return call.method == "PUT" && call.url.ends_with("/incidents/" + one);
  });

  auto const done = update(
      {change(one, {{"cf_defender_id", "1042"}, {"title", "Another"}}),
       change(two, {{"cf_defender_id", "1043"}, {"title", "Another"}})}
  );

  ASSERT_FALSE(done[0]);
  EXPECT_EQ(done[0].error().code, errc::rate_limited);
  EXPECT_EQ(done[0].error().retry_after, seconds{30});
  EXPECT_EQ(done[0].error().effect, effect::unknown) << "the custom field was set";
  EXPECT_EQ(done[1].error().code, errc::rate_limited);
  EXPECT_EQ(done[1].error().effect, effect::none) << "it was not sent";
}

TEST_F(Writes, ARefusalInPartIsOpenIfWhatIsStoredCannotBeRead) {
  auto const id = w.open("key-1");
  w.faults.script({fault_kind::server_error}, "GET https://api.pagerduty.com/incidents/" + id);

  auto const done = w.update(id, {{"cf_defender_id", "1042"}, {"priority", "PNOTHERE"}});

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().effect, effect::unknown);
}

/// Somebody edits between our reading and our write.
struct LostEdits : Writes {
  void edit_in_the_gap(core::record const& fields) {
    w.read(id);
    w.clock.pass(seconds{3});
    w.service.edit(id, fields, "beth@acme.example", w.clock.wall);
    w.clock.pass(seconds{3});
  }
  std::string id = w.open("key-1");
};

TEST_F(LostEdits, OfACustomFieldAreNamedWithTheirValue) {
  edit_in_the_gap({{"defender_id", "theirs"}});

  auto const done = w.update(id, {{"cf_defender_id", "ours"}});

  ASSERT_TRUE(done) << done.error().detail;
  ASSERT_EQ(done->lost_edits.size(), 1u);
  EXPECT_EQ(done->lost_edits[0].field, "cf_defender_id");
  EXPECT_EQ(done->lost_edits[0].value, core::value("theirs"));
  EXPECT_EQ(done->lost_edits[0].by, "Beth Anglin");
}

TEST_F(LostEdits, RightAfterTheIncidentWasOpenedAreNamed) {
  w.clock.pass(seconds{3});
  w.service.acknowledge(id, "beth@acme.example", w.clock.wall);
  w.clock.pass(seconds{3});

  auto const done = w.update(id, {{"status", "resolved"}});

  ASSERT_EQ(done->lost_edits.size(), 1u);
  EXPECT_EQ(done->lost_edits[0].value, core::value("acknowledged"));
}

TEST_F(LostEdits, AreNamedLaterTooWhereTheAnswerWasLost) {
  auto const seen = w.read(id).version;
  edit_in_the_gap({{"defender_id", "theirs"}});
  w.faults.script({fault_kind::lost_reply}, "PUT");
  auto const done = w.update(id, {{"cf_defender_id", "ours"}});
  ASSERT_FALSE(done);
  w.clock.pass(seconds{60});
  w.read(id);

  std::vector<adapter::update> made;
  made.push_back({id, {{"cf_defender_id", "ours"}}, seen});
  auto const found = w.run(w.system->edits_replaced(std::move(made)));

  ASSERT_TRUE(found) << found.error().detail;
  ASSERT_EQ(found->size(), 1u);
  ASSERT_EQ(found->front().size(), 1u);
  EXPECT_EQ(found->front()[0].value, core::value("theirs"));
}

TEST_F(LostEdits, OfATitleAreNamedAsFarAsTheLogTells) {
  edit_in_the_gap({{"title", "Theirs"}});
  auto const without = w.update(id, {{"title", "Ours"}});
  w.service.settings().log_tells_values = true;
  edit_in_the_gap({{"title", "Theirs again"}});
  auto const with = w.update(id, {{"title", "Ours again"}});

  ASSERT_EQ(without->lost_edits.size(), 1u);
  EXPECT_EQ(without->lost_edits[0].value, std::nullopt);
  ASSERT_EQ(with->lost_edits.size(), 1u);
  EXPECT_EQ(with->lost_edits[0].value, core::value("Theirs again"));
}

TEST_F(LostEdits, OfManyIncidentsCostOneCall) {
  std::vector<adapter::update> all;
  for (int i = 0; i < 20; ++i) {
    auto const one = w.open("many-" + std::to_string(i));
    w.read(one);
    all.push_back(change(one, {{"status", "resolved"}}));
  }
  w.clock.pass(seconds{3});
  w.service.acknowledge(all[7].id, "beth@acme.example", w.clock.wall);
  w.clock.pass(seconds{3});
  w.service.forget_operations();

  auto const done = update(all);

  for (std::size_t i = 0; i < done.size(); ++i) {
    EXPECT_EQ(done[i]->lost_edits.size(), i == 7 ? 1u : 0u);
  }
  EXPECT_EQ(done[7]->lost_edits[0].value, core::value("acknowledged"));
  EXPECT_EQ(w.calls("GET /log_entries"), 1u);
}

TEST_F(LostEdits, AreNotKnownIfTheLogIsLateAndTheWriteIsGoodAllTheSame) {
  w.service.settings().list_lag = seconds{60};
  edit_in_the_gap({{"defender_id", "theirs"}});
  auto const late = w.update(id, {{"cf_defender_id", "ours"}});
  w.faults.script({fault_kind::too_many_requests}, "/log_entries");
  auto const refused = w.update(id, {{"cf_defender_id", "ours again"}});

  ASSERT_TRUE(late);
  EXPECT_TRUE(late->lost_edits.empty());
  EXPECT_TRUE(refused);
}

TEST_F(Writes, ANotePutWhereNoneGoesIsRefused) {
  auto const id = w.open("key-1");
  adapter::new_comment one;
  one.object_id = id;
  one.text = "x";
  one.place = "work_notes";
  std::vector<adapter::new_comment> all{one};

  EXPECT_EQ(w.run(w.system->comment_all(all, w.needs)).front().error().code, errc::rejected);
}

TEST_F(Writes, AStatusUpdateGoesToSubscribersAndIsNoNote) {
  auto const id = w.open("key-1");
  adapter::new_comment one;
  one.object_id = id;
  one.text = "We are on it.";
  one.place = "status_updates";
  std::vector<adapter::new_comment> all{one};

  auto const sent = w.run(w.system->comment_all(all, w.needs));

  ASSERT_TRUE(sent.front()) << sent.front().error().detail;
  EXPECT_FALSE(sent.front()->comment_id.empty());
  EXPECT_TRUE(stored(id).at("notes").as_array().empty());
}

TEST_F(Writes, AreMadeAsTheUserThatIsConfigured) {
  w.connect([](auto& with) { with.from = "nobody@acme.example"; });

  auto const made = create({"key-1"});

  ASSERT_FALSE(made.front());
  EXPECT_EQ(made.front().error().code, errc::forbidden);
  EXPECT_THAT(made.front().error().detail, HasSubstr("`from`"));
}

TEST_F(Writes, AKeyThatMayOnlyReadSaysSo) {
  w.service.settings().key_reads_only = true;

  EXPECT_EQ(create({"key-1"}).front().error().code, errc::forbidden);
}

}  // namespace
}  // namespace pagerduty_test
