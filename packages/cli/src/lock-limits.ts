import type { Command } from 'commander';
import type { LockLimits } from '@lockstep/core';
import type { Config } from './config.ts';
import { wholeNumber } from './numbers.ts';
import type { Flags } from './verb.ts';
import { textFlag } from './verb.ts';

/** The options of verbs that migrate: how statements wait for locks. */
export function lockOptions(command: Command): Command {
  return command
    .option('--lock-timeout <seconds>', 'how long one attempt at a statement waits for a lock; 0 for no limit')
    .option('--lock-wait <seconds>', 'for how long a statement that gets no lock is tried again');
}

/** What the flags say, else the configuration. Throws USAGE. */
export function lockLimits(flags: Flags, config: Config | undefined): LockLimits {
  return {
    timeoutSeconds: wholeNumber(textFlag(flags, 'lockTimeout'), '--lock-timeout') ?? config?.lockTimeout,
    waitSeconds: wholeNumber(textFlag(flags, 'lockWait'), '--lock-wait') ?? config?.lockWait,
  };
}
