-- Release 1.2.0: classifications, their tags, and where tags are used; owners become rows of entity_relationship.

CREATE TABLE classification_entity (
  id varchar(36) NOT NULL,
  json json NOT NULL,
  name varchar(256) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(json, '$.name'))) STORED,
  fully_qualified_name varchar(3072) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(json, '$.fullyQualifiedName'))) STORED,
  updated_at bigint GENERATED ALWAYS AS (CAST(JSON_UNQUOTE(JSON_EXTRACT(json, '$.updatedAt')) AS SIGNED)) STORED,
  deleted smallint GENERATED ALWAYS AS (CASE WHEN JSON_UNQUOTE(JSON_EXTRACT(json, '$.deleted')) = 'true' THEN 1 ELSE 0 END) STORED,
  fqn_hash char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE UNIQUE INDEX classification_entity_fqn_hash ON classification_entity (fqn_hash);
CREATE INDEX classification_entity_name ON classification_entity (name, id);
CREATE INDEX classification_entity_deleted ON classification_entity (deleted);

CREATE TABLE tag_entity (
  id varchar(36) NOT NULL,
  json json NOT NULL,
  name varchar(256) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(json, '$.name'))) STORED,
  fully_qualified_name varchar(3072) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(json, '$.fullyQualifiedName'))) STORED,
  classification_id varchar(36) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(json, '$.classification.id'))) STORED,
  updated_at bigint GENERATED ALWAYS AS (CAST(JSON_UNQUOTE(JSON_EXTRACT(json, '$.updatedAt')) AS SIGNED)) STORED,
  deleted smallint GENERATED ALWAYS AS (CASE WHEN JSON_UNQUOTE(JSON_EXTRACT(json, '$.deleted')) = 'true' THEN 1 ELSE 0 END) STORED,
  fqn_hash char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE UNIQUE INDEX tag_entity_fqn_hash ON tag_entity (fqn_hash);
CREATE INDEX tag_entity_name ON tag_entity (name, id);
CREATE INDEX tag_entity_deleted ON tag_entity (deleted);
CREATE INDEX tag_entity_classification ON tag_entity (classification_id, name, id, deleted);

-- A tag on an entity, or on a column of a table. target_fqn is the name of the entity or of the column; target_hash is
-- its SHA-256 as in fqn_hash, because names are too long for a key.
CREATE TABLE tag_usage (
  target_id varchar(36) NOT NULL,
  target_hash char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  tag_id varchar(36) NOT NULL,
  target_entity varchar(64) NOT NULL,
  target_fqn text NOT NULL,
  label_type varchar(32) NOT NULL,
  state varchar(32) NOT NULL,
  PRIMARY KEY (target_id, target_hash, tag_id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX tag_usage_tag ON tag_usage (tag_id);

-- The order in which an entity names its owners.
ALTER TABLE entity_relationship ADD COLUMN sort_order int DEFAULT 0 NOT NULL;

-- Owners that could not become relationships when they moved out of the documents, word for word: no such user, no id,
-- or the same user twice.
CREATE TABLE unresolved_owner (
  entity_id varchar(36) NOT NULL,
  sort_order int NOT NULL,
  entity varchar(64) NOT NULL,
  json json NOT NULL,
  reason varchar(64) NOT NULL,
  PRIMARY KEY (entity_id, sort_order)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
