#include <boost/json/serialize.hpp>
#include <ostream>
#include <vector>

#include "connector/command/command.hpp"
#include "connector/command/inquiry.hpp"
#include "connector/command/link_view.hpp"

namespace connector::command {
namespace {

store::link_filter filter_of(links_options const& options) {
  store::link_filter filter;
  filter.route = options.route;
  if (!options.state.empty()) filter.state = store::link_state_from(options.state);
  filter.parked_only = options.parked;
  filter.conflicts_only = options.conflicts;
  filter.text = options.which;
  return filter;
}

std::vector<core::record> records_of(boost::json::array& from) {
  std::vector<core::record> out;
  for (auto& each : from) {
    if (each.is_object()) out.push_back(std::move(each.as_object()));
  }
  return out;
}

int nothing_named(std::string const& which, surroundings with) {
  with.err << "no link has the id or name '" << which << "'\n";
  return findings;
}

/// The one link that `which` names, or none after saying why not.
std::optional<core::record> the_link(inquiry& of, std::string const& which, surroundings with) {
  store::link_filter filter;
  filter.text = which;
  auto found = of.links(filter);
  if (!found) {
    with.err << found.error().detail << '\n';
    return std::nullopt;
  }
  auto all = records_of(*found);
  if (all.size() == 1) return std::move(all.front());
  if (all.empty()) {
    nothing_named(which, with);
  } else {
    with.err << "'" << which << "' names " << all.size() << " links; say which:\n";
    print_links(all, with.err);
  }
  return std::nullopt;
}

int give_order(
    std::string const& config,
    std::string const& which,
    sync::order what,
    std::string_view words,
    surroundings with
) {
  auto asked = inquiry::begin(config, with);
  if (!asked) return unusable;
  auto const link = the_link(*asked, which, with);
  if (!link) return findings;
  what.by = "command line";
  auto done = asked->carry_out(what, core::text_of(core::field(*link, "link")));
  if (!done) {
    with.err << done.error().detail << '\n';
    return findings;
  }
  with.out << words;
  return all_well;
}

}  // namespace

int links(links_options const& options, surroundings with) {
  auto asked = inquiry::begin(options.config, with);
  if (!asked) return unusable;
  auto found = asked->links(filter_of(options));
  if (!found) {
    with.err << found.error().detail << '\n';
    return findings;
  }
  if (options.format == "json") {
    with.out << boost::json::serialize(*found) << '\n';
    return all_well;
  }
  auto const shown = records_of(*found);
  if (!options.which.empty() && shown.empty()) return nothing_named(options.which, with);
  if (!options.which.empty() && shown.size() == 1) {
    print_link(shown.front(), with.out);
  } else {
    print_links(shown, with.out);
  }
  return all_well;
}

int waiting(waiting_options const& options, surroundings with) {
  auto asked = inquiry::begin(options.config, with);
  if (!asked) return unusable;
  store::link_filter filter;
  filter.text = options.which;
  filter.parked_only = options.list == "parked";
  filter.conflicts_only = options.list == "conflicts";
  auto found = asked->links(filter);
  if (!found) {
    with.err << found.error().detail << '\n';
    return findings;
  }
  if (options.format == "json") {
    with.out << boost::json::serialize(*found) << '\n';
    return all_well;
  }
  auto const shown = records_of(*found);
  if (options.list == "parked") {
    print_parked(shown, with.out);
  } else {
    print_conflicts(shown, with.out);
  }
  return all_well;
}

int retry_parked(
    std::string const& config, std::string const& which, std::string const& rule, surroundings with
) {
  sync::order what;
  what.rule = rule;
  return give_order(
      config, which, std::move(what), "it is tried again with the next batch\n", with
  );
}

int resolve_conflict(resolve_options const& options, surroundings with) {
  sync::order what;
  what.what = sync::order::kind::resolve;
  what.rule = options.rule;
  what.winner = options.take == "incident" ? mapping::side::incident : mapping::side::ticket;
  return give_order(
      options.config,
      options.which,
      std::move(what),
      "the " + options.take +
          "'s value is carried over with the next batch.\n"
          "To have it decided so every time, give rule '" +
          options.rule + "' in the map: conflict: " + options.take + '\n',
      with
  );
}

int order_new_ticket(std::string const& config, std::string const& which, surroundings with) {
  sync::order what;
  what.what = sync::order::kind::new_ticket;
  return give_order(
      config, which, std::move(what), "the incident gets a new ticket with the next batch\n", with
  );
}

int explain(explain_options const& options, surroundings with) {
  auto asked = inquiry::begin(options.config, with);
  if (!asked) return unusable;
  auto found = asked->explain(options.which, options.field);
  if (!found) {
    with.err << found.error().detail << '\n';
    return findings;
  }
  if (options.format == "json") {
    with.out << boost::json::serialize(*found) << '\n';
    return found->empty() ? findings : all_well;
  }
  if (found->empty()) return nothing_named(options.which, with);
  bool any = false;
  for (auto const& each : *found) any = print_explanation(each.as_object(), with.out) || any;
  if (any) return all_well;
  with.err << "no rule of the map reads or writes '" << options.field << "'\n";
  return findings;
}

}  // namespace connector::command
