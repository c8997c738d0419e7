-- What the original of a copied comment said when it was last seen, as a digest: so an edit is told
-- from a comment that was only looked at again.
ALTER TABLE comment ADD COLUMN words TEXT NOT NULL DEFAULT '';
