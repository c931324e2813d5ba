// A reader of archives that was written from docs/FORMAT.md alone. It shares nothing with the reader in src.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { digestOf } from './murmur3.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface SecondOpinion {
  readonly release: string;
  readonly contentRoot: string;
  readonly fileRoot: string;
  /** As read from the rows. */
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly digest: string }[];
  readonly sql: string;
}

/** Checks everything that the page asks for. Throws an Error for the first thing that is not so. */
export function readAgain(file: Buffer, zstd: string): SecondOpinion {
  const footer = file.subarray(-112);
  demand(footer.readUInt32LE(0) === 0x184d2a52 && footer.readUInt32LE(4) === 104, 'a footer');
  demand(footer.toString('latin1', 8, 16) === 'LOCKSTEP' && footer.readUInt32LE(16) === 1, 'format 1');
  demand(sha256(footer.subarray(0, 80)) === footer.toString('hex', 80), "the footer's checksum");
  const [offset, length, size] = [24, 32, 40].map((at) => Number(footer.readBigUInt64LE(at)));
  demand(size === file.length && Number(offset) + Number(length) + 112 === size, 'the length of the file');
  const contents = file.subarray(offset, -112);
  demand(sha256(contents) === footer.toString('hex', 48, 80), 'the SHA-256 of the table of contents');
  demand(contents.readUInt32LE(0) === 0x184d2a51 && contents.readUInt32LE(4) === contents.length - 8, 'its head');

  const lines = contents.toString('utf8', 8).split('\n');
  demand(lines.shift() === 'lockstep contents 1' && lines.pop() === '', 'the lines of the table of contents');
  const [summary = {}, ...rest] = lines.map(parse);
  const { manifest, contentRoot, fileRoot } = summary;
  demand(isFields(manifest), 'a manifest');
  demand(
    rest.length === Number(summary['tables']) + Number(summary['counters']) + Number(summary['frames']),
    'all lines',
  );
  const tables = rest.slice(0, Number(summary['tables']));
  const frames = rest.slice(Number(summary['tables']) + Number(summary['counters']));

  const title = Buffer.from(`lockstep archive 1\n${canonical(manifest)}\n`);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a50, 0);
  head.writeUInt32LE(title.length, 4);
  const manifestFrame = Buffer.concat([head, title]);
  demand(file.subarray(0, manifestFrame.length).equals(manifestFrame), 'the manifest at the beginning');

  let root = createHash('sha256').update(manifestFrame).digest();
  let end = manifestFrame.length;
  let sql = '';
  const rows = new Map<unknown, Buffer[]>(tables.map((table) => [table['name'], []]));
  for (const [index, frame] of frames.entries()) {
    demand(frame['offset'] === end, `where frame ${index + 1} begins`);
    const bytes = file.subarray(end, (end += Number(frame['size'])));
    demand(sha256(bytes) === frame['sha256'], `the SHA-256 of frame ${index + 1}`);
    root = createHash('sha256').update(root).update(sha256(bytes), 'hex').digest();
    const content = execFileSync(zstd, ['-q', '-dc'], { input: bytes, maxBuffer: 2 ** 31 });
    demand(content.length === frame['rawSize'], `the length of frame ${index + 1}`);
    const table = typeof frame['table'] === 'string' ? ` ${frame['table'].replace(/[\p{Cc}\u2028\u2029]/gu, '?')}` : '';
    const label = `-- lockstep ${String(frame['kind'])} ${index + 1}${table}\n`;
    demand(content.toString('utf8', 0, Buffer.byteLength(label)) === label, `the label of frame ${index + 1}`);
    if (frame['kind'] === 'data') {
      const found = rowsOf(content.subarray(Buffer.byteLength(label)), isPostgres(manifest));
      demand(found.length === frame['rows'], `the rows of frame ${index + 1}`);
      rows.get(frame['table'])?.push(...found);
    }
    sql += content.toString();
  }
  demand(end === offset && root.toString('hex') === fileRoot, 'the file root');

  const counted = tables.map((table) => ({ name: String(table['name']), ...digestOf(rows.get(table['name']) ?? []) }));
  for (const [index, table] of tables.entries()) {
    demand(
      counted[index]?.rows === table['rows'] && counted[index]?.digest === table['digest'],
      `the rows of ${String(table['name'])}`,
    );
  }
  const { fingerprint, release } = manifest;
  demand(sha256(canonical({ fingerprint, release, tables: counted })) === contentRoot, 'the content root');
  return {
    release: String(release),
    contentRoot,
    fileRoot,
    tables: counted,
    sql,
  };
}

/** The rows between the statements. No name in the tests holds a line end. */
function rowsOf(sql: Buffer, postgres: boolean): Buffer[] {
  const lines: Buffer[] = [];
  for (let at = 0, end = sql.indexOf(10); end >= 0; at = end + 1, end = sql.indexOf(10, at))
    lines.push(sql.subarray(at, end));
  if (!postgres) return lines.filter((line) => line[0] === 0x28).map((line) => line.subarray(0, -1));
  demand(
    lines.shift()?.toString().startsWith('COPY ') === true && lines.pop()?.toString() === '\\.',
    'a COPY statement',
  );
  return lines;
}

function parse(line: string): Fields {
  const value: unknown = JSON.parse(line);
  demand(isFields(value) && canonical(value) === line, 'canonical JSON');
  return value;
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isFields(value)) return JSON.stringify(value);
  const keys = Object.keys(value).toSorted();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
}

function isPostgres({ engine }: Fields): boolean {
  return isFields(engine) && engine['family'] === 'postgres';
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function demand(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`The file does not have ${what}.`);
}
