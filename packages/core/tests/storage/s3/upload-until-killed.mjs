// Uploads a file that has no end, and says so when two parts must have arrived.
import { openStorage } from '../../../dist/storage/open.js';

const sink = await openStorage(process.argv[2] ?? '').create('killed.sql.zst');
const chunk = Buffer.alloc(1024 * 1024, 'x');
for (let count = 1; ; count += 1) {
  await sink.write(chunk);
  if (count === 60) process.stdout.write('writing\n');
  if (count >= 60) await new Promise((done) => setTimeout(done, 50));
}
