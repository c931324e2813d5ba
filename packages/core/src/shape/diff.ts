import { canonicalJson, isList } from './fingerprint.ts';
import { compareBytes } from './order.ts';
import type { Fact, Shape, ShapeKind, ShapeObject } from './shape.ts';

export interface ShapeDifference {
  readonly kind: ShapeKind;
  readonly name: string;
  readonly what: 'missing' | 'extra' | 'changed';
  /** For `changed`: each fact that differs, as `fact: expected -> found`. Empty otherwise. */
  readonly details: readonly string[];
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

/** One line for people, such as `column public.shop.name: type: text -> integer`. */
export function differenceInWords(difference: ShapeDifference): string {
  const subject = `${difference.kind} ${difference.name}`;
  if (difference.what === 'missing') return `${subject} is missing`;
  if (difference.what === 'extra') return `${subject} is not expected`;
  return `${subject}: ${difference.details.join(', ')}`;
}

function byIdentity(objects: readonly ShapeObject[]): Map<string, ShapeObject> {
  return new Map(objects.map((object) => [`${object.kind}\0${object.name}`, object]));
}

function compare(expected: ShapeObject | undefined, found: ShapeObject | undefined): ShapeDifference[] {
  if (expected === undefined) {
    return found === undefined ? [] : [{ kind: found.kind, name: found.name, what: 'extra', details: [] }];
  }
  const { kind, name } = expected;
  if (found === undefined) return [{ kind, name, what: 'missing', details: [] }];
  const details = differingFacts(expected.facts, found.facts);
  if (details.length === 0) return [];
  return [{ kind, name, what: 'changed', details: [...details, ...definitions(expected, found)] }];
}

/** Facts of a definition are a parsed tree; what the server wrote is what people can read. */
function definitions(expected: ShapeObject, found: ShapeObject): string[] {
  if (expected.definition === undefined || found.definition === undefined) return [];
  if (expected.definition === found.definition) return [];
  return [`definition: ${expected.definition} -> ${found.definition}`];
}

function differingFacts(expected: Fact, found: Fact): string[] {
  if (canonicalJson(expected) === canonicalJson(found)) return [];
  if (!isObject(expected) || !isObject(found)) return [inWords('value', expected, found)];
  const keys = [...new Set([...Object.keys(expected), ...Object.keys(found)])].toSorted(compareBytes);
  return keys.flatMap((key) => {
    const [before, after] = [expected[key], found[key]];
    return plain(before) === plain(after) ? [] : [inWords(key, before, after)];
  });
}

function isObject(fact: Fact): fact is { readonly [key: string]: Fact } {
  return fact !== null && typeof fact === 'object' && !isList(fact);
}

/** Trees are too long to read: the definition that follows them says it. */
const longest = 200;

function inWords(fact: string, expected: Fact | undefined, found: Fact | undefined): string {
  const [before, after] = [plain(expected), plain(found)];
  if (before.length > longest || after.length > longest) return `${fact} differs`;
  return `${fact}: ${before} -> ${after}`;
}

function plain(fact: Fact | undefined): string {
  return fact === undefined ? 'none' : canonicalJson(fact);
}
