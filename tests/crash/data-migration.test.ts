import { expect, it } from 'vitest';
import { mark } from '../fixtures/mark.ts';
import { configure, testProduct } from '../fixtures/product.ts';
import { runSql } from '../fixtures/client.ts';
import { describeEachEngine } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import { succeed } from '../fixtures/lockstep.ts';
import { killAt } from './kill.ts';
import { crashEngine } from './places.ts';

/** Every other number, so that there is room for more. */
const ids = Array.from({ length: 200 }, (_, index) => (index + 1) * 2);

const table = `CREATE TABLE shop (id bigint PRIMARY KEY, name varchar(100) NOT NULL);
INSERT INTO shop VALUES ${ids.map((id) => `(${id}, 'shop ${id}')`).join(', ')};`;

describeEachEngine(
  'a data migration that is killed',
  (engine) => {
    it('works on each row once, and on those that were inserted ahead of it', async () => {
      const place = await freshDatabase(engine);
      const source = await testProduct({ 'V1.0.0.1__shop.sql': table });
      await configure(source, '1.0.0');
      const command = { url: place.url, args: ['migrate'], cwd: source.folder };
      await succeed(place.url, ['migrate'], { cwd: source.folder });
      await source.write('V1.0.0.2__mark.ts', mark);

      await killAt(command, { phase: 'migrate:batch', occurrence: 1 });
      // Ten rows are done, then twenty.
      await killAt(command, { phase: 'migrate:batch', occurrence: 3 });
      await runSql(
        place,
        `INSERT INTO shop VALUES (1, 'shop 1'), (59, 'shop 59'), (61, 'shop 61'), (999, 'shop 999');`,
      );
      // Anywhere in a batch.
      await killAt(command, { phase: 'migrate:batch', occurrence: 2, after: 5 });
      await succeed(place.url, ['migrate'], { cwd: source.folder });

      const untouched = await runSql(place, `SELECT id FROM shop WHERE name = CONCAT('shop ', id) ORDER BY id;`);
      expect(untouched.split('\n')).toEqual(['1', '59']);
      const done = await runSql(place, `SELECT count(*) FROM shop WHERE name = CONCAT('shop ', id, '!');`);
      expect(done).toBe('202');
      expect(await runSql(place, 'SELECT migration FROM lockstep_step;')).toBe('');
    });
  },
  crashEngine,
);
