import type { Wire } from './wire.ts';

/**
 * The cluster that the server is a node of, or undefined. On Galera and Group Replication named locks hold on one node
 * only, so that two migrations could run at once: neither is supported yet. Reading the variables takes no privilege.
 */
export async function findCluster(wire: Wire): Promise<string | undefined> {
  const rows = await wire.rows(
    `SHOW GLOBAL VARIABLES WHERE Variable_name IN ('wsrep_on', 'wsrep_cluster_address', 'group_replication_group_name')`,
  );
  const value = (name: string): string => rows.find((row) => row['Variable_name'] === name)?.['Value'] ?? '';
  if (value('wsrep_on') === 'ON' && value('wsrep_cluster_address') !== '') return 'a node of a Galera cluster';
  return value('group_replication_group_name') === '' ? undefined : 'a member of a Group Replication group';
}
