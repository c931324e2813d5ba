/** What the name of a backup tells. It is for people; the file itself counts. */
export interface BackupName {
  readonly product: string;
  readonly release: string;
  /** ISO 8601 in UTC. */
  readonly takenAt: string;
}

const form = /^(?<product>.+)-(?<release>[^-]+)-(?<date>\d{8})T(?<time>\d{6})(?<rest>\d{1,9})Z\.sql\.zst(?:\.age)?$/;

/** True for the names of backups, whoever gave them. Sidecars, proofs and other files have others. */
export function isBackupName(name: string): boolean {
  return /\.sql\.zst(?:\.age)?$/.test(name);
}

/** Reads a name as `backup` gives it: `catalog-1.2.0-20261122T113025123Z.sql.zst`. Undefined for another. */
export function readBackupName(name: string): BackupName | undefined {
  const { product, release, date = '', time = '', rest = '' } = form.exec(name)?.groups ?? {};
  if (product === undefined || release === undefined) return undefined;
  const day = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`;
  const takenAt = `${day}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}.${rest}Z`;
  return Number.isNaN(Date.parse(takenAt)) ? undefined : { product, release, takenAt };
}
