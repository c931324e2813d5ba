-- Release 1.0.0: what belongs to what. `relation` is 'contains' (parent to child) for a start.

CREATE TABLE entity_relationship (
  from_id varchar(36) COLLATE "C" NOT NULL,
  to_id varchar(36) COLLATE "C" NOT NULL,
  from_entity varchar(64) COLLATE "C" NOT NULL,
  to_entity varchar(64) COLLATE "C" NOT NULL,
  relation varchar(32) COLLATE "C" NOT NULL,
  json jsonb,
  deleted smallint DEFAULT 0 NOT NULL,
  CONSTRAINT entity_relationship_pk PRIMARY KEY (from_id, to_id, relation)
);
CREATE INDEX entity_relationship_from ON entity_relationship (from_id, relation);
CREATE INDEX entity_relationship_to ON entity_relationship (to_id, relation);
