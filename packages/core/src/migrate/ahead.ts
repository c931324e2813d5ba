import { setImmediate } from 'node:timers/promises';
import type { Lock } from '../database/database.ts';
import type { Migration } from '../release/migration-file.ts';
import type { Home } from '../state/tables.ts';
import { numberStatements } from './numbered-statement.ts';
import type { NumberedStatement } from './numbered-statement.ts';

/** Milliseconds after which it has to be looked again whether the lock is held. */
const fresh = 100;

/**
 * What is done for the next migration while the server is at work on the one before: its statements are taken apart, and
 * with the commit it is looked whether the lock is still held.
 */
export class Ahead {
  readonly #lock: Lock | undefined;
  #next: Migration | undefined;
  #prepared: { readonly migration: Migration; readonly statements: Promise<NumberedStatement[]> } | undefined;
  #looked: { readonly at: number; readonly held: Promise<void> } | undefined;

  constructor(lock: Lock | undefined) {
    this.#lock = lock;
  }

  /** Which one comes after the one that begins. */
  follow(next: Migration | undefined): void {
    this.#next = next;
  }

  /** To be called when a statement is given to the server: takes the next migration apart once that is on its way. */
  prepare(home: Home): void {
    const migration = this.#next;
    // What only the database knows is put into it when it begins.
    if (!migration || migration.template || this.#prepared?.migration === migration) return;
    const statements = setImmediate().then(() => numberStatements(home, migration));
    // Told when it is its turn.
    statements.catch(() => undefined);
    this.#prepared = { migration, statements };
  }

  /** The statements of a migration that began at `time`, if it has begun. Throws MIGRATION_UNREADABLE. */
  async statementsOf(home: Home, migration: Migration, time: string | undefined): Promise<NumberedStatement[]> {
    const prepared = this.#prepared;
    return prepared?.migration === migration ? prepared.statements : numberStatements(home, migration, time);
  }

  /** To be called when a migration commits. */
  look(): void {
    if (!this.#lock || !this.#next) return;
    const held = this.#lock.check();
    // Told when the next one begins.
    held.catch(() => undefined);
    this.#looked = { at: performance.now(), held };
  }

  /** Throws LOCK_LOST. */
  async checkLock(): Promise<void> {
    const looked = this.#looked;
    this.#looked = undefined;
    if (looked && performance.now() - looked.at < fresh) return looked.held;
    await this.#lock?.check();
  }
}
