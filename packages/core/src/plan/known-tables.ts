import type { TableName } from '../database/database.ts';

export interface KnownColumn {
  readonly name: string;
  /** In the engine's own words; '' if it is not known. */
  readonly type: string;
  readonly notNull: boolean;
  /** How its value comes about, if it is computed. */
  readonly generated?: 'stored' | 'virtual';
  /** Of a text on MySQL and MariaDB. */
  readonly charset?: string;
  readonly collation?: string;
  /** AUTO_INCREMENT. */
  readonly counts?: boolean;
}

export interface KnownIndex {
  readonly name: string;
  readonly kind: 'primary' | 'unique' | 'plain' | 'fulltext' | 'spatial';
  readonly columns: readonly string[];
}

export interface KnownConstraint {
  readonly name: string;
  readonly kind: 'check' | 'foreign key' | 'primary key' | 'unique' | 'exclusion' | 'not null';
  /** Every row has been checked. */
  readonly validated: boolean;
  readonly columns: readonly string[];
  /** Columns that cannot be NULL because of it. */
  readonly proves?: readonly string[];
  /** Of a foreign key: the label of the other table. */
  readonly references?: string;
}

/** What is known of a table. A list is empty too where it is not known. */
export interface KnownTable extends TableName {
  readonly label: string;
  readonly kind: 'table' | 'partitioned' | 'view' | 'materialized view';
  /** Made by one of the statements themselves: it is empty, and nobody uses it yet. */
  readonly isNew: boolean;
  /** The server's estimates; null if there are none. */
  readonly rows: number | null;
  readonly bytes: number | null;
  readonly columns: readonly KnownColumn[];
  readonly indexes: readonly KnownIndex[];
  readonly constraints: readonly KnownConstraint[];
  /** Of a partition, or a table that inherits: the labels of those above. */
  readonly parents: readonly string[];
  /** Of a view: the labels of the tables that it reads. */
  readonly reads: readonly string[];
  /** It takes the rows that no other partition takes. */
  readonly isDefaultPartition: boolean;
  /** Engine-specific facts that a rule has to know. */
  readonly facts: Readonly<Record<string, string>>;
}

/** A type of its own, with the type behind it. */
export interface KnownDomain {
  readonly name: string;
  readonly base: string;
  readonly constrained: boolean;
}

/**
 * The tables that statements meet, as far as they are known: read from a database, or put together from the migrations
 * before. Statements that are analysed bring it up to date with what they would do.
 */
export class KnownTables {
  /** Where unqualified names are looked up, first the one where new objects go; [''] where there are no schemas. */
  readonly schemas: readonly string[];
  readonly domains = new Map<string, KnownDomain>();
  /** Functions by name that give other results each time, or do something. Unknown if a function is in neither set. */
  readonly volatile = new Set<string>();
  readonly stable = new Set<string>();
  /** The server's version, such as `10.11.18`; '' if there is no server. */
  version = '';
  /** The collation of a character set where none is said. */
  readonly collations = new Map<string, string>();
  /** What a new table gets on MySQL and MariaDB where nothing is said. */
  databaseCharset = 'utf8mb4';
  databaseCollation = '';
  readonly #tables = new Map<string, KnownTable>();

  constructor(schemas: readonly string[]) {
    this.schemas = schemas;
  }

  /** One that changes apart from this one. */
  copy(): KnownTables {
    const copy = new KnownTables(this.schemas);
    const { version, databaseCharset, databaseCollation } = this;
    Object.assign(copy, { version, databaseCharset, databaseCollation });
    for (const table of this.all()) copy.set(table);
    for (const [name, domain] of this.domains) copy.domains.set(name, domain);
    for (const [charset, collation] of this.collations) copy.collations.set(charset, collation);
    for (const name of this.volatile) copy.volatile.add(name);
    for (const name of this.stable) copy.stable.add(name);
    return copy;
  }

  all(): readonly KnownTable[] {
    return [...this.#tables.values()];
  }

  get(label: string): KnownTable | undefined {
    return this.#tables.get(label);
  }

  set(table: KnownTable): void {
    this.#tables.set(table.label, table);
  }

  delete(label: string): void {
    this.#tables.delete(label);
  }

  /** Changes what is known of a table; nothing if there is none. */
  change(label: string, change: Partial<KnownTable>): void {
    const table = this.#tables.get(label);
    if (table) this.#tables.set(label, { ...table, ...change });
  }

  /** What is there by now has been in use for a while: it holds rows, and servers know it. */
  becomeOld(): void {
    for (const { label } of this.all()) this.change(label, { isNew: false, rows: null, bytes: null });
  }

  /** The label of a name as a statement writes it. */
  labelOf(name: string, schema = ''): string {
    const places = schema === '' ? this.schemas : [schema];
    const labels = places.map((place) => (place === '' ? name : `${place}.${name}`));
    return labels.find((label) => this.#tables.has(label)) ?? labels[0] ?? name;
  }

  /** The tables with a foreign key to this one. */
  referencing(label: string): readonly KnownTable[] {
    return this.all().filter(({ constraints }) => constraints.some(({ references }) => references === label));
  }

  childrenOf(label: string): readonly KnownTable[] {
    return this.all().filter(({ parents }) => parents.includes(label));
  }

  /** The table with everything below it. */
  family(label: string): readonly string[] {
    return [label, ...this.childrenOf(label).flatMap((child) => this.family(child.label))];
  }

  /** The views that read a table, and the views that read those. */
  viewsOf(label: string): readonly string[] {
    const direct = this.all().filter(({ reads }) => reads.includes(label));
    return direct.flatMap((view) => [view.label, ...this.viewsOf(view.label)]);
  }

  withIndex(name: string, schema = ''): KnownTable | undefined {
    const isHere = (table: KnownTable): boolean => schema === '' || table.schema === schema;
    return this.all().find((table) => isHere(table) && table.indexes.some((index) => index.name === name));
  }
}

/** A table of which nothing is known yet. */
export function newTable(name: TableName, label: string, facts: Partial<KnownTable> = {}): KnownTable {
  return {
    ...name,
    label,
    kind: 'table',
    isNew: true,
    rows: 0,
    bytes: 0,
    columns: [],
    indexes: [],
    constraints: [],
    parents: [],
    reads: [],
    isDefaultPartition: false,
    facts: {},
    ...facts,
  };
}
