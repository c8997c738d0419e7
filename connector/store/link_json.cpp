#include "connector/store/link_json.hpp"

#include <exception>
#include <stdexcept>
#include <type_traits>

#include "connector/store/json_text.hpp"

namespace connector::store {
namespace {

// -- writing ------------------------------------------------------------------------------------

void append_value(std::string& out, std::int64_t n) { out += std::to_string(n); }
void append_value(std::string& out, int n) { out += std::to_string(n); }
void append_value(std::string& out, bool yes) { out += yes ? "true" : "false"; }
void append_value(std::string& out, core::time_point at) {
  out += std::to_string(at.time_since_epoch().count());
}
void append_value(std::string& out, mapping::side s) {
  out += s == mapping::side::incident ? "\"incident\"" : "\"ticket\"";
}
void append_value(std::string& out, outstanding::kind k) {
  out += k == outstanding::kind::create ? "\"create\"" : "\"update\"";
}
void append_value(std::string& out, std::string const& text) { append_json(out, text); }
void append_value(std::string& out, core::group const& g) { append_json(out, g); }
void append_value(std::string& out, core::record const& r) { append_json(out, r); }
void append_value(std::string& out, base const& b);
void append_value(std::string& out, outstanding const& o);
void append_value(std::string& out, parked const& p);
void append_value(std::string& out, conflict const& c);
void append_value(std::string& out, kept_value const& k);

template <class T>
void append_value(std::string& out, std::map<std::string, T> const& all) {
  char before = '{';
  for (auto const& [key, value] : all) {
    out += before;
    append_json(out, key);
    out += ':';
    append_value(out, value);
    before = ',';
  }
  out += '}';
}

template <class T>
void append_value(std::string& out, std::vector<T> const& all) {
  char before = '[';
  for (auto const& value : all) {
    out += before;
    append_value(out, value);
    before = ',';
  }
  out += ']';
}

template <class T>
void append_value(std::string& out, std::optional<T> const& value) {
  append_value(out, *value);
}

template <class T>
bool is_default(T const& value) {
  if constexpr (std::is_enum_v<T>) {
    return false;
  } else if constexpr (requires { value.empty(); }) {
    return value.empty();
  } else if constexpr (requires { value.has_value(); }) {
    return !value.has_value();
  } else {
    return value == T{};
  }
}

/// Writes {"key":value,...}, leaving out defaults.
class object_writer {
 public:
  explicit object_writer(std::string& out) : out_{out} {}

  template <class T>
  object_writer& add(std::string_view key, T const& value) {
    if (is_default(value)) return *this;
    out_ += before_;
    out_ += '"';
    out_ += key;
    out_ += "\":";
    append_value(out_, value);
    before_ = ',';
    return *this;
  }

  void end() { out_ += before_ == '{' ? "{}" : "}"; }

 private:
  std::string& out_;
  char before_ = '{';
};

void append_value(std::string& out, base const& b) {
  out += '[';
  append_json(out, b.incident);
  out += ',';
  append_json(out, b.ticket);
  out += ']';
}

void append_value(std::string& out, outstanding const& o) {
  object_writer{out}
      .add("what", o.what)
      .add("to", o.to)
      .add("fields", o.fields)
      .add("derived", o.derived)
      .add("version_seen", o.version_seen)
      .add("sent_at", o.sent_at)
      .add("not_before", o.not_before)
      .add("attempts", o.attempts)
      .add("empty_looks", o.empty_looks)
      .add("control", o.control)
      .add("epoch", o.epoch)
      .end();
}

void append_value(std::string& out, parked const& p) {
  object_writer{out}
      .add("rule", p.rule)
      .add("to", p.to)
      .add("reason", p.reason)
      .add("wanted", p.wanted)
      .add("from", p.from)
      .add("since", p.since)
      .add("refused", p.refused)
      .end();
}

void append_value(std::string& out, conflict const& c) {
  object_writer{out}
      .add("rule", c.rule)
      .add("base_incident", c.base_incident)
      .add("base_ticket", c.base_ticket)
      .add("incident", c.incident)
      .add("ticket", c.ticket)
      .add("since", c.since)
      .add("overwritten", c.overwritten)
      .add("restore", c.restore)
      .end();
}

void append_value(std::string& out, kept_value const& k) {
  object_writer{out}.add("rule", k.rule).add("incident", k.incident).add("ticket", k.ticket).end();
}

// -- reading ------------------------------------------------------------------------------------
// A wrong kind throws; read_link_body turns that into its error.

template <class Enum>
Enum one_of(core::value const& from, char const* word_a, Enum a, char const* word_b, Enum b) {
  if (from.as_string() == word_a) return a;
  if (from.as_string() == word_b) return b;
  throw std::runtime_error{"an unknown word"};
}

void take(core::value& from, std::int64_t& into) { into = from.as_int64(); }
void take(core::value& from, int& into) { into = from.to_number<int>(); }
void take(core::value& from, bool& into) { into = from.as_bool(); }
void take(core::value& from, core::time_point& into) {
  into = core::time_point{core::ticks{from.as_int64()}};
}
void take(core::value& from, std::string& into) { into = std::string_view{from.as_string()}; }
void take(core::value& from, mapping::side& into) {
  into = one_of(from, "incident", mapping::side::incident, "ticket", mapping::side::ticket);
}
void take(core::value& from, outstanding::kind& into) {
  using kind = outstanding::kind;
  into = one_of(from, "create", kind::create, "update", kind::update);
}
void take(core::value& from, core::group& into) { into = std::move(from.as_array()); }
void take(core::value& from, core::record& into) { into = std::move(from.as_object()); }
void take(core::value& from, base& into);
void take(core::value& from, outstanding& into);
void take(core::value& from, parked& into);
void take(core::value& from, conflict& into);
void take(core::value& from, kept_value& into);

template <class T>
void take(core::value& from, std::map<std::string, T>& into) {
  for (auto& member : from.as_object()) {
    take(member.value(), into[std::string{std::string_view{member.key()}}]);
  }
}

template <class T>
void take(core::value& from, std::vector<T>& into) {
  for (auto& item : from.as_array()) take(item, into.emplace_back());
}

template <class T>
void take(core::value& from, std::optional<T>& into) {
  take(from, into.emplace());
}

class object_reader {
 public:
  explicit object_reader(core::value& from) : from_{from.as_object()} {}

