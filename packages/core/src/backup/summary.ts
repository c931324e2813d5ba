import type { TableOfContents } from './archive/table-of-contents.ts';

/** What reports say of a backup; the fields of `backup` in `--json`. */
export interface BackupSummary {
  readonly file: string;
  readonly product: string;
  readonly release: string;
  /** `Postgres 15.18`. */
  readonly engine: string;
  readonly takenAt: string;
  readonly drifted: boolean;
  /** What people should know of how it was taken. */
  readonly notes: readonly string[];
  readonly phase: string;
  readonly fingerprint: string;
  readonly fileRoot: string;
  readonly contentRoot: string;
  readonly rows: number;
  /** Size of the file. */
  readonly bytes: number;
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly digest: string }[];
}

export function summaryOf(file: string, contents: TableOfContents, bytes: number): BackupSummary {
  const { manifest, tables } = contents;
  return {
    file,
    product: manifest.product,
    release: manifest.release,
    engine: `${manifest.engine.name} ${manifest.engine.version}`,
    takenAt: manifest.takenAt,
    drifted: manifest.drifted,
    notes: manifest.notes ?? [],
    phase: manifest.phase,
    fingerprint: manifest.fingerprint,
    fileRoot: contents.fileRoot,
    contentRoot: contents.contentRoot,
    rows: tables.reduce((sum, table) => sum + table.rows, 0),
    bytes,
    tables: tables.map(({ name, rows, digest }) => ({ name, rows, digest })),
  };
}
