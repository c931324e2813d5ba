-- Release 1.2.0: classifications, their tags, and where tags are used; owners become rows of entity_relationship.

CREATE TABLE classification_entity (
  id varchar(36) COLLATE "C" NOT NULL,
  json jsonb NOT NULL,
  name varchar(256) COLLATE "C" GENERATED ALWAYS AS (json ->> 'name') STORED NOT NULL,
  fully_qualified_name varchar(3072) COLLATE "C" GENERATED ALWAYS AS (json ->> 'fullyQualifiedName') STORED NOT NULL,
  updated_at bigint GENERATED ALWAYS AS ((json ->> 'updatedAt')::bigint) STORED NOT NULL,
  deleted smallint GENERATED ALWAYS AS (CASE WHEN json ->> 'deleted' = 'true' THEN 1 ELSE 0 END) STORED NOT NULL,
  fqn_hash char(64) COLLATE "C" NOT NULL,
  CONSTRAINT classification_entity_pk PRIMARY KEY (id)
);
CREATE UNIQUE INDEX classification_entity_fqn_hash ON classification_entity (fqn_hash);
CREATE INDEX classification_entity_name ON classification_entity (name, id);
CREATE INDEX classification_entity_deleted ON classification_entity (deleted);

CREATE TABLE tag_entity (
  id varchar(36) COLLATE "C" NOT NULL,
  json jsonb NOT NULL,
  name varchar(256) COLLATE "C" GENERATED ALWAYS AS (json ->> 'name') STORED NOT NULL,
  fully_qualified_name varchar(3072) COLLATE "C" GENERATED ALWAYS AS (json ->> 'fullyQualifiedName') STORED NOT NULL,
  classification_id varchar(36) COLLATE "C" GENERATED ALWAYS AS (json -> 'classification' ->> 'id') STORED NOT NULL,
  updated_at bigint GENERATED ALWAYS AS ((json ->> 'updatedAt')::bigint) STORED NOT NULL,
  deleted smallint GENERATED ALWAYS AS (CASE WHEN json ->> 'deleted' = 'true' THEN 1 ELSE 0 END) STORED NOT NULL,
  fqn_hash char(64) COLLATE "C" NOT NULL,
  CONSTRAINT tag_entity_pk PRIMARY KEY (id)
);
CREATE UNIQUE INDEX tag_entity_fqn_hash ON tag_entity (fqn_hash);
CREATE INDEX tag_entity_name ON tag_entity (name, id);
CREATE INDEX tag_entity_deleted ON tag_entity (deleted);
CREATE INDEX tag_entity_classification ON tag_entity (classification_id, name, id, deleted);

-- A tag on an entity, or on a column of a table. target_fqn is the name of the entity or of the column; target_hash is
-- its SHA-256 as in fqn_hash, because names are too long for a key.
CREATE TABLE tag_usage (
  target_id varchar(36) COLLATE "C" NOT NULL,
  target_hash char(64) COLLATE "C" NOT NULL,
  tag_id varchar(36) COLLATE "C" NOT NULL,
  target_entity varchar(64) COLLATE "C" NOT NULL,
  target_fqn text COLLATE "C" NOT NULL,
  label_type varchar(32) COLLATE "C" NOT NULL,
  state varchar(32) COLLATE "C" NOT NULL,
  CONSTRAINT tag_usage_pk PRIMARY KEY (target_id, target_hash, tag_id)
);
CREATE INDEX tag_usage_tag ON tag_usage (tag_id);

-- The order in which an entity names its owners.
ALTER TABLE entity_relationship ADD COLUMN sort_order int DEFAULT 0 NOT NULL;

-- Owners that could not become relationships when they moved out of the documents, word for word: no such user, no id,
-- or the same user twice.
CREATE TABLE unresolved_owner (
  entity_id varchar(36) COLLATE "C" NOT NULL,
  sort_order int NOT NULL,
  entity varchar(64) COLLATE "C" NOT NULL,
  json jsonb NOT NULL,
  reason varchar(64) COLLATE "C" NOT NULL,
  CONSTRAINT unresolved_owner_pk PRIMARY KEY (entity_id, sort_order)
);
