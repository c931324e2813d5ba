import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endedCpu, watchMemory } from './processes.mjs';

/** Holds everything that is written beside the servers. Removed at the end, however that comes. */
export const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

const lockstepBin = join(import.meta.dirname, '../packages/cli/bin/lockstep.js');

/** Program and arguments of `lockstep`. */
export function lockstepCommand(args) {
  return { program: process.execPath, args: [lockstepBin, ...args] };
}

/** Runs `lockstep` in the folder of the measurement. */
export async function lockstep(args) {
  const command = lockstepCommand(args);
  return run(command.program, command.args, { cwd: folder });
}

/** Runs a line for the shell; a failure anywhere in a pipe counts. */
export function shell(line, options) {
  return run('bash', ['-o', 'pipefail', '-c', line], options);
}

/**
 * @typedef {object} Run
 * @property {number} seconds from the start to the end
 * @property {number} cpu seconds, user and system, of the program and of all that it started
 * @property {number} rssMb the largest resident memory; the sum of each process's own where there are several
 * @property {string} stdout
 */

/**
 * Runs a program to its end. Throws if it fails. Nothing else that this process started may end meanwhile: its CPU time
 * would be counted too.
 * @returns {Promise<Run>}
 */
export function run(program, args, { input, env, cwd } = {}) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const before = endedCpu();
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env } });
    const peak = watchMemory(child.pid);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr = (stderr + text).slice(-5000)));
    child.stdin.on('error', () => {}); // it may end without reading its input
    child.on('error', (error) => {
      peak();
      reject(error);
    });
    child.on('close', (code) => {
      const seconds = (performance.now() - started) / 1000;
      const result = { seconds, cpu: endedCpu() - before, rssMb: peak(), stdout };
      if (code === 0) resolve(result);
      else reject(new Error(`${[program, ...args].join(' ')} ended with ${code}:\n${stderr.trim()}`));
    });
    child.stdin.end(input);
  });
}

/** A word for the shell. */
export function quoted(text) {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
