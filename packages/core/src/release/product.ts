import type { Placeholders } from './placeholders.ts';
import type { Seal } from './seal.ts';

/** How migrations are named. Flyway's defaults: `V1.2.0.1__add_owner.sql`, `R__views.sql`. */
export interface Naming {
  readonly versioned: string;
  readonly repeatable: string;
  readonly separator: string;
  /** Endings of SQL files; `.ts` always stands for a TypeScript migration. */
  readonly suffixes: readonly string[];
}

export const flywayNaming: Naming = { versioned: 'V', repeatable: 'R', separator: '__', suffixes: ['.sql'] };

/** Values for the placeholders of scripts. Without one, scripts are sent as they stand. */
export interface PlaceholderSource {
  /** By name; upper and lower case are the same. */
  readonly values?: Readonly<Record<string, string>> | undefined;
  /** `${` unless told otherwise. */
  readonly prefix?: string | undefined;
  /** `}` unless told otherwise. */
  readonly suffix?: string | undefined;
}

/** How data migrations go through large tables. */
export interface DataMigrationPace {
  /** Milliseconds that a batch should take. */
  readonly batchMilliseconds: number;
  /** Milliseconds between two batches. */
  readonly pauseMilliseconds: number;
  /** Wait while a replica is further behind, in seconds; 0 looks at none. */
  readonly lagSeconds: number;
  /** URLs of replicas that are asked how far they are behind, beside those that the server itself knows of. */
  readonly replicas: readonly string[];
}

export const defaultPace: DataMigrationPace = {
  batchMilliseconds: 500,
  pauseMilliseconds: 0,
  lagSeconds: 10,
  replicas: [],
};

/** A server with releases, as its author describes it. */
export interface ProductSource {
  readonly name: string;
  /** The release of this code: `major.minor.patch`. */
  readonly version: string;
  /** Folder of the migrations; `releases.json` stands in it. */
  readonly migrations: string;
  /** The schemas that belong to the product; of no meaning on MySQL and MariaDB. */
  readonly schemas: readonly string[];
  readonly naming?: Partial<Naming> | undefined;
  readonly placeholders?: PlaceholderSource | undefined;
  readonly dataMigrations?: Partial<DataMigrationPace> | undefined;
}

/** A product with its seal read. Made by `loadProduct`. */
export interface Product {
  readonly name: string;
  readonly version: string;
  readonly migrations: string;
  readonly schemas: readonly string[];
  readonly naming: Naming;
  /** Undefined: nothing is replaced. */
  readonly placeholders: Placeholders | undefined;
  readonly dataMigrations: DataMigrationPace;
  readonly seal: Seal;
}
