export { backup } from './backup/backup.ts';
export type { BackupOptions } from './backup/backup.ts';
export { checkBackups } from './backup/check.ts';
export type { BackupCheck, BackupProblem } from './backup/check.ts';
export { describeContents } from './backup/description.ts';
export type { Description } from './backup/description.ts';
export { digestDatabase } from './backup/digest-database.ts';
export type { DatabaseDigest, DigestOptions } from './backup/digest-database.ts';
export { verifyCipherText } from './backup/cipher-text.ts';
export { listBackups } from './backup/list.ts';
export type { ListedBackup } from './backup/list.ts';
export { neededBackup } from './backup/needed-backup.ts';
export type { NeededBackup } from './backup/needed-backup.ts';
export { prune } from './backup/prune.ts';
export type { PruneOptions, PruneResult } from './backup/prune.ts';
export { planRetention, requireTimeZone } from './backup/retention.ts';
export type { KeepRules, RetentionPlan } from './backup/retention.ts';
export { readProof, recordProof } from './backup/proof.ts';
export type { Proof, ProofFacts } from './backup/proof.ts';
export { openSidecar } from './backup/sidecar.ts';
export type { Sidecar } from './backup/sidecar.ts';
export { scheduledBackup } from './backup/scheduled.ts';
export type { ScheduledBackup, ScheduledBackupOptions } from './backup/scheduled.ts';
export { summaryOf } from './backup/summary.ts';
export type { BackupSummary } from './backup/summary.ts';
export { verifyArchive } from './backup/verify.ts';
export { openArchive } from './backup/archive/reader.ts';
export type { Archive } from './backup/archive/reader.ts';
export type { Manifest } from './backup/archive/manifest.ts';
export type {
  Catalogue,
  CatalogueColumn,
  CatalogueDatabase,
  CatalogueKey,
  CatalogueOptions,
  CatalogueSchema,
  CatalogueTable,
} from './database/catalogue.ts';
export type {
  Database,
  Dialect,
  Family,
  Row,
  Session,
  Shape,
  Snapshot,
  TableName,
  TableShape,
} from './database/database.ts';
export { dialectOf } from './database/dialects.ts';
export { openDatabase } from './database/open.ts';
export type { OpenOptions } from './database/open.ts';
export { SessionPool } from './database/pool.ts';
export { identifier, join, raw, sql } from './database/sql.ts';
export type { Sql, SqlValue } from './database/sql.ts';
export { decrypted, isEncrypted } from './encryption/decrypting-source.ts';
export {
  noKeys,
  parseIdentities,
  parsePassphrase,
  parseRecipients,
  passphraseIdentity,
  passphraseRecipient,
} from './encryption/keys.ts';
export type { Identity, Keys, Recipient } from './encryption/keys.ts';
export { errorTable, LockstepError, reasonOf, redact } from './errors.ts';
export type { ErrorCode } from './errors.ts';
export { importPrisma } from './import/prisma/import-prisma.ts';
export type { PrismaImport } from './import/prisma/import-prisma.ts';
export { phaseRefused } from './migrate/adopt.ts';
export { baseline } from './migrate/baseline.ts';
export type { BaselineResult } from './migrate/baseline.ts';
export { dryRun } from './migrate/dry-run.ts';
export type { DryRunOptions, DryRunResult, TriedMigration } from './migrate/dry-run.ts';
export { migrate } from './migrate/migrate.ts';
export type { MigrateOptions, MigrateResult } from './migrate/migrate.ts';
export { resolve } from './migrate/resolve.ts';
export type { Decision, Unresolved } from './migrate/resolve.ts';
export { sealRelease } from './migrate/seal-release.ts';
export type { SealResult } from './migrate/seal-release.ts';
export { validate } from './migrate/validate.ts';
export type { Validation } from './migrate/validate.ts';
export type { Blocks, Rule, Severity, TableEffect, Topic, Work } from './plan/analysis.ts';
export { allRules } from './plan/all-rules.ts';
export { familiesOf } from './plan/families.ts';
export { lint } from './plan/lint.ts';
export type { LintOptions, LintProblem, LintResult } from './plan/lint.ts';
export { planByHand } from './plan/by-hand.ts';
export { plan } from './plan/plan.ts';
export type { Plan, PlannedEffect, PlannedMigration, PlannedStatement, PlanOptions } from './plan/plan.ts';
export { note, phaseNames } from './progress.ts';
export type { LockLimits, PhaseName, Progress, RunOptions } from './progress.ts';
export { loadProduct } from './release/load-product.ts';
export type { DataMigrationPace, Naming, PlaceholderSource, Product, ProductSource } from './release/product.ts';
export { compareReleases } from './release/version.ts';
export { abortRestore } from './restore/abort.ts';
export { proveBackup } from './restore/prove.ts';
export type { ProveOptions } from './restore/prove.ts';
export { restore } from './restore/restore.ts';
export type { RestoreOptions, RestoreResult } from './restore/restore.ts';
export type { Dangling } from './restore/dangling.ts';
export { restoreTables } from './restore/restore-tables.ts';
export type { RestoreTablesOptions, RestoreTablesResult } from './restore/restore-tables.ts';
export { diffShapes, differenceInWords } from './shape/diff.ts';
export type { FactDifference, ShapeDifference } from './shape/diff.ts';
export { fingerprint } from './shape/fingerprint.ts';
export { countDifferences, readableDiff } from './shape/readable-diff.ts';
export { databaseTime, readBackupRuns } from './state/backup-run.ts';
export type { BackupRun, BackupRuns } from './state/backup-run.ts';
export { checkEpoch } from './state/epoch.ts';
export { readHistory } from './state/history.ts';
export { liveLeases } from './state/lease.ts';
export type { Lease } from './state/lease.ts';
export { readState } from './state/state.ts';
export type { State } from './state/state.ts';
export { homeOf, withHome } from './state/tables.ts';
export type { Home } from './state/tables.ts';
export { storageOf } from './storage/beside.ts';
export { openBackup } from './storage/open-backup.ts';
export { openStorage } from './storage/open.ts';
export { countReads } from './storage/count-reads.ts';
export type { CountedSource } from './storage/count-reads.ts';
export { readOnce } from './storage/read-once.ts';
export { spool } from './storage/spool.ts';
export { streamStorage } from './storage/stream.ts';
export type { Sink, Source, Storage, StoredFile } from './storage/storage.ts';
export { guardServer } from './upgrade/guard-server.ts';
export type { GuardedServer, GuardOptions } from './upgrade/guard-server.ts';
export { info } from './upgrade/info.ts';
export type { Info } from './upgrade/info.ts';
export { keepLease } from './upgrade/lease-keeper.ts';
export type { LeaseKeeper } from './upgrade/lease-keeper.ts';
export { prepareServer } from './upgrade/prepare-server.ts';
export type { ServerStart } from './upgrade/prepare-server.ts';
export { upgrade } from './upgrade/upgrade.ts';
export type { UpgradeOptions, UpgradeResult } from './upgrade/upgrade.ts';
export { version } from './version.ts';
