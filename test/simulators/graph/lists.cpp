#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "connector/http/base64.hpp"
#include "connector/http/url.hpp"
#include "test/simulators/graph/graph.hpp"
#include "test/simulators/graph/vocabulary.hpp"

namespace simulators {
namespace {

constexpr std::size_t incident_rows_max = 50;
constexpr std::size_t alert_rows_max = 2000;

std::optional<std::size_t> whole_number(std::string_view text) {
  std::size_t value = 0;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// A list's query options, read and checked.
struct options {
  std::optional<odata::expression> filter;
  std::vector<odata::sort_key> order;
  std::vector<std::string> select;
  bool expand_alerts = false;
  bool counted = false;
  std::size_t top = 0;  ///< 0: not given
  std::size_t skip = 0;
  std::string skip_token;
};

struct complaint {
  std::string code = "BadRequest";
  std::string message;
};

/// Property names, types and words in a filter, as the service's model demands.
std::string check_filter(
    odata::expression& filter, bool is_alert, bool sees_gated, graph_settings const& settings
) {
  for (auto& each : filter.operands) {
    if (auto wrong = check_filter(each, is_alert, sees_gated, settings); !wrong.empty()) {
      return wrong;
    }
  }
  if (filter.kind != odata::expression::node::compare) return {};
  auto const& name = filter.property;
  auto const members = is_alert ? vocabulary::alert_members() : vocabulary::incident_members();
  if (!vocabulary::is_member(members, name)) {
    return "Could not find a property named '" + name + "' on type 'microsoft.graph.security." +
           (is_alert ? "alert" : "incident") + "'.";
  }
  if (!vocabulary::is_filterable(name, is_alert)) {
    return "The property '" + name + "' cannot be used in the $filter query option.";
  }
  bool const is_time = name == "createdDateTime" || name == "lastUpdateDateTime";
  bool const has_time = std::holds_alternative<core::time_point>(filter.literal);
  bool const has_text = std::holds_alternative<std::string>(filter.literal);
  if (is_time ? has_text : has_time) {
    return "A binary operator with incompatible types was detected for '" + name + "'.";
  }
  auto const words = vocabulary::of_property(name, is_alert);
  if (words.empty() || !has_text) return {};
  auto& text = std::get<std::string>(filter.literal);
  auto const* word = vocabulary::find(words, text, settings.any_enum_case);
  using gated = graph_settings::gated_literals;
  bool const hidden = word != nullptr && word->gated &&
                      (settings.filter_gated == gated::refused ||
                       (settings.filter_gated == gated::with_prefer && !sees_gated));
  if (word == nullptr || hidden) {
    return "The string '" + text + "' is not a valid enumeration type constant.";
  }
  text = word->name;
  return {};
}

/// Reads the options; the complaint says what is wrong with them.
std::optional<complaint> read_options(
    target const& at,
    bool is_alert,
    bool one_entity,
    bool sees_gated,
    graph_settings const& settings,
    options& out
) {
  auto const members = is_alert ? vocabulary::alert_members() : vocabulary::incident_members();
  for (auto const& [name, value] : at.query) {
    if (name == "$select") {
      out.select = odata::parse_names(value);
      for (auto const& each : out.select) {
        if (!vocabulary::is_member(members, each) && each != "alerts") {
          return complaint{
              "BadRequest",
              "Parsing OData Select and Expand failed: Could not find a property named '" + each +
                  "' on type 'microsoft.graph.security." + (is_alert ? "alert" : "incident") +
                  "'."};
        }
      }
    } else if (name == "$expand" && !is_alert) {
      if (value != "alerts") {
        return complaint{"BadRequest", "Parsing OData Select and Expand failed: '" + value + "'."};
      }
      out.expand_alerts = true;
    } else if (one_entity) {
      return complaint{
          "BadRequest", "Query option '" + name + "' is not allowed on a single entity."};
    } else if (name == "$filter") {
      auto parsed = odata::parse_filter(value);
      if (!parsed.expression)
        return complaint{"BadRequest", "Invalid filter clause: " + parsed.complaint};
      out.filter = std::move(parsed.expression);
      auto wrong = check_filter(*out.filter, is_alert, sees_gated, settings);
      if (!wrong.empty()) return complaint{"BadRequest", "Invalid filter clause: " + wrong};
    } else if (name == "$orderby") {
      auto keys = odata::parse_orderby(value);
      if (!keys) return complaint{"BadRequest", "Invalid $orderby clause: '" + value + "'."};
      for (auto const& key : *keys) {
        if (!vocabulary::is_member(members, key.property)) {
          return complaint{
              "BadRequest", "Could not find a property named '" + key.property + "' to order by."};
        }
      }
      out.order = std::move(*keys);
    } else if (name == "$top" || name == "$skip") {
      auto const number = whole_number(value);
      if (!number || (name == "$top" && *number == 0)) {
        return complaint{
            "BadRequest", "The value '" + value + "' of the query option is not a valid number."};
      }
      auto const limit = is_alert ? alert_rows_max : incident_rows_max;
      if (name == "$top" && *number > limit) {
        // Recorded from the service: the code is empty.
        return complaint{
            "",
            "The query specified in the URI is not valid. The limit of '" + std::to_string(limit) +
                "' for Top query has been exceeded. The value from the incoming request is '" +
                value + "'."};
      }
      (name == "$top" ? out.top : out.skip) = *number;
    } else if (name == "$count") {
      if (value != "true" && value != "false") {
        return complaint{"BadRequest", "Invalid value '" + value + "' for $count query option."};
      }
      out.counted = value == "true";
    } else if (name == "$skiptoken") {
      out.skip_token = value;
    } else if (!name.empty() && name.front() == '$') {
      return complaint{"BadRequest", "The query parameter '" + name + "' is not supported."};
    }
  }
  return std::nullopt;
}

std::string token_of(documents::key const& last) {
  return http::percent_encode(http::base64(
      std::to_string(last.first.time_since_epoch().count()) + '_' + std::to_string(last.second)
  ));
}

std::optional<documents::key> read_token(std::string_view token) {
  auto const text = http::from_base64(token);
  if (!text) return std::nullopt;
  auto const split = text->find('_');
  if (split == text->npos) return std::nullopt;
  std::int64_t ticks = 0;
  std::uint64_t number = 0;
  auto const* const begin = text->data();
  auto const first = std::from_chars(begin, begin + split, ticks);
  auto const second = std::from_chars(begin + split + 1, begin + text->size(), number);
  if (first.ec != std::errc{} || second.ec != std::errc{}) return std::nullopt;
  return documents::key{core::time_point{core::ticks{ticks}}, number};
}

/// What a list found: the page's rows, whether more follow, and how many match in all.
struct found {
  std::vector<documents::snapshot> rows;
  bool more = false;
  std::optional<documents::key> last;
  std::size_t total = 0;
};

/// Positions [first, end) of an index, walked in either direction.
class walk {
 public:
  walk(documents::index const& over, odata::window const& window, bool descending)
      : over_{over}, descending_{descending} {
    first_ = window.from ? over.order_of_key({*window.from, 0}) : 0;
    end_ = window.to ? over.order_of_key({*window.to + core::ticks{1}, 0}) : over.size();
    end_ = std::max(first_, end_);
  }

  [[nodiscard]] std::size_t size() const { return end_ - first_; }

  void skip(std::size_t count) {
    count = std::min(count, size());
    if (descending_) {
      end_ -= count;
    } else {
      first_ += count;
    }
  }

  /// Goes on behind `last`.
  void resume(documents::key const& last) {
    auto const position = over_.order_of_key(last);
    if (descending_) {
      end_ = std::max(first_, std::min(end_, position));
    } else {
      bool const still_there = over_.find(last) != over_.end();
      first_ = std::min(end_, std::max(first_, position + (still_there ? 1 : 0)));
    }
  }

  template <class Visit>
  void each(Visit visit) const {
    if (size() == 0) return;
    auto at = over_.find_by_order(descending_ ? end_ - 1 : first_);
    for (std::size_t left = size(); left > 0; --left) {
      if (!visit(*at)) return;
      if (left == 1) return;
      if (descending_) {
        --at;
      } else {
        ++at;
      }
    }
  }

 private:
  documents::index const& over_;
  bool descending_;
  std::size_t first_ = 0;
  std::size_t end_ = 0;
};

found search(
    documents::index const& over,
    std::string_view ordered_by,
    bool descending,
    options const& wanted,
    std::size_t rows,
    std::optional<documents::key> after,
    std::optional<core::time_point> retained_from
) {
  odata::window window;
  if (wanted.filter) window = odata::window_of(*wanted.filter, ordered_by);
  bool const by_updated = ordered_by == "lastUpdateDateTime";
  bool exact = window.exact;
  if (retained_from && by_updated) {
    window.from = window.from ? std::max(*window.from, *retained_from) : *retained_from;
  } else if (retained_from) {
    exact = false;
  }
  walk all{over, window, descending};
  walk page = all;
  auto const wants = [&](document const& row) {
    if (exact) return true;
    if (retained_from && row.updated < *retained_from) return false;
    return !wanted.filter || odata::matches(*wanted.filter, row);
  };

  found out;
  if (wanted.counted) {
    if (exact) {
      out.total = all.size();
    } else {
      all.each([&](auto const& entry) {
        out.total += wants(*entry.second) ? 1 : 0;
        return true;
      });
    }
  }
  if (after) page.resume(*after);
  std::size_t skip = wanted.skip;
  if (exact) {
    page.skip(skip);
    skip = 0;
  }
  page.each([&](auto const& entry) {
    if (!wants(*entry.second)) return true;
    if (skip > 0) {
      --skip;
      return true;
    }
    if (out.rows.size() == rows) {
      out.more = true;
      return false;
    }
    out.rows.push_back(entry.second);
    out.last = entry.first;
    return true;
  });
  return out;
}

/// For orders that no index serves.
found search_and_sort(
    documents::index const& over,
    options const& wanted,
    std::size_t rows,
    std::optional<core::time_point> retained_from
) {
  std::vector<documents::snapshot> all;
  for (auto const& entry : over) {
    if (retained_from && entry.second->updated < *retained_from) continue;
    if (!wanted.filter || odata::matches(*wanted.filter, *entry.second)) {
      all.push_back(entry.second);
    }
  }
  std::stable_sort(all.begin(), all.end(), [&](auto const& left, auto const& right) {
    for (auto const& key : wanted.order) {
      auto const a = left->property(key.property);
      auto const b = right->property(key.property);
      if (a != b) return key.descending ? b < a : a < b;
    }
    return false;
  });
  found out;
  out.total = all.size();
  for (std::size_t i = wanted.skip; i < all.size(); ++i) {
    if (out.rows.size() == rows) {
      out.more = true;
      break;
    }
    out.rows.push_back(all[i]);
  }
  return out;
}

/// The same URL with another $skip or $skiptoken.
std::string next_url(target const& at, std::string_view origin, std::string_view paging) {
  std::string url{origin};
  url += at.path;
  char separator = '?';
  for (auto const& [name, value] : at.query) {
    if (name == "$skip" || name == "$skiptoken") continue;
    url += separator;
    url += name + '=' + http::percent_encode(value);
    separator = '&';
  }
  url += separator;
  url += paging;
  return url;
}

std::string_view context_suffix(options const& wanted) {
  return wanted.expand_alerts ? "(alerts())" : "";
}

}  // namespace

bool graph::retained(document const& of, core::time_point now) const {
  return settings_.retention.count() == 0 || of.updated >= now - settings_.retention;
}

documents::snapshot graph::find(context const& in, documents const& from, std::string_view id)
    const {
  auto found = conditions.stale_reads ? from.listed(id) : from.current(id);
  return found && retained(*found, in.now) ? found : nullptr;
}

std::string graph::shown(
    context const& in, document const& of, std::vector<std::string> const& select, bool expand
) const {
  std::string out;
  if (select.empty() && (in.sees_gated || !of.is_gated)) {
    out = of.wire;
  } else {
    auto members = of.members();
    if (!in.sees_gated) members = without_gated(std::move(members), of.is_alert);
    if (!select.empty()) {
      json::object kept;
      for (auto const& name : select) {
        if (auto const* value = members.if_contains(name)) kept[name] = *value;
      }
      // The key comes along whatever is selected.
      if (!kept.contains("id")) kept["id"] = of.id;
      members = std::move(kept);
    }
    out = json::serialize(members);
  }
  if (!expand) return out;

  out.pop_back();
  out += ",\"alerts@odata.context\":";
  auto const base = origin(in) + in.version;
  append_quoted(out, base + "/$metadata#security/incidents('" + of.id + "')/alerts");
  out += ",\"alerts\":[";
  std::size_t written = 0;
  std::size_t const limit =
      settings_.expanded_alerts == 0 ? of.alerts.size() : settings_.expanded_alerts;
  for (auto const& id : of.alerts) {
    if (written == limit) break;
    auto const alert = alerts_.current(id);
    if (!alert) continue;
    if (written++ > 0) out += ',';
    out += shown(in, *alert, {}, false);
  }
  out += ']';
  if (limit < of.alerts.size()) {
    out += ",\"alerts@odata.nextLink\":";
    append_quoted(
        out,
        base + "/security/incidents/" + of.id + "/alerts?$top=" + std::to_string(limit) +
            "&$skip=" + std::to_string(limit)
    );
  }
  out += '}';
  return out;
}

http::response graph::list(context const& in, documents const& from, std::string_view) {
  bool const is_alert = &from == &alerts_;
  options wanted;
  if (auto wrong = read_options(in.at, is_alert, false, in.sees_gated, settings_, wanted)) {
    return refuse(in, 400, wrong->code, wrong->message);
  }
  std::optional<documents::key> after;
  bool const by_key = wanted.order.size() <= 1 &&
                      (wanted.order.empty() || wanted.order[0].property == "lastUpdateDateTime" ||
                       wanted.order[0].property == "createdDateTime");
  if (!wanted.skip_token.empty()) {
    after = read_token(wanted.skip_token);
    if (!after) return refuse(in, 400, "BadRequest", "The skip token is invalid.");
  }
  std::optional<core::time_point> retained_from;
  if (settings_.retention.count() > 0) retained_from = in.now - settings_.retention;
  std::size_t const rows = wanted.top > 0 ? wanted.top : settings_.page_rows;

  found page;
  if (by_key) {
    bool const updated = wanted.order.empty()
                             ? settings_.default_order == graph_settings::order::updated
                             : wanted.order[0].property == "lastUpdateDateTime";
    bool const descending = wanted.order.empty() || wanted.order[0].descending;
    page = search(
        updated ? from.by_updated() : from.by_created(),
        updated ? "lastUpdateDateTime" : "createdDateTime",
        descending,
        wanted,
        rows,
        after,
        retained_from
    );
  } else {
    if (after) wanted.skip = after->second;
    page = search_and_sort(from.by_updated(), wanted, rows, retained_from);
    page.last = documents::key{{}, wanted.skip + page.rows.size()};
  }

  std::string body = "{\"@odata.context\":";
  auto const base = origin(in) + in.version;
  append_quoted(
      body,
      base + "/$metadata#security/" + (is_alert ? "alerts_v2" : "incidents") +
          std::string{context_suffix(wanted)}
  );
  if (wanted.counted) body += ",\"@odata.count\":" + std::to_string(page.total);
  body += ",\"value\":[";
  for (std::size_t i = 0; i < page.rows.size(); ++i) {
    if (i > 0) body += ',';
    body += shown(in, *page.rows[i], wanted.select, wanted.expand_alerts);
  }
  if (conditions.duplicate_rows && !page.rows.empty()) {
    body += ',' + shown(in, *page.rows.front(), wanted.select, wanted.expand_alerts);
  }
  body += ']';
  if (page.more) {
    auto const paging = settings_.next_link == graph_settings::paging::skip
                            ? "$skip=" + std::to_string(wanted.skip + page.rows.size())
                            : "$skiptoken=" + token_of(*page.last);
    body += ",\"@odata.nextLink\":";
    append_quoted(body, next_url(in.at, origin(in), paging));
  }
  body += '}';
  return answer(
      200,
      "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;"
      "charset=utf-8",
      std::move(body)
  );
}

http::response graph::get_incident(context const& in, std::string_view id) {
  options wanted;
  if (auto wrong = read_options(in.at, false, true, in.sees_gated, settings_, wanted)) {
    return refuse(in, 400, wrong->code, wrong->message);
  }
  auto const found = find(in, incidents_, id);
  if (!found) return refuse_unnamed(in, 404, "NotFound", "Incident not found.");
  std::string body = "{\"@odata.context\":";
  append_quoted(
      body,
      origin(in) + in.version + "/$metadata#security/incidents" +
          std::string{context_suffix(wanted)} + "/$entity"
  );
  body += ',';
  body += std::string_view{shown(in, *found, wanted.select, wanted.expand_alerts)}.substr(1);
  return answer(200, "application/json;odata.metadata=minimal;charset=utf-8", std::move(body));
}

http::response graph::get_alert(context const& in, std::string_view id) {
  options wanted;
  if (auto wrong = read_options(in.at, true, true, in.sees_gated, settings_, wanted)) {
    return refuse(in, 400, wrong->code, wrong->message);
  }
  auto const found = find(in, alerts_, id);
  if (!found) return refuse_unnamed(in, 404, "NotFound", "Alert not found.");
  std::string body = "{\"@odata.context\":";
  append_quoted(body, origin(in) + in.version + "/$metadata#security/alerts_v2/$entity");
  body += ',';
  body += std::string_view{shown(in, *found, wanted.select, false)}.substr(1);
  return answer(200, "application/json;odata.metadata=minimal;charset=utf-8", std::move(body));
}

http::response graph::incident_alerts(context const& in, std::string_view id) {
  options wanted;
  if (auto wrong = read_options(in.at, true, false, in.sees_gated, settings_, wanted)) {
    return refuse(in, 400, wrong->code, wrong->message);
  }
  auto const incident = find(in, incidents_, id);
  if (!incident) return refuse_unnamed(in, 404, "NotFound", "Incident not found.");
  std::vector<documents::snapshot> all;
  for (auto const& alert_id : incident->alerts) {
    auto alert = alerts_.current(alert_id);
    if (alert && (!wanted.filter || odata::matches(*wanted.filter, *alert))) {
      all.push_back(std::move(alert));
    }
  }
  std::size_t const rows = wanted.top > 0 ? wanted.top : settings_.page_rows;
  std::string body = "{\"@odata.context\":";
  append_quoted(
      body,
      origin(in) + in.version + "/$metadata#security/incidents('" + std::string{id} + "')/alerts"
  );
  if (wanted.counted) body += ",\"@odata.count\":" + std::to_string(all.size());
  body += ",\"value\":[";
  std::size_t const end = std::min(all.size(), wanted.skip + rows);
  for (std::size_t i = wanted.skip; i < end; ++i) {
    if (i > wanted.skip) body += ',';
    body += shown(in, *all[i], wanted.select, false);
  }
  body += ']';
  if (end < all.size()) {
    body += ",\"@odata.nextLink\":";
    append_quoted(body, next_url(in.at, origin(in), "$skip=" + std::to_string(end)));
  }
  body += '}';
  return answer(200, "application/json;odata.metadata=minimal;charset=utf-8", std::move(body));
}

}  // namespace simulators
