/** The events at which callbacks run, by Flyway's names. */
export const callbackEvents = [
  'beforeMigrate',
  'beforeEachMigrate',
  'afterEachMigrate',
  'afterMigrate',
  'afterMigrateError',
] as const;

export type CallbackEvent = (typeof callbackEvents)[number];

export function isCallbackEvent(text: string): text is CallbackEvent {
  return callbackEvents.some((event) => event === text);
}

/** Flyway's events that belong to a migration, but are not known here: a callback that never runs would be missed. */
export const refusedEvents: readonly string[] = [
  'beforeEachMigrateStatement',
  'afterEachMigrateStatement',
  'afterEachMigrateStatementError',
  'afterEachMigrateError',
  'beforeRepeatables',
  'afterVersioned',
  'afterMigrateApplied',
  'afterMigrateOperationFinish',
  'beforeConnect',
  'afterConnect',
  'beforeCreateSchema',
  'createSchema',
];

/** Events of verbs that Lockstep does not have, or that change nothing. */
export const foreignEvents = /^(before|after)(Each)?(Undo|Clean|Info|Validate|Baseline|Repair)\w*$/;
