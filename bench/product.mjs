import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, lockstep } from './command.mjs';

const postgres = `CREATE TABLE document (
  id bigint PRIMARY KEY,
  name varchar(256) NOT NULL,
  json jsonb NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX document_name ON document (name);

CREATE TABLE entry (
  id bigint PRIMARY KEY,
  document_id bigint NOT NULL REFERENCES document (id),
  kind smallint NOT NULL,
  amount numeric(12, 2) NOT NULL,
  made_at timestamptz NOT NULL
);
CREATE INDEX entry_document ON entry (document_id);
`;

const mysql = `CREATE TABLE document (
  id bigint PRIMARY KEY,
  name varchar(256) NOT NULL,
  json json NOT NULL,
  updated_at datetime(6) NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX document_name ON document (name);

CREATE TABLE entry (
  id bigint PRIMARY KEY,
  document_id bigint NOT NULL,
  kind smallint NOT NULL,
  amount decimal(12, 2) NOT NULL,
  made_at datetime(6) NOT NULL,
  INDEX entry_document (document_id),
  CONSTRAINT entry_of_document FOREIGN KEY (document_id) REFERENCES document (id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
`;

/** Writes the product that is measured: two tables, one release, sealed. Returns the path of its configuration. */
export async function makeProduct(engine) {
  const migrations = join(folder, 'migrations');
  for (const [family, script] of Object.entries({ postgres, mysql })) {
    mkdirSync(join(migrations, family), { recursive: true });
    writeFileSync(join(migrations, family, 'V1.0.0.1__documents.sql'), script);
  }
  const config = join(folder, 'lockstep.config.json');
  writeFileSync(config, JSON.stringify({ name: 'bench', version: '1.0.0', migrations, schemas: ['public'] }));
  const url = await engine.create('seal');
  await lockstep(['--config', config, '--database-url', url, '--quiet', 'release', '1.0.0']);
  await engine.drop('seal');
  return config;
}
