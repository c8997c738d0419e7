#include "connector/mapping/compile.hpp"

#include <algorithm>
#include <charconv>

#include "connector/core/digest.hpp"
#include "connector/mapping/compile_rule.hpp"
#include "connector/mapping/compile_tests.hpp"
#include "connector/mapping/grammar.hpp"
#include "connector/mapping/overlay.hpp"
#include "connector/mapping/program.hpp"
#include "connector/mapping/yaml_text.hpp"

namespace connector::mapping {
namespace {

std::optional<std::chrono::seconds> read_span(std::string_view text) {
  std::int64_t number = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc{} || number < 0 || number > 1'000'000) return std::nullopt;
  std::string_view const unit{end, static_cast<std::size_t>(text.data() + text.size() - end)};
  if (unit == "s") return std::chrono::seconds{number};
  if (unit == "m") return std::chrono::minutes{number};
  if (unit == "h") return std::chrono::hours{number};
  if (unit == "d") return std::chrono::hours{24 * number};
  return std::nullopt;
}

class map_compiler {
 public:
  map_compiler(
      node& root,
      model_catalogue const& models,
      file_reader const& files,
      reporter& to,
      std::string& digest_input
  )
      : root_{root},
        models_{models},
        files_{files},
        to_{to},
        digest_input_{digest_input},
        read_{root, grammar::map, to} {}

  std::shared_ptr<program> compile() {
    if (!root_.is_mapping()) return nullptr;
    auto p = std::make_shared<program>();
    p_ = p.get();
    p_->file = to_.file();
    p_->name = read_.text_or("mapping", "");
    if (auto const* v = read_.find("version"); v && !(v->is_scalar() && v->text == "1")) {
      to_.add(
          found::unknown_word, v->at, "this program reads version 1 only", "write 'version: 1'"
      );
    }
    fill_settings();
    p_->incident = find_model("incident");
    p_->ticket = find_model("ticket");
    if (!p_->incident || !p_->ticket) return nullptr;
    extend_models();
    scope const in{*p_->incident, *p_->ticket};
    find_finished();
    read_open(in);
    read_urgent(in);
    read_rules(in);
    read_comments();
    read_merged(in);
    read_closed(in);
    if (auto const* n = read_.find("merging_settles_after")) {
      auto const span = n->is_scalar() ? read_span(n->text) : std::nullopt;
      if (span) {
        p_->merging_settles_after = *span;
      } else {
        to_.add(
            found::wrong_shape, n->at, "a span is wanted here", "write '90s', '30m', '4h' or '2d'"
        );
      }
    }
    if (auto const* tests = read_.list("tests")) {
      p_->tests = read_tests(*tests, *p_, to_);
    }
    collect_fields();
    return p;
  }

 private:
  void fill_settings() {
    std::map<std::string, std::string, std::less<>> settings;
    if (auto const* n = read_.mapping("settings")) {
      for (auto const& [key, value] : n->entries) {
        if (value.is_scalar()) {
          settings.emplace(key.text, value.text);
        } else {
          to_.add(found::wrong_shape, value.at, "a setting is one text");
        }
      }
    }
    for (auto& [key, value] : root_.entries) {
      if (key.text != "settings") fill_in_settings(value, settings, to_);
    }
  }

  std::shared_ptr<model const> find_model(std::string_view key) {
    auto const* n = read_.find(key);
    if (!n) return nullptr;
    auto m = n->is_scalar() ? models_.find(n->text) : nullptr;
    if (!m) {
      auto const names = models_.names();
      to_.add(
          found::unknown_model,
          n->at,
          "no system object '" + n->text + "'",
          suggestion(n->text, names)
      );
    }
    return m;
  }

  void extend_models() {
    auto const* n = read_.find("fields");
    if (!n) return;
    constexpr key_spec keys[] = {
        {"incident", false, shape::model_fields, "of the incident"},
        {"ticket", false, shape::model_fields, "of the ticket"},
    };
    key_reader const read{*n, keys, to_};
    auto const extend = [&](std::string_view key, std::shared_ptr<model const>& m) {
      auto const* fields = read.find(key);
      if (!fields) return;
      auto wider = std::make_shared<model>(*m);
      read_model_fields(*fields, wider->fields, to_);
      m = std::move(wider);
    };
    extend("incident", p_->incident);
    extend("ticket", p_->ticket);
  }

  void read_open(scope const& in) {
    auto const* n = read_.find("open");
    if (!n) return;
    p_->open_at = n->at;
    if (n->is_word("all")) return;
    if (n->is_word("none")) {
      p_->open.what = condition::kind::never;
      return;
    }
    if (n->is_scalar()) {
      constexpr std::array<std::string_view, 2> words{"all", "none"};
      unknown_word(*n, "open", words, to_);
      return;
    }
    p_->open = read_condition(*n, in, sides_allowed::incident, to_);
  }

  void read_urgent(scope const& in) {
    auto const* n = read_.list("urgent");
    if (!n) return;
    for (auto const& item : n->items) {
      p_->urgent.push_back(read_condition(item, in, sides_allowed::incident, to_));
    }
  }

