import type { Wire } from './wire.ts';

/** What a server is a node of. */
export interface Cluster {
  /** For people: `a Galera cluster`. */
  readonly name: string;
  /** Statements that make a connection see what was committed on other nodes before. */
  readonly settings: readonly string[];
}

/**
 * The cluster that the server is a node of, or undefined. On Galera and Group Replication named locks hold on one node
 * only, so that two migrations could run at once. Reading the variables takes no privilege.
 */
export async function findCluster(wire: Wire): Promise<Cluster | undefined> {
  const rows = await wire.rows(
    `SHOW GLOBAL VARIABLES WHERE Variable_name IN ('wsrep_on', 'wsrep_cluster_address', 'group_replication_group_name')`,
  );
  const value = (name: string): string => rows.find((row) => row['Variable_name'] === name)?.['Value'] ?? '';
  if (value('wsrep_on') === 'ON' && value('wsrep_cluster_address') !== '') {
    return { name: 'a Galera cluster', settings: ['SET SESSION wsrep_sync_wait = 7'] };
  }
  if (value('group_replication_group_name') === '') return undefined;
  return { name: 'a Group Replication group', settings: [`SET SESSION group_replication_consistency = 'BEFORE'`] };
}
