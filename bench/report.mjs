import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';

/** What the figures were measured on. */
export function printMachine() {
  const { version } = JSON.parse(readFileSync(new URL('../packages/cli/package.json', import.meta.url), 'utf8'));
  const [load = 0] = loadavg();
  console.log(`Lockstep ${version}, Node ${process.versions.node}, ${type()} ${release()}`);
  console.log(`${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${(totalmem() / 1e9).toFixed(0)} GB memory`);
  if (load > 1.5)
    console.log(`The load of this machine is ${load.toFixed(1)}: it is busy, and the figures mean little.`);
}

export function printResult({ ours, peers, floor, ratio, serve }) {
  console.log('Medians');
  line('lockstep', ours);
  for (const [name, peer] of Object.entries(peers)) line(name, peer);
  if (serve) line('lockstep serve, until it is ready', serve);
  if (floor) line('floor', floor);
  if (ratio !== null) console.log(`Lockstep takes ${ratio} times as long as the fastest of the others.`);
}

function line(name, { seconds, rssMb }) {
  console.log(
    `  ${seconds.toFixed(2).padStart(8)} s  ${name}${rssMb === undefined ? '' : `, peak of memory ${rssMb} MB`}`,
  );
}
