import { fingerprint } from '../shape/fingerprint.ts';
import type { Runner } from './runner.ts';

/**
 * The facts that will tell, after a crash, whether a statement outside of a transaction has happened: what the shape
 * was before. One statement either changes the shape or does nothing, because DDL is atomic on every engine that is
 * supported; nobody else changes the shape meanwhile, since the lock is held.
 */
export async function shapeFacts(runner: Runner): Promise<Record<string, string>> {
  const shape = await runner.home.session.describe(runner.schemas);
  return { before: fingerprint(shape), invalid: JSON.stringify(invalidIndexes(shape)) };
}

/** Whether the statement whose facts these are has taken effect. Removes what a cut concurrent build left behind. */
export async function hasHappened(runner: Runner, facts: Readonly<Record<string, string>>): Promise<boolean> {
  const { session } = runner.home;
  const shape = await session.describe(runner.schemas);
  const broken = invalidIndexes(shape).filter((name) => !(facts['invalid'] ?? '').includes(JSON.stringify(name)));
  for (const name of broken) {
    const statement = shape.after.find((candidate) => candidate.kind === 'index' && candidate.name === name);
    if (statement?.drop) await session.execute(statement.drop);
  }
  if (broken.length > 0) return false;
  return fingerprint(shape) !== facts['before'];
}

function invalidIndexes(shape: Awaited<ReturnType<Runner['home']['session']['describe']>>): string[] {
  return shape.objects
    .filter(({ facts }) => typeof facts === 'object' && facts !== null && 'valid' in facts && facts['valid'] === false)
    .map(({ name }) => name);
}
