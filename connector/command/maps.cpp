#include <boost/json/parse.hpp>
#include <fstream>
#include <ostream>
#include <sstream>

#include "connector/command/assembly.hpp"
#include "connector/command/command.hpp"
#include "connector/config/schema.hpp"
#include "connector/mapping/preview.hpp"
#include "connector/mapping/reference.hpp"
#include "connector/mapping/schema.hpp"

/// The commands that need nothing but mapping files: preview, show, schema.
namespace connector::command {
namespace {

void print(std::vector<mapping::finding> const& all, std::ostream& out) {
  for (auto const& f : all) out << to_string(f) << '\n';
}

/// A record from a JSON file, or none after saying why not.
std::optional<core::record> read_record(std::string const& path, std::ostream& err) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) {
    err << path << ": error: cannot be read\n";
    return std::nullopt;
  }
  boost::json::error_code ec;
  auto parsed = boost::json::parse(text.str(), ec);
  if (ec || !parsed.is_object()) {
    err << path << ": error: not a JSON object" << (ec ? ": " + ec.message() : "") << '\n';
    return std::nullopt;
  }
  return std::move(parsed.as_object());
}

}  // namespace

int preview(preview_options const& options, surroundings with) {
  auto const models = all_models(with.registry);
  auto const compiled = mapping::compile(options.mapping, models, mapping::disk_files());
  if (!compiled.map) {
    print(compiled.findings, with.err);
    return unusable;
  }
  auto const incident = read_record(options.incident, with.err);
  if (!incident) return wrong_use;
  std::optional<core::record> ticket;
  if (!options.ticket.empty()) {
    ticket = read_record(options.ticket, with.err);
    if (!ticket) return wrong_use;
  }
  with.out << to_text(mapping::preview(*compiled.map, *incident, ticket, {}, {}));
  return all_well;
}

int show(std::string const& map, surroundings with) {
  std::vector<mapping::finding> found;
  auto const models = all_models(with.registry);
  auto const text = mapping::merged_text(map, models, mapping::disk_files(), found);
  print(found, with.err);
  with.out << text;
  return text.empty() || has_errors(found) ? unusable : all_well;
}

int schema(std::string const& of, surroundings with) {
  if (of == "reference") {
    with.out << mapping::reference_page(all_models(with.registry));
    return all_well;
  }
  with.out << (of == "config" ? std::string{config::config_schema()} : mapping::language_schema())
           << '\n';
  return all_well;
}

}  // namespace connector::command
