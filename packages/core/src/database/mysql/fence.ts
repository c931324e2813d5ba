import type { Home } from '../../state/tables.ts';

/**
 * What keeps a process that has lost the migration lock without knowing it, because it was stopped for a while, from
 * writing: asked at the end of every transaction on the same database, before it is committed.
 */
export interface Fence {
  /** It also has to be asked for writes outside of transactions, which then get one. */
  readonly everywhere: boolean;
  /** Throws LOCK_LOST if the lock is no longer held. \`home\` is the connection with the open transaction. */
  hold(home: Home): Promise<void>;
}
