const newline = 0x0a;
const comma = 0x2c;

/** Rows of one INSERT. */
export interface Batch {
  readonly from: number;
  /** Behind the newline of the last row. */
  readonly to: number;
  readonly rows: number;
}

/** How large an INSERT may be. A row that is larger has its own. */
export interface BatchSize {
  readonly bytes: number;
  readonly rows: number;
}

/** Cuts lines into batches. */
export function* batches(lines: Buffer, size: BatchSize): Generator<Batch> {
  let from = 0;
  let rows = 0;
  for (let to = 0; to < lines.length;) {
    const end = lines.indexOf(newline, to) + 1;
    if (rows > 0 && (rows === size.rows || end - from > size.bytes)) {
      yield { from, to, rows };
      from = to;
      rows = 0;
    }
    rows += 1;
    to = end;
  }
  if (rows > 0) yield { from, to: lines.length, rows };
}

/** The rows of a batch with commas between them, in a buffer of their own. */
export function valuesOf(lines: Buffer, { from, to }: Batch): Buffer {
  const values = Buffer.from(lines.subarray(from, to - 1));
  for (let at = values.indexOf(newline); at !== -1; at = values.indexOf(newline, at + 1)) values[at] = comma;
  return values;
}
