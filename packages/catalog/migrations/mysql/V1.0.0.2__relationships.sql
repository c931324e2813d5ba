-- Release 1.0.0: what belongs to what. `relation` is 'contains' (parent to child) for a start.

CREATE TABLE entity_relationship (
  from_id varchar(36) NOT NULL,
  to_id varchar(36) NOT NULL,
  from_entity varchar(64) NOT NULL,
  to_entity varchar(64) NOT NULL,
  relation varchar(32) NOT NULL,
  json json,
  deleted smallint DEFAULT 0 NOT NULL,
  PRIMARY KEY (from_id, to_id, relation)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX entity_relationship_from ON entity_relationship (from_id, relation);
CREATE INDEX entity_relationship_to ON entity_relationship (to_id, relation);
