-- What is about to be sent stands in a table of its own: a few rows, written and removed around each
-- call, so that the much larger row of the link is written once per change and not twice.
CREATE TABLE outbox (
  link TEXT NOT NULL PRIMARY KEY,
  due  INTEGER,       -- when to look what came of it, if that is before the link's own time
  body TEXT NOT NULL  -- the `outstanding` of link_json.hpp
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (due) WHERE due IS NOT NULL;
INSERT INTO outbox
  SELECT id, NULL, json_extract(body, '$.outstanding')
  FROM link WHERE has_outstanding = 1;
UPDATE link SET body = json_remove(body, '$.outstanding') WHERE has_outstanding = 1;

DROP TRIGGER link_added;
DROP TRIGGER link_changed;
DROP TRIGGER link_removed;
ALTER TABLE link DROP COLUMN has_outstanding;
ALTER TABLE tally DROP COLUMN outstanding;

CREATE TRIGGER link_added AFTER INSERT ON link BEGIN
  UPDATE tally SET
    opening = opening + (new.state = 'opening'),
    linked = linked + (new.state = 'linked'),
    merged = merged + (new.state = 'merged'),
    gone = gone + (new.state = 'gone'),
    parked = parked + new.has_parked,
    conflicts = conflicts + new.has_conflicts;
END;

CREATE TRIGGER link_changed
AFTER UPDATE OF state, has_parked, has_conflicts ON link
WHEN (old.state, old.has_parked, old.has_conflicts) <> (new.state, new.has_parked, new.has_conflicts)
BEGIN
  UPDATE tally SET
    opening = opening + (new.state = 'opening') - (old.state = 'opening'),
    linked = linked + (new.state = 'linked') - (old.state = 'linked'),
    merged = merged + (new.state = 'merged') - (old.state = 'merged'),
    gone = gone + (new.state = 'gone') - (old.state = 'gone'),
    parked = parked + new.has_parked - old.has_parked,
    conflicts = conflicts + new.has_conflicts - old.has_conflicts;
END;

CREATE TRIGGER link_removed AFTER DELETE ON link BEGIN
  UPDATE tally SET
    opening = opening - (old.state = 'opening'),
    linked = linked - (old.state = 'linked'),
    merged = merged - (old.state = 'merged'),
    gone = gone - (old.state = 'gone'),
    parked = parked - old.has_parked,
    conflicts = conflicts - old.has_conflicts;
END;
