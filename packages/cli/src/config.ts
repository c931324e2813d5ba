import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LockstepError, reasonOf } from '@lockstep/core';
import type { DataMigrationPace, KeepRules, Naming, PlaceholderSource, Severity } from '@lockstep/core';

/** What `lockstep.config.json` says. Paths are absolute. */
export interface Config {
  /** Undefined: the catalog. */
  readonly product: ProductConfig | undefined;
  /** How data migrations go through large tables. */
  readonly dataMigrations: Partial<DataMigrationPace>;
  readonly database: string | undefined;
  readonly backups: string | undefined;
  /** What `prune` keeps. */
  readonly keep: KeepRules | undefined;
  /** When `serve` takes backups. */
  readonly schedule: ScheduleConfig | undefined;
  /** How migrations wait for locks, in seconds. */
  readonly lockTimeout: number | undefined;
  readonly lockWait: number | undefined;
  /** How the rules of `lint` are taken. */
  readonly rules: Readonly<Record<string, Severity>>;
  /** Whom backups are encrypted to. */
  readonly encryptTo: readonly string[] | undefined;
  readonly encryptToFile: string | undefined;
  readonly encryptPassphraseFile: string | undefined;
  /** The file of the key that opens them. */
  readonly identity: string | undefined;
}

export interface ProductConfig {
  readonly name: string;
  readonly version: string;
  readonly migrations: string;
  readonly schemas: readonly string[];
  readonly naming: Partial<Naming>;
  /** Undefined: nothing is replaced in scripts. */
  readonly placeholders: PlaceholderSource | undefined;
}

export interface ScheduleConfig {
  readonly cron: string;
  readonly timeZone: string | undefined;
  /** Restore each backup into a scratch database. */
  readonly prove: boolean;
}

const defaultFile = 'lockstep.config.json';

/**
 * Reads the configuration: the file that was named, else the one in the working folder, else undefined.
 * Throws CONFIG_INVALID with the place of what is wrong.
 */
export async function readConfig(named: string | undefined): Promise<Config | undefined> {
  const file = resolve(named ?? defaultFile);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && named === undefined) return undefined;
    throw invalid(file, 'the file', reasonOf(error));
  });
  if (text === undefined) return undefined;
  return parse(new Reader(file, json(file, text)), dirname(file));
}

function parse(reader: Reader, folder: string): Config {
  const known = [
    'name',
    'version',
    'migrations',
    'schemas',
    'naming',
    'placeholders',
    'placeholderPrefix',
    'placeholderSuffix',
    'dataMigrations',
    'database',
    'locks',
    'lint',
    'backups',
  ];
  reader.allow('', known);
  reader.allow('dataMigrations', ['batchMilliseconds', 'pauseMilliseconds', 'lagSeconds', 'replicas']);
  reader.allow('locks', ['timeout', 'wait']);
  reader.allow('naming', ['versioned', 'repeatable', 'separator', 'suffixes']);
  reader.allow('backups', [
    'to',
    'keep',
    'schedule',
    'encryptTo',
    'encryptToFile',
    'encryptPassphraseFile',
    'identity',
  ]);
  reader.allow('backups.schedule', ['cron', 'timeZone', 'prove']);
  reader.allow('backups.keep', ['last', 'daily', 'weekly', 'monthly', 'timeZone']);
  const path = (place: string): string | undefined => {
    const value = reader.text(place);
    return value === undefined ? undefined : resolve(folder, value);
  };
  const backups = reader.text('backups.to');
  const isOwn = ['name', 'version', 'migrations', 'schemas', 'naming', 'placeholders'].some((key) => reader.has(key));
  return {
    dataMigrations: {
      ...given('batchMilliseconds', reader.count('dataMigrations.batchMilliseconds')),
      ...given('pauseMilliseconds', reader.count('dataMigrations.pauseMilliseconds')),
      ...given('lagSeconds', reader.count('dataMigrations.lagSeconds')),
      ...given('replicas', reader.texts('dataMigrations.replicas')),
    },
    product: isOwn ? readProduct(reader, folder) : undefined,
    database: reader.optional('database'),
    backups: backups === undefined || backups.includes('://') ? backups : resolve(folder, backups),
    keep: reader.has('backups.keep') ? readKeep(reader) : undefined,
    schedule: reader.has('backups.schedule') ? readSchedule(reader) : undefined,
    lockTimeout: reader.count('locks.timeout'),
    lockWait: reader.count('locks.wait'),
    rules: reader.choices('lint', ['off', 'warning', 'error']),
    encryptTo: reader.texts('backups.encryptTo'),
    encryptToFile: path('backups.encryptToFile'),
    encryptPassphraseFile: path('backups.encryptPassphraseFile'),
    identity: path('backups.identity'),
  };
}

function readProduct(reader: Reader, folder: string): ProductConfig {
  const suffixes = reader.texts('naming.suffixes');
  return {
    name: reader.need('name'),
    version: reader.need('version'),
    migrations: resolve(folder, reader.need('migrations')),
    schemas: reader.texts('schemas') ?? ['public'],
    placeholders: readPlaceholders(reader),
    naming: {
      ...given('versioned', reader.text('naming.versioned')),
      ...given('repeatable', reader.text('naming.repeatable')),
      ...given('separator', reader.text('naming.separator')),
      ...(suffixes ? { suffixes } : {}),
    },
  };
}

const placeholderVariable = /^LOCKSTEP_PLACEHOLDERS_(.+)$/i;

