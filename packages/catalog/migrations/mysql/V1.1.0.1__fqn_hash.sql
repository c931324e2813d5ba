-- Release 1.1.0: fqn_hash is the SHA-256 (hex, lower case) of the fully qualified name's UTF-8 bytes. It gives names of any
-- length a unique index, and equality by bytes on every engine. The next migration fills it for the rows that exist.

ALTER TABLE database_service_entity ADD COLUMN fqn_hash char(64) CHARACTER SET ascii COLLATE ascii_bin;
ALTER TABLE database_entity ADD COLUMN fqn_hash char(64) CHARACTER SET ascii COLLATE ascii_bin;
ALTER TABLE database_schema_entity ADD COLUMN fqn_hash char(64) CHARACTER SET ascii COLLATE ascii_bin;
ALTER TABLE table_entity ADD COLUMN fqn_hash char(64) CHARACTER SET ascii COLLATE ascii_bin;
ALTER TABLE user_entity ADD COLUMN fqn_hash char(64) CHARACTER SET ascii COLLATE ascii_bin;
