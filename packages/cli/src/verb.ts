import type { Command } from 'commander';
import type { Context } from './context.ts';

/** One verb of the command line: how it is called, and what it does. */
export interface Verb {
  /** Adds arguments and options to the command. */
  define(command: Command): Command;
  /** Does the work. `args` are the positional arguments, `options` what the flags said. */
  run(context: Context, args: readonly string[], options: Flags): Promise<Outcome>;
}

export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** What a verb ends with: a document for `--json`, lines for people, and the exit code where it is not 0. */
export interface Outcome {
  readonly json: object;
  readonly lines: readonly string[];
  readonly exit?: number;
  /** In place of lines: a text that is printed as it stands, whatever characters are in it. */
  readonly text?: string;
  /** True if the lines go to stderr, because stdout carries something else. */
  readonly onStderr?: boolean;
}

/** The texts of an option that may be repeated. */
export function listFlag(flags: Flags, name: string): readonly string[] {
  const value = flags[name];
  return typeof value === 'object' ? value : [];
}

/** The text of an option, if it was given. */
export function textFlag(flags: Flags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}