  void read_rules(scope const& in) {
    auto const* n = read_.list("rules");
    if (!n) return;
    rule_context const with{in, files_, digest_input_, to_};
    for (auto const& item : n->items) {
      if (auto r = compile_rule(item, with)) p_->rules.push_back(std::move(*r));
    }
    check_rules_together(p_->rules, to_);
  }

  void read_comments() {
    auto const* n = read_.mapping("comments");
    if (!n) return;
    key_reader const read{*n, grammar::comments, to_};
    auto& c = p_->comments;
    p_->comments_at = n->at;
    auto const word = read.word_or("sync", {"never", "to_ticket", "to_incident", "both"}, "never");
    c.direction = word == "both"          ? direction::both
                  : word == "to_ticket"   ? direction::to_ticket
                  : word == "to_incident" ? direction::to_incident
                                          : direction::never;
    c.place = read.text_or("as", "");
    c.take_public = read.flag_or("take_public", false);
    c.prefix = read.text_or("prefix", "");
    check_prefix(read);
    std::vector<std::string_view> places;
    std::string internal;
    for (auto const& f : p_->ticket->fields) {
      if (f.type != field_type::comment) continue;
      places.push_back(f.name);
      if (!f.is_public && internal.empty()) internal = f.name;
    }
    auto const to_ticket = c.direction == direction::both || c.direction == direction::to_ticket;
    auto const* as = read.find("as");
    if (!as) {
      if (to_ticket && !places.empty()) {
        to_.add(
            found::missing_key,
            n->at,
            "'as' is missing: where do comments go on the ticket?",
            internal.empty() ? suggestion("", places) : "add 'as: " + internal + "'"
        );
      }
      return;
    }
    auto const* f = p_->ticket->find(c.place);
    if (!f || f->type != field_type::comment) {
      unknown_word(*as, "as", places, to_);
      return;
    }
    auto const accepted = read.word_or("show_customers", {"accept"}, "") == "accept";
    if (f->is_public && to_ticket && !accepted) {
      to_.add(
          found::leaks_internal,
          as->at,
          "the incident's comments are internal, and customers see '" + c.place + "'",
          (internal.empty() ? std::string{} : "write 'as: " + internal + "', or ") +
              "add 'show_customers: accept'"
      );
    }
  }

  void check_prefix(key_reader const& read) {
    auto const* n = read.find("prefix");
    if (!n) return;
    auto rest = std::string_view{n->text};
    for (auto open = rest.find('{'); open != std::string_view::npos; open = rest.find('{')) {
      auto const end = rest.find('}', open);
      auto const word = rest.substr(open, end == std::string_view::npos ? end : end - open + 1);
      if (word != "{author}") {
        to_.add(
            found::bad_template,
            n->at,
            "no '" + std::string{word} + "' here",
            "only {author} is known before a comment"
        );
        return;
      }
      rest.remove_prefix(end + 1);
    }
  }

  void read_merged(scope const& in) {
    auto const* n = read_.mapping("merged");
    if (!n) {
      p_->merged.close = false;
      p_->merged.where = to_.at({1, 1});
      return;
    }
    key_reader const read{*n, grammar::merged, to_};
    p_->merged.where = to_.at(n->at);
    p_->merged_at = n->at;
    p_->merged.close = read.flag_or("close", true);
    p_->merged.comment = read.text_or("comment", "");
    if (auto const* write = read.mapping("write")) {
      for (auto const& [key, value] : write->entries) {
        auto const f = find_field(in, side::ticket, key.text, key.at, to_);
        if (!f) continue;
        if (!f->type->writable) {
          to_.add(found::read_only_field, key.at, "'" + key.text + "' cannot be written");
        }
        auto const v = read_literal(*f, value, to_);
        if (!v) continue;
        check_writable(*f, *v, value.at, to_);
        p_->merged.fields[key.text] = *v;
      }
    }
    auto const does_nothing =
        p_->merged.close && p_->merged.fields.empty() && p_->merged.comment.empty();
    if (does_nothing) {
      to_.add(
          found::missing_key, n->at, "'close: yes' without 'write'", "say which fields close it"
      );
    }
  }

  void find_finished() {
    for (auto const& f : p_->incident->fields) {
      auto const marks =
          std::any_of(f.values.begin(), f.values.end(), [](auto const& v) { return v.finished; });
      if (marks) p_->finished.push_back(*refer(*p_->incident, f.name));
    }
  }

  void read_closed(scope const& in) {
    auto const* n = read_.mapping("closed");
    if (!n) return;
    key_reader const read{*n, grammar::closed, to_};
    closed_policy c;
    c.at = n->at;
    if (auto const* when = read.find("when")) {
      c.when = read_condition(*when, in, sides_allowed::ticket, to_);
    }
    auto const then = read.word_or("changes", {"leave", "park", "new_ticket"}, "leave");
    if (then == "park") c.then = closed_policy::changes::park;
    if (then == "new_ticket") c.then = closed_policy::changes::new_ticket;
    each_test(c.when, [&](condition const& test) {
      for (auto const& r : p_->rules) check_closing(test, r);
    });
    p_->closed = std::move(c);
  }

