import type { ScriptStatement } from '../database/database.ts';

/** Where a statement stands in its script. */
export interface Place {
  /** 1-based, of the first word. */
  readonly line: number;
  readonly column: number;
  /** The text from the end of the statement before to the end of this one: with the comments above and behind it. */
  readonly region: string;
}

/** Finds the statements of a script again, one after the other. */
export function placesOf(script: string, statements: readonly ScriptStatement[]): Place[] {
  const lines = lineStarts(script);
  let end = 0;
  return statements.map(({ text, line }) => {
    const lineStart = lines[line - 1] ?? 0;
    const word = end + blankAt(script, end);
    // Behind a DELIMITER of the client's own, only the line is known.
    const from = Math.max(lineStart, end);
    const isThere = word >= lineStart && word < (lines[line] ?? Infinity);
    const first = isThere ? word : from + blankAt(script, from);
    const start = script.startsWith(text, first) ? first : script.indexOf(text, end);
    const last = start === -1 ? first : start + text.length;
    // A comment behind the delimiter belongs to the statement before it.
    const comment = /^[ \t]*;?[ \t]*(?:--|#)[^\n]*/.exec(script.slice(last, last + 1000))?.[0] ?? '';
    const next = last + comment.length;
    const region = script.slice(end, next);
    end = next;
    return { line, column: first - lineStart + 1, region };
  });
}

/** How far it is to the next word: blanks, delimiters and comments, but not those that MySQL executes. */
function blankAt(script: string, from: number): number {
  blank.lastIndex = from;
  return blank.exec(script)?.[0].length ?? 0;
}

const blank = /(?:[\s;]|--[^\n]*|#[^\n]*|\/\*(?!M?!)[\s\S]*?\*\/)*/y;

function lineStarts(script: string): number[] {
  return [0, ...[...script.matchAll(/\n/g)].map(({ index }) => index + 1)];
}
