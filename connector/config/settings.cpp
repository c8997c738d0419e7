#include "connector/config/settings.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <map>
#include <tuple>

#include "connector/config/references.hpp"
#include "connector/config/scalars.hpp"
#include "connector/config/suggest.hpp"
#include "connector/config/yaml.hpp"

namespace connector::config {
namespace {

using namespace std::chrono_literals;

std::string quoted(std::string_view text) { return "'" + std::string{text} + "'"; }

/// Names go into metrics, logs and the store, so they stay plain and short.
bool is_name(std::string_view text) {
  constexpr std::size_t name_characters_max = 63;
  auto const is_letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && text.size() <= name_characters_max && is_letter_or_digit(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return is_letter_or_digit(c) || c == '-' || c == '_';
         });
}

bool is_ip_address(std::string const& text) {
  in6_addr ignored{};
  return inet_pton(AF_INET, text.c_str(), &ignored) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &ignored) == 1;
}

/// "127.0.0.1:8080", "[::1]:8080".
std::optional<listen_settings> parse_listen(std::string_view text) {
  auto const colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  auto const bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  auto const port = parse_whole_number(text.substr(colon + 1));
  auto found = listen_settings{std::string{host}, 0};
  auto const is_v6 = host.find(':') != std::string_view::npos;
  if (!is_ip_address(found.address) || is_v6 != bracketed) return std::nullopt;
  if (!port || *port < 0 || *port > 65535) return std::nullopt;
  found.port = static_cast<std::uint16_t>(*port);
  return found;
}

class loader {
 public:
  loader(
      section top,
      yaml_node const& tree,
      reference_source const& references,
      std::span<std::string const> systems
  )
      : top_{std::move(top)}, tree_{tree}, references_{references}, systems_{systems} {}

  settings read() {
    auto all = settings{};
    all.store = read_store();
    read_listen(all.listen);
    read_hooks(all.hooks);
    read_validation(top_, validation_);
    if (auto log = top_.sub("log")) read_log(*log, all.log);
    auto http = http_settings{};
    if (auto given = top_.sub("http")) read_http(*given, http);
    if (auto poll = top_.sub("poll")) read_poll(*poll, all.poll);
    read_connections(http, all.connections);
    read_routes(all.routes);
    top_.finish();
    return all;
  }

 private:
  [[nodiscard]] std::string beside(std::string_view path) const {
    return path_beside(tree_.at.file, path);
  }

  std::string read_store() {
    auto const* entry = tree_.find("store");
    if (entry == nullptr || entry->value->what != yaml_node::kind::map) {
      auto const path = top_.text("store");
      return path.empty() ? path : beside(path);
    }
    auto in = *top_.sub("store");
    auto const path = in.text("sqlite");
    in.finish();
    return path.empty() ? path : beside(path);
  }

  void read_listen(listen_settings& to) {
    auto const text = top_.text_if("listen");
    if (!text) return;
    if (auto const found = parse_listen(*text)) {
      to = *found;
      return;
    }
    top_.complain(
        top_.at("listen"),
        "'listen' needs an IP address and a port: 127.0.0.1:8080 for this machine alone, "
        "0.0.0.0:8080 or [::]:8080 for every network it is in"
    );
  }

  void read_hooks(hook_settings& to) {
    auto const text = top_.text_if("hooks");
    if (!text) return;
    to.taken = true;
    if (*text == "listen") return;
    to.listen = parse_listen(*text);
    if (to.listen) return;
    top_.complain(
        top_.at("hooks"),
        "'hooks' is 'listen', for webhooks at the address of 'listen', or an address and port of "
        "their own: 0.0.0.0:8081"
    );
  }

  static void read_validation(section& in, validation_settings& to) {
    to.every = in.span_or("validate_every", to.every);
    auto const given = in.has("validate_every") && to.every != 0ms;
    if (given && (to.every < 1min || to.every > std::chrono::hours{24 * 30})) {
      in.complain(
          in.at("validate_every"), "'validate_every' must be from 1m to 30d, or 0s for never"
      );
    }
    auto choices = in.sub("on_finding");
    if (!choices) return;
    for (auto const& id : choices->keys()) {
      auto const word = choices->one_of(id, {"warn", "hold rule", "hold route"}, "warn");
      auto const action = word == "hold rule"    ? on_finding::hold_rule
                          : word == "hold route" ? on_finding::hold_route
                                                 : on_finding::warn;
      to.choices.push_back({id, action, choices->at(id)});
    }
    choices->finish();
  }

