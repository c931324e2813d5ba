const keepUpTo = 8 * 1024 * 1024;

/**
 * Chunks of rows put together to pieces of about `bytes`, one for each frame: at least three quarters, but for the last.
 * The memory of a piece is used again when the next one is asked for, unless it has more than 8 MB.
 */
export async function* piecesOf(rows: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  const enough = bytes * 0.75;
  let gathered: Buffer = Buffer.alloc(0);
  let used = 0;
  for await (const chunk of rows) {
    if (used === 0 && chunk.length >= enough) {
      yield chunk;
      continue;
    }
    if (used + chunk.length > gathered.length) gathered = enlarged(gathered, used, used + chunk.length);
    chunk.copy(gathered, used);
    used += chunk.length;
    if (used < enough) continue;
    yield gathered.subarray(0, used);
    used = 0;
    // Long rows are rare. Whoever got them may still use them.
    if (gathered.length > keepUpTo) gathered = Buffer.alloc(0);
  }
  if (used > 0) yield gathered.subarray(0, used);
}

function enlarged(buffer: Buffer, used: number, needed: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(Math.max(needed, buffer.length * 2));
  buffer.copy(larger, 0, 0, used);
  return larger;
}
