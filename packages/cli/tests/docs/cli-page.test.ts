import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { expect, it } from 'vitest';
import { createContext } from '#cli/context.js';
import { verbs } from '#cli/verbs.js';
import { runCli } from '../../../../tests/fixtures/cli.ts';
import { temporaryFolder } from '../../../../tests/fixtures/temporary-folder.ts';
import { differences, fieldsIn, optionsIn, page, sections } from './documented.ts';

it('has every verb, in the order of the help', () => {
  expect([...sections.keys()]).toEqual(Object.keys(verbs));
});

it.each(Object.keys(verbs))('has the options of %s', async (name) => {
  const command = new Command(name);
  (await verbs[name]?.())?.define(command);
  const options = command.options.map(({ long }) => long ?? '');
  expect(optionsIn(sections.get(name) ?? '').toSorted()).toEqual(options.toSorted());
});

it('has the general options', async () => {
  const { stdout } = await runCli(['--help']);
  const options = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option = '']) => option);
  expect(options.length).toBeGreaterThan(3);
  const general = page.slice(0, page.indexOf('\n---\n'));
  expect(optionsIn(general).toSorted()).toEqual(options.toSorted());
});

it('has the variables that are read', () => {
  const packages = join(import.meta.dirname, '../../..');
  const read = ['core', 'cli', 'catalog'].flatMap((name) => variablesIn(join(packages, name, 'src')));
  // One tells Windows' place for files; one is for tests.
  const told = read.filter((name) => name !== 'APPDATA' && name !== 'LOCKSTEP_HOLD_AT');
  expect(told.length).toBeGreaterThan(3);
  expect(told.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

it('has the fields of the JSON', { timeout: 300_000 }, async () => {
  const folder = await temporaryFolder();
  const flags = { databaseUrl: `pglite:${join(folder, 'data')}`, quiet: true };
  const place = { backupTo: join(folder, 'backups'), to: join(folder, 'backups') };
  const check = async (name: string, args: readonly string[], more: Record<string, string> = {}): Promise<unknown> => {
    const context = await createContext(name, flags, new AbortController().signal);
    try {
      const outcome = await (await verbs[name]?.())?.run(context, args, { ...flags, ...more });
      expect(differences(fieldsIn(sections.get(name) ?? ''), outcome?.json), name).toEqual([]);
      return outcome?.json;
    } finally {
      await context.close();
    }
  };
  await check('plan', []);
  await check('migrate', [], { to: '1.0.0' });
  await check('sample', [], { tables: '5' });
  await check('upgrade', [], { backupTo: place.backupTo });
  await check('validate', []);
  await check('digest', []);
  await check('backup', [], { to: place.to });
  await check('backups', [], { to: place.to });
  const [file = ''] = readdirSync(place.to);
  await check('show', [join(place.to, file)]);
  process.env['LOCKSTEP_BACKUPS'] = place.to;
  await check('info', []);
});

function variablesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => [...readFileSync(join(folder, name), 'utf8').matchAll(/process\.env\['(\w+)'\]/g)])
    .map(([, name = '']) => name);
}
