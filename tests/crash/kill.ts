import { setTimeout as sleep } from 'node:timers/promises';
import type { PhaseName } from '@lockstep/core';
import { spawnCli } from '../fixtures/cli.ts';
import { until } from '../fixtures/until.ts';

/** Where a process is killed. */
export interface Kill {
  readonly phase: PhaseName;
  /** The how manieth time that the phase is reached; 1 is the first. */
  readonly occurrence: number;
  /** Milliseconds that it goes on from there: a random moment between two phases. */
  readonly after?: number;
}

export interface Command {
  readonly url: string;
  readonly args: readonly string[];
  readonly cwd?: string | undefined;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs `lockstep` until it reaches the phase, and kills it with all that it started (SIGKILL). */
export async function killAt(command: Command, kill: Kill): Promise<void> {
  const { url, args, cwd, env } = command;
  const cli = spawnCli(['--database-url', url, ...args], {
    env: { ...env, LOCKSTEP_HOLD_AT: `${kill.phase}:${kill.occurrence}` },
    ...(cwd === undefined ? {} : { cwd }),
  });
  let ended = false;
  const end = cli.ended.finally(() => {
    ended = true;
  });
  const held = (): boolean => cli.output().stderr.includes(`holding at ${kill.phase}\n`);
  await until(
    () => held() || ended,
    () => cli.output().stderr,
  );
  if (!held()) throw new Error(`lockstep ${args.join(' ')} never reached ${inWords(kill)}: ${cli.output().stderr}`);
  if (kill.after !== undefined) {
    process.kill(cli.pid, 'SIGUSR2');
    await sleep(kill.after);
  }
  cli.kill();
  await end;
}

export function inWords({ phase, occurrence, after }: Kill): string {
  return `${phase}:${occurrence}${after === undefined ? '' : ` and ${after} ms`}`;
}
