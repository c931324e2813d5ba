import { PGlite } from '@electric-sql/pglite';
import { reasonOf } from '../../errors.ts';
import { unpackExtensions } from './extensions.ts';
import { copyFail, errorText, firstText, query, readAll, rowValues, text, texts } from './messages.ts';

/** PGlite's exit status for an error that Postgres handles by itself: its main loop goes on. */
const handledByPostgres = 100;

/**
 * PostgreSQL's single-user mode never checkpoints by itself, so the bridge does. A checkpoint keeps at most this much
 * of the log's files for use again. The buffers are prepared at each start, which took most of its time with the usual
 * 128 MB; what they do not hold comes from the system's own cache of files.
 */
const settings = ['max_wal_size=64MB', 'min_wal_size=32MB', 'shared_buffers=32MB'];
const startParams = [...PGlite.defaultStartParams, ...settings.flatMap((setting) => ['-c', setting])];

/**
 * Sent behind every statement. To a COPY FROM STDIN without rows it says that none will come, where the end of the
 * input would end the whole engine. Anywhere else the backend passes over it.
 */
export const guard = copyFail(
  'the rows must follow a statement of its own: COPY ... FROM STDIN by the simple protocol',
);

/** An error of the server about a statement of the bridge itself. */
export class StatementError extends Error {}

/**
 * The one Postgres backend: takes messages of the wire protocol, and answers them before the call returns.
 * `onDeath` is called when the engine cannot go on. It must not return.
 */
export class Engine {
  readonly #pglite: PGlite;
  readonly #onDeath: (reason: string) => never;
  /** How often messages were run, and when it was last so, in milliseconds. */
  runs = 0;
  #unpacked = false;
  lastRun = Date.now();
  /** What a server tells each client at the start: its version, encoding, time zone ... */
  readonly parameters: ReadonlyMap<string, string>;

  private constructor(pglite: PGlite, parameters: ReadonlyMap<string, string>, onDeath: (reason: string) => never) {
    this.#pglite = pglite;
    this.parameters = parameters;
    this.#onDeath = onDeath;
  }

  /** Opens the data folder with the compiled code of PGlite, initialising it if it is empty. Throws an Error with Postgres's last words. */
  static async open(folder: string, code: object, onDeath: (reason: string) => never): Promise<Engine> {
    const said: string[] = [];
    const listen = (line: string): boolean => {
      said.push(line);
      if (said.length > 20) said.shift();
      return false;
    };
    try {
      const pglite = await PGlite.create(folder, {
        pgliteWasmModule: code,
        startParams,
        onStdout: listen,
        onStderr: listen,
      });
      watchMainLoop(pglite, (reason) => onDeath(lastWords(reason, said)));
      const engine = new Engine(pglite, await introduce(pglite), onDeath);
      const extensions = await engine.query(`SELECT FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql'`);
      if (extensions.length > 0) engine.unpackExtensions();
      return engine;
    } catch (error) {
      throw new Error(lastWords(reasonOf(error), said), { cause: error });
    }
  }

  /** Makes the extensions ready that PGlite brings, if they are not yet. */
  unpackExtensions(): void {
    if (this.#unpacked) return;
    this.#unpacked = true;
    unpackExtensions((path, bytes) => this.#pglite.copyToFS(path, bytes));
  }

  /** Runs messages that the backend can answer to the end. `onData` gets the answer in pieces, valid during the call. */
  async run(bytes: Buffer, onData: (piece: Uint8Array) => void): Promise<void> {
    this.runs += 1;
    try {
      await this.#pglite.execProtocolRawStream(bytes, { onRawData: onData });
    } catch (error) {
      this.#onDeath(reasonOf(error));
    }
    this.lastRun = Date.now();
  }

  /** Runs messages and returns the whole answer. */
  async answer(bytes: Buffer): Promise<Buffer> {
    const pieces: Buffer[] = [];
    await this.run(bytes, (piece) => pieces.push(Buffer.from(piece)));
    return Buffer.concat(pieces);
  }

  /** Runs SQL for the bridge itself; returns the rows of all statements. Throws {@link StatementError}. */
  async query(sql: string): Promise<(string | null)[][]> {
    const answer = readAll(await this.answer(query(sql)));
    const error = answer.find(({ type }) => type === 'E');
    if (error !== undefined) throw new StatementError(errorText(error.body));
    return answer.filter(({ type }) => type === 'D').map(({ body }) => rowValues(body));
  }

  /** In a transaction block, whether it has failed or not. */
  get inTransaction(): boolean {
    return this.#pglite.isInTransaction();
  }

  /** Writes everything to the files, as a server does that is shut down. */
  async close(): Promise<void> {
    await this.#pglite.close();
  }
}

/** What went wrong by the words of Postgres, which come with the date and the process. */
function lastWords(reason: string, said: readonly string[]): string {
  const words = said.flatMap((line) => /\b(?:FATAL|PANIC|DETAIL|HINT): .*/.exec(line) ?? []);
  return words.length === 0 ? [reason, ...said.slice(-3)].join(' ') : words.join(' ').replace(/\s+/g, ' ');
}

/**
 * PGlite passes over exceptions that come out of its main loop, and goes on with a broken backend. Those that Postgres
 * does not handle, such as an overflow of the stack or a trap of the machine, must end it.
 */
function watchMainLoop(pglite: PGlite, onDeath: (reason: string) => never): void {
  const { Module: module } = pglite;
  const name = '_PostgresMainLoopOnce';
  const runOnce = module[name].bind(module);
  module[name] = () => {
    try {
      runOnce();
    } catch (error) {
      if (statusOf(error) !== handledByPostgres) onDeath(reasonOf(error));
      throw error;
    }
  };
}

function statusOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
}

/** Says hello, which makes the backend tell its settings now and whenever they change. */
async function introduce(pglite: PGlite): Promise<ReadonlyMap<string, string>> {
  const body = Buffer.concat([
    Buffer.from([0, 3, 0, 0]),
    ...['user', 'postgres', 'database', 'postgres', ''].map(text),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  const pieces: Buffer[] = [];
  await pglite.execProtocolRawStream(Buffer.concat([length, body]), {
    onRawData: (piece) => pieces.push(Buffer.from(piece)),
  });
  const told = readAll(Buffer.concat(pieces)).filter(({ type }) => type === 'S');
  return new Map(told.map(({ body: pair }) => [firstText(pair), texts(pair)[1] ?? '']));
}
