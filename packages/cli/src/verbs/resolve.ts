import { LockstepError, resolve as runResolve } from '@lockstep/core';
import type { Decision, Unresolved } from '@lockstep/core';
import type { Flags, Verb } from '../verb.ts';

export const resolve: Verb = {
  define: (command) =>
    command
      .description('show what is known about a failed step, and settle it')
      .argument('<migration>', 'the version of the migration, or "comparison" for the end of an upgrade')
      .option('--applied', 'the statement is done: go on after it')
      .option('--retry', 'run the statement again')
      .option('--rolled-back', 'all that the migration did was undone by hand: start it from its beginning'),
  run: async (context, [migration = ''], flags) => {
    const decision = decisionOf(flags);
    const facts = await runResolve(await context.open(), context.product, migration, decision, context.run);
    const lines = decision
      ? [
          `Recorded: ${migration} ${decision}. Run \`lockstep ${migration === 'comparison' ? 'upgrade' : 'migrate'}\` to go on.`,
        ]
      : describe(facts);
    return { json: { ...facts, decision: decision ?? null }, lines };
  },
};

function decisionOf(flags: Flags): Decision | undefined {
  const decisions: readonly (readonly [string, Decision])[] = [
    ['applied', 'applied'],
    ['retry', 'retry'],
    ['rolledBack', 'rolled-back'],
  ];
  const given = decisions.filter(([flag]) => flags[flag] === true).map(([, decision]) => decision);
  if (given.length > 1) throw new LockstepError('USAGE', { reason: 'give one of --applied, --retry, --rolled-back' });
  return given[0];
}

const verdicts: Readonly<Record<Unresolved['verdict'], string>> = {
  happened: 'The database says: it has happened.',
  'not happened': 'The database says: it has not happened.',
  unknown: 'The database does not tell whether it has happened.',
};

function describe(facts: Unresolved): string[] {
  const { script, statement, total, line, done, message, text, verdict, things, atWork, steps } = facts;
  const isStatement = statement > 0;
  return [
    isStatement
      ? `${script}: statement ${statement} of ${total}, line ${line}; ${done} are done.`
      : `${script}: ${message === '' ? 'stopped' : 'stopped as a whole'}.`,
    `  ${message}`,
    ...(text === '' ? [] : ['', text]),
    '',
    ...(isStatement ? [verdicts[verdict]] : []),
    ...things.map(({ name, before, now }) => `  ${name}: ${stateInWords(before, now)}`),
    ...(atWork === null ? [] : [`It still runs on the server: ${atWork}`]),
    ...(isStatement ? [''] : []),
    ...steps.map(
      (step) => `step ${step.statement}: ${step.status}, by ${step.actor}, ${step.startedAt} ${step.message ?? ''}`,
    ),
    whatNow(facts.choices),
  ];
}

function whatNow(choices: Unresolved['choices']): string {
  const options = choices.map((choice) => `--${choice}`);
  const last = options.pop() ?? '';
  if (options.length > 0) return `Settle it with ${options.join(', ')} or ${last}.`;
  return `Go on with \`lockstep migrate\`, or undo all of it by hand and settle it with ${last}.`;
}

/** `none`, `attached` and such say something; a checksum or a number of the server's does not. */
function stateInWords(before: string, now: string): string {
  const show = (state: string): string => {
    if (state === '?') return 'not shown by the server';
    return state === 'none' ? 'not there' : /^[0-9a-f]{32}$/.test(state) ? `there (${state.slice(0, 8)})` : state;
  };
  return before === now ? `as before, ${show(now)}` : `was ${show(before)}, is ${show(now)}`;
}
