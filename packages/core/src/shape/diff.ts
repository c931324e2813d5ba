import { canonicalJson, isList } from './fingerprint.ts';
import { compareBytes } from './order.ts';
import type { Fact, Shape, ShapeKind, ShapeObject } from './shape.ts';

/** One fact of an object. A side that is left out does not have it. */
export interface FactDifference {
  /** `definition` stands for the text as the server writes it. */
  readonly fact: string;
  readonly expected?: Fact;
  readonly found?: Fact;
}

export interface ShapeDifference {
  readonly kind: ShapeKind;
  readonly name: string;
  readonly what: 'missing' | 'extra' | 'changed';
  /** The facts that differ; of an object that is missing or extra, all that it has. */
  readonly facts: readonly FactDifference[];
}

/**
 * What is not as expected, in the order of kind and name. Owners and grants are compared too, although they are not
 * part of the fingerprint (see countsInFingerprint).
 */
export function diffShapes(expected: Shape, found: Shape): ShapeDifference[] {
  const left = byIdentity(expected.objects);
  const right = byIdentity(found.objects);
  const identities = [...new Set([...left.keys(), ...right.keys()])].toSorted(compareBytes);
  return identities.flatMap((identity) => compare(left.get(identity), right.get(identity)));
}

/** One line for people, such as `column public.shop.name: type: "text" -> "integer"`. */
export function differenceInWords(difference: ShapeDifference): string {
  const subject = `${difference.kind} ${difference.name}`;
  if (difference.what === 'missing') return `${subject} is missing`;
  if (difference.what === 'extra') return `${subject} is not expected`;
  return `${subject}: ${difference.facts.map(inWords).join(', ')}`;
}

function byIdentity(objects: readonly ShapeObject[]): Map<string, ShapeObject> {
  return new Map(objects.map((object) => [`${object.kind}\0${object.name}`, object]));
}

function compare(expected: ShapeObject | undefined, found: ShapeObject | undefined): ShapeDifference[] {
  const some = expected ?? found;
  if (some === undefined) return [];
  const { kind, name } = some;
  const facts = differingFacts(factsOf(expected), factsOf(found));
  if (expected === undefined) return [{ kind, name, what: 'extra', facts }];
  if (found === undefined) return [{ kind, name, what: 'missing', facts }];
  // Servers may write one definition in two ways: the text counts only beside a fact that differs.
  const real = canonicalJson(expected.facts) !== canonicalJson(found.facts);
  return real ? [{ kind, name, what: 'changed', facts }] : [];
}

/** The facts by name, and what the server wrote: facts of a definition are a parsed tree, which nobody can read. */
function factsOf(object: ShapeObject | undefined): Readonly<Record<string, Fact>> {
  if (object === undefined) return {};
  const facts = isObject(object.facts) ? object.facts : { value: object.facts };
  return object.definition === undefined ? facts : { ...facts, definition: object.definition };
}

function differingFacts(
  expected: Readonly<Record<string, Fact>>,
  found: Readonly<Record<string, Fact>>,
): FactDifference[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])].toSorted(definitionLast);
  return names.flatMap((fact) => {
    const [before, after] = [expected[fact], found[fact]];
    if (plain(before) === plain(after)) return [];
    return [
      {
        fact,
        ...(before === undefined ? {} : { expected: before }),
        ...(after === undefined ? {} : { found: after }),
      },
    ];
  });
}

function definitionLast(left: string, right: string): number {
  return Number(left === 'definition') - Number(right === 'definition') || compareBytes(left, right);
}

function isObject(fact: Fact): fact is { readonly [key: string]: Fact } {
  return fact !== null && typeof fact === 'object' && !isList(fact);
}

/** Trees are too long for a line. */
const longest = 200;

function inWords({ fact, expected, found }: FactDifference): string {
  const [before, after] = [plain(expected), plain(found)];
  if (before.length > longest || after.length > longest) return `${fact} differs`;
  return `${fact}: ${before} -> ${after}`;
}

function plain(fact: Fact | undefined): string {
  return fact === undefined ? 'none' : canonicalJson(fact);
}
