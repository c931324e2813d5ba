import { expect, it } from 'vitest';
import { dialectOf } from '@lockstep/core';
import { KnownTables } from '#core/plan/known-tables.js';
import { newScript } from '#core/plan/script.js';
import { cases, setup } from './postgres-rule-cases.ts';

const dialect = dialectOf('postgres');

/** The rules that a script breaks, on tables that have been there before. */
async function broken(text: string): Promise<string[]> {
  const known = new KnownTables(['public']);
  for (const script of [setup, text]) {
    const statements = await dialect.split(script, 'script');
    const facts = newScript(statements);
    known.becomeOld();
    const rules: string[] = [];
    for (const statement of statements) {
      const { findings } = await dialect.analyse(statement.text, known, facts);
      rules.push(...findings.map(({ rule }) => rule.name));
    }
    if (script === text) return [...new Set(rules)];
  }
  return [];
}

it('has a case for every rule', async () => {
  const rules = (await dialect.rules()).map(({ name }) => name);
  expect(Object.keys(cases).toSorted()).toEqual(rules.toSorted());
  expect(new Set(rules).size).toBe(rules.length);
});

it.each(Object.entries(cases))('%s is found where it is, and not where it is not', async (rule, { wrong, right }) => {
  for (const text of wrong) expect(await broken(text), text).toContain(rule);
  for (const text of right) expect(await broken(text), text).not.toContain(rule);
});

it('says nothing of tables that the same scripts make, except of style', async () => {
  const rules = await broken(`CREATE TABLE fresh (id bigint PRIMARY KEY, a text, t_id bigint);
    CREATE INDEX fresh_a ON fresh (a); ALTER TABLE fresh ADD FOREIGN KEY (t_id) REFERENCES fresh (id);
    ALTER TABLE fresh ADD CHECK (id > 0), ALTER a SET NOT NULL, ADD COLUMN b uuid DEFAULT gen_random_uuid();
    ALTER TABLE fresh RENAME a TO c; ALTER TABLE fresh DROP COLUMN b; DROP INDEX fresh_a; DROP TABLE fresh;`);
  const topics = new Map((await dialect.rules()).map(({ name, topic }) => [name, topic]));
  expect(rules.filter((name) => topics.get(name) !== 'style')).toEqual([]);
});
