import type { Shape } from './shape.ts';

/** What a database may hold and still count as empty: schemas, extensions, and what is said about them. */
const neutral = new Set(['schema', 'extension', 'owner', 'grant', 'comment']);

/** Names of what makes a database not empty, at most `most` of them. Empty for an empty database. */
export function contents(shape: Shape, most = 5): string[] {
  const objects = shape.objects.filter((object) => !neutral.has(object.kind));
  const tops = objects.filter((object) => object.kind !== 'column');
  return [...tops, ...shape.unsupported].slice(0, most).map((object) => `${object.kind} ${object.name}`);
}
