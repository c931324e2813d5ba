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

function describe(facts: Unresolved): string[] {
  return [
    `${facts.script}: statement ${facts.statement} of ${facts.total}, line ${facts.line}; ${facts.done} are done.`,
    `  ${facts.message}`,
    ...(facts.text === '' ? [] : ['', facts.text]),
    '',
    ...facts.steps.map(
      (step) => `step ${step.statement}: ${step.status}, by ${step.actor}, ${step.startedAt} ${step.message ?? ''}`,
    ),
    'Settle it with --applied, --retry or --rolled-back.',
  ];
}
