/**
 * Measures entries in turns: one round runs each of them once, and every other round runs them backwards, so that
 * what the machine does meanwhile meets all of them alike.
 *
 * @param {number} count of rounds
 * @param {Record<string, () => Promise<{ seconds: number, rssMb?: number }>>} entries by name
 * @returns {Promise<Record<string, { seconds: number, rssMb?: number, runs: number[] }>>} medians, and the peak of memory
 */
export async function inTurns(count, entries) {
  const measured = Object.fromEntries(Object.keys(entries).map((name) => [name, []]));
  for (let round = 1; round <= count; round++) {
    console.log(`Round ${round} of ${count}`);
    const order = Object.entries(entries);
    for (const [name, measure] of round % 2 === 1 ? order : order.toReversed()) {
      const one = await measure();
      measured[name].push(one);
      const memory = one.rssMb === undefined ? '' : `  ${one.rssMb.toFixed(0)} MB`;
      console.log(`  ${one.seconds.toFixed(2).padStart(8)} s  ${name}${memory}`);
    }
  }
  return Object.fromEntries(Object.entries(measured).map(([name, runs]) => [name, summary(runs)]));
}

function summary(runs) {
  const seconds = runs.map((one) => rounded(one.seconds));
  const peaks = runs.flatMap((one) => one.rssMb ?? []);
  return {
    seconds: median(seconds),
    ...(peaks.length > 0 && { rssMb: Math.round(Math.max(...peaks)) }),
    runs: seconds,
  };
}

function median(values) {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : rounded((sorted[middle - 1] + sorted[middle]) / 2);
}

function rounded(seconds) {
  return Math.round(seconds * 1000) / 1000;
}

/**
 * The result of a suite from what was measured: `lockstep` is ours, `floor` what nobody can be faster than, all others
 * are peers. `ratio` is ours to the fastest peer.
 */
export function resultOf({ lockstep: ours, floor = null, ...peers }) {
  const fastest = Math.min(...Object.values(peers).map((peer) => peer.seconds));
  const ratio = Number.isFinite(fastest) ? Math.round((ours.seconds / fastest) * 100) / 100 : null;
  return { ours, peers, floor, ratio };
}
