-- How often a copy whose posting has no known outcome was looked for in vain since it cannot take
-- effect any more.
ALTER TABLE comment ADD COLUMN empty_looks INTEGER NOT NULL DEFAULT 0;