  /// The rules see the ticket as those before them will make it. A state that a rule writes and
  /// `closed` names would stop the rules after it, in the middle of one write.
  void check_closing(condition const& test, rule_data const& r) {
    if (!r.goes(side::ticket)) return;
    auto const hit = std::find_if(r.ticket.begin(), r.ticket.end(), [&](field_ref const& f) {
      return f.path == test.field.path;
    });
    if (hit == r.ticket.end()) return;
    auto const at = static_cast<std::size_t>(hit - r.ticket.begin());
    auto may_write = true;
    if (auto const* table = std::get_if<value_table>(&r.body)) {
      may_write = std::any_of(table->rows.begin(), table->rows.end(), [&](table_row const& row) {
        return row.leads(side::ticket) && at < row.ticket.size() &&
               passes(test, row.ticket[at].value);
      });
    }
    if (!may_write) return;
    to_.add(
        found::closes_itself,
        test.at,
        "the rule in line " + std::to_string(r.where.line) + " writes this to '" + test.field.path +
            "' itself, and the rules after it would be stopped",
        "name a field that no rule writes, such as 'active: no'"
    );
  }

  void collect_fields() {
    auto const add = [&](side on, std::string_view path) {
      auto& all = on == side::incident ? p_->incident_fields : p_->ticket_fields;
      // Rows come with their list.
      auto const* top = p_->model_of(on).find(path.substr(0, path.find('.')));
      auto const name =
          top && top->type == field_type::list ? path.substr(0, path.find('.')) : path;
      if (std::find(all.begin(), all.end(), name) == all.end()) all.emplace_back(name);
    };
    auto const add_tests = [&](condition const& c) {
      each_test(c, [&](condition const& test) { add(test.on, test.field.path); });
    };
    add_tests(p_->open);
    for (auto const& c : p_->urgent) add_tests(c);
    if (p_->closed) add_tests(p_->closed->when);
    for (auto const& r : p_->rules) {
      if (r.direction == direction::never) continue;
      add_tests(r.when);
      for (auto const& f : r.incident) add(side::incident, f.path);
      for (auto const& f : r.ticket) add(side::ticket, f.path);
    }
    auto const asks_if_finished =
        (p_->closed && p_->closed->then == closed_policy::changes::new_ticket) ||
        std::any_of(p_->rules.begin(), p_->rules.end(), [](rule_data const& r) {
          return r.direction != direction::never && r.hinders_merging;
        });
    if (asks_if_finished) {
      for (auto const& f : p_->finished) add(side::incident, f.path);
    }
    for (auto const& [key, value] : p_->merged.fields) add(side::ticket, key);
    std::sort(p_->incident_fields.begin(), p_->incident_fields.end());
    std::sort(p_->ticket_fields.begin(), p_->ticket_fields.end());
  }

  node& root_;
  model_catalogue const& models_;
  file_reader const& files_;
  reporter& to_;
  std::string& digest_input_;
  key_reader read_;
  program* p_ = nullptr;
};

}  // namespace

std::string merged_text(
    std::string const& path,
    model_catalogue const& models,
    file_reader const& files,
    std::vector<finding>& findings
) {
  reporter to{path, findings};
  auto const text = files(path);
  if (!text) {
    to.add(found::unreadable, {0, 0}, "cannot be read: " + text.error().detail);
    return {};
  }
  auto const root = read_merged(*text, models, files, to);
  if (!root) return {};
  auto const* rules = root->find("rules");
  return to_yaml(*root, [&](node const& n) {
    auto const is_rule =
        rules &&
        std::any_of(rules->items.begin(), rules->items.end(), [&](auto& r) { return &r == &n; });
    if (!is_rule) return std::string{};
    auto const where = to.at(n.at);
    return where.file + ':' + std::to_string(where.line) + ':' + std::to_string(where.column);
  });
}

compiled compile(std::string path, model_catalogue const& models, file_reader const& files) {
  compiled out;
  reporter to{path, out.findings};
  auto const text = files(path);
  if (!text) {
    to.add(found::unreadable, {0, 0}, "cannot be read: " + text.error().detail);
    return out;
  }
  auto root = read_merged(*text, models, files, to);
  std::shared_ptr<program> p;
  auto digest_input = "version 1\n" + (root ? to_yaml(*root) : std::string{});
  if (root) p = map_compiler{*root, models, files, to, digest_input}.compile();
  std::stable_sort(out.findings.begin(), out.findings.end(), [&](auto const& a, auto const& b) {
    // The map's own first, then those of the files beside it.
    auto const rank = [&](finding const& f) {
      return std::tuple{f.at.file != path, std::string_view{f.at.file}, f.at.line, f.at.column};
    };
    return rank(a) < rank(b);
  });
  if (!p || has_errors(out.findings)) return out;
  p->digest = core::sha256_hex(digest_input);
  p->files = to.files();
  out.map = make_field_map(p);
  out.as_data = std::move(p);
  return out;
}

}  // namespace connector::mapping
