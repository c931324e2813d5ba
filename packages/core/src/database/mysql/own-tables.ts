import { quote } from './quote.ts';

const options = 'ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin';

/** The history as Flyway makes it, and Lockstep's own tables. */
export function ownTables(): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${quote('flyway_schema_history')} (
  \`installed_rank\` INT NOT NULL,
  \`version\` VARCHAR(50),
  \`description\` VARCHAR(200) NOT NULL,
  \`type\` VARCHAR(20) NOT NULL,
  \`script\` VARCHAR(1000) NOT NULL,
  \`checksum\` INT,
  \`installed_by\` VARCHAR(100) NOT NULL,
  \`installed_on\` TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  \`execution_time\` INT NOT NULL,
  \`success\` BOOL NOT NULL,
  CONSTRAINT \`flyway_schema_history_pk\` PRIMARY KEY (\`installed_rank\`),
  INDEX \`flyway_schema_history_s_idx\` (\`success\`)
) ${options}`,
    `CREATE TABLE IF NOT EXISTS ${quote('lockstep_state')} (
  id SMALLINT NOT NULL,
  product VARCHAR(200) NOT NULL,
  release_name VARCHAR(100),
  database_id VARCHAR(36) NOT NULL,
  key_fingerprint VARCHAR(64),
  epoch BIGINT NOT NULL,
  phase VARCHAR(20) NOT NULL,
  detail LONGTEXT NOT NULL,
  seed LONGTEXT NOT NULL,
  changed_at VARCHAR(30) NOT NULL,
  PRIMARY KEY (id),
  CHECK (id = 1)
) ${options}`,
    `CREATE TABLE IF NOT EXISTS ${quote('lockstep_step')} (
  migration VARCHAR(300) NOT NULL,
  statement INT NOT NULL,
  checksum VARCHAR(64),
  line INT,
  status VARCHAR(20) NOT NULL,
  facts LONGTEXT NOT NULL,
  actor VARCHAR(255) NOT NULL,
  message TEXT,
  started_at VARCHAR(30) NOT NULL,
  finished_at VARCHAR(30),
  PRIMARY KEY (migration, statement)
) ${options}`,
    `CREATE TABLE IF NOT EXISTS ${quote('lockstep_lease')} (
  id VARCHAR(36) NOT NULL,
  kind VARCHAR(20) NOT NULL,
  release_name VARCHAR(100),
  host VARCHAR(255) NOT NULL,
  process INT NOT NULL,
  address VARCHAR(255),
  epoch BIGINT NOT NULL,
  started_at VARCHAR(30) NOT NULL,
  renewed_at VARCHAR(30) NOT NULL,
  expires_at VARCHAR(30) NOT NULL,
  PRIMARY KEY (id)
) ${options}`,
  ];
}
