#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "connector/command/command.hpp"

namespace connector::command {

std::string version() { return "itsm-connector " CONNECTOR_VERSION; }

int main(std::vector<std::string> arguments, surroundings with) {
  CLI::App app{
      "Keeps Microsoft Defender XDR incidents and ITSM tickets in step.", "itsm-connector"};
  app.set_version_flag("--version", version());
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 all well; 1 findings, failed tests or trouble; 2 wrong use of the command "
      "line; 78 configuration, mapping or store unusable."
  );
  int exit_code = all_well;

  run_options run_with;
  auto* run_command = app.add_subcommand("run", "run the service");
  run_command->add_option("--config", run_with.config, "configuration file")->required();
  run_command->add_flag(
      "--once", run_with.once, "poll, deliver and reconcile until nothing is left to do, then exit"
  );
  run_command
      ->add_option(
          "--patience",
          run_with.patience_seconds,
          "with --once: seconds to wait for what is due later"
      )
      ->check(CLI::Range(0, 3600))
      ->capture_default_str();
  run_command->add_option("--har", run_with.har, "record all traffic here, secrets redacted");
  run_command->callback([&] { exit_code = run(run_with, with); });

  validate_options validate_with;
  auto* validate_command = app.add_subcommand("validate", "check mapping files");
  validate_command->add_option("files", validate_with.files, "mapping files");
  validate_command->add_option("--format", validate_with.format, "text, json or sarif")
      ->check(CLI::IsMember({"text", "json", "sarif"}))
      ->capture_default_str();
  validate_command->add_flag("--deny-warnings", validate_with.deny_warnings, "warnings fail too");
  validate_command->add_flag(
      "--report",
      validate_with.report,
      "also how each rule is known to come to rest, and each value's way there and back"
  );
  validate_command->add_option(
      "--explain", validate_with.explain, "the page about a finding: M090"
  );
  auto* live_flag = validate_command->add_flag(
      "--live", validate_with.live, "also compare with the real systems; only reads"
  );
  auto* live_config = validate_command->add_option(
      "--config",
      validate_with.config,
      "configuration file: its maps too, whether its call budgets can hold, and the systems of "
      "--live"
  );
  validate_command
      ->add_option(
          "--state",
          validate_with.state,
          "with --live: keep what the systems say in this file, and tell what changed since"
      )
      ->needs(live_flag);
  live_flag->needs(live_config);
  validate_command->callback([&] { exit_code = validate(validate_with, with); });

  test_options test_with;
  auto* test_command = app.add_subcommand("test", "run the tests of mapping files");
  test_command
      ->add_option(
          "files",
          test_with.files,
          "mapping files; a file NAME.test.yaml holds tests for the map before it, and one beside "
          "a "
          "map is found by itself"
      )
      ->required();
  test_command->add_option("--junit", test_with.junit, "write the results here, as JUnit XML");
  test_command->add_flag(
      "--coverage", test_with.coverage, "fail where there is a row that no test touches"
  );
  test_command->add_flag(
      "--mutate",
      test_with.mutate,
      "change the map one place at a time, and fail where no test notices"
  );
  test_command->add_flag(
      "--generate", test_with.generate, "print tests for the rows that none touches, to paste"
  );
  test_command->callback([&] { exit_code = test_maps(test_with, with); });

  preview_options preview_with;
  auto* preview_command =
      app.add_subcommand("preview", "show what a map makes of one incident, field by field");
  preview_command->add_option("--mapping", preview_with.mapping, "mapping file")->required();
  preview_command->add_option("--incident", preview_with.incident, "incident as JSON")->required();
  preview_command->add_option("--ticket", preview_with.ticket, "existing ticket as JSON");
  preview_command->callback([&] { exit_code = preview(preview_with, with); });

  std::string show_map;
  auto* show_command = app.add_subcommand(
      "show", "print a map as it counts: its base with its changes, and where each rule stands"
  );
  show_command->add_option("map", show_map, "mapping file")->required();
  show_command->callback([&] { exit_code = show(show_map, with); });

