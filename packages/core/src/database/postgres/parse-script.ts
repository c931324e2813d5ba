import type { Node, parse, RawStmt } from 'libpg-query';
import { LockstepError, reasonOf } from '../../errors.ts';
import { skipBlank } from './script-text.ts';
import { refusalOf } from './statement-kind.ts';

/** A statement of a script. Offsets count bytes. */
export interface ParsedStatement {
  readonly tree: Node;
  /** Its first word. */
  readonly first: number;
  /** The delimiter behind it, or the end of the script. */
  readonly after: number;
  /** None follows. */
  readonly last: boolean;
}

/** Makes the error for a place of the script, given in bytes. */
export type Fail = (offset: number, reason: string) => Error;

/** A parse tree takes many times the size of its text, so a large script is parsed in pieces of about this size. */
const pieceBytes = 256 * 1024;

/** Parses a script, statement by statement. Throws what `fail` makes of a syntax error. */
export async function* parseScript(bytes: Buffer, fail: Fail): AsyncGenerator<ParsedStatement, void, undefined> {
  // Loaded when it is needed: the grammar has two megabytes.
  const grammar = await import('libpg-query');
  let base = 0;
  let size = pieceBytes;
  while (skipBlank(bytes, base) < bytes.length) {
    const end = endOfPiece(bytes, base, size);
    const parsed = await parsePiece(grammar.parse, bytes.subarray(base, end).toString());
    const whole = end === bytes.length;
    if (parsed instanceof SyntaxProblem) {
      // A piece that ends inside of a statement is a syntax error too. Only the rest of the script is the proof.
      if (whole) throw await parsed.explain(grammar.parse, (offset, reason) => fail(base + offset, reason));
      size *= 2;
      continue;
    }
    // A statement without a length has no delimiter: it may go on in the next piece.
    const complete = whole ? parsed : parsed.filter((statement) => (statement.stmt_len ?? 0) > 0);
    for (const statement of complete) yield place(statement, base, bytes);
    if (whole) return;
    const last = complete.at(-1);
    if (last !== undefined) base += (last.stmt_location ?? 0) + (last.stmt_len ?? 0) + 1;
    size = last === undefined ? size * 2 : pieceBytes;
  }
}

/** After the last line that ends with a delimiter, where a statement is likely to end. */
function endOfPiece(bytes: Buffer, base: number, size: number): number {
  const limit = base + size;
  if (limit >= bytes.length) return bytes.length;
  for (let at = bytes.lastIndexOf(delimiter, limit); at > base; at = bytes.lastIndexOf(delimiter, at - 1)) {
    const next = bytes[at + 1];
    if (next === lineEnd || next === carriageReturn) return at + 1;
  }
  return limit;
}

const [delimiter, lineEnd, carriageReturn] = [0x3b, 0x0a, 0x0d];

function place(
  { stmt, stmt_location: start = 0, stmt_len: length = 0 }: RawStmt,
  base: number,
  bytes: Buffer,
): ParsedStatement {
  if (stmt === undefined)
    throw new LockstepError('INTERNAL', { reason: 'the grammar gave a statement without a tree' });
  const first = base + start;
  const after = length === 0 ? bytes.length : first + length;
  return { tree: stmt, first, after, last: skipBlank(bytes, after + 1) === bytes.length };
}

async function parsePiece(parser: typeof parse, piece: string): Promise<readonly RawStmt[] | SyntaxProblem> {
  try {
    return (await parser(piece)).stmts ?? [];
  } catch (error) {
    return new SyntaxProblem(piece, error);
  }
}

class SyntaxProblem {
  readonly #piece: string;
  readonly #error: unknown;

  constructor(piece: string, error: unknown) {
    this.#piece = piece;
    this.#error = error;
  }

  /** The error with its place. What follows COPY FROM stdin is no SQL: there the COPY is what has to be named. */
  async explain(parser: typeof parse, fail: Fail): Promise<Error> {
    const before = Array.from(this.#piece).slice(0, this.#position()).join('');
    const copy = [...before.matchAll(/\bcopy\b[^;]*\bstdin\b[^;]*;/gi)].at(-1);
    if (copy !== undefined) {
      const parsed = await parsePiece(parser, before.slice(0, copy.index + copy[0].length));
      const last = parsed instanceof SyntaxProblem ? undefined : parsed.at(-1);
      const refusal = last?.stmt === undefined ? undefined : refusalOf(last.stmt);
      if (refusal !== undefined) return fail(last?.stmt_location ?? 0, refusal);
    }
    return fail(Buffer.byteLength(before), reasonOf(this.#error));
  }

  /** Characters before the place of the error. */
  #position(): number {
    const details: unknown =
      this.#error instanceof Error && 'sqlDetails' in this.#error ? this.#error.sqlDetails : undefined;
    if (typeof details !== 'object' || details === null || !('cursorPosition' in details)) return 0;
    return typeof details.cursorPosition === 'number' ? details.cursorPosition : 0;
  }
}
