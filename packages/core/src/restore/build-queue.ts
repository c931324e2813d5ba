import type { PutBackStage, PutBackTask } from '../database/database.ts';

/** What is put back as soon as a table is full, and what only when all of them are. */
export class BuildQueue {
  /** The tasks that need more than their table, or whose table no load is for. */
  readonly rest: readonly PutBackStage[];
  /** How many loads or tasks of a table have to end before its next stage. */
  readonly #left = new Map<string, number>();
  readonly #stages = new Map<string, PutBackStage[]>();

  /** `loads` are the tables of each load. */
  constructor(loads: readonly ReadonlySet<string>[], stages: readonly PutBackStage[]) {
    for (const label of loads.flatMap((labels) => [...labels])) {
      this.#left.set(label, (this.#left.get(label) ?? 0) + 1);
    }
    this.rest = stages.map((stage) => this.#takeOwn(stage));
  }

  /** To be called when a load or a task of these tables has ended. Returns what can be put back now. */
  done(labels: Iterable<string>): PutBackTask[] {
    return [...labels].flatMap((label) => {
      const left = (this.#left.get(label) ?? 0) - 1;
      this.#left.set(label, left);
      if (left > 0) return [];
      const next = this.#stages.get(label)?.shift() ?? [];
      this.#left.set(label, next.length);
      return next;
    });
  }

  /** Takes the tasks out of a stage that need only a table that is being loaded. Returns the others. */
  #takeOwn(stage: PutBackStage): PutBackStage {
    const own = new Map<string, PutBackTask[]>();
    const others = stage.filter((task) => {
      const { table, needsOnlyItsTable } = task;
      if (table === undefined || !needsOnlyItsTable || !this.#left.has(table)) return true;
      own.set(table, [...(own.get(table) ?? []), task]);
      return false;
    });
    for (const [label, tasks] of own) this.#stages.set(label, [...(this.#stages.get(label) ?? []), tasks]);
    return others;
  }
}
