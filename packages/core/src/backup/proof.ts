import { LockstepError } from '../errors.ts';
import { readSmallFile } from '../storage/small-file.ts';
import type { Storage } from '../storage/storage.ts';
import { Field, patterns } from './archive/field.ts';

/** What came out when a backup was restored into a scratch database and compared. docs/FORMAT.md specifies the file. */
export interface Proof {
  readonly format: 1;
  /** The file's name. It means nothing to a reader. */
  readonly file: string;
  /** The proof is about the file with this root, and about no other. */
  readonly fileRoot: string;
  readonly contentRoot: string;
  readonly result: 'proven' | 'failed';
  /** Why it failed; null if it did not. */
  readonly reason: string | null;
  /** Whose proof it is: `anna@db-1`. */
  readonly by: string;
  /** When it was done, ISO 8601 in UTC, by the clock of that host. */
  readonly at: string;
  /** Where it was restored: `Postgres 15.18`. */
  readonly engine: string;
  readonly tool: { readonly name: string; readonly version: string };
  readonly tables: number;
  readonly rows: number;
}

/** Who has proven a backup and when: the field `proven` in `--json`. */
export type ProofFacts = Pick<Proof, 'by' | 'at' | 'engine' | 'tool'>;

const suffix = '.proof.json';

/** A proof is a few hundred bytes. Anything much larger is none. */
const largest = 64 * 1024;

/** The name of the file with the proof of a backup, beside it. */
export function proofName(backup: string): string {
  return `${backup}${suffix}`;
}

/** Writes a proof beside its backup, in place of an earlier one. */
export async function recordProof(storage: Storage, backup: string, proof: Proof): Promise<void> {
  await storage.put(proofName(backup), Buffer.from(`${JSON.stringify(proof, null, 2)}\n`));
}

/**
 * The proof beside a backup. Undefined if there is none, and if it is of a file with another root, or is no proof: then
 * nobody has proven this one.
 */
export async function readProof(storage: Storage, backup: string, fileRoot: string): Promise<Proof | undefined> {
  const name = proofName(backup);
  const text = await readSmallFile(storage, name, largest);
  if (text === undefined) return undefined;
  try {
    const proof = parseProof(text, name);
    return proof.fileRoot === fileRoot ? proof : undefined;
  } catch (error) {
    if (error instanceof LockstepError && error.code === 'FILE_DAMAGED') return undefined;
    throw error;
  }
}

/** Who, when, where and with what, without the rest. */
export function proofFacts({ by, at, engine, tool }: Proof): ProofFacts {
  return { by, at, engine, tool };
}

/** Reads a proof. Throws FILE_DAMAGED. */
export function parseProof(text: string, file: string): Proof {
  const field = Field.parse(text, 'proof', file);
  const format = field.at('format').count();
  if (format !== 1) throw field.at('format').wrong('a format that this Lockstep knows');
  return {
    format,
    file: field.at('file').text(),
    fileRoot: field.at('fileRoot').text(patterns.sha256),
    contentRoot: field.at('contentRoot').text(patterns.sha256),
    result: field.at('result').oneOf(['proven', 'failed']),
    reason: field.at('reason').orNull((reason) => reason.text()),
    by: field.at('by').text(patterns.name),
    at: field.at('at').text(patterns.time),
    engine: field.at('engine').text(patterns.name),
    tool: {
      name: field.at('tool').at('name').text(patterns.name),
      version: field.at('tool').at('version').text(patterns.name),
    },
    tables: field.at('tables').count(),
    rows: field.at('rows').count(),
  };
}
