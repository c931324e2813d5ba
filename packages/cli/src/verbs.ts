import type { Verb } from './verb.ts';
import { backup } from './verbs/backup.ts';
import { backups } from './verbs/backups.ts';
import { baseline } from './verbs/baseline.ts';
import { digest } from './verbs/digest.ts';
import { info } from './verbs/info.ts';
import { ingest } from './verbs/ingest.ts';
import { migrate } from './verbs/migrate.ts';
import { release } from './verbs/release.ts';
import { resolve } from './verbs/resolve.ts';
import { restore } from './verbs/restore.ts';
import { sample } from './verbs/sample.ts';
import { serve } from './verbs/serve.ts';
import { show } from './verbs/show.ts';
import { upgrade } from './verbs/upgrade.ts';
import { validate } from './verbs/validate.ts';
import { verify } from './verbs/verify.ts';

/** Every verb by its name, in the order of the help. */
export const verbs: Readonly<Record<string, Verb>> = {
  info,
  migrate,
  validate,
  resolve,
  baseline,
  release,
  backup,
  backups,
  show,
  verify,
  restore,
  digest,
  upgrade,
  serve,
  ingest,
  sample,
};
