/** Lockstep's own tables. They do not count as part of a product's shape. */
export const ownTableNames = ['flyway_schema_history', 'lockstep_state', 'lockstep_step', 'lockstep_lease'] as const;

export type OwnTableName = (typeof ownTableNames)[number];

export function isOwnTable(name: string): boolean {
  return ownTableNames.some((own) => own === name);
}
