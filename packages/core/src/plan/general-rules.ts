import type { Rule } from './analysis.ts';

/** Rules about the files themselves, the same for every engine. */
export const generalRules = {
  unreadable: {
    name: 'unreadable',
    severity: 'error',
    topic: 'breaking',
    problem: 'The script cannot be split into statements that a migration may hold.',
    instead: 'Correct it: docs/migrations.md tells what a script may hold.',
  },
  unprovable: {
    name: 'unprovable',
    severity: 'warning',
    topic: 'breaking',
    problem:
      'Whether the statement has happened can be neither read from the database nor settled by doing it again: a crash inside of it asks for `resolve`.',
    instead: 'Put it into a migration of its own, and write down how to see whether it has happened.',
  },
  unknownRule: {
    name: 'unknown-rule',
    severity: 'error',
    topic: 'style',
    problem: 'A comment allows a rule that does not exist.',
    instead: 'Correct the name.',
  },
  unusedAllow: {
    name: 'unused-allow',
    severity: 'warning',
    topic: 'style',
    problem: 'A comment allows what the statement does not do.',
    instead: 'Remove the comment.',
  },
  unexplainedAllow: {
    name: 'unexplained-allow',
    severity: 'warning',
    topic: 'style',
    problem: 'A comment allows something, and does not say why.',
    instead: 'Write the reason behind the name of the rule.',
  },
} as const satisfies Readonly<Record<string, Rule>>;
