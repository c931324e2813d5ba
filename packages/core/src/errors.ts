/**
 * Every error that Lockstep can end with: a stable code, the exit code of the command line, and the wording.
 * `{name}` stands for a detail. docs/ERRORS.md is generated from this table.
 *
 * Exit codes: 1 failed, 2 wrong usage, 3 refused by a guard, 4 invalid or drifted, 5 unfinished, 6 gave up waiting.
 */
export const errorTable = {
  // Usage and configuration
  USAGE: { exit: 2, message: '{reason}', next: 'See `lockstep --help`.' },
  CONFIG_INVALID: {
    exit: 2,
    message: '{file} is not a valid configuration: {place}: {reason}.',
    next: 'Correct the file. docs/configuration.md lists every key.',
  },
  URL_INVALID: {
    exit: 2,
    message: 'The database URL {location} cannot be used: {reason}.',
    next: 'Give postgres://, mysql://, mariadb:// or pglite:FOLDER.',
  },

  // Engines
  SERVER_UNREACHABLE: {
    exit: 1,
    message: 'No database server answers at {location}: {reason}.',
    next: 'Check that the server runs and that host and port are right.',
  },
  TLS_FAILED: {
    exit: 1,
    message: 'No encrypted connection to {location} comes about: {reason}.',
    next: 'Check what the URL says of TLS, and which authority has signed the certificate of the server. docs/engines.md tells how to name one.',
  },
  TLS_NEEDED: {
    exit: 1,
    message: 'The server at {location} takes encrypted connections only: {reason}.',
    next: 'Ask for TLS in the URL. docs/engines.md tells how.',
  },
  LOGIN_REFUSED: {
    exit: 1,
    message: 'The server at {location} refuses the login: {reason}.',
    next: 'Check user and password of the database URL.',
  },
  DATABASE_MISSING: {
    exit: 1,
    message: 'The server at {location} has no such database: {reason}.',
    next: 'Create the database, or correct the name in the URL.',
  },
  ENGINE_UNSUPPORTED: {
    exit: 3,
    message: 'The server at {location} is {found}. Lockstep needs {needed}.',
    next: 'Use a supported server. docs/engines.md lists them.',
  },
  PRIVILEGE_MISSING: {
    exit: 1,
    message: 'The database user may not do what is needed ({doing}): {reason}.',
    next: 'Grant the privilege, or use a user that has it. docs/engines.md lists what each verb needs.',
  },
  CONNECTION_LOST: {
    exit: 1,
    message: 'The connection to {location} was lost: {reason}.',
    next: 'Run the same command again; what was begun is finished or undone.',
  },
  SERVER_FULL: {
    exit: 1,
    message: 'The server has no room: {reason}.',
    next: 'Make room on its disk, or give it more memory, and run the same command again.',
  },
  STATEMENT_FAILED: {
    exit: 1,
    message: 'The server refused a statement: {reason}. Statement: {statement}',
    next: 'The message comes from the server. See its log for more.',
  },
  FOLDER_HELD: {
    exit: 6,
    message: 'The embedded database in {folder} is in use by process {process} on {host} ({purpose}).',
    next: 'Wait for it to end, or stop it.',
  },
  FOLDER_FOREIGN: {
    exit: 3,
    message: '{folder} is not the folder of an embedded database: {reason}.',
    next: 'Name an empty folder or one that Lockstep made.',
  },
  FOLDER_OTHER_VERSION: {
    exit: 3,
    message: 'The embedded database in {folder} was made by Postgres {found}. This Lockstep brings Postgres {needed}.',
    next: '{commands}',
  },

  // Releases and migrations
  MIGRATION_NAME_INVALID: {
    exit: 4,
    message: 'The migration {file} has a name that cannot be used: {reason}.',
    next: 'Name it like V1.2.0.1__add_owner.sql or R__views.sql.',
  },
  PLACEHOLDER_MISSING: {
    exit: 4,
    message: 'There is no value for the placeholder {placeholder} in {file}, line {line}.',
    next: 'Give one under "placeholders" in the configuration, or put placeholderReplacement=false into {file}.conf.',
  },
  SCRIPT_CONFIG_INVALID: {
    exit: 4,
    message: '{file} cannot be used: line {line}: {reason}.',
    next: 'Correct the file. docs/from-flyway.md lists its keys.',
  },
  CALLBACK_FAILED: {
    exit: 1,
    message: 'The callback {script} failed at line {line}: {reason}.',
    next: 'Correct it, then run the same command again: the callbacks run once more.',
  },
  BASELINE_FILE_NEEDED: {
    exit: 3,
    message: 'The database is empty, and of what {script} stands for, the code has no migrations.',
    next: 'Put the migrations up to version {version} back, or name the file V{version}__... and take it for the first.',
  },
  MIGRATION_DUPLICATE: {
    exit: 4,
    message: 'Two migrations have the same version {version}: {first} and {second}.',
    next: 'Give one of them another version.',
  },
  MIGRATION_UNREADABLE: {
    exit: 4,
    message: '{file} cannot be read at line {line}, column {column}: {reason}.',
    next: 'Correct the script.',
  },
  MIGRATION_IMPORT_FORBIDDEN: {
    exit: 4,
    message: 'The migration {file} imports {module}. A migration may import only Node and @lockstep/core/migration.',
    next: 'Copy what it needs into the migration, so that later code cannot change what it does.',
  },
  MIGRATION_FOLDER_MISSING: {
    exit: 2,
    message: 'The folder of migrations {folder} does not exist.',
    next: 'Correct "migrations" in the configuration.',
  },
  SEAL_INVALID: {
    exit: 4,
    message: '{file} cannot be read: {reason}.',
    next: 'Take the file back from version control. It is written by `lockstep release` only.',
  },
  SEAL_BROKEN: {
    exit: 4,
    message: 'The sealed release {release} is not what the files hold: {reason}.',
    next: 'Take the sealed migration back from version control, and put the change into a new migration.',
  },
  MIGRATION_AHEAD: {
    exit: 2,
    message: 'By its version, the migration {script} belongs to release {release}, but the code is at {version}.',
    next: 'Raise "version" in the configuration to {release} or later. A migration belongs to the release that the first three parts of its version name.',
  },
  RELEASE_UNKNOWN: {
    exit: 2,
    message: 'There is no release {release}. Known: {known}.',
    next: 'Name a release from the list.',
  },
  CHECKSUM_MISMATCH: {
    exit: 4,
    message: 'Migration {version} was applied with checksum {applied}, but the file {file} has {found}.',
    next: 'Take the file back from version control, and put the change into a new migration.',
  },
  MIGRATION_MISSING: {
    exit: 3,
    message: 'The database has applied migration {version} ({script}), which this code does not contain.',
    next: 'Use the release of the server that wrote it, {release} or later.',
  },
  HISTORY_FAILED: {
    exit: 3,
    message: 'By the history, migration {version} ({script}) failed on {installedOn} (installed_rank {rank}).',
    next: 'Undo or finish by hand what it has left behind, then settle it with `lockstep resolve {version}` and --rolled-back or --applied.',
  },
  MIGRATION_OUT_OF_ORDER: {
    exit: 4,
    message: 'Migration {version} is pending but the database is at {current} already.',
    next: 'Give the migration a version after {current}.',
  },
  DATABASE_NEWER: {
    exit: 3,
    message: 'The database is at release {found}. This code is release {needed}.',
    next: 'Start the server of release {found} or later, or restore a backup of {needed} into an empty database.',
  },
  DATABASE_OLDER: {
    exit: 3,
    message: 'The database is at release {found}. This needs release {needed}.',
    next: 'Run `lockstep upgrade`.',
  },
  RELEASE_NOT_AHEAD: {
    exit: 3,
    message: 'The database is at release {found}. It cannot be migrated to {needed}, which is older.',
    next: 'To go back in time, restore a backup of {needed} into an empty database.',
  },
  DATABASE_NOT_ADOPTED: {
    exit: 3,
    message: 'The database holds objects that Lockstep does not know: {found}.',
    next: 'Use an empty database, or adopt this one with `lockstep baseline --at X.Y.Z`.',
  },
  DATABASE_EMPTY: {
    exit: 3,
    message: 'The database is empty: there is no release in it.',
    next: 'Run `lockstep migrate` or `lockstep restore FILE`.',
  },
  IMPORT_REFUSED: {
    exit: 3,
    message: '{what} cannot be imported: {reason}.',
    next: 'Settle that first. Nothing was changed.',
  },
  BASELINE_REFUSED: {
    exit: 3,
    message: 'The database cannot be adopted at release {release}: {reason}.',
    next: 'Look at the differences. The database must have the exact shape of the release.',
  },
  OTHER_PRODUCT: {
    exit: 3,
    message: 'This database belongs to the product {found}, not to {needed}.',
    next: 'Check the database URL and the configuration.',
  },
  MIGRATION_FAILED: {
    exit: 1,
    message: 'Migration {version} ({script}) failed at line {line}: {reason}.',
    next: '{next}',
  },
  TABLE_UNFIT: {
    exit: 4,
    message: 'A data migration cannot work on the table {table}: {reason}.',
    next: 'Correct the migration. docs/migrations.md tells what it needs of a table. Nothing of it has been run.',
  },
  DRY_RUN_REFUSED: {
    exit: 3,
    message: 'Migration {version} cannot be tried without keeping it: {reason}.',
    next: 'Restore a backup into an empty database of its own, and run `lockstep migrate` there. Nothing was changed.',
  },
  REPLICA_UNFIT: {
    exit: 3,
    message: 'The replica {location} is to be watched, and cannot be: {reason}.',
    next: 'Correct dataMigrations.replicas in the configuration. Nothing of the migration has been run.',
  },
  MIGRATION_UNRESOLVED: {
    exit: 5,
    message: 'Migration {version} ({script}) stopped at statement {statement} (line {line}): {reason}.',
    next: 'Look at the facts with `lockstep resolve {version}`, then settle it with --applied, --retry or --rolled-back.',
  },
  MIGRATION_EDITED: {
    exit: 4,
    message: 'The file of migration {version} ({script}) was edited after it had run half way: {reason}.',
    next: 'Take the file (and the values of its placeholders) back as it was, and run the same command again. Or undo by hand all that the migration did, and say so with `lockstep resolve {version} --rolled-back`.',
  },
  MIGRATION_NOT_SQL: {
    exit: 3,
    message: 'Migration {version} ({script}) is written in TypeScript, and cannot be printed as SQL.',
    next: 'Let Lockstep run it: `lockstep migrate`. With `--to` you can print the releases before it.',
  },
  RESOLVE_NOT_NEEDED: {
    exit: 3,
    message: 'Migration {version} has not failed: {found}.',
    next: 'There is nothing to resolve. See `lockstep info`.',
  },
  UNDECLARED_CHANGE: {
    exit: 4,
    message: 'The migration changed what no migration declares: {changes}.',
    next: '{next}',
  },
  LOCK_TIMEOUT: {
    exit: 6,
    message: 'Gave up after waiting {seconds} s for {holder}.',
    next: 'Look at what it does; run again when it has ended.',
  },
  LOCK_LOST: {
    exit: 5,
    message: 'The connection that holds the migration lock was lost: {reason}.',
    next: 'Run the same command again; what was begun is finished.',
  },
  LEASE_LIVE: {
    exit: 3,
    message: 'Servers are at work on this database: {found}.',
    next: 'Stop them first. A server that was killed counts as alive until {until}.',
  },
  EPOCH_CHANGED: {
    exit: 3,
    message: 'The database was upgraded or restored since this server started (epoch {found}, this server {needed}).',
    next: 'Restart the server.',
  },
  PHASE_REFUSED: {
    exit: 3,
    message: 'The database is in phase {phase}: {detail}.',
    next: '{next}',
  },
  DATABASE_DRIFTED: {
    exit: 4,
    message: 'The database differs from release {release}: {differences}.',
    next: '`lockstep validate` prints the differences.',
  },
  SHAPE_UNSUPPORTED: {
    exit: 3,
    message: 'The database holds what Lockstep cannot carry: {found}.',
    next: 'Move it out of the schemas of the product. docs/shape.md has the list of what is carried.',
  },

  // Backup and restore
  BACKUP_EXISTS: {
    exit: 3,
    message: '{file} exists already.',
    next: 'Name another place. A backup is never overwritten.',
  },
  BACKUP_MISSING: {
    exit: 2,
    message: 'There is no backup at {file}.',
    next: '`lockstep backups` lists them.',
  },
  BACKUP_SOUND: {
    exit: 3,
    message: '{file} is not damaged. Only damaged files are removed by their names.',
    next: 'Leave it to the rules, or remove the file by hand. Nothing was removed.',
  },
  BACKUP_NEEDED: {
    exit: 3,
    message: '{file} is needed: {why}.',
    next: 'Finish that first; `lockstep info` shows where it stands. Nothing was removed.',
  },
  BACKUP_NOT_PROVEN: {
    exit: 4,
    message: '{file} does not restore: {reason}.',
    next: 'Take another one, and find out what is wrong with the server, the storage or the database.',
  },
  SCHEDULE_INVALID: {
    exit: 2,
    message: '"{found}" is not a schedule for backups: {reason}.',
    next: 'Give a cron expression of five fields, such as "30 2 * * *", as `backups.schedule.cron`.',
  },
  KEEP_RULE_MISSING: {
    exit: 2,
    message: 'There is no rule that keeps a backup, so all of them would be removed.',
    next: 'Give --keep-last, --keep-daily, --keep-weekly or --keep-monthly, or `backups.keep` in the configuration.',
  },
  TIME_ZONE_UNKNOWN: {
    exit: 2,
    message: '{found} is not a time zone that is known here.',
    next: 'Give UTC or a name of the IANA database, such as Europe/Vienna.',
  },
  STORAGE_FAILED: {
    exit: 1,
    message: '{place} cannot be used: {reason}.',
    next: 'Check path, rights and free space.',
  },
  STORAGE_INVALID: {
    exit: 2,
    message: '{place} is not a place for backups: {reason}.',
    next: 'Give a path, a file: URL or s3://BUCKET/PREFIX.',
  },
  STORAGE_CREDENTIALS_MISSING: {
    exit: 2,
    message: 'There are no credentials for S3: {reason}.',
    next: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE. docs/s3.md tells where they are looked for.',
  },
  STORAGE_LOGIN_REFUSED: {
    exit: 1,
    message: '{endpoint} refuses the credentials: {reason}.',
    next: 'Check access key, secret and session token, and that they belong to this endpoint.',
  },
  STORAGE_FORBIDDEN: {
    exit: 1,
    message: 'The credentials may not do what is needed at {place} ({doing}): {reason}.',
    next: 'Grant the right. docs/s3.md lists those that each verb needs.',
  },
  BUCKET_MISSING: {
    exit: 1,
    message: 'There is no bucket {bucket} at {endpoint}.',
    next: 'Create it, or correct the name, the region or the endpoint.',
  },
  STORAGE_UNREACHABLE: {
    exit: 1,
    message: 'The connection to {endpoint} fails: {reason}.',
    next: 'Check the endpoint and the network, and run the same command again.',
  },
  SPACE_MISSING: {
    exit: 3,
    message: '{place} has {found} free; {needed} are needed.',
    next: 'Make room, or name another place.',
  },
  FILE_DAMAGED: {
    exit: 3,
    message: '{file} is damaged: {reason}.',
    next: 'Use another backup. Nothing was changed.',
  },
  FILE_FOREIGN: {
    exit: 3,
    message: '{file} is not a backup made by Lockstep: {reason}.',
    next: 'Name a backup file. Nothing was changed.',
  },
  FILE_ENCRYPTED: {
    exit: 3,
    message: '{file} is encrypted with age to {needed}, and no key was given.',
    next: 'Name the file of a key that it is encrypted to with --identity (or --passphrase-file). Nothing was changed.',
  },
  KEY_WRONG: {
    exit: 3,
    message: '{file} is encrypted with age to {needed}. None of the keys that were given opens it: {found} were tried.',
    next: 'Name the file of a key that it is encrypted to with --identity (or --passphrase-file). Nothing was changed.',
  },
  KEY_MISSING: {
    exit: 3,
    message:
      'The backup would be encrypted to recipients whose keys are not here, and this reads it back. Keys given: {found}.',
    next: 'Name the file of the key of one recipient with --identity, or take the backup with --no-encrypt. Nothing was changed.',
  },
  RECIPIENT_INVALID: {
    exit: 2,
    message: 'A recipient of age cannot be used ({place}): {reason}.',
    next: 'Give age1..., as `age-keygen` prints it, or the file of a list of them.',
  },
  IDENTITY_INVALID: {
    exit: 2,
    message: 'A key cannot be used ({place}): {reason}.',
    next: 'Name a file that `age-keygen -o FILE` made, or one with a passphrase in its first line.',
  },
  ROW_TOO_LONG: {
    exit: 3,
    message: 'A row of {table} has {found} bytes as text. A backup can carry {needed}.',
    next: 'Take such values out of the table. Nothing was published.',
  },
  FORMAT_NEWER: {
    exit: 3,
    message: '{file} has format {found}. This Lockstep reads up to {needed}.',
    next: 'Use a newer Lockstep.',
  },
  BACKUP_NEWER: {
    exit: 3,
    message: 'The backup is of release {found}. This code is release {needed}.',
    next: 'Restore it with the code of release {found} or later.',
  },
  BACKUP_OTHER_RELEASE: {
    exit: 3,
    message: 'The backup is of release {found}. The database is at release {needed}.',
    next: 'Restore into an empty database; add --upgrade to migrate it on afterwards.',
  },
  BACKUP_OTHER_PRODUCT: {
    exit: 3,
    message: 'The backup is of the product {found}, not of {needed}.',
    next: 'Check the file and the configuration.',
  },
  BACKUP_OTHER_FAMILY: {
    exit: 3,
    message: 'The backup was taken from {found}. The target is {needed}.',
    next: 'Restore it into a database of the same family.',
  },
  BACKUP_OTHER_LIST: {
    exit: 3,
    message: 'The backup was taken with migrations that this code does not have in the same form: {reason}.',
    next: 'Use the code that the backup was taken with.',
  },
  BACKUP_SHAPE_UNKNOWN: {
    exit: 3,
    message: 'The shape in the backup is not that of release {release} (drifted, or failed in a migration).',
    next: 'Restore it with `--shape embedded`, which uses the DDL in the file.',
  },
  TARGET_NOT_CLEAN: {
    exit: 3,
    message: 'The target database is not clean: {found}.',
    next: 'Restore into an empty database.',
  },
  ROW_TOO_LARGE: {
    exit: 3,
    message: 'A row of {table} has {found} bytes as SQL. The server takes rows of up to {needed}.',
    next: '{remedy}, and run the same command again. Nothing was changed.',
  },
  TABLE_UNKNOWN: {
    exit: 2,
    message: 'The backup has no table {name}.',
    next: '`lockstep show FILE` lists its tables.',
  },
  REPLACE_NEEDED: {
    exit: 3,
    message: 'The database holds data of its own, and {tables} would be replaced.',
    next: 'Say --replace if that is what you want. Nothing was changed.',
  },
  REPLACE_IMPOSSIBLE: {
    exit: 3,
    message: 'The table {table} cannot be replaced: {reason}.',
    next: 'Restore it into an empty database, and take the rows from there. Nothing was changed.',
  },
  TABLES_DIFFER: {
    exit: 1,
    message: 'What was read back differs from the backup: {differences}.',
    next: 'Nothing was changed.',
  },
  RESTORE_DIFFERS: {
    exit: 1,
    message: 'What was read back differs from the backup: {differences}.',
    next: 'The database stays closed to servers. Run the restore again, or undo it with `lockstep restore --abort`.',
  },
  FOREIGN_KEY_BROKEN: {
    exit: 1,
    message: 'The backup holds rows that break the foreign key {foreignKey}: they have no parent.',
    next: 'List them in the database that was backed up, delete or mend them, and take another backup: {query}. Undo this restore with `lockstep restore --abort`. If that database is gone: `lockstep restore FILE --table "*"` into an empty one takes the rows as they are and names the key; mend them there.',
  },
  RESTORE_UNFINISHED: {
    exit: 5,
    message: 'The restore was cut off: {reason}.',
    next: 'Run the same command again: it goes on where it stopped. Or undo it with `lockstep restore --abort`.',
  },
  RESTORE_NOT_RUNNING: {
    exit: 3,
    message: 'There is no interrupted restore to abort: the phase is {phase}.',
    next: 'Nothing was changed.',
  },
  REPLICA_CONFLICT: {
    exit: 1,
    message:
      'The replica at {location} could not go on reading and apply changes of its primary at the same time: {reason}.',
    next: 'Run it again; set hot_standby_feedback = on or a longer max_standby_streaming_delay on the replica, or use the primary.',
  },
  SNAPSHOT_CHANGED: {
    exit: 1,
    message: 'The shape of the database changed while the backup was taken: {found}.',
    next: 'Take the backup again when no migration runs.',
  },

  // The catalog
  INGEST_SERVICE_OTHER: {
    exit: 3,
    message: 'The service {service} is of type {found}. The source is {needed}.',
    next: 'Name another service: everything that a source does not hold is deleted from its service. Nothing was changed.',
  },
  INGEST_CHANGED: {
    exit: 5,
    message: '{name} was deleted in the catalog while its content was read.',
    next: 'Run the same command again; it goes on with what is missing.',
  },
  SAMPLE_NOT_EMPTY: {
    exit: 3,
    message: 'The catalog holds entities already: {found}. A sample is made in an empty catalog only.',
    next: 'Name an empty database. Nothing was changed.',
  },
  SAMPLE_RELEASE_UNKNOWN: {
    exit: 3,
    message: 'The database is at release {found}. Samples are made for {known}.',
    next: 'Migrate to one of these releases with `lockstep migrate --to X.Y.Z`. Nothing was changed.',
  },
  INTERRUPTED: {
    exit: 5,
    message: 'Stopped by {signal}.',
    next: 'Run the same command again to go on.',
  },
  LISTEN_FAILED: {
    exit: 1,
    message: 'The server cannot listen at {address}: {reason}.',
    next: 'Choose another port, or stop the process that uses it.',
  },
  INTERNAL: {
    exit: 1,
    message: 'Something that should not happen has happened: {reason}.',
    next: 'Please report it with the output of the command.',
  },
} as const satisfies Record<string, ErrorEntry>;