  static void read_log(section& in, log_settings& to) {
    to.level = in.one_of("level", {"trace", "debug", "info", "warn", "error"}, to.level);
    auto const format = in.one_of("format", {"text", "json"}, "text");
    to.format = format == "json" ? log_format::json : log_format::text;
    in.finish();
  }

  void read_http(section& in, http_settings& to) {
    read_file_name(in, "ca_file", to.ca_file);
    read_file_name(in, "client_certificate", to.client_certificate);
    read_file_name(in, "client_key", to.client_key);
    if (in.has("client_certificate") != in.has("client_key")) {
      in.complain(in.at(), "'client_certificate' and 'client_key' belong together: give both");
    }
    if (auto password = in.secret_if("client_key_password")) to.client_key_password = *password;
    to.proxy = in.url_or("proxy", to.proxy);
    to.proxy_user = in.text_or("proxy_user", to.proxy_user);
    if (auto password = in.secret_if("proxy_password")) to.proxy_password = *password;
    if (in.has("proxy_user") != in.has("proxy_password")) {
      in.complain(in.at(), "'proxy_user' and 'proxy_password' belong together: give both");
    }
    if (in.has("no_proxy")) to.no_proxy = in.texts("no_proxy");
    in.finish();
  }

  void read_file_name(section& in, std::string_view key, std::string& to) {
    auto const path = in.text_if(key);
    if (!path) return;
    to = beside(*path);
    if (references_.file(to)) return;
    in.complain(in.at(key), quoted(key) + " names a file that is missing or cannot be read");
  }

  static void read_poll(section& in, poll_settings& to) {
    to.every = in.span_or("every", to.every);
    to.lookback = in.span_or("lookback", to.lookback);
    to.sweep = in.span_or("sweep", to.sweep);
    if (to.every < 100ms || to.every > 24h) {
      in.complain(in.at("every"), "'every' must be from 100ms to 1d");
    }
    in.finish();
  }

  void read_connections(http_settings const& shared, std::vector<connection>& to) {
    if (!top_.has("connections")) {
      top_.complain(top_.at(), "'connections' is missing: name the systems to keep in step");
    } else if (auto const& all = *tree_.find("connections")->value;
               all.what == yaml_node::kind::map && all.entries.empty()) {
      top_.complain(all.at, "'connections' is empty: name the systems to keep in step");
    }
    auto const known = std::vector<std::string>{systems_.begin(), systems_.end()};
    for (auto& [name, in] : top_.named("connections")) {
      if (!is_name(name)) {
        complain_about_name(tree_.find("connections")->value->find(name)->at);
      }
      auto system = in.has("system") ? in.one_of("system", known, "") : in.text("system");
      auto http = shared;
      if (auto given = in.sub("http")) read_http(*given, http);
      to.push_back({name, std::move(system), std::move(http), in});
    }
  }

  void read_routes(std::vector<route>& to) {
    if (!top_.has("routes")) {
      top_.complain(top_.at(), "'routes' is missing: without one nothing is kept in step");
      return;
    }
    auto const& list = *tree_.find("routes")->value;
    if (list.what == yaml_node::kind::list && list.items.empty()) {
      top_.complain(list.at, "'routes' is empty: without one nothing is kept in step");
    }
    for (auto& in : top_.list("routes")) to.push_back(read_route(in));
    refuse_same_names(to);
    refuse_same_work(to);
  }

  route read_route(section& in) {
    auto made = route{};
    made.at = in.at();
    made.name = in.text("name");
    if (!made.name.empty() && !is_name(made.name)) complain_about_name(in.at("name"));
    made.from = read_end(in, "from");
    made.to = read_end(in, "to");
    if (!made.from.empty() && made.from == made.to) {
      in.complain(in.at("to"), "'from' and 'to' are the same connection");
    }
    auto const mapping = in.text("mapping");
    if (!mapping.empty()) made.mapping = beside(mapping);
    made.mapping_at = in.at("mapping");
    made.validation = validation_;
    read_validation(in, made.validation);
    in.finish();
    return made;
  }

