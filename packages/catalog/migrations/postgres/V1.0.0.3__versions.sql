-- Release 1.0.0: earlier versions of entities, whole as they were. The current version is in the entity's own table.

CREATE TABLE entity_version (
  id varchar(36) COLLATE "C" NOT NULL,
  version numeric(12, 1) NOT NULL,
  entity varchar(64) COLLATE "C" NOT NULL,
  json jsonb NOT NULL,
  CONSTRAINT entity_version_pk PRIMARY KEY (id, version)
);
