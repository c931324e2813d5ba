import type { FactDifference, ShapeDifference } from './diff.ts';
import { diffLines } from './diff-lines.ts';
import { isList } from './fingerprint.ts';
import { compareBytes } from './order.ts';
import type { Fact } from './shape.ts';

/**
 * Differences for people: object by object, fact by fact, what is expected behind `-` and what was found behind `+`.
 * Texts of several lines are compared line by line. In the order of kind and name, so that two runs can be compared.
 */
export function readableDiff(differences: readonly ShapeDifference[]): string[] {
  return differences.flatMap((difference, index) => [...(index === 0 ? [] : ['']), ...linesOf(difference)]);
}

/** `1 missing, 2 not expected, 1 changed`. */
export function countDifferences(differences: readonly ShapeDifference[]): string {
  const count = (what: ShapeDifference['what']): number => differences.filter((one) => one.what === what).length;
  const counts: readonly (readonly [number, string])[] = [
    [count('missing'), 'missing'],
    [count('extra'), 'not expected'],
    [count('changed'), 'changed'],
  ];
  return counts.flatMap(([number, word]) => (number === 0 ? [] : [`${number} ${word}`])).join(', ');
}

const endings = { missing: ' is missing', extra: ' is not expected', changed: ' is not as expected' };

function linesOf({ kind, name, what, facts }: ShapeDifference): string[] {
  // Of an object as a whole, what it does not have says nothing.
  const telling = what === 'changed' ? facts : facts.filter(({ expected, found }) => (expected ?? found) !== null);
  return [`${kind} ${name}${endings[what]}`, ...readable(telling).flatMap(factLines)];
}

/** Where the server's own text says it, the parsed trees of the same thing only repeat it. */
function readable(facts: readonly FactDifference[]): readonly FactDifference[] {
  if (!facts.some(({ fact }) => fact === 'definition')) return facts;
  return facts.filter(({ fact, expected, found }) => fact === 'definition' || !(isTree(expected) || isTree(found)));
}

/** Nested more deeply than a list of columns with their types. */
function isTree(side: Fact | undefined): boolean {
  return side !== undefined && depth(side) > 2;
}

function depth(fact: Fact): number {
  if (fact === null || typeof fact !== 'object') return 0;
  return 1 + Math.max(0, ...(isList(fact) ? fact : Object.values(fact)).map(depth));
}

function factLines({ fact, expected, found }: FactDifference): string[] {
  const [before, after] = [textOf(expected), textOf(found)];
  if (before.length <= 1 && after.length <= 1) {
    return [...before.map((text) => `  - ${fact}: ${text}`), ...after.map((text) => `  + ${fact}: ${text}`)];
  }
  return [`    ${fact}:`, ...diffLines(before, after).map(({ side, text }) => `  ${side}   ${text}`)];
}

function textOf(fact: Fact | undefined): readonly string[] {
  if (fact === undefined) return [];
  if (typeof fact === 'string') return fact === '' ? ["''"] : fact.split(/\r\n|\n|\r/);
  const line = JSON.stringify(sorted(fact));
  return line.length <= 80 ? [line] : JSON.stringify(sorted(fact), undefined, 2).split('\n');
}

function sorted(fact: Fact): Fact {
  if (fact === null || typeof fact !== 'object') return fact;
  if (isList(fact)) return fact.map(sorted);
  return Object.fromEntries(
    Object.entries(fact)
      .toSorted(([one], [other]) => compareBytes(one, other))
      .map(([key, value]) => [key, sorted(value)]),
  );
}
