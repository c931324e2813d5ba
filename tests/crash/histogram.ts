import type { PhaseName } from '@lockstep/core';
import { phaseNames } from '@lockstep/core';

/** Where in a phase, and how, a run was ended. */
export type Manner = 'killed' | 'killed inside' | 'cut' | 'cut inside';

/** Counts the ends of runs by phase, manner and engine. */
export class Histogram {
  readonly #counts = new Map<string, Map<string, number>>();

  add(engine: string, phase: PhaseName, manner: Manner = 'killed'): void {
    const counts = this.#counts.get(engine) ?? new Map<string, number>();
    const row = rowOf(phase, manner);
    this.#counts.set(engine, counts.set(row, (counts.get(row) ?? 0) + 1));
  }

  /** The phases of these in which nothing was killed on this engine. */
  missing(engine: string, phases: readonly PhaseName[]): PhaseName[] {
    return phases.filter((phase) => !this.#counts.get(engine)?.has(rowOf(phase, 'killed')));
  }

  /** One line a phase and manner, one column an engine. */
  toString(): string {
    const engines = [...this.#counts.keys()];
    const line = (first: string, cells: readonly (string | number)[]): string =>
      [first.padEnd(32), ...cells.map((cell, index) => String(cell).padStart((engines[index] ?? '').length + 2))].join(
        '',
      );
    const manners = ['killed', 'killed inside', 'cut', 'cut inside'] as const;
    const rows = phaseNames
      .flatMap((phase) => manners.map((manner) => rowOf(phase, manner)))
      .map((row) => ({ row, cells: engines.map((engine) => this.#counts.get(engine)?.get(row) ?? 0) }))
      .filter(({ cells }) => cells.some((count) => count > 0));
    const sums = engines.map((engine) => sum([...(this.#counts.get(engine)?.values() ?? [])]));
    return [line('', engines), ...rows.map(({ row, cells }) => line(row, cells)), line(`all: ${sum(sums)}`, sums)].join(
      '\n',
    );
  }
}

function rowOf(phase: PhaseName, manner: Manner): string {
  return `${phase} ${manner}`;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
