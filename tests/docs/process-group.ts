import { spawn } from 'node:child_process';
import { atEnd } from '../fixtures/cleanup.ts';

export interface ProcessGroup {
  /** What all of its processes have printed so far. */
  output(): string;
  /** Sends a signal to the first process, or to all of them. */
  signal(signal: NodeJS.Signals, to?: 'first' | 'all'): void;
  /** The exit code of the first process; null if a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** Starts a program in a process group of its own. What is left of it after the test file is killed. */
export function startGroup(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): ProcessGroup {
  const child = spawn(program, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} could not be started.`);
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => (text += part));
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const signal = (name: NodeJS.Signals, to: 'first' | 'all' = 'first'): void => {
    try {
      process.kill(to === 'all' ? -pid : pid, name);
    } catch (error) {
      const isGone = error instanceof Error && 'code' in error && error.code === 'ESRCH';
      if (!isGone) throw error;
    }
  };
  atEnd(async () => {
    signal('SIGKILL', 'all');
    await ended;
  });
  return { output: () => text, signal, ended };
}
