import { statSync } from 'node:fs';
import { lockstep, shell } from './command.mjs';

/**
 * @typedef {object} Measured
 * @property {number} seconds from the start of the first process to the end of the last
 * @property {number} cpu seconds, user and system, of the client
 * @property {number} [serverCpu] seconds that the server used meanwhile
 * @property {number} rssMb the client's largest resident memory
 * @property {number} [bytes] that were written
 * @property {number[]} [waits] milliseconds that each transaction of concurrent writers took
 * @property {Record<string, number>} [phases] seconds of each phase of `lockstep`
 */

/** Measures `lockstep`, after everything that others have written is on disk. @returns {Promise<Measured>} */
export async function measureLockstep(engine, args) {
  const measured = await alone(engine, () => lockstep(['--json', ...args]));
  const said = JSON.parse(measured.stdout);
  const phases = said.timings?.map(({ name, milliseconds }) => [name, milliseconds / 1000]);
  return { ...measured, ...(phases && { phases: Object.fromEntries(phases) }) };
}

/** Measures a line for the shell in the same way. @returns {Promise<Measured>} */
export function measure(engine, line) {
  return alone(engine, () => shell(line));
}

async function alone(engine, work) {
  await shell('sync');
  const before = engine.cpu();
  const measured = await work();
  const after = engine.cpu();
  return { ...measured, ...(before !== undefined && { serverCpu: after - before }) };
}

/** Bytes of a file, or of all files in a folder. */
export async function sizeOf(path) {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  const { stdout } = await shell(`find ${path} -type f -printf '%s\\n' | awk '{ sum += $1 } END { print sum }'`);
  return Number(stdout);
}
