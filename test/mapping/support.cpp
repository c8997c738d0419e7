#include "test/mapping/support.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <stdexcept>

namespace connector::mapping::test {

namespace {

std::vector<std::filesystem::path> files_in(char const* folder) {
  std::vector<std::filesystem::path> all;
  for (auto const& e : std::filesystem::recursive_directory_iterator{folder}) {
    if (e.is_regular_file()) all.push_back(e.path());
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

std::vector<std::string> shipped_maps() {
  std::vector<std::string> names;
  for (auto const& file : files_in(PROJECT_DIR "/mappings")) {
    auto const name = file.filename().string();
    if (name.ends_with(".yaml") && !name.ends_with(".test.yaml")) names.push_back(file.stem());
  }
  return names;
}

model_catalogue const& models() {
  static model_catalogue const all = [] {
    model_catalogue m;
    std::vector<finding> findings;
    for (auto const& file : files_in(PROJECT_DIR "/adapters")) {
      auto const name = file.filename().string();
      if (!name.starts_with("model") || file.extension() != ".yaml") continue;
      m.add(disk_files()(file.string()).value(), file.string(), findings);
    }
    if (!findings.empty()) throw std::runtime_error(shown(findings));
    for (auto const& name : shipped_maps()) {
      auto const file = std::string{PROJECT_DIR "/mappings/"} + name + ".yaml";
      m.add_base_map(name, disk_files()(file).value());
    }
    return m;
  }();
  return all;
}

memory_files& memory_files::with(std::string path, std::string text) {
  files_[std::move(path)] = std::move(text);
  return *this;
}

file_reader memory_files::reader() const {
  return [files = files_](std::string const& path) -> core::result<std::string> {
    auto const hit = files.find(path);
    if (hit == files.end()) return core::error{core::errc::not_found, "no such file"};
    return hit->second;
  };
}

compiled compile_text(std::string text, memory_files files) {
  files.with("map.yaml", std::move(text));
  return compile("map.yaml", models(), files.reader());
}

std::shared_ptr<field_map const> rules(std::string text, memory_files files) {
  auto const head =
      "mapping: m\nversion: 1\nincident: defender\nticket: servicenow/incident\nopen: all\n"
      "fields:\n"
      "  ticket: {labels: {type: set},\n"
      "    html: {type: markup, format: html, length: 400},\n"
      "    markdown: {type: markup, format: markdown}, wiki: {type: markup, format: wiki},\n"
      "    adf: {type: markup, format: adf, length: 32767}}\n"
      "rules:\n";
  auto done = compile_text(head + text, std::move(files));
  if (!done.map) throw std::runtime_error(shown(done.findings));
  return done.map;
}

core::value json(std::string_view text) { return boost::json::parse(text); }
core::record object(std::string_view text) { return json(text).as_object(); }

std::string shown(std::vector<finding> const& all) {
  std::string text;
  for (auto const& f : all) text += to_string(f) + '\n';
  return text;
}

trial::trial(std::string rule, memory_files files)
    : map_{rules(std::move(rule), std::move(files))} {}

trial& trial::incident(std::string_view fields) {
  incident_ = object(fields);
  return *this;
}

trial& trial::ticket(std::string_view fields) {
  ticket_ = object(fields);
  return *this;
}

trial& trial::answer(std::string kind, std::string by, std::string key, std::string id) {
  known_.add(side::ticket, {kind, by, key, "id"}, {core::value(id), false});
  known_.add(side::ticket, {kind, "id", id, by}, {core::value(key), false});
  return *this;
}

trial& trial::no_answer(adapter::question asked, bool several) {
  known_.add(side::ticket, std::move(asked), {nullptr, several});
  return *this;
}

trial& trial::label(std::string ticket_label) {
  facts_.ticket_label = std::move(ticket_label);
  return *this;
}

wish trial::put(side to) const { return the_rule().put(to, now()); }

bool trial::corresponds() const {
  auto const& r = the_rule();
  return r.corresponds(r.read(side::incident, incident_), r.read(side::ticket, ticket_), now());
}

std::string trial::first(side to) const {
  auto const w = put(to);
  switch (w.what) {
    case wish::kind::write:
      return w.value.front().is_null() ? "unset" : core::text_of(w.value.front());
    case wish::kind::leave:
      return "<leave>";
    case wish::kind::park:
      return "<park>";
    case wish::kind::ask:
      return "<ask>";
  }
  return "";
}

}  // namespace connector::mapping::test
