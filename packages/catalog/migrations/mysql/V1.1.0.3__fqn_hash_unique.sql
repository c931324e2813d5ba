-- Release 1.1.0: from here on the database holds every fully qualified name once, and names are looked up by hash.
-- The older index by name is of no use any more.

ALTER TABLE database_service_entity MODIFY COLUMN fqn_hash char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL;
CREATE UNIQUE INDEX database_service_entity_fqn_hash ON database_service_entity (fqn_hash);
DROP INDEX database_service_entity_fqn ON database_service_entity;
ALTER TABLE database_entity MODIFY COLUMN fqn_hash char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL;
CREATE UNIQUE INDEX database_entity_fqn_hash ON database_entity (fqn_hash);
DROP INDEX database_entity_fqn ON database_entity;
ALTER TABLE database_schema_entity MODIFY COLUMN fqn_hash char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL;
CREATE UNIQUE INDEX database_schema_entity_fqn_hash ON database_schema_entity (fqn_hash);
DROP INDEX database_schema_entity_fqn ON database_schema_entity;
ALTER TABLE table_entity MODIFY COLUMN fqn_hash char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL;
CREATE UNIQUE INDEX table_entity_fqn_hash ON table_entity (fqn_hash);
DROP INDEX table_entity_fqn ON table_entity;
ALTER TABLE user_entity MODIFY COLUMN fqn_hash char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL;
CREATE UNIQUE INDEX user_entity_fqn_hash ON user_entity (fqn_hash);
DROP INDEX user_entity_fqn ON user_entity;
