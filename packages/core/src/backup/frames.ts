import { Room } from '../database/room.ts';

/**
 * Chunks of rows put together to pieces of about `bytes`, one for each frame: at least three quarters, but for the last.
 * The memory of a piece, that of the room, is used again when the next one is asked for, unless it has more than 8 MB.
 */
export async function* piecesOf(rows: AsyncIterable<Buffer>, bytes: number, room = new Room()): AsyncGenerator<Buffer> {
  const enough = bytes * 0.75;
  let gathered: Buffer = Buffer.alloc(0);
  let used = 0;
  for await (const chunk of rows) {
    if (used === 0 && chunk.length >= enough) {
      yield chunk;
      continue;
    }
    if (used === 0 || used + chunk.length > gathered.length) {
      const larger = room.take(Math.max(used + chunk.length, bytes));
      if (larger.buffer !== gathered.buffer) gathered.copy(larger, 0, 0, used);
      gathered = larger;
    }
    chunk.copy(gathered, used);
    used += chunk.length;
    if (used < enough) continue;
    yield gathered.subarray(0, used);
    used = 0;
  }
  if (used > 0) yield gathered.subarray(0, used);
}
