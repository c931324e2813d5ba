import { join } from 'node:path';
import { runProgram } from '../fixtures/program.ts';
import { tool } from '../fixtures/tools.ts';

export interface Key {
  readonly file: string;
  readonly recipient: string;
}

/** A key as people make it. */
export async function key(folder: string, name: string): Promise<Key> {
  const file = join(folder, `${name}.txt`);
  await run(tool('age-keygen'), ['-o', file]);
  return { file, recipient: (await run(tool('age-keygen'), ['-y', file])).trim() };
}

/** Runs a program that has to succeed, and returns what it prints. */
export async function run(program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram(program, args);
  if (code !== 0) throw new Error(`${program}: ${stderr}`);
  return stdout;
}
