import { scanSync } from 'libpg-query';

/**
 * Takes out what only later versions can read, although it says no more than its absence: Postgres 16 and later write
 * `NO INDENT` into every XMLSERIALIZE.
 */
export function portable(sql: string): string {
  if (!sql.includes('NO INDENT')) return sql;
  const { tokens } = scanSync(sql);
  const bytes = Buffer.from(sql);
  const pieces: Buffer[] = [];
  let kept = 0;
  for (const [position, token] of tokens.entries()) {
    const next = tokens[position + 1];
    if (token.text !== 'NO' || next?.text !== 'INDENT') continue;
    pieces.push(bytes.subarray(kept, token.start));
    kept = next.end;
  }
  return Buffer.concat([...pieces, bytes.subarray(kept)]).toString();
}
