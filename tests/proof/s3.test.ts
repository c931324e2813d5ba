import { expect, it } from 'vitest';
import { describeEachEngine } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import { fieldsOf, lockstep, succeed } from '../fixtures/lockstep.ts';
import { describeS3, freshBucket, s3Environment } from '../fixtures/s3.ts';

describeS3('a proof in S3', () => {
  describeEachEngine(
    'of a backup',
    (engine) => {
      it('lies beside it, is listed, and goes with it', async () => {
        const { url } = await freshDatabase(engine);
        const bucket = await freshBucket();
        const env = { ...s3Environment(), LOCKSTEP_BACKUPS: `s3://${bucket.name}/shop` };
        await succeed(url, ['migrate'], { env });
        const file = String(fieldsOf((await succeed(url, ['backup'], { env }))['backup'])['file']);
        await succeed(url, ['verify', file, '--restore'], { env });
        expect((await bucket.keys()).filter((key) => key.endsWith('.proof.json'))).toHaveLength(1);
        expect(await lockstep(url, ['backups', '--check', '--proven'], { env })).toMatchObject({ code: 0 });
        await succeed(url, ['backup'], { env });
        await succeed(url, ['prune', '--keep-last', '1'], { env });
        expect(await bucket.keys()).toHaveLength(3);
      });
    },
    ({ name }) => name === 'postgres15',
  );
});
