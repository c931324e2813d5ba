import { quote, quoteTable } from './quote.ts';

/** The history as Flyway makes it, with its names of key and index, and Lockstep's own tables. */
export function ownTables(home: string): readonly string[] {
  const table = (name: string): string => quoteTable({ schema: home, name });
  return [
    `CREATE TABLE IF NOT EXISTS ${table('flyway_schema_history')} (
  "installed_rank" INT NOT NULL,
  "version" VARCHAR(50),
  "description" VARCHAR(200) NOT NULL,
  "type" VARCHAR(20) NOT NULL,
  "script" VARCHAR(1000) NOT NULL,
  "checksum" INTEGER,
  "installed_by" VARCHAR(100) NOT NULL,
  "installed_on" TIMESTAMP NOT NULL DEFAULT now(),
  "execution_time" INTEGER NOT NULL,
  "success" BOOLEAN NOT NULL,
  CONSTRAINT "flyway_schema_history_pk" PRIMARY KEY ("installed_rank")
)`,
    `CREATE INDEX IF NOT EXISTS ${quote('flyway_schema_history_s_idx')} ON ${table('flyway_schema_history')} ("success")`,
    `CREATE TABLE IF NOT EXISTS ${table('lockstep_state')} (
  id SMALLINT PRIMARY KEY CHECK (id = 1),
  product VARCHAR(200) NOT NULL,
  release_name VARCHAR(100),
  database_id VARCHAR(36) NOT NULL,
  key_fingerprint VARCHAR(64),
  epoch BIGINT NOT NULL,
  phase VARCHAR(20) NOT NULL,
  detail TEXT NOT NULL,
  seed TEXT NOT NULL,
  changed_at VARCHAR(30) NOT NULL
)`,
    `CREATE TABLE IF NOT EXISTS ${table('lockstep_step')} (
  migration VARCHAR(300) NOT NULL,
  statement INT NOT NULL,
  checksum VARCHAR(64),
  line INT,
  status VARCHAR(20) NOT NULL,
  facts TEXT NOT NULL,
  actor VARCHAR(255) NOT NULL,
  message TEXT,
  started_at VARCHAR(30) NOT NULL,
  finished_at VARCHAR(30),
  PRIMARY KEY (migration, statement)
)`,
    `CREATE TABLE IF NOT EXISTS ${table('lockstep_lease')} (
  id VARCHAR(36) PRIMARY KEY,
  kind VARCHAR(20) NOT NULL,
  release_name VARCHAR(100),
  host VARCHAR(255) NOT NULL,
  process INT NOT NULL,
  address VARCHAR(255),
  epoch BIGINT NOT NULL,
  started_at VARCHAR(30) NOT NULL,
  renewed_at VARCHAR(30) NOT NULL,
  expires_at VARCHAR(30) NOT NULL
)`,
  ];
}
