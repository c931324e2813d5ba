// Run by archive-memory.test.ts: reads all of a file, and tells how it was refused and how much memory that took.
import { openArchive } from '#core/backup/archive/reader.js';
import { openFile } from '#core/storage/file-source.js';

const [, , file] = process.argv;
const source = await openFile(file);
const before = process.memoryUsage().rss;
let refusal = 'accepted';
try {
  const archive = await openArchive(source);
  try {
    await archive.verifyAll();
  } finally {
    await archive.close();
  }
} catch (error) {
  refusal = `${error.code}: ${error.message}`;
}
const megabytes = Math.round((process.resourceUsage().maxRSS * 1024 - before) / 1e6);
process.stdout.write(JSON.stringify({ refusal: refusal.slice(0, 300), megabytes }));
