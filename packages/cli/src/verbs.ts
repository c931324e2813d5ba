import type { Verb } from './verb.ts';

/** Every verb by its name, in the order of the help. Each is loaded when it is asked for: commands start quickly. */
export const verbs: Readonly<Record<string, () => Promise<Verb>>> = {
  info: async () => (await import('./verbs/info.ts')).info,
  plan: async () => (await import('./verbs/plan.ts')).plan,
  migrate: async () => (await import('./verbs/migrate.ts')).migrate,
  validate: async () => (await import('./verbs/validate.ts')).validate,
  lint: async () => (await import('./verbs/lint.ts')).lint,
  resolve: async () => (await import('./verbs/resolve.ts')).resolve,
  baseline: async () => (await import('./verbs/baseline.ts')).baseline,
  import: async () => (await import('./verbs/import.ts')).importVerb,
  release: async () => (await import('./verbs/release.ts')).release,
  backup: async () => (await import('./verbs/backup.ts')).backup,
  backups: async () => (await import('./verbs/backups.ts')).backups,
  show: async () => (await import('./verbs/show.ts')).show,
  verify: async () => (await import('./verbs/verify.ts')).verify,
  prune: async () => (await import('./verbs/prune.ts')).prune,
  restore: async () => (await import('./verbs/restore.ts')).restore,
  digest: async () => (await import('./verbs/digest.ts')).digest,
  upgrade: async () => (await import('./verbs/upgrade.ts')).upgrade,
  serve: async () => (await import('./verbs/serve.ts')).serve,
  ingest: async () => (await import('./verbs/ingest.ts')).ingest,
  sample: async () => (await import('./verbs/sample.ts')).sample,
};
