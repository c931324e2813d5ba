import { once } from 'node:events';
import type { Progress } from '@lockstep/core';
import { bytes, duration } from './numbers.ts';
import { Pace } from './pace.ts';
import { printable } from './table.ts';

/**
 * Prints progress to stderr: one line that is written over on a terminal, plain lines from time to time elsewhere.
 *
 * For tests that kill the process or change something under it: with LOCKSTEP_HOLD_AT=PHASE it says `holding at PHASE`
 * when the phase is reached and stays there until it gets the signal SIGUSR2. PHASE:3 is the third time it is reached,
 * PHASE@1.2.0.1#3 the one of the third statement of a migration.
 */
export function progressPrinter(quiet: boolean): (progress: Progress) => Promise<void> {
  const hold = readHold(process.env['LOCKSTEP_HOLD_AT'] ?? '');
  const pace = new Pace();
  let last = Date.now();
  let open = false;
  const print = (text: string, over: boolean): void => {
    if (quiet) return;
    const start = open ? '\r\u001B[K' : '';
    open = over && process.stderr.isTTY;
    process.stderr.write(`${start}${printable(text)}${open ? '' : '\n'}`);
  };
  return async (progress) => {
    if (progress.kind === 'note') print(progress.text, false);
    if (progress.kind === 'waiting') {
      print(`Waiting for ${progress.holder} (${duration(progress.seconds * 1000)})`, false);
    }
    if (progress.kind === 'count') {
      const { what, done, total, unit } = progress;
      const soFar = unit === 'bytes' ? `${bytes(done)} of ${bytes(total)}` : `${done} of ${total}`;
      pace.note(what, done);
      const rare = process.stderr.isTTY ? 100 : 5000;
      const isLast = process.stderr.isTTY && done >= total;
      if (Date.now() - last < rare && !isLast) return;
      last = Date.now();
      print(`${what}: ${soFar}${pace.words(total, unit)}`, !isLast);
    }
    if (progress.kind === 'phase' && progress.name === hold.phase && (hold.at ?? progress.at) === progress.at) {
      hold.times -= 1;
      if (hold.times === 0) await untilSignal(`holding at ${progress.name}`);
    }
  };
}

/** `backup:data:3` is the third time that the phase is reached, `migrate:intent@2#1` the one of that statement. */
function readHold(text: string): { readonly phase: string; readonly at: string | undefined; times: number } {
  const [place = '', at] = text.split('@');
  const [verb, name, times = '1'] = place.split(':');
  return { phase: `${verb}:${name}`, at, times: Number(times) };
}

async function untilSignal(text: string): Promise<void> {
  const go = once(process, 'SIGUSR2');
  // A listener for a signal does not keep a process alive.
  const alive = setInterval(() => undefined, 60_000);
  process.stderr.write(`${text}\n`);
  await go;
  clearInterval(alive);
}
