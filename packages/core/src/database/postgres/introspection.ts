import type { Row, Session, Shape } from '../database.ts';

export async function describe(query: (text: string) => Promise<Row[]>, schemas: readonly string[]): Promise<Shape> {
  const file: string = './describe.js';
  const module = await import(file);
  return module.describe(query, schemas);
}

export async function wipe(session: Session, schemas: readonly string[]): Promise<void> {
  const file: string = './wipe.js';
  const module = await import(file);
  await module.wipe(session, schemas);
}
