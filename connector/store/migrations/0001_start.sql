-- One row per link: the columns that queries ask for, and in `body` the rest as JSON
-- (link_json.hpp). Times are ticks of 100 ns since 1970, UTC.
CREATE TABLE link (
  id                  TEXT NOT NULL PRIMARY KEY,
  route               TEXT NOT NULL,
  incident_connection TEXT NOT NULL,
  incident_id         TEXT NOT NULL,
  ticket_connection   TEXT NOT NULL,
  ticket_id           TEXT NOT NULL,  -- '' until known
  ticket_label        TEXT NOT NULL,
  state               TEXT NOT NULL CHECK (state IN ('opening', 'linked', 'merged', 'gone')),
  lane                INTEGER NOT NULL,
  due                 INTEGER,
  has_outstanding     INTEGER NOT NULL,
  has_parked          INTEGER NOT NULL,
  has_conflicts       INTEGER NOT NULL,
  body                TEXT NOT NULL
) STRICT;

-- One link per incident and route among those not gone. A link that is gone counts under its own id,
-- so that one index serves both this rule and the look-up of all links of an incident.
CREATE UNIQUE INDEX link_incident
  ON link (incident_id, route, iif(state = 'gone', id, ''));
CREATE UNIQUE INDEX link_ticket
  ON link (ticket_id, ticket_connection) WHERE ticket_id <> '';
CREATE INDEX link_label ON link (ticket_label) WHERE ticket_label <> '';
CREATE INDEX link_due ON link (lane, due) WHERE due IS NOT NULL;
CREATE INDEX link_route ON link (route, id);
CREATE INDEX link_state ON link (state, id);
CREATE INDEX link_parked ON link (id) WHERE has_parked = 1;
CREATE INDEX link_conflicts ON link (id) WHERE has_conflicts = 1;

CREATE TABLE comment (
  link       TEXT NOT NULL,
  origin     TEXT NOT NULL CHECK (origin IN ('incident', 'ticket')),
  origin_id  TEXT NOT NULL,
  mark       TEXT NOT NULL,
  copy_id    TEXT NOT NULL,
  state      TEXT NOT NULL
             CHECK (state IN ('pending', 'in_doubt', 'copied', 'native', 'parked')),
  text       TEXT NOT NULL,
  detail     TEXT NOT NULL,
  at         INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  attempts   INTEGER NOT NULL,
  PRIMARY KEY (link, origin, origin_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX comment_mark ON comment (mark) WHERE mark <> '';

CREATE TABLE cursor (
  name     TEXT NOT NULL PRIMARY KEY,
  position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
  seq   INTEGER NOT NULL PRIMARY KEY,
  at    INTEGER NOT NULL,
  link  TEXT NOT NULL,  -- '' if it is not about one link
  kind  TEXT NOT NULL,
  data  TEXT NOT NULL,  -- JSON
  chain TEXT NOT NULL   -- journal_chain.hpp
) STRICT;
CREATE INDEX journal_link ON journal (link, seq) WHERE link <> '';

-- How many there are of each, so that asking costs one row whatever the number of links.
CREATE TABLE tally (
  one              INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
  opening          INTEGER NOT NULL DEFAULT 0,
  linked           INTEGER NOT NULL DEFAULT 0,
  merged           INTEGER NOT NULL DEFAULT 0,
  gone             INTEGER NOT NULL DEFAULT 0,
  outstanding      INTEGER NOT NULL DEFAULT 0,
  parked           INTEGER NOT NULL DEFAULT 0,
  conflicts        INTEGER NOT NULL DEFAULT 0,
  comments_waiting INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO tally (one) VALUES (1);

CREATE TRIGGER link_added AFTER INSERT ON link BEGIN
  UPDATE tally SET
    opening = opening + (new.state = 'opening'),
    linked = linked + (new.state = 'linked'),
    merged = merged + (new.state = 'merged'),
    gone = gone + (new.state = 'gone'),
    outstanding = outstanding + new.has_outstanding,
    parked = parked + new.has_parked,
    conflicts = conflicts + new.has_conflicts;
END;

CREATE TRIGGER link_changed
AFTER UPDATE OF state, has_outstanding, has_parked, has_conflicts ON link
WHEN (old.state, old.has_outstanding, old.has_parked, old.has_conflicts) <>
     (new.state, new.has_outstanding, new.has_parked, new.has_conflicts)
BEGIN
  UPDATE tally SET
    opening = opening + (new.state = 'opening') - (old.state = 'opening'),
    linked = linked + (new.state = 'linked') - (old.state = 'linked'),
    merged = merged + (new.state = 'merged') - (old.state = 'merged'),
    gone = gone + (new.state = 'gone') - (old.state = 'gone'),
    outstanding = outstanding + new.has_outstanding - old.has_outstanding,
    parked = parked + new.has_parked - old.has_parked,
    conflicts = conflicts + new.has_conflicts - old.has_conflicts;
END;

CREATE TRIGGER link_removed AFTER DELETE ON link BEGIN
  UPDATE tally SET
    opening = opening - (old.state = 'opening'),
    linked = linked - (old.state = 'linked'),
    merged = merged - (old.state = 'merged'),
    gone = gone - (old.state = 'gone'),
    outstanding = outstanding - old.has_outstanding,
    parked = parked - old.has_parked,
    conflicts = conflicts - old.has_conflicts;
END;

CREATE TRIGGER comment_added AFTER INSERT ON comment
WHEN new.state IN ('pending', 'in_doubt')
BEGIN
  UPDATE tally SET comments_waiting = comments_waiting + 1;
END;

CREATE TRIGGER comment_changed AFTER UPDATE OF state ON comment
WHEN (old.state IN ('pending', 'in_doubt')) <> (new.state IN ('pending', 'in_doubt'))
BEGIN
  UPDATE tally SET comments_waiting = comments_waiting
    + (new.state IN ('pending', 'in_doubt')) - (old.state IN ('pending', 'in_doubt'));
END;

CREATE TRIGGER comment_removed AFTER DELETE ON comment
WHEN old.state IN ('pending', 'in_doubt')
BEGIN
  UPDATE tally SET comments_waiting = comments_waiting - 1;
END;
