#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "connector/http/base64.hpp"
#include "connector/http/url.hpp"
#include "test/simulators/graph/graph.hpp"
#include "test/simulators/graph/list_options.hpp"

namespace simulators {
namespace {

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
    list_options const& wanted,
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
    list_options const& wanted,
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

std::string_view context_suffix(list_options const& wanted) {
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
  list_options wanted;
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
  list_options wanted;
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
  list_options wanted;
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
  list_options wanted;
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