  template <class T>
  object_reader& get(std::string_view key, T& into) {
    if (auto* found = from_.if_contains(key)) take(*found, into);
    return *this;
  }

 private:
  core::record& from_;
};

void take(core::value& from, base& into) {
  auto& pair = from.as_array();
  take(pair.at(0), into.incident);
  take(pair.at(1), into.ticket);
}

void take(core::value& from, kept_value& into) {
  object_reader{from}
      .get("rule", into.rule)
      .get("incident", into.incident)
      .get("ticket", into.ticket);
}

void take(core::value& from, outstanding& into) {
  object_reader{from}
      .get("what", into.what)
      .get("to", into.to)
      .get("fields", into.fields)
      .get("derived", into.derived)
      .get("version_seen", into.version_seen)
      .get("sent_at", into.sent_at)
      .get("not_before", into.not_before)
      .get("attempts", into.attempts)
      .get("empty_looks", into.empty_looks)
      .get("control", into.control)
      .get("epoch", into.epoch);
}

void take(core::value& from, parked& into) {
  object_reader{from}
      .get("rule", into.rule)
      .get("to", into.to)
      .get("reason", into.reason)
      .get("wanted", into.wanted)
      .get("from", into.from)
      .get("since", into.since)
      .get("refused", into.refused);
}

void take(core::value& from, conflict& into) {
  object_reader{from}
      .get("rule", into.rule)
      .get("base_incident", into.base_incident)
      .get("base_ticket", into.base_ticket)
      .get("incident", into.incident)
      .get("ticket", into.ticket)
      .get("since", into.since)
      .get("overwritten", into.overwritten)
      .get("restore", into.restore);
}

}  // namespace

std::string link_body(link const& from) {
  std::string out;
  out.reserve(1024);
  object_writer{out}
      .add("incident_url", from.incident_url)
      .add("ticket_url", from.ticket_url)
      .add("merged_into", from.merged_into)
      .add("succeeded_by", from.succeeded_by)
      .add("generation", from.generation)
      .add("incident_version", from.incident_version)
      .add("ticket_version", from.ticket_version)
      .add("incident_recorded", from.incident_recorded)
      .add("ticket_recorded", from.ticket_recorded)
      .add("names_recorded", from.names_recorded)
      .add("bases", *from.bases)
      .add("parked", from.parked)
      .add("conflicts", from.conflicts)
      .add("kept", from.kept)
      .add("incident_comments", from.incident_comments)
      .add("ticket_comments", from.ticket_comments)
      .add("map_digest", from.map_digest)
      .add("failures", from.failures)
      .add("created_at", from.created_at)
      .add("changed_at", from.changed_at)
      .end();
  return out;
}

std::string outstanding_body(outstanding const& from) {
  std::string out;
  out.reserve(512);
  append_value(out, from);
  return out;
}

core::result<void> read_outstanding_body(std::string_view body, outstanding& into) {
  auto parsed = parse_json(body);
  if (!parsed) return parsed.error();
  try {
    take(*parsed, into);
  } catch (std::exception const& e) {
    return core::error{core::errc::storage, std::string{"a stored write is damaged: "} + e.what()};
  }
  return {};
}

core::result<void> read_link_body(std::string_view body, link& into) {
  auto parsed = parse_json(body);
  if (!parsed) return parsed.error();
  try {
    object_reader{*parsed}
        .get("incident_url", into.incident_url)
        .get("ticket_url", into.ticket_url)
        .get("merged_into", into.merged_into)
        .get("succeeded_by", into.succeeded_by)
        .get("generation", into.generation)
        .get("incident_version", into.incident_version)
        .get("ticket_version", into.ticket_version)
        .get("incident_recorded", into.incident_recorded)
        .get("ticket_recorded", into.ticket_recorded)
        .get("names_recorded", into.names_recorded)
        .get("bases", into.bases.edit())
        .get("parked", into.parked)
        .get("conflicts", into.conflicts)
        .get("kept", into.kept)
        .get("incident_comments", into.incident_comments)
        .get("ticket_comments", into.ticket_comments)
        .get("map_digest", into.map_digest)
        .get("failures", into.failures)
        .get("created_at", into.created_at)
        .get("changed_at", into.changed_at);
  } catch (std::exception const& e) {
    return core::error{core::errc::storage, std::string{"a stored link is damaged: "} + e.what()};
  }
  return {};
}

}  // namespace connector::store
