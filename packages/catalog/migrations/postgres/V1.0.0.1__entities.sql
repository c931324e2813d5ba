-- Release 1.0.0: entities are JSON documents, one table per type. The other columns are generated from the document,
-- so that they can't contradict it. Text is compared byte by byte (COLLATE "C"): names differ in case, accents, spaces.
-- `deleted` is 0 or 1, as on every engine.
-- A hash index takes fully qualified names of any length; a B-tree ends at about 2,700 bytes.

-- database services
CREATE TABLE database_service_entity (
  id varchar(36) COLLATE "C" NOT NULL,
  json jsonb NOT NULL,
  name varchar(256) COLLATE "C" GENERATED ALWAYS AS (json ->> 'name') STORED NOT NULL,
  fully_qualified_name varchar(3072) COLLATE "C" GENERATED ALWAYS AS (json ->> 'fullyQualifiedName') STORED NOT NULL,
  service_type varchar(64) COLLATE "C" GENERATED ALWAYS AS (json ->> 'serviceType') STORED,
  updated_at bigint GENERATED ALWAYS AS ((json ->> 'updatedAt')::bigint) STORED NOT NULL,
  deleted smallint GENERATED ALWAYS AS (CASE WHEN json ->> 'deleted' = 'true' THEN 1 ELSE 0 END) STORED NOT NULL,
  CONSTRAINT database_service_entity_pk PRIMARY KEY (id)
);
CREATE INDEX database_service_entity_fqn ON database_service_entity USING hash (fully_qualified_name);
CREATE INDEX database_service_entity_name ON database_service_entity (name, id);
CREATE INDEX database_service_entity_deleted ON database_service_entity (deleted);

-- databases
CREATE TABLE database_entity (
  id varchar(36) COLLATE "C" NOT NULL,
  json jsonb NOT NULL,
  name varchar(256) COLLATE "C" GENERATED ALWAYS AS (json ->> 'name') STORED NOT NULL,
  fully_qualified_name varchar(3072) COLLATE "C" GENERATED ALWAYS AS (json ->> 'fullyQualifiedName') STORED NOT NULL,
  service_id varchar(36) COLLATE "C" GENERATED ALWAYS AS (json -> 'service' ->> 'id') STORED NOT NULL,
  updated_at bigint GENERATED ALWAYS AS ((json ->> 'updatedAt')::bigint) STORED NOT NULL,
  deleted smallint GENERATED ALWAYS AS (CASE WHEN json ->> 'deleted' = 'true' THEN 1 ELSE 0 END) STORED NOT NULL,
  CONSTRAINT database_entity_pk PRIMARY KEY (id)
);
CREATE INDEX database_entity_fqn ON database_entity USING hash (fully_qualified_name);
CREATE INDEX database_entity_name ON database_entity (name, id);
CREATE INDEX database_entity_deleted ON database_entity (deleted);
CREATE INDEX database_entity_service ON database_entity (service_id, name, id, deleted);

-- database schemas
CREATE TABLE database_schema_entity (
  id varchar(36) COLLATE "C" NOT NULL,
  json jsonb NOT NULL,
  name varchar(256) COLLATE "C" GENERATED ALWAYS AS (json ->> 'name') STORED NOT NULL,
  fully_qualified_name varchar(3072) COLLATE "C" GENERATED ALWAYS AS (json ->> 'fullyQualifiedName') STORED NOT NULL,
  service_id varchar(36) COLLATE "C" GENERATED ALWAYS AS (json -> 'service' ->> 'id') STORED NOT NULL,
  database_id varchar(36) COLLATE "C" GENERATED ALWAYS AS (json -> 'database' ->> 'id') STORED NOT NULL,
  updated_at bigint GENERATED ALWAYS AS ((json ->> 'updatedAt')::bigint) STORED NOT NULL,
  deleted smallint GENERATED ALWAYS AS (CASE WHEN json ->> 'deleted' = 'true' THEN 1 ELSE 0 END) STORED NOT NULL,
  CONSTRAINT database_schema_entity_pk PRIMARY KEY (id)
);
CREATE INDEX database_schema_entity_fqn ON database_schema_entity USING hash (fully_qualified_name);
CREATE INDEX database_schema_entity_name ON database_schema_entity (name, id);
CREATE INDEX database_schema_entity_deleted ON database_schema_entity (deleted);
CREATE INDEX database_schema_entity_service ON database_schema_entity (service_id, name, id, deleted);
CREATE INDEX database_schema_entity_database ON database_schema_entity (database_id, name, id, deleted);

-- tables and their columns
CREATE TABLE table_entity (
  id varchar(36) COLLATE "C" NOT NULL,
  json jsonb NOT NULL,
  name varchar(256) COLLATE "C" GENERATED ALWAYS AS (json ->> 'name') STORED NOT NULL,
  fully_qualified_name varchar(3072) COLLATE "C" GENERATED ALWAYS AS (json ->> 'fullyQualifiedName') STORED NOT NULL,
  service_id varchar(36) COLLATE "C" GENERATED ALWAYS AS (json -> 'service' ->> 'id') STORED NOT NULL,
  database_id varchar(36) COLLATE "C" GENERATED ALWAYS AS (json -> 'database' ->> 'id') STORED NOT NULL,
  database_schema_id varchar(36) COLLATE "C" GENERATED ALWAYS AS (json -> 'databaseSchema' ->> 'id') STORED NOT NULL,
  updated_at bigint GENERATED ALWAYS AS ((json ->> 'updatedAt')::bigint) STORED NOT NULL,
  deleted smallint GENERATED ALWAYS AS (CASE WHEN json ->> 'deleted' = 'true' THEN 1 ELSE 0 END) STORED NOT NULL,
  CONSTRAINT table_entity_pk PRIMARY KEY (id)
);
CREATE INDEX table_entity_fqn ON table_entity USING hash (fully_qualified_name);
CREATE INDEX table_entity_name ON table_entity (name, id);
CREATE INDEX table_entity_deleted ON table_entity (deleted);
CREATE INDEX table_entity_service ON table_entity (service_id, name, id, deleted);
CREATE INDEX table_entity_database ON table_entity (database_id, name, id, deleted);
CREATE INDEX table_entity_database_schema ON table_entity (database_schema_id, name, id, deleted);

-- people who own things
CREATE TABLE user_entity (
  id varchar(36) COLLATE "C" NOT NULL,
  json jsonb NOT NULL,
  name varchar(256) COLLATE "C" GENERATED ALWAYS AS (json ->> 'name') STORED NOT NULL,
  fully_qualified_name varchar(3072) COLLATE "C" GENERATED ALWAYS AS (json ->> 'fullyQualifiedName') STORED NOT NULL,
  email varchar(256) COLLATE "C" GENERATED ALWAYS AS (json ->> 'email') STORED,
  updated_at bigint GENERATED ALWAYS AS ((json ->> 'updatedAt')::bigint) STORED NOT NULL,
  deleted smallint GENERATED ALWAYS AS (CASE WHEN json ->> 'deleted' = 'true' THEN 1 ELSE 0 END) STORED NOT NULL,
  CONSTRAINT user_entity_pk PRIMARY KEY (id)
);
CREATE INDEX user_entity_fqn ON user_entity USING hash (fully_qualified_name);
CREATE INDEX user_entity_name ON user_entity (name, id);
CREATE INDEX user_entity_deleted ON user_entity (deleted);
CREATE INDEX user_entity_email ON user_entity (email);
