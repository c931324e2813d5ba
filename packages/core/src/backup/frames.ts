/** Chunks of rows put together to pieces of at least `bytes`, one for each frame; the last one may be smaller. */
export async function* piecesOf(rows: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let gathered: Buffer[] = [];
  let size = 0;
  for await (const chunk of rows) {
    gathered.push(chunk);
    size += chunk.length;
    if (size < bytes) continue;
    yield together(gathered, size);
    gathered = [];
    size = 0;
  }
  if (size > 0) yield together(gathered, size);
}

function together(chunks: readonly Buffer[], size: number): Buffer {
  const [first] = chunks;
  return first?.length === size ? first : Buffer.concat(chunks, size);
}
