import { setFlagsFromString } from 'node:v8';
import { Command, CommanderError } from 'commander';
import { LockstepError, reasonOf, version } from '@lockstep/core';
import { createContext } from './context.ts';
import { printable } from './table.ts';
import type { Flags, Outcome, Verb } from './verb.ts';
import { verbs } from './verbs.ts';

// How much work a function of WebAssembly does before Node compiles it once more, for speed: fifty times of what Node does
// by itself. The embedded database and the grammar of Postgres have thousands of functions that are warm and not hot: for
// a short command, that took more processor than all the rest. Those of the rows are hot within a tenth of a second.
setFlagsFromString('--wasm-tiering-budget=100000000');

const stop = new AbortController();
let stoppedBy: string | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second one ends at once; what was begun is finished or undone by the next run.
    if (stoppedBy !== undefined) process.exit(5);
    stoppedBy = signal;
    stop.abort();
  });
}

process.exitCode = await main(process.argv);
// An idle connection of a driver must not keep a finished command alive.
process.stdout.write('', () => process.exit());

async function main(argv: readonly string[]): Promise<number> {
  const asked: { work: (() => Promise<number>) | undefined } = { work: undefined };
  const program = await createProgram(argv, (work) => {
    asked.work = work;
  });
  try {
    await program.parseAsync(argv);
    return asked.work ? await asked.work() : 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return fail(error, argv.includes('--json'));
  }
}

async function createProgram(argv: readonly string[], ask: (work: () => Promise<number>) => void): Promise<Command> {
  const program = new Command('lockstep')
    .description('Keeps a server and its database in step: migrate, back up, restore and upgrade, with proof.')
    .version(version)
    .option('--database-url <url>', 'postgres://, mysql://, mariadb:// or pglite:FOLDER (also DATABASE_URL)')
    .option('--config <file>', 'the configuration of a product of your own (lockstep.config.json)')
    .option('--json', 'print one JSON document on stdout')
    .option('--quiet', 'no progress on stderr')
    .exitOverride()
    .showSuggestionAfterError();
  const named = namedVerb(argv.slice(2));
  for (const [name, load] of Object.entries(verbs)) {
    // Without a verb it is the help that is wanted, which tells of all of them.
    if (named !== undefined && named !== name) continue;
    const verb = await load();
    const command = verb.define(program.command(name)).exitOverride();
    command.action(() => {
      const flags: Flags = command.optsWithGlobals();
      ask(() => run(name, verb, command.args, flags));
    });
  }
  return program;
}

/** The verb that is asked for: the first argument that is neither an option nor the value of a general one. */
function namedVerb(args: readonly string[]): string | undefined {
  const found = args.find((arg, index) => {
    const before = args[index - 1] ?? '';
    return !arg.startsWith('-') && before !== '--database-url' && before !== '--config';
  });
  return found !== undefined && Object.hasOwn(verbs, found) ? found : undefined;
}

async function run(name: string, verb: Verb, args: readonly string[], flags: Flags): Promise<number> {
  const context = await createContext(name, flags, stop.signal);
  try {
    const outcome = await verb.run(context, args, flags);
    print(outcome, flags['json'] === true);
    return outcome.exit ?? 0;
  } finally {
    await context.close();
  }
}

function print(outcome: Outcome, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify({ ok: (outcome.exit ?? 0) === 0, ...outcome.json })}\n`);
  else if (outcome.text !== undefined) process.stdout.write(outcome.text);
  else if (outcome.lines.length > 0) {
    const output = outcome.onStderr === true ? process.stderr : process.stdout;
    output.write(`${outcome.lines.map(printable).join('\n')}\n`);
  }
}

/** Turns anything thrown into output and an exit code. */
function fail(thrown: unknown, json: boolean): number {
  const error = asLockstepError(thrown);
  const { code, message, details, next } = error;
  if (json) process.stdout.write(`${JSON.stringify({ ok: false, error: { code, message, details, next } })}\n`);
  process.stderr.write(`${printable(`${code}: ${message}`)}\n${printable(next)}\n`);
  if (code === 'INTERNAL' && thrown instanceof Error) process.stderr.write(`${thrown.stack ?? ''}\n`);
  return error.exit;
}

function asLockstepError(error: unknown): LockstepError {
  if (stoppedBy !== undefined && (!(error instanceof LockstepError) || error.code === 'CONNECTION_LOST')) {
    return new LockstepError('INTERRUPTED', { signal: stoppedBy }, { cause: error });
  }
  if (error instanceof LockstepError) return error;
  return new LockstepError('INTERNAL', { reason: reasonOf(error) }, { cause: error });
}