interface ErrorEntry {
  readonly exit: 1 | 2 | 3 | 4 | 5 | 6;
  readonly message: string;
  readonly next: string;
}

export type ErrorCode = keyof typeof errorTable;
export type ErrorDetails = Readonly<Record<string, string | number>>;

/** An error of Lockstep: `code` is stable, `message` is for people, `next` says what to do. */
export class LockstepError extends Error {
  override readonly name = 'LockstepError';
  readonly code: ErrorCode;
  readonly exit: number;
  readonly details: Readonly<Record<string, string>>;
  readonly next: string;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: ErrorOptions) {
    const safe = Object.fromEntries(Object.entries(details).map(([key, value]) => [key, redact(String(value))]));
    super(fill(errorTable[code].message, safe), options);
    this.code = code;
    this.exit = errorTable[code].exit;
    this.details = safe;
    this.next = fill(errorTable[code].next, safe);
  }
}

/** The message of anything thrown, without secrets. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return redact(text);
}

/** Takes the password out of URLs, what looks like a password parameter, and the secret keys of age. */
export function redact(text: string): string {
  return text
    .replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/]*@/gi, '$1:***@')
    .replace(/AGE-SECRET-KEY-[A-Z0-9-]+/gi, 'AGE-SECRET-KEY-***')
    .replace(/(\b(?:password|passwd|pwd|secret|token)=)[^\s&]+/gi, '$1***');
}

function fill(template: string, details: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = details[name];
    if (value === undefined) throw new TypeError(`No detail "${name}" for: ${template}`);
    return value;
  });
}
