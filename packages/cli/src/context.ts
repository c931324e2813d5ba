import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { LockstepError, loadProduct, openDatabase, reasonOf } from '@lockstep/core';
import type { Database, Identity, KeepRules, Keys, Product, RunOptions, Severity } from '@lockstep/core';
import { catalogProduct } from '@lockstep/catalog/product';
import type { Config, ScheduleConfig } from './config.ts';
import { readConfig } from './config.ts';
import { readIdentities, readRecipients } from './keys.ts';
import { lockLimits } from './lock-limits.ts';
import { progressPrinter } from './progress.ts';
import type { Timings } from './timings.ts';
import { createTimings } from './timings.ts';
import type { Flags } from './verb.ts';
import { textFlag } from './verb.ts';

/** What every verb gets: where the database is, which product it is about, and how to tell of progress. */
export interface Context {
  readonly product: Product;
  readonly url: string;
  /** Somebody has said where the database is. */
  readonly hasUrl: boolean;
  /** The same, or the embedded database is there that is used where nobody has. */
  readonly hasDatabase: boolean;
  /** The product is that of the configuration, not the catalog. */
  readonly hasOwnProduct: boolean;
  /** Where backups go unless a flag says otherwise: a folder or a URL. */
  readonly backups: string;
  /** What `prune` keeps, by the configuration. */
  readonly keep: KeepRules | undefined;
  /** When `serve` takes backups, by the configuration. */
  readonly schedule: ScheduleConfig | undefined;
  /** How `lint` takes its rules, by the configuration. */
  readonly rules: Readonly<Record<string, Severity>>;
  readonly run: RunOptions;
  readonly timings: Timings;
  /** What encrypted backups are opened with. */
  identities(): Promise<readonly Identity[]>;
  /** The same, and whom new backups are encrypted to. */
  keys(): Promise<Keys>;
  /** Opens the database, or the one of another URL. It is closed when the verb ends. */
  open(options?: {
    readonly serves?: boolean;
    readonly name?: string;
    readonly url?: string | undefined;
  }): Promise<Database>;
}

export interface OpenedContext extends Context {
  close(): Promise<void>;
}

const defaultFolder = '.lockstep/data';
const defaultUrl = `pglite:${defaultFolder}`;
const defaultBackups = '.lockstep/backups';

/** Puts flags, environment and configuration together: flags win, then the environment, then the file. */
export async function createContext(verb: string, flags: Flags, signal: AbortSignal): Promise<OpenedContext> {
  const config = await readConfig(textFlag(flags, 'config'));
  const url = await databaseUrl(flags, config);
  const print = progressPrinter(flags['quiet'] === true);
  const timings = createTimings();
  const run: RunOptions = {
    onProgress: (progress) => {
      timings.note(progress);
      return print(progress);
    },
    signal,
    locks: lockLimits(flags, config),
  };
  const opened: Database[] = [];
  return {
    product: await loadProduct({ ...(config?.product ?? catalogProduct), dataMigrations: config?.dataMigrations }),
    url,
    hasUrl: url !== defaultUrl,
    hasDatabase: url !== defaultUrl || existsSync(defaultFolder),
    hasOwnProduct: config?.product !== undefined,
    backups: process.env['LOCKSTEP_BACKUPS'] ?? config?.backups ?? defaultBackups,
    keep: config?.keep,
    schedule: config?.schedule,
    rules: config?.rules ?? {},
    run,
    timings,
    identities: () => readIdentities(flags, config),
    keys: async () => ({
      recipients: await readRecipients(flags, config),
      identities: await readIdentities(flags, config),
    }),
    open: async (options = {}) => {
      const database = await openDatabase(options.url ?? url, {
        purpose: `lockstep ${options.name ?? verb}`,
        serves: options.serves ?? false,
        ...run,
      });
      opened.push(database);
      if (!database.tested) {
        await run.onProgress?.({
          kind: 'note',
          text: `${database.engine} ${database.version} is accepted but not tested.`,
        });
      }
      return database;
    },
    close: async () => {
      for (const database of opened) await database.close();
    },
  };
}

async function databaseUrl(flags: Flags, config: Config | undefined): Promise<string> {
  const given = textFlag(flags, 'databaseUrl') ?? process.env['DATABASE_URL'];
  if (given !== undefined && given !== '') return given;
  const file = process.env['DATABASE_URL_FILE'];
  if (file === undefined || file === '') return config?.database ?? defaultUrl;
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new LockstepError(
      'USAGE',
      { reason: `DATABASE_URL_FILE cannot be read: ${reasonOf(error)}` },
      { cause: error },
    );
  });
  return text.trim();
}
