#include "connector/sync/successor.hpp"

#include "connector/sync/marks.hpp"
#include "connector/sync/settle.hpp"

namespace connector::sync {
namespace {

store::comment_entry note_about(
    store::link const& next, std::string_view old_label, core::time_point now
) {
  store::comment_entry entry;
  entry.link = next.id;
  entry.origin = mapping::side::incident;
  entry.origin_id = "continues " + std::string{old_label};
  entry.mark = comment_mark(entry.link, entry.origin, entry.origin_id);
  entry.text = with_mark("Continues ticket " + std::string{old_label} + ".", entry.mark);
  entry.at = now;
  return entry;
}

}  // namespace

store::changes succeed(store::link link, std::string_view reason, core::time_point now) {
  store::link next;
  next.generation = link.generation + 1;
  next.id = link_key(
      link.route,
      link.incident_connection,
      link.incident_id,
      link.ticket_connection,
      next.generation
  );
  next.route = link.route;
  next.incident_connection = link.incident_connection;
  next.ticket_connection = link.ticket_connection;
  next.incident_id = link.incident_id;
  next.incident_url = link.incident_url;
  next.lane = link.lane;
  next.created_at = next.changed_at = now;
  next.due = now;

  link.state = store::link_state::gone;
  link.succeeded_by = next.id;
  link.parked.clear();
  link.conflicts.clear();
  link.due.reset();
  link.changed_at = now;

  store::changes all;
  all.journal.push_back(
      journal_line(now, link.id, "succeeded", {{"by", next.id}, {"reason", reason}})
  );
  all.journal.push_back(
      journal_line(now, next.id, "continues", {{"link", link.id}, {"ticket", link.ticket_label}})
  );
  all.comments.push_back(note_about(next, link.ticket_label, now));
  all.links.push_back(std::move(link));
  all.links.push_back(std::move(next));
  return all;
}

}  // namespace connector::sync