  links_options links_with;
  auto* links_command = app.add_subcommand("links", "list links, or show one");
  links_command->add_option("--config", links_with.config, "configuration file")->required();
  links_command->add_option("which", links_with.which, "link, incident or ticket, by id or label");
  links_command->add_option("--route", links_with.route, "only of this route");
  links_command->add_option("--state", links_with.state, "only in this state")
      ->check(CLI::IsMember({"opening", "linked", "merged", "gone"}));
  links_command->add_flag("--parked", links_with.parked, "only with parked changes");
  links_command->add_flag("--conflicts", links_with.conflicts, "only with conflicts to decide");
  links_command->add_option("--format", links_with.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  bool new_ticket = false;
  links_command->add_flag(
      "--new-ticket",
      new_ticket,
      "make the incident of that link a new ticket: its ticket is gone, takes no more changes, or "
      "nobody can tell whether it was made"
  );
  links_command->callback([&] {
    exit_code = new_ticket ? order_new_ticket(links_with.config, links_with.which, with)
                           : links(links_with, with);
  });

  for (auto const* list : {"parked", "conflicts"}) {
    auto const waits = std::make_shared<waiting_options>();
    waits->list = list;
    auto const is_parked = waits->list == "parked";
    auto* command = app.add_subcommand(
        list,
        is_parked ? "list changes that cannot be delivered, and retry them"
                  : "list what both sides changed and a person decides, and decide it"
    );
    command->add_option("--config", waits->config, "configuration file")->required();
    command->add_option("which", waits->which, "link, incident or ticket, by id or label");
    command->add_option("--format", waits->format, "text or json")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
    auto const ask_for = std::make_shared<resolve_options>();
    if (is_parked) {
      auto const retry_now = std::make_shared<bool>(false);
      auto* retry =
          command->add_flag("--retry", *retry_now, "try again what is parked on that link");
      auto* rule = command->add_option("--rule", ask_for->rule, "with --retry: only this rule");
      rule->needs(retry);
      command->callback([&exit_code, with, waits, ask_for, retry_now] {
        exit_code = *retry_now ? retry_parked(waits->config, waits->which, ask_for->rule, with)
                               : waiting(*waits, with);
      });
    } else {
      auto* rule = command->add_option("--rule", ask_for->rule, "the rule to decide");
      auto* take = command->add_option("--take", ask_for->take, "whose value is right")
                       ->check(CLI::IsMember({"incident", "ticket"}));
      rule->needs(take);
      take->needs(rule);
      command->callback([&exit_code, with, waits, ask_for, take] {
        ask_for->config = waits->config;
        ask_for->which = waits->which;
        exit_code = take->count() > 0 ? resolve_conflict(*ask_for, with) : waiting(*waits, with);
      });
    }
  }

  explain_options explain_with;
  auto* explain_command = app.add_subcommand(
      "explain", "why a value is what it is, and why nothing was written: by rule, with its history"
  );
  explain_command->add_option("--config", explain_with.config, "configuration file")->required();
  explain_command->add_option("which", explain_with.which, "link, incident or ticket")->required();
  explain_command->add_option("field", explain_with.field, "a field of either side, or a rule");
  explain_command->add_option("--format", explain_with.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  explain_command->callback([&] { exit_code = explain(explain_with, with); });

  plan_options plan_with;
  auto* plan_command = app.add_subcommand(
      "plan", "the journal's history through another map: which tickets and fields would differ"
  );
  plan_command->add_option("--config", plan_with.config, "configuration file")->required();
  plan_command->add_option("--mapping", plan_with.mapping, "the new map")->required();
  plan_command->add_option("--route", plan_with.route, "the route it is meant for");
  plan_command->add_option("--format", plan_with.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  plan_command->callback([&] { exit_code = plan(plan_with, with); });

  replay_options replay_with;
  auto* replay_command = app.add_subcommand(
      "replay", "decide once more what the journal says was decided: the same, byte for byte?"
  );
  replay_command->add_option("--config", replay_with.config, "configuration file")->required();
  replay_command->add_option("which", replay_with.which, "link, incident or ticket; all if absent");
  replay_command->add_option("--mapping", replay_with.mapping, "the map that was in force then");
  replay_command->add_option("--format", replay_with.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  replay_command->callback([&] { exit_code = replay(replay_with, with); });

  backfill_options backfill_with;
  auto* backfill_command = app.add_subcommand(
      "backfill", "open tickets for existing incidents, behind everything else; can be interrupted"
  );
  backfill_command->add_option("--config", backfill_with.config, "configuration file")->required();
  backfill_command->add_option("--route", backfill_with.route, "the route to fill")->required();
  backfill_command
      ->add_option("--since", backfill_with.since, "incidents made since: 2026-01-31, in UTC")
      ->required();
  backfill_command->add_option("--until", backfill_with.until, "and before this");
  backfill_command->add_option("--max", backfill_with.most, "open no more tickets than this");
  backfill_command->add_option(
      "--calls-per-minute",
      backfill_with.calls_per_minute,
      "of either system; without it, what the service leaves of their limits"
  );
  backfill_command->add_flag("--dry-run", backfill_with.dry_run, "count, and write nothing");
  backfill_command->callback([&] { exit_code = backfill(backfill_with, with); });

  std::string doctor_config;
  auto* doctor_command =
      app.add_subcommand("doctor", "examine every connection without writing anything");
  doctor_command->add_option("--config", doctor_config, "configuration file")->required();
  doctor_command->callback([&] { exit_code = doctor(doctor_config, with); });

  std::string schema_of;
  auto* schema_command =
      app.add_subcommand("schema", "JSON Schema, for editors, or the reference page");
  schema_command->add_option("of", schema_of, "mapping, config or reference")
      ->required()
      ->check(CLI::IsMember({"mapping", "config", "reference"}));
  schema_command->callback([&] { exit_code = schema(schema_of, with); });

  // CLI11 takes them last first.
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(arguments);
  } catch (CLI::ParseError const& e) {
    return app.exit(e, with.out, with.err) == 0 ? all_well : wrong_use;
  }
  return exit_code;
}

}  // namespace connector::command
