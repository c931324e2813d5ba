import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { runSql } from '../fixtures/client.ts';
import { someEngine } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import type { FreshDatabase } from '../fixtures/fresh-database.ts';
import { fieldsOf, succeed } from '../fixtures/lockstep.ts';
import { configure, testProduct } from '../fixtures/product.ts';
import { s3Proxy } from '../fixtures/s3-proxy.ts';
import type { Bucket } from '../fixtures/s3.ts';
import { describeS3, freshBucket, s3Environment } from '../fixtures/s3.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const tables = Array.from({ length: 100 }, (_, index) => `t${index}`);
const makeTables = tables.map((table) => `CREATE TABLE ${table} (id int PRIMARY KEY, text text NOT NULL);\n`).join('');
/** Some 400 kB for each table that can't be made smaller. */
const fillTables = tables
  .map((table) => `INSERT INTO ${table} SELECT n, md5(n::text || '${table}') FROM generate_series(1, 20000) n;\n`)
  .join('');

describeS3('one table of a hundred', () => {
  let cwd: string;
  let source: FreshDatabase;
  let bucket: Bucket;

  beforeAll(async () => {
    const product = await testProduct({ 'V1.0.0.1__tables.sql': makeTables });
    cwd = product.folder;
    await configure(product, '1.0.0');
    source = await freshDatabase(someEngine('postgres'));
    await succeed(source.url, ['release', '1.0.0'], { cwd });
    await succeed(source.url, ['migrate'], { cwd });
    await runSql(source, fillTables);
    bucket = await freshBucket();
  });

  it.each(['in clear', 'encrypted'])('comes out of a remote backup (%s) with little else', async (way) => {
    const passphrase = join(await temporaryFolder(), 'passphrase');
    await writeFile(passphrase, 'nobody knows\n');
    const env = { ...s3Environment(), TMPDIR: await temporaryFolder(), LOCKSTEP_PASSPHRASE: 'nobody knows' };
    const encrypt = way === 'encrypted' ? ['--encrypt-passphrase-file', passphrase] : [];
    const to = `s3://${bucket.name}/${way.replace(' ', '-')}`;
    const taken = await succeed(source.url, ['backup', '--to', to, ...encrypt], { cwd, env });
    const { file, bytes, tables: all } = fieldsOf(taken['backup']);
    expect(all).toHaveLength(100);

    const proxy = await s3Proxy();
    const target = await freshDatabase(source.engine);
    const remote = { cwd, env: { ...env, ...s3Environment(proxy.url) } };
    await succeed(target.url, ['restore', String(file), '--table', 't42'], remote);
    const share = proxy.sent() / Number(bytes);
    process.stdout.write(
      `\n--table, ${way}: ${proxy.sent()} bytes read of ${String(bytes)} (${(share * 100).toFixed(2)} %), ${proxy.seen.length} requests\n`,
    );
    // A hundredth is the table's own.
    expect(share).toBeGreaterThan(0.005);
    expect(share).toBeLessThan(0.01 + 0.01);
    expect(await runSql(target, 'SELECT count(*) FROM t42')).toBe('20000');
    expect(await runSql(target, 'SELECT count(*) FROM t41')).toBe('0');
  });
});
