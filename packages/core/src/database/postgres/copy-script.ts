import type { Fail, ParsedStatement } from './parse-script.ts';
import { parseScript } from './parse-script.ts';
import { skipBlank } from './script-text.ts';
import { isCopyFromStdin } from './statement-kind.ts';

/** A statement of a script. Behind a COPY FROM stdin its rows belong to it, and the line that ends them. */
export interface ScriptPart extends ParsedStatement {
  readonly hasRows: boolean;
}

/**
 * Parses a script that may hold rows as psql and pg_dump write them: `COPY t FROM stdin;`, a line for each row, and a
 * line with `\.` alone. What only looks like that, in a string or in the body of a function, is left to the grammar.
 */
export async function* parseWithRows(bytes: Buffer, fail: Fail): AsyncGenerator<ScriptPart, void, undefined> {
  let base = 0;
  for (const { start, end, after } of copyBlocks(bytes)) {
    if (start < base) continue;
    const statements = await parsed(bytes.subarray(base, end));
    const last = statements?.at(-1);
    if (!statements || !last || !isCopyFromStdin(last.tree)) continue;
    const isLast = skipBlank(bytes, after) === bytes.length;
    for (const statement of statements.slice(0, -1)) yield { ...moved(statement, base), hasRows: false };
    yield { ...moved(last, base), last: isLast, after, hasRows: true };
    base = after;
  }
  const rest = bytes.subarray(base);
  for await (const statement of parseScript(rest, (offset, reason) => fail(base + offset, reason))) {
    yield { ...moved(statement, base), hasRows: false };
  }
}

/** The text of a COPY with its rows, taken apart for the wire; undefined for every other text of `split`. */
export function takeRowsApart(text: string): { readonly statement: string; readonly rows: string } | undefined {
  const match = /^(copy\b.*?\bfrom\s+stdin\b[^;\n]*);[ \t]*\r?\n((?:.*\n)?)\\\.$/is.exec(text);
  return match ? { statement: match[1] ?? '', rows: match[2] ?? '' } : undefined;
}

function moved(statement: ParsedStatement, base: number): ParsedStatement {
  const { first, after } = statement;
  // What comes behind a part of the script is for the caller to say.
  return { ...statement, first: base + first, after: base + after };
}

async function parsed(bytes: Buffer): Promise<ParsedStatement[] | undefined> {
  const failed = new Error('no statements');
  try {
    const found: ParsedStatement[] = [];
    for await (const statement of parseScript(bytes, () => failed)) found.push(statement);
    return found;
  } catch (error) {
    if (error === failed) return undefined;
    throw error;
  }
}

interface CopyBlock {
  /** Where `FROM stdin` begins. */
  readonly start: number;
  /** Behind the delimiter. */
  readonly end: number;
  /** Behind the line with `\.`. */
  readonly after: number;
}

/** What looks like the end of a COPY FROM stdin with its rows. One letter stands for one byte. */
function* copyBlocks(bytes: Buffer): Generator<CopyBlock> {
  const text = bytes.toString('latin1');
  for (const match of text.matchAll(/\bfrom\s+stdin\b[^;\n]*;[ \t]*\r?\n/gi)) {
    const from = match.index + match[0].length;
    const end = match.index + match[0].indexOf(';') + 1;
    const mark = /^\\\.[ \t]*\r?$/m;
    const found = mark.exec(text.slice(from));
    if (!found) continue;
    yield { start: match.index, end, after: from + found.index + 2 };
  }
}
