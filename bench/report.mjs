import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { described } from './rounds.mjs';

/** What the figures were measured on. */
export function machine() {
  const { version } = JSON.parse(readFileSync(new URL('../packages/cli/package.json', import.meta.url), 'utf8'));
  return {
    lockstep: version,
    node: process.versions.node,
    system: `${type()} ${release()}`,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1e9),
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}

export function printMachine({ lockstep, node, system, processor, cores, memoryGb, load }) {
  console.log(`Lockstep ${lockstep}, Node ${node}, ${system}`);
  console.log(`${cores} cores (${processor}), ${memoryGb} GB memory`);
  if (load > 1.5) console.log(`The load of this machine is ${load}: it is busy, and only CPU seconds mean something.`);
}

export function printResult(result) {
  console.log(
    'Medians: seconds, CPU seconds of the client and of the server, peak of its memory, size of what it wrote',
  );
  const { ours, variants, peers, floor, undisturbed } = result;
  print({
    ...(ours && { lockstep: ours }),
    ...variants,
    ...peers,
    ...(floor && { floor }),
    ...(undisturbed && { undisturbed }),
  });
  for (const { size, backup, restore } of result.steps ?? []) {
    print({ [`backup of ${size}`]: backup, [`restore of ${size}`]: restore });
  }
  const phases = Object.entries(ours?.phases ?? {}).map(([name, seconds]) => `${name} ${seconds.toFixed(2)}`);
  if (phases.length > 0) console.log(`Seconds of the phases: ${phases.join(', ')}`);
  const { ratio, cpuRatio, ratioWithoutProof, floorRatio, sizeRatio, waitRatio, exponents } = result;
  say(
    ratio,
    `Lockstep takes ${ratio} times as long as the fastest of the others, and ${cpuRatio} times the client's CPU.`,
  );
  say(ratioWithoutProof, `Without the check of the file and reading back it is ${ratioWithoutProof} times as long.`);
  say(floorRatio, `It takes ${floorRatio} times as long as the floor.`);
  say(sizeRatio, `What it writes is ${sizeRatio} times as large.`);
  say(waitRatio, `The longest wait of a writer is ${waitRatio} times that beside the best of the others.`);
  const { rows, updateRatio, updateCpuRatio, loopRatio, memoryRatio } = result;
  say(
    updateRatio,
    `For ${rows} rows it takes ${updateRatio} times as long as one UPDATE, and ${updateCpuRatio} times its CPU.`,
  );
  say(loopRatio, `It does ${loopRatio} times as many rows per second as the loop of a SELECT and an UPDATE per row.`);
  say(memoryRatio, `Its memory is ${memoryRatio} times that of a quarter of the rows.`);
  say(exponents, `Exponents of the growth: ${JSON.stringify(exponents)}`);
}

function print(measured) {
  for (const [name, each] of Object.entries(measured)) {
    const { medianMs, p99Ms, maxMs, count } = each.waits ?? {};
    const waits = count ? `; ${count} commits waited ${medianMs} ms, 99 % ${p99Ms} ms, at most ${maxMs} ms` : '';
    const rate = each.rate ? `; ${Math.round(each.rate)} rows/s` : '';
    console.log(`  ${described(each)}  ${name}${waits}${rate}`);
  }
}

function say(value, text) {
  if (value !== null && value !== undefined) console.log(text);
}