  /// One end of a route: the name of a connection, even of one that is itself faulty.
  std::string read_end(section& in, std::string_view key) {
    auto name = in.text(key);
    auto const* connections = tree_.find("connections");
    // Without any there is one complaint already.
    if (name.empty() || connections == nullptr || connections->value->entries.empty()) return name;
    if (connections->value->find(name) != nullptr) return name;
    std::vector<std::string> known;
    for (auto const& entry : connections->value->entries) known.push_back(entry.key);
    in.complain(
        in.at(key), quoted(key) + " names no connection of this file" + did_you_mean(name, known)
    );
    return name;
  }

  void refuse_same_names(std::vector<route> const& all) {
    std::map<std::string, position> seen;
    for (auto const& r : all) {
      if (r.name.empty()) continue;
      auto const [first, is_new] = seen.emplace(r.name, r.at);
      if (is_new) continue;
      top_.complain(
          r.at,
          "a second route of this name; the first is on line " + std::to_string(first->second.line)
      );
    }
  }

  void refuse_same_work(std::vector<route> const& all) {
    std::map<std::tuple<std::string, std::string, std::string>, position> seen;
    for (auto const& r : all) {
      if (r.from.empty() || r.to.empty() || r.mapping.empty()) continue;
      auto const [first, is_new] = seen.emplace(std::tuple{r.from, r.to, r.mapping}, r.at);
      if (is_new) continue;
      top_.complain(
          r.at,
          "does what the route on line " + std::to_string(first->second.line) +
              " does: every ticket would be there twice"
      );
    }
  }

  void complain_about_name(position at) {
    top_.complain(
        std::move(at),
        "a name is up to 63 small letters, digits, '-' and '_', and begins with a letter or digit"
    );
  }

  section top_;
  yaml_node const& tree_;
  reference_source const& references_;
  std::span<std::string const> systems_;
  validation_settings validation_;  ///< of the file; what routes begin with
};

loaded load_tree(
    std::shared_ptr<yaml_node const> tree,
    std::shared_ptr<reference_source const> references,
    std::span<std::string const> systems,
    std::shared_ptr<complaints> to
) {
  auto found = loaded{{}, to};
  if (!tree) return found;
  if (tree->what != yaml_node::kind::map) {
    to->push_back({tree->at, "must be a mapping of keys to values"});
    return found;
  }
  auto top = section{tree, references, to};
  found.settings = loader{std::move(top), *tree, *references, systems}.read();
  std::stable_sort(to->begin(), to->end(), [](complaint const& a, complaint const& b) {
    return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
  });
  return found;
}

}  // namespace

bool operator==(http_settings const& a, http_settings const& b) {
  auto const all = [](http_settings const& s) {
    return std::tie(
        s.ca_file,
        s.client_certificate,
        s.client_key,
        s.client_key_password.reveal(),
        s.proxy,
        s.proxy_user,
        s.proxy_password.reveal(),
        s.no_proxy
    );
  };
  return all(a) == all(b);
}

connection const* settings::find_connection(std::string_view name) const {
  for (auto const& c : connections) {
    if (c.name == name) return &c;
  }
  return nullptr;
}

loaded load(
    std::string const& path,
    std::shared_ptr<reference_source const> references,
    std::span<std::string const> systems
) {
  auto found = std::make_shared<complaints>();
  auto tree = read_yaml_file(path, *found);
  return load_tree(std::move(tree), std::move(references), systems, std::move(found));
}

loaded load_text(
    std::string_view text,
    std::string const& file,
    std::shared_ptr<reference_source const> references,
    std::span<std::string const> systems
) {
  auto found = std::make_shared<complaints>();
  auto tree = read_yaml(text, file, *found);
  return load_tree(std::move(tree), std::move(references), systems, std::move(found));
}

}  // namespace connector::config
