-- Release 1.1.0: from here on the database holds every fully qualified name once, and names are looked up by hash.
-- The older index by name is of no use any more.

ALTER TABLE database_service_entity ALTER COLUMN fqn_hash SET NOT NULL;
CREATE UNIQUE INDEX database_service_entity_fqn_hash ON database_service_entity (fqn_hash);
DROP INDEX database_service_entity_fqn;
ALTER TABLE database_entity ALTER COLUMN fqn_hash SET NOT NULL;
CREATE UNIQUE INDEX database_entity_fqn_hash ON database_entity (fqn_hash);
DROP INDEX database_entity_fqn;
ALTER TABLE database_schema_entity ALTER COLUMN fqn_hash SET NOT NULL;
CREATE UNIQUE INDEX database_schema_entity_fqn_hash ON database_schema_entity (fqn_hash);
DROP INDEX database_schema_entity_fqn;
ALTER TABLE table_entity ALTER COLUMN fqn_hash SET NOT NULL;
CREATE UNIQUE INDEX table_entity_fqn_hash ON table_entity (fqn_hash);
DROP INDEX table_entity_fqn;
ALTER TABLE user_entity ALTER COLUMN fqn_hash SET NOT NULL;
CREATE UNIQUE INDEX user_entity_fqn_hash ON user_entity (fqn_hash);
DROP INDEX user_entity_fqn;
