import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { errorTable } from '@lockstep/core';
import { engines } from '../fixtures/engines.ts';
import { freePort } from '../fixtures/free-port.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import { until } from '../fixtures/until.ts';
import { freshCheckout, plainEnvironment } from './checkout.ts';
import { anchorsOf, blocksOf, linksOf, pages, readPage, root } from './page.ts';
import type { Block } from './page.ts';
import { startGroup } from './process-group.ts';

/** What a reader of the README begins with. Here everything is installed, and the tests are running. */
const beginnings = ['npm ci && npm start\n', 'npm ci && npm test\n'];

describe.each(pages)('%s', (page) => {
  const blocks = blocksOf(page);
  const commands = blocks.filter(({ language, text }) => language === 'sh' && !beginnings.includes(text));

  if (commands.length > 0) {
    it('has commands that work, one after the other', { timeout: 600_000 }, async () => {
      const port = await freePort();
      const shell = startGroup('bash', ['-c', scriptOf(page, commands).replaceAll('8585', `${port}`)], {
        cwd: await freshCheckout(),
        env: { ...plainEnvironment(), ...(await serverFor(commands)), PATH: pathWithTools() },
      });
      const code = await shell.ended;
      expect({ code, output: shell.output() }).toMatchObject({ code: 0 });
    });
  }

  it('has no commands that would not be run here', () => {
    // The servers in `js` are run by tests/embed.
    const known = ['sh', 'json', 'sql', 'ts', 'js', 'text', ''];
    expect(blocks.filter(({ language }) => !known.includes(language))).toEqual([]);
  });

  it('has JSON that can be read', () => {
    for (const { language, text } of blocks)
      if (language === 'json') expect(() => JSON.parse(text), text).not.toThrow();
  });

  it('has links that lead somewhere', () => {
    const broken = linksOf(page).filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !anchorsOf(target).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});

it('names only pages that exist in errors', () => {
  const named = Object.values(errorTable).flatMap(({ next }) => next.match(/docs\/[\w-]+\.md/g) ?? []);
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((page) => !existsSync(join(root, page)))).toEqual([]);
});

it('leads to every page from the README', () => {
  const linked = linksOf('README.md');
  expect(pages.filter((page) => page !== 'README.md' && !linked.includes(page))).toEqual([]);
});

it('begins with one line to start and one to test', () => {
  const found = blocksOf('README.md').map(({ text }) => text);
  expect(found).toEqual(expect.arrayContaining(beginnings));
  expect(readPage('README.md')).toContain('<http://127.0.0.1:8585>');
});

it('starts a server with npm start, which ends in peace', { timeout: 300_000 }, async () => {
  const port = await freePort();
  const server = startGroup('npm', ['start', '--', '--port', `${port}`], {
    cwd: await freshCheckout(),
    env: plainEnvironment(),
  });
  let code: number | null | undefined;
  void server.ended.then((found) => (code = found));
  const address = `http://127.0.0.1:${port}/api/v1/system/version`;
  await until(
    async () => code !== undefined || (await fetch(address).catch(() => undefined))?.status === 200,
    () => server.output(),
  );
  server.signal('SIGTERM');
  expect({ code: await server.ended, output: server.output() }).toMatchObject({ code: 0 });
});

/** All blocks in one shell, which stops at the first command that fails and says in which block that was. */
function scriptOf(page: string, blocks: readonly Block[]): string {
  const parts = blocks.map(({ text, line }) => `echo "== block at line ${line}" >&2\n${text}`);
  return `set -euo pipefail\n${page === 'README.md' ? '' : directly}${parts.join('\n')}`;
}

/** What `npx lockstep` runs, without npx, which takes as long as the command; and see tests/fixtures/cli.ts. */
const directly = `checkout=$PWD
npx() { node --liftoff-only --no-opt "$checkout/node_modules/.bin/$1" "\${@:2}"; }
`;

/** What pages call SERVER is an empty database on a server of Postgres; where the run has none, an embedded one. */
async function serverFor(blocks: readonly Block[]): Promise<{ readonly SERVER?: string }> {
  if (!blocks.some(({ text }) => text.includes('"$SERVER"'))) return {};
  const family = engines.filter((engine) => engine.family === 'postgres');
  const engine = family.find(({ url }) => url !== undefined) ?? family[0];
  return engine ? { SERVER: (await freshDatabase(engine)).url } : {};
}

function pathWithTools(): string {
  return [dirname(process.execPath), inject('tools'), process.env['PATH'] ?? ''].join(delimiter);
}