/** Values out of the file, and over them those out of the environment: `LOCKSTEP_PLACEHOLDERS_OWNER`. */
function readPlaceholders(reader: Reader): PlaceholderSource | undefined {
  if (!reader.has('placeholders')) {
    const without = ['placeholderPrefix', 'placeholderSuffix'].find((key) => reader.has(key));
    if (without !== undefined) throw reader.wrong(without, 'nothing is replaced without "placeholders"');
    return undefined;
  }
  const values = new Map<string, string>();
  for (const [name, value] of reader.pairs('placeholders')) {
    const key = name.toLowerCase();
    if (values.has(key))
      throw reader.wrong(`placeholders.${name}`, 'it is there twice: upper and lower case are the same');
    values.set(key, value);
  }
  for (const [variable, value] of Object.entries(process.env)) {
    const name = placeholderVariable.exec(variable)?.[1];
    if (name !== undefined && value !== undefined) values.set(name.toLowerCase(), value);
  }
  return {
    values: Object.fromEntries(values),
    prefix: reader.text('placeholderPrefix'),
    suffix: reader.text('placeholderSuffix'),
  };
}

function readSchedule(reader: Reader): ScheduleConfig {
  return {
    cron: reader.need('backups.schedule.cron'),
    timeZone: reader.text('backups.schedule.timeZone'),
    prove: reader.truth('backups.schedule.prove') ?? false,
  };
}

function readKeep(reader: Reader): KeepRules {
  return {
    last: reader.count('backups.keep.last'),
    daily: reader.count('backups.keep.daily'),
    weekly: reader.count('backups.keep.weekly'),
    monthly: reader.count('backups.keep.monthly'),
    timeZone: reader.text('backups.keep.timeZone'),
  };
}

function given<T>(name: string, value: T | undefined): Record<string, T> {
  return value === undefined ? {} : { [name]: value };
}

class Reader {
  readonly #file: string;
  readonly #root: unknown;

  constructor(file: string, root: unknown) {
    this.#file = file;
    this.#root = root;
  }

  /** Refuses keys that are not known, with their place. */
  allow(place: string, keys: readonly string[]): void {
    const value = this.#at(place);
    if (value === undefined) return;
    if (!isObject(value)) throw invalid(this.#file, place || 'the file', 'it must be an object');
    const wrong = Object.keys(value).find((key) => !keys.includes(key));
    if (wrong === undefined) return;
    throw invalid(
      this.#file,
      place === '' ? wrong : `${place}.${wrong}`,
      `there is no such key; known are ${keys.join(', ')}`,
    );
  }

  /** Names with texts, which may be empty. */
  pairs(place: string): readonly (readonly [string, string])[] {
    const value = this.#at(place);
    if (!isObject(value)) throw this.wrong(place, 'it must be an object');
    return Object.entries(value).map(([name, text]: [string, unknown]) => {
      const at = `${place}.${name}`;
      if (typeof text !== 'string') throw this.wrong(at, 'it must be text');
      return [name, fromEnvironment(this.#file, at, text)] as const;
    });
  }

  wrong(place: string, reason: string): LockstepError {
    return invalid(this.#file, place, reason);
  }

  has(place: string): boolean {
    return this.#at(place) !== undefined;
  }

  truth(place: string): boolean | undefined {
    const value = this.#at(place);
    if (value === undefined || typeof value === 'boolean') return value;
    throw invalid(this.#file, place, 'it must be true or false');
  }

  /** A whole number from 0 on. */
  count(place: string): number | undefined {
    const value = this.#at(place);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw invalid(this.#file, place, 'it must be a whole number of at least 0');
  }

  text(place: string): string | undefined {
    const value = this.#at(place);
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || value === '') throw invalid(this.#file, place, 'it must be text');
    return fromEnvironment(this.#file, place, value);
  }

  /** Like `text`, but of no account while its variables are not set: a flag may give the value. */
  optional(place: string): string | undefined {
    const value = this.#at(place);
    const missing =
      typeof value === 'string' && [...value.matchAll(/\$\{(\w+)\}/g)].some(([, name = '']) => !process.env[name]);
    return missing ? undefined : this.text(place);
  }

  need(place: string): string {
    const value = this.text(place);
    if (value === undefined) throw invalid(this.#file, place, 'it is missing');
    return value;
  }

  texts(place: string): readonly string[] | undefined {
    const value = this.#at(place);
    if (value === undefined) return undefined;
    const isList = Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string');
    if (!isList) throw invalid(this.#file, place, 'it must be a list of texts');
    return value.map((item) => fromEnvironment(this.#file, place, item));
  }

  /** An object of which each value is one of these. */
  choices<Choice extends string>(place: string, choices: readonly Choice[]): Readonly<Record<string, Choice>> {
    const value = this.#at(place) ?? {};
    if (!isObject(value)) throw invalid(this.#file, place, 'it must be an object');
    const read = (key: string, chosen: unknown): Choice => {
      const found = choices.find((choice) => choice === chosen);
      if (found !== undefined) return found;
      throw invalid(this.#file, `${place}.${key}`, `it must be one of ${choices.join(', ')}`);
    };
    return Object.fromEntries(Object.entries(value).map(([key, chosen]) => [key, read(key, chosen)]));
  }

  #at(place: string): unknown {
    let value: unknown = this.#root;
    for (const key of place.split('.').filter((part) => part !== '')) {
      if (!isObject(value)) return undefined;
      value = new Map(Object.entries(value)).get(key);
    }
    return value;
  }
}

/** `${NAME}` stands for a variable of the environment. */
function fromEnvironment(file: string, place: string, text: string): string {
  return text.replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = process.env[name];
    if (value === undefined) throw invalid(file, place, `the environment variable ${name} is not set`);
    return value;
  });
}

function json(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(file, 'the file', reasonOf(error));
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(file: string, place: string, reason: string): LockstepError {
  return new LockstepError('CONFIG_INVALID', { file, place, reason });
}
