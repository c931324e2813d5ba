import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { countOf } from './suites/migrate.mjs';

const begin = '<!-- The figures: written by npm run bench. -->';
const end = '<!-- The end of the figures. -->';

/** Writes the results of a folder as tables into a page, between its two marks. */
export function writePage(page, folder) {
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page} lacks the lines "${begin}" and "${end}".`);
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  const results = files.toSorted().map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
  const tables = [machines(results), ...sections.flatMap((section) => tableOf(section, results))];
  writeFileSync(page, `${text.slice(0, from + begin.length)}\n\n${tables.join('\n\n')}\n\n${text.slice(to)}`);
}

const asked = { engine: ({ title }) => title, data: ({ set, size }) => `${set}, ${size}` };
const compared = {
  Lockstep: ({ ours }) => seconds(ours.seconds),
  'the fastest other': (result) => fastestOf(result.peers, result.compared),
  ratio: ({ ratio }) => known(ratio),
};
const cost = {
  'CPU, client': ({ ours, peers }) => `${seconds(ours.cpu)}; ${leastOf(peers, 'cpu')}`,
  'CPU, server': ({ ours, peers }) => `${seconds(ours.serverCpu)}; ${leastOf(peers, 'serverCpu')}`,
  memory: ({ ours }) => `${ours.rssMb} MB`,
};

/** Each with its columns: what a row says of a result. */
const sections = [
  {
    title: 'Backup',
    suite: 'backup',
    columns: {
      ...asked,
      ...compared,
      'to the floor': ({ floorRatio }) => known(floorRatio),
      ...cost,
      'file, to `| zstd -1`': ({ sizeRatio }) => known(sizeRatio),
    },
  },
  {
    title: 'Restore',
    suite: 'restore',
    columns: {
      ...asked,
      ...compared,
      'without proof': ({ ratioWithoutProof }) => known(ratioWithoutProof),
      'without `local_infile`': ({ variants }) => seconds(Object.values(variants)[0]?.seconds),
      ...cost,
    },
  },
  {
    title: 'Waits of writers during a backup, in milliseconds: median, 99 %, longest',
    suite: 'writers',
    columns: {
      ...asked,
      Lockstep: ({ ours }) => waits(ours),
      'the others': ({ peers }) =>
        Object.entries(peers)
          .map(([name, peer]) => `${code(name)}: ${waits(peer)}`)
          .join('; '),
      undisturbed: ({ undisturbed }) => waits(undisturbed),
    },
  },
  {
    title: 'Growth',
    suite: 'growth',
    columns: {
      ...asked,
      backup: ({ steps }) => steps.map(({ size, backup }) => `${size}: ${seconds(backup.seconds)}`).join(', '),
      'exponent of backup': ({ exponents }) => `${exponents.backup.seconds} (CPU ${exponents.backup.cpu})`,
      restore: ({ steps }) => steps.map(({ size, restore }) => `${size}: ${seconds(restore.seconds)}`).join(', '),
      'exponent of restore': ({ exponents }) => `${exponents.restore.seconds} (CPU ${exponents.restore.cpu})`,
      memory: ({ steps }) => `${Math.max(...steps.flatMap(({ backup, restore }) => [backup.rssMb, restore.rssMb]))} MB`,
    },
  },
  {
    title: 'Migrations: one table each, to an empty database',
    suite: 'migrate',
    columns: { engine: asked.engine, migrations: ({ size }) => `${countOf(size)}`, ...compared, ...cost },
  },
  {
    title: 'The same with nothing to do',
    suite: 'noop',
    columns: {
      engine: asked.engine,
      migrations: ({ size }) => `${countOf(size)}`,
      ...compared,
      'beyond the start of Node': ({ beyondNode }) => seconds(beyondNode),
      '`validate`': ({ variants }) => seconds(variants['lockstep validate'].seconds),
    },
  },
  {
    title: 'Start',
    suite: 'start',
    columns: {
      engine: asked.engine,
      '`info`': ({ ours }) => seconds(ours.seconds),
      '`serve` until it is ready': ({ variants }) => seconds(variants['lockstep serve'].seconds),
      'memory of `serve`': ({ variants }) => `${variants['lockstep serve'].rssMb} MB`,
      '`node` alone': ({ floor }) => seconds(floor.seconds),
    },
  },
  {
    title: 'Backfill',
    suite: 'backfill',
    columns: {
      engine: asked.engine,
      rows: ({ rows }) => rows.toLocaleString('en-US'),
      Lockstep: compared.Lockstep,
      'one UPDATE': ({ peers }) => seconds(peers['one UPDATE'].seconds),
      ratio: ({ updateRatio }) => known(updateRatio),
      'rows/s of the loop': ({ peers }) => `${Math.round(peers['SELECT and UPDATE per row'].rate)}`,
      'times as fast': ({ loopRatio }) => known(loopRatio),
      'CPU, client and server, to one UPDATE': ({ updateCpuRatio }) => known(updateCpuRatio),
      memory: ({ ours, variants }) => `${ours.rssMb} MB; a quarter of the rows: ${Object.values(variants)[0].rssMb} MB`,
    },
  },
];

function tableOf({ title, suite, columns }, results) {
  const rows = results.filter((result) => result.suite === suite);
  if (rows.length === 0) return [];
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const names = Object.keys(columns).map((name) => name.replaceAll('|', '\\|'));
  const cells = rows.map((row) => line(Object.values(columns).map((cell) => cell(row).replaceAll('|', '\\|'))));
  return [`### ${title}\n\n${[line(names), line(names.map(() => '---')), ...cells].join('\n')}`];
}

function machines(results) {
  const described = results.map(({ machine, pairs }) => {
    const { lockstep, node, processor, cores, memoryGb } = machine;
    return `Lockstep ${lockstep}, Node ${node}, ${cores} cores (${processor}), ${memoryGb} GB; medians of ${pairs}`;
  });
  const loads = results.map(({ machine }) => machine.load);
  const load =
    loads.length > 0 ? ` Load of the machine before a suite: ${Math.min(...loads)} to ${Math.max(...loads)}.` : '';
  return `${[...new Set(described)].join('. ')}.${load}`;
}

function fastestOf(peers, names = Object.keys(peers)) {
  const entries = Object.entries(peers).filter(([name]) => names.includes(name));
  const [fastest] = entries.toSorted(([, left], [, right]) => left.seconds - right.seconds);
  return fastest ? `${seconds(fastest[1].seconds)} (${code(fastest[0])})` : '';
}

function leastOf(peers, field) {
  const values = Object.values(peers).flatMap((peer) => peer[field] ?? []);
  return values.length > 0 ? seconds(Math.min(...values)) : '-';
}

function waits({ waits: { medianMs, p99Ms, maxMs } }) {
  return `${medianMs}, ${p99Ms}, ${maxMs}`;
}

function seconds(value) {
  return value === undefined ? '' : `${value.toFixed(value < 10 ? 2 : 1)} s`;
}

function known(value) {
  return value === null || value === undefined ? '' : `${value}`;
}

function code(name) {
  return `\`${name}\``;
}
