/** What the thread of an embedded database is started with. */
export interface WorkerData extends WorkerTask {
  /** The compiled code of PGlite. */
  readonly code: object;
}

/** What it has to do. */
export interface WorkerTask {
  readonly folder: string;
  /** Where it listens. Without, it only makes a new database in the folder. */
  readonly socket?: string;
  /** How long clients wait for one that keeps the backend and does nothing. */
  readonly idleSeconds: number;
  /** Files written since then (milliseconds since 1970) are brought to the disk at the end. Left out for a scratch. */
  readonly syncSince?: number;
}

/** What it says. The parent's only word is `close`. */
export type WorkerWord =
  | { readonly kind: 'ready' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'died'; readonly reason: string };

export function isWorkerData(value: unknown): value is WorkerData {
  return typeof value === 'object' && value !== null && 'folder' in value && 'idleSeconds' in value && 'code' in value;
}
