-- Release 1.0.0: entities are JSON documents, one table per type. The other columns are generated from the document,
-- so that they can't contradict it. Text is compared by code point (utf8mb4_bin); `deleted` is 0 or 1.
-- The same file runs on MySQL and MariaDB: no `->>`, and no NOT NULL on generated columns, which MariaDB does not take.
-- An index key holds 3,072 bytes at most, so fully qualified names are indexed by their first 255 characters.

-- database services
CREATE TABLE database_service_entity (
  id varchar(36) NOT NULL,
  json json NOT NULL,
  name varchar(256) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(json, '$.name'))) STORED,
  fully_qualified_name varchar(3072) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(json, '$.fullyQualifiedName'))) STORED,
  service_type varchar(64) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(json, '$.serviceType'))) STORED,
  updated_at bigint GENERATED ALWAYS AS (CAST(JSON_UNQUOTE(JSON_EXTRACT(json, '$.updatedAt')) AS SIGNED)) STORED,
  deleted smallint GENERATED ALWAYS AS (CASE WHEN JSON_UNQUOTE(JSON_EXTRACT(json, '$.deleted')) = 'true' THEN 1 ELSE 0 END) STORED,
  PRIMARY KEY (id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX database_service_entity_fqn ON database_service_entity (fully_qualified_name(255));
CREATE INDEX database_service_entity_name ON database_service_entity (name, id);
CREATE INDEX database_service_entity_deleted ON database_service_entity (deleted);

-- databases
CREATE TABLE database_entity (
  id varchar(36) NOT NULL,
  json json NOT NULL,
  name varchar(256) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(json, '$.name'))) STORED,
  fully_qualified_name varchar(3072) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(json, '$.fullyQualifiedName'))) STORED,
  service_id varchar(36) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(json, '$.service.id'))) STORED,
  updated_at bigint GENERATED ALWAYS AS (CAST(JSON_UNQUOTE(JSON_EXTRACT(json, '$.updatedAt')) AS SIGNED)) STORED,
  deleted smallint GENERATED ALWAYS AS (CASE WHEN JSON_UNQUOTE(JSON_EXTRACT(json, '$.deleted')) = 'true' THEN 1 ELSE 0 END) STORED,
  PRIMARY KEY (id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX database_entity_fqn ON database_entity (fully_qualified_name(255));
CREATE INDEX database_entity_name ON database_entity (name, id);
CREATE INDEX database_entity_deleted ON database_entity (deleted);
CREATE INDEX database_entity_service ON database_entity (service_id, name, id, deleted);

-- database schemas
CREATE TABLE database_schema_entity (
  id varchar(36) NOT NULL,
  json json NOT NULL,
  name varchar(256) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(json, '$.name'))) STORED,
  fully_qualified_name varchar(3072) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(json, '$.fullyQualifiedName'))) STORED,
  service_id varchar(36) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(json, '$.service.id'))) STORED,
  database_id varchar(36) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(json, '$.database.id'))) STORED,
  updated_at bigint GENERATED ALWAYS AS (CAST(JSON_UNQUOTE(JSON_EXTRACT(json, '$.updatedAt')) AS SIGNED)) STORED,
  deleted smallint GENERATED ALWAYS AS (CASE WHEN JSON_UNQUOTE(JSON_EXTRACT(json, '$.deleted')) = 'true' THEN 1 ELSE 0 END) STORED,
  PRIMARY KEY (id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX database_schema_entity_fqn ON database_schema_entity (fully_qualified_name(255));
CREATE INDEX database_schema_entity_name ON database_schema_entity (name, id);
CREATE INDEX database_schema_entity_deleted ON database_schema_entity (deleted);
CREATE INDEX database_schema_entity_service ON database_schema_entity (service_id, name, id, deleted);
CREATE INDEX database_schema_entity_database ON database_schema_entity (database_id, name, id, deleted);

-- tables and their columns
CREATE TABLE table_entity (
  id varchar(36) NOT NULL,
  json json NOT NULL,
  name varchar(256) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(json, '$.name'))) STORED,
  fully_qualified_name varchar(3072) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(json, '$.fullyQualifiedName'))) STORED,
  service_id varchar(36) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(json, '$.service.id'))) STORED,
  database_id varchar(36) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(json, '$.database.id'))) STORED,
  database_schema_id varchar(36) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(json, '$.databaseSchema.id'))) STORED,
  updated_at bigint GENERATED ALWAYS AS (CAST(JSON_UNQUOTE(JSON_EXTRACT(json, '$.updatedAt')) AS SIGNED)) STORED,
  deleted smallint GENERATED ALWAYS AS (CASE WHEN JSON_UNQUOTE(JSON_EXTRACT(json, '$.deleted')) = 'true' THEN 1 ELSE 0 END) STORED,
  PRIMARY KEY (id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX table_entity_fqn ON table_entity (fully_qualified_name(255));
CREATE INDEX table_entity_name ON table_entity (name, id);
CREATE INDEX table_entity_deleted ON table_entity (deleted);
CREATE INDEX table_entity_service ON table_entity (service_id, name, id, deleted);
CREATE INDEX table_entity_database ON table_entity (database_id, name, id, deleted);
CREATE INDEX table_entity_database_schema ON table_entity (database_schema_id, name, id, deleted);

-- people who own things
CREATE TABLE user_entity (
  id varchar(36) NOT NULL,
  json json NOT NULL,
  name varchar(256) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(json, '$.name'))) STORED,
  fully_qualified_name varchar(3072) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(json, '$.fullyQualifiedName'))) STORED,
  email varchar(256) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(json, '$.email'))) STORED,
  updated_at bigint GENERATED ALWAYS AS (CAST(JSON_UNQUOTE(JSON_EXTRACT(json, '$.updatedAt')) AS SIGNED)) STORED,
  deleted smallint GENERATED ALWAYS AS (CASE WHEN JSON_UNQUOTE(JSON_EXTRACT(json, '$.deleted')) = 'true' THEN 1 ELSE 0 END) STORED,
  PRIMARY KEY (id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX user_entity_fqn ON user_entity (fully_qualified_name(255));
CREATE INDEX user_entity_name ON user_entity (name, id);
CREATE INDEX user_entity_deleted ON user_entity (deleted);
CREATE INDEX user_entity_email ON user_entity (email);
