import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, lockstep } from './command.mjs';
import { tableStatements } from './data/statements.mjs';

/** Writes the product that is measured: the tables, in one release, sealed. Returns the path of its configuration. */
export async function makeProduct(engine, name, tables) {
  const place = join(folder, 'products', name);
  const migrations = join(place, 'migrations');
  for (const [family, statements] of Object.entries(tableStatements(tables))) {
    mkdirSync(join(migrations, family), { recursive: true });
    const script = statements.map((statement) => `${statement};\n`).join('\n');
    writeFileSync(join(migrations, family, 'V1.0.0.1__tables.sql'), script);
  }
  const config = join(place, 'lockstep.config.json');
  writeFileSync(config, JSON.stringify({ name: 'bench', version: '1.0.0', migrations, schemas: ['public'] }));
  const url = await engine.create('seal');
  await lockstep(['--config', config, '--database-url', url, '--quiet', 'release', '1.0.0']);
  await engine.drop('seal');
  return config;
}
