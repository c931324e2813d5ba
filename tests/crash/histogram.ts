import type { PhaseName } from '@lockstep/core';
import { phaseNames } from '@lockstep/core';

/** Counts the kills by phase and engine. */
export class Histogram {
  readonly #counts = new Map<string, Map<PhaseName, number>>();

  add(engine: string, phase: PhaseName): void {
    const counts = this.#counts.get(engine) ?? new Map<PhaseName, number>();
    this.#counts.set(engine, counts.set(phase, (counts.get(phase) ?? 0) + 1));
  }

  /** The phases in which nothing was killed on this engine. */
  missing(engine: string): PhaseName[] {
    return phaseNames.filter((phase) => !this.#counts.get(engine)?.has(phase));
  }

  /** One line a phase, one column an engine. */
  toString(): string {
    const engines = [...this.#counts.keys()];
    const line = (first: string, cells: readonly (string | number)[]): string =>
      [first.padEnd(18), ...cells.map((cell, index) => String(cell).padStart((engines[index] ?? '').length + 2))].join(
        '',
      );
    const rows = phaseNames.map((phase) =>
      line(
        phase,
        engines.map((engine) => this.#counts.get(engine)?.get(phase) ?? 0),
      ),
    );
    const sum = (engine: string): number =>
      [...(this.#counts.get(engine)?.values() ?? [])].reduce((total, count) => total + count, 0);
    return [line('killed in', engines), ...rows, line('all', engines.map(sum))].join('\n');
  }
}
