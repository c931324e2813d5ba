import type { ScriptStatement } from '../database/database.ts';

/** Where a statement stands in its script. */
export interface Place {
  /** 1-based, of the first word. */
  readonly line: number;
  readonly column: number;
  /** The text from the end of the statement before to the end of this one: with the comments above it. */
  readonly region: string;
}

/** Finds the statements of a script again, one after the other. */
export function placesOf(script: string, statements: readonly ScriptStatement[]): Place[] {
  const lines = lineStarts(script);
  let end = 0;
  return statements.map(({ text, line }) => {
    const lineStart = lines[line - 1] ?? 0;
    const from = Math.max(lineStart, end);
    const first = from + (/^[\s;]*/.exec(script.slice(from, from + 10_000))?.[0].length ?? 0);
    const start = script.startsWith(text, first) ? first : script.indexOf(text, end);
    const next = start === -1 ? first : start + text.length;
    const region = script.slice(end, next);
    end = next;
    return { line, column: first - lineStart + 1, region };
  });
}

function lineStarts(script: string): number[] {
  return [0, ...[...script.matchAll(/\n/g)].map(({ index }) => index + 1)];
}
