import type { PhaseName } from '@lockstep/core';
import { engines } from '../fixtures/engines.ts';
import type { Engine } from '../fixtures/engines.ts';
import type { Kill } from './kill.ts';

/** CRASH=all kills in every place that the tests know (`npm run test:crash`); otherwise once in each phase. */
export const thorough = process.env['CRASH'] === 'all';

/** What takes the same ways as another engine is left to the thorough run, if that other one is there. */
const alike: Readonly<Record<string, string>> = { postgres15: 'postgres18', mariadb10: 'mysql9' };

/** The engines that are killed on. */
export function crashEngine({ name }: Engine): boolean {
  if (thorough) return name !== 'mariadb11';
  return name !== 'mariadb11' && !engines.some((other) => other.name === alike[name]);
}

/** In the short run, an embedded database is killed in a backup and a restore only: each of its runs takes a start of the engine. */
export function killsMuch({ url }: Engine): boolean {
  return thorough || url !== undefined;
}

/** The first, the middle and the last time of each phase: for a verb that starts over when it is run again. */
export function everywhere(phases: readonly PhaseName[]): Kill[] {
  return thorough ? threeTimes(phases) : onward(phases);
}

function threeTimes(phases: readonly PhaseName[]): Kill[] {
  return [...new Set(phases)].flatMap((phase) => {
    const count = phases.filter((other) => other === phase).length;
    return [...new Set([1, Math.ceil(count / 2), count])].map((occurrence) => ({ phase, occurrence }));
  });
}

/** The first time of each phase, in their order: for a verb that goes on where it was killed. */
export function onward(phases: readonly PhaseName[]): Kill[] {
  return [...new Set(phases)].map((phase) => ({ phase, occurrence: 1 }));
}

/** The same; in the short run only in phases that no other verb has, and around them. */
export function onwardIn(phases: readonly PhaseName[], own: readonly PhaseName[]): Kill[] {
  return onward(phases).filter(({ phase }) => thorough || own.includes(phase));
}

/** The middle and the last time that a phase is reached; the last one only in the short run. */
export function later(phases: readonly PhaseName[], phase: PhaseName): Kill[] {
  const places = threeTimes(phases.filter((other) => other === phase)).slice(1);
  return thorough ? places : places.slice(-1);
}

/** A moment after a phase that is drawn by lot. */
export function somewhere(phases: readonly PhaseName[]): Kill {
  const index = Math.floor(Math.random() * phases.length);
  const phase = phases[index] ?? 'migrate:begin';
  const occurrence = phases.slice(0, index + 1).filter((other) => other === phase).length;
  return { phase, occurrence, after: Math.floor(Math.random() * 40) };
}
