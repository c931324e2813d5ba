import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const page = readFileSync(join(import.meta.dirname, '../../../../docs/cli.md'), 'utf8');

/** The sections of the verbs, by name, in the order of the page. */
export const sections: ReadonlyMap<string, string> = new Map(
  page
    .slice(page.indexOf('\n---\n'))
    .split(/^## /m)
    .slice(1)
    .map((section) => [/^\w+/.exec(section)?.[0] ?? '', section]),
);

/** The options in the table of a section. */
export function optionsIn(section: string): string[] {
  return [...section.matchAll(/^\| `(--[\w-]+)/gm)].map(([, option = '']) => option);
}

/** Fields of a JSON document, with the fields of those that are described further. */
export type Fields = ReadonlyMap<string, Fields | undefined>;

/** The fields that the sentence behind `JSON:` names, as in `from`, `applied: [{version, milliseconds}]`. */
export function fieldsIn(section: string): Fields {
  const [, line = ''] = /^JSON[^:\n]*: (.*?)(?:\. |$)/m.exec(section) ?? [];
  const named = line.replace(/\([^)]*\)/g, '').match(/`[^`]*`/g) ?? [];
  return new Map(named.flatMap((text) => [...parse(text)]));
}

/** Reads `a, b: {c, d: [{e}]}`. */
function parse(text: string): Fields {
  const stack: Map<string, Fields | undefined>[] = [new Map()];
  let name = '';
  for (const [token] of text.matchAll(/\w+|[{}]/g)) {
    if (token === '{') {
      const inner = new Map<string, Fields | undefined>();
      stack.at(-1)?.set(name, inner);
      stack.push(inner);
    } else if (token === '}') {
      stack.pop();
    } else {
      name = token;
      stack.at(-1)?.set(name, undefined);
    }
  }
  return stack[0] ?? new Map();
}

/** What a document has and its description lacks, or the other way round, as paths. */
export function differences(fields: Fields, value: unknown, path = ''): string[] {
  const one: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof one !== 'object' || one === null) return [];
  const found = new Map<string, unknown>(Object.entries(one));
  const wrong = [
    ...[...fields.keys()].filter((name) => !found.has(name)).map((name) => `${path}${name} is not there`),
    ...[...found.keys()].filter((name) => !fields.has(name)).map((name) => `${path}${name} is not described`),
  ];
  const inner = [...fields].flatMap(([name, more]) =>
    more === undefined ? [] : differences(more, found.get(name), `${path}${name}.`),
  );
  return [...wrong, ...inner];
}
