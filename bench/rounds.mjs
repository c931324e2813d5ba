/** @typedef {import('./measure.mjs').Measured} Measured */

/**
 * Measures entries in turns: one round runs each of them once, and every other round runs them backwards, so that
 * what the machine does meanwhile meets all of them alike.
 *
 * @param {number} count of rounds
 * @param {Record<string, () => Promise<Measured>>} entries by name
 * @returns {Promise<Record<string, Measured & { runs: number[] }>>} medians, and the peak of memory
 */
export async function inTurns(count, entries) {
  const measured = Object.fromEntries(Object.keys(entries).map((name) => [name, []]));
  for (let round = 1; round <= count; round++) {
    console.log(`Round ${round} of ${count}`);
    const order = Object.entries(entries);
    for (const [name, measure] of round % 2 === 1 ? order : order.toReversed()) {
      const one = await measure();
      measured[name].push(one);
      console.log(`  ${described(one)}  ${name}`);
    }
  }
  return Object.fromEntries(Object.entries(measured).map(([name, runs]) => [name, summary(runs)]));
}

/** Seconds, CPU seconds of client and server, memory and size on one line. */
export function described({ seconds, cpu, serverCpu, rssMb, bytes }) {
  const number = (value, digits = 2, width = 8) => (value === undefined ? '-' : value.toFixed(digits)).padStart(width);
  const size = number(bytes === undefined ? undefined : bytes / 1e6, 1);
  return `${number(seconds)} s ${number(cpu)} s ${number(serverCpu)} s ${number(rssMb, 0, 6)} MB ${size} MB`;
}

function summary(runs) {
  const seconds = runs.map((one) => rounded(one.seconds));
  const medianOf = (name) => median(runs.flatMap((one) => one[name] ?? []));
  return {
    seconds: median(seconds),
    cpu: medianOf('cpu'),
    serverCpu: medianOf('serverCpu'),
    rssMb: Math.round(Math.max(...runs.map((one) => one.rssMb))),
    bytes: runs.at(-1).bytes,
    rate: medianOf('rate'),
    phases: phasesOf(runs.flatMap((one) => one.phases ?? [])),
    waits: waitsOf(runs.flatMap((one) => one.waits ?? [])),
    runs: seconds,
  };
}

function phasesOf(runs) {
  if (runs.length === 0) return undefined;
  return Object.fromEntries(Object.keys(runs[0]).map((name) => [name, median(runs.map((one) => one[name] ?? 0))]));
}

/** Of all runs together, in milliseconds. */
function waitsOf(waits) {
  if (waits.length === 0) return undefined;
  const sorted = waits.toSorted((left, right) => left - right);
  const at = (part) => Math.round(sorted[Math.ceil(part * sorted.length) - 1] * 10) / 10;
  return { count: sorted.length, medianMs: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

function median(values) {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  return rounded(sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2);
}

function rounded(seconds) {
  return Math.round(seconds * 1000) / 1000;
}
