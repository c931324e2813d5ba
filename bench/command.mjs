import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Holds everything that is written beside the servers. Removed at the end, however that comes. */
export const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

const lockstepBin = join(import.meta.dirname, '../packages/cli/bin/lockstep.js');
const peakFile = join(folder, 'peak');

/** The command line of `lockstep` that also writes down the largest memory of its process. */
export function lockstepCommand(args) {
  return { program: process.execPath, args: ['--import', join(import.meta.dirname, 'peak.mjs'), lockstepBin, ...args] };
}

/** Environment of the command above. */
export const lockstepEnvironment = { LOCKSTEP_BENCH_PEAK: peakFile };

/** The largest resident memory of the last `lockstep` that ended, in MB. */
export function peakMb() {
  return Number(readFileSync(peakFile, 'utf8')) / 1000;
}

/** Runs `lockstep` in the folder of the measurement. Returns seconds, the peak of its memory in MB, and its output. */
export async function lockstep(args) {
  const { program, args: all } = lockstepCommand(args);
  const { seconds, stdout } = await run(program, all, { env: lockstepEnvironment, cwd: folder });
  return { seconds, rssMb: peakMb(), stdout };
}

/** Runs a line for the shell; a failure anywhere in a pipe counts. Returns seconds and output. */
export function shell(line, options) {
  return run('bash', ['-o', 'pipefail', '-c', line], options);
}

/** Runs a program to its end and returns the seconds that it took, and its output. Throws if it fails. */
export function run(program, args, { input, env, cwd } = {}) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env } });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr = (stderr + text).slice(-5000)));
    child.stdin.on('error', () => {}); // it may end without reading its input
    child.on('error', reject);
    child.on('close', (code) => {
      const seconds = (performance.now() - started) / 1000;
      if (code === 0) resolve({ seconds, stdout });
      else reject(new Error(`${[program, ...args].join(' ')} ended with ${code}:\n${stderr.trim()}`));
    });
    child.stdin.end(input);
  });
}

/** A word for the shell. */
export function quoted(text) {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
