-- Release 1.0.0: earlier versions of entities, whole as they were. The current version is in the entity's own table.

CREATE TABLE entity_version (
  id varchar(36) NOT NULL,
  version decimal(12, 1) NOT NULL,
  entity varchar(64) NOT NULL,
  json json NOT NULL,
  PRIMARY KEY (id, version)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
