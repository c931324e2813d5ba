/** The named phases of the verbs that change things, in the order in which they come. Crash tests kill in each of them. */
export const phaseNames = [
  'migrate:entered',
  'migrate:begin',
  'migrate:statement',
  'migrate:intent',
  'migrate:executed',
  'migrate:batch',
  'migrate:commit',
  'migrate:applied',
  'migrate:finish',
  'backup:begin',
  'backup:snapshot',
  'backup:data',
  'backup:finish',
  'backup:publish',
  'backup:published',
  'restore:check',
  'restore:entered',
  'restore:built',
  'restore:load',
  'restore:commit',
  'restore:loaded',
  'restore:index',
  'restore:settle',
  'restore:compare',
  'restore:finish',
  'abort:wipe',
  'abort:rebuild',
  'upgrade:entered',
  'upgrade:saved',
  'upgrade:compare',
  'server:lease',
] as const;

export type PhaseName = (typeof phaseNames)[number];

/** What a long verb tells while it works. */
export type Progress =
  /** A named phase begins. Crash tests kill the process in each of them. */
  | {
      readonly kind: 'phase';
      readonly name: PhaseName;
      /** What it is about: the migration, with the number of its statement (`1.2.0.1#3`) or the cursor of its batch. */
      readonly at?: string;
    }
  /** Another holds the lock. Told again from time to time. */
  | { readonly kind: 'waiting'; readonly holder: string; readonly seconds: number }
  /** A line for people. */
  | { readonly kind: 'note'; readonly text: string }
  /** How far a phase is. `total` is an estimate. */
  | {
      readonly kind: 'count';
      readonly what: string;
      readonly done: number;
      readonly total: number;
      /** What is counted, where that is not said by `what` alone. */
      readonly unit?: 'bytes';
    };

export interface RunOptions {
  /** Called as the work goes on; a returned promise is awaited. */
  readonly onProgress?: ((progress: Progress) => void | Promise<void>) | undefined;
  /** Ends the work at the next safe place. What was begun is undone or can be continued. */
  readonly signal?: AbortSignal | undefined;
  /** How a migration waits for locks that others hold. */
  readonly locks?: LockLimits | undefined;
}

export interface LockLimits {
  /**
   * Seconds that one attempt at a statement waits: whoever comes meanwhile queues behind it. 5 if left out; 0 for no
   * limit, and then there is one attempt.
   */
  readonly timeoutSeconds?: number | undefined;
  /** Seconds during which it is tried again before the migration fails. 600 if left out. */
  readonly waitSeconds?: number | undefined;
}

/** Enters a named phase: stops here if the caller wants to stop. */
export async function phase(options: RunOptions, name: PhaseName, at?: string): Promise<void> {
  await options.onProgress?.({ kind: 'phase', name, ...(at === undefined ? {} : { at }) });
  options.signal?.throwIfAborted();
}

export async function note(options: RunOptions, text: string): Promise<void> {
  await options.onProgress?.({ kind: 'note', text });
}
