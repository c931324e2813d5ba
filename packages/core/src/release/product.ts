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
}

/** A product with its seal read. Made by `loadProduct`. */
export interface Product {
  readonly name: string;
  readonly version: string;
  readonly migrations: string;
  readonly schemas: readonly string[];
  readonly naming: Naming;
  readonly seal: Seal;
}
