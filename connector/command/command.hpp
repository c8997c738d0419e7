#pragma once

#include <cstddef>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connector/adapter/registry.hpp"

/// The commands of itsm-connector, one file each. They return exit codes and print results to `out`
/// and everything else to `err`.
namespace connector::command {

inline constexpr int all_well = 0;
inline constexpr int findings = 1;   ///< findings, failed tests, or a run that ended in trouble
inline constexpr int wrong_use = 2;  ///< of the command line
inline constexpr int unusable = 78;  ///< configuration, mapping or store; EX_CONFIG of sysexits.h

struct surroundings {
  std::span<adapter::entry const> registry;
  std::ostream& out;
  std::ostream& err;
};

/// Reads the command line and does what it says.
int main(std::vector<std::string> arguments, surroundings with);

struct run_options {
  std::string config;
  bool once = false;
  int patience_seconds = 60;  ///< --once: how long to wait for what falls due
  std::string har;            ///< record all traffic here, secrets redacted
};
int run(run_options const& options, surroundings with);

struct validate_options {
  std::vector<std::string> files;
  std::string format = "text";  ///< text, json or sarif
  bool deny_warnings = false;
  bool report = false;  ///< text: also how each rule is proved, and each value's way there and back
  std::string explain;  ///< the id of a finding, instead of files
  bool live = false;    ///< also compare with the real systems, which are only read
  std::string config;   ///< its maps and call budgets as well; with `live`, says which systems
  std::string state;    ///< with `live`: a file that keeps what they said, to tell what changed
};
int validate(validate_options const& options, surroundings with);

struct test_options {
  std::vector<std::string> files;  ///< maps, each followed by files of tests (*.test.yaml) for it
  std::string junit;               ///< write results here, for a build server
  bool coverage = false;           ///< a row that no test touches is a finding
  bool mutate = false;             ///< a change of the map that no test notices is a finding
  bool generate = false;           ///< print tests for the rows that none touches
};
/// A file of tests for a map, by its name: NAME.test.yaml.
bool is_test_file(std::string_view path);

int test_maps(test_options const& options, surroundings with);

struct preview_options {
  std::string mapping, incident, ticket;
};
int preview(preview_options const& options, surroundings with);

struct links_options {
  std::string config;
  std::string which;  ///< a link id, incident id, ticket id or label; empty: all
  std::string route, state;
  bool parked = false, conflicts = false;
  std::string format = "text";
};
int links(links_options const& options, surroundings with);

/// Lists what waits for a person: `list` is "parked" or "conflicts".
struct waiting_options {
  std::string config, which, list;
  std::string format = "text";
};
int waiting(waiting_options const& options, surroundings with);

/// `rule` empty: everything parked on that link.
int retry_parked(
    std::string const& config, std::string const& which, std::string const& rule, surroundings with
);

struct resolve_options {
  std::string config, which, rule;
  std::string take;  ///< "incident" or "ticket": whose value is right
};
int resolve_conflict(resolve_options const& options, surroundings with);

/// The incident goes on in another ticket; the one it has is let go.
int order_new_ticket(std::string const& config, std::string const& which, surroundings with);

struct explain_options {
  std::string config, which;
  std::string field;  ///< a field of either side, or a rule; empty: all rules
  std::string format = "text";
};
int explain(explain_options const& options, surroundings with);

struct plan_options {
  std::string config;
  std::string mapping;  ///< the new map
  std::string route;    ///< empty: the only one, or the one whose map has the same name
  std::string format = "text";
};
int plan(plan_options const& options, surroundings with);

struct replay_options {
  std::string config;
  std::string which;    ///< a link id, incident id, ticket id or label; empty: all
  std::string mapping;  ///< decide by this map instead of the routes' own
  std::string format = "text";
};
/// Decides once more what the journal says was decided.
int replay(replay_options const& options, surroundings with);

struct backfill_options {
  std::string config, route;
  std::string since, until;  ///< 2026-01-31, or a full RFC 3339 time
  std::size_t most = 0;
  std::size_t calls_per_minute = 0;
  bool dry_run = false;
};
/// Opens tickets for existing incidents: by the running service, or by itself if none runs.
int backfill(backfill_options const& options, surroundings with);

int doctor(std::string const& config, surroundings with);

/// Prints a map as it counts: base and overlay in one.
int show(std::string const& map, surroundings with);

int schema(std::string const& of, surroundings with);

/// What this binary is and what it was built with.
std::string version();

}  // namespace connector::command
