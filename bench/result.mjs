/**
 * The result of a suite from what was measured, by name: `lockstep` is ours, names that begin with it are ours under
 * other circumstances, `floor` is what nobody can be faster than, and all others are peers. Ratios are to those peers
 * whose name `counts`.
 */
export function resultOf(measured, counts = () => true) {
  const { lockstep: ours, floor = null, ...others } = measured;
  const isOurs = (name) => name.startsWith('lockstep');
  const peers = Object.fromEntries(Object.entries(others).filter(([name]) => !isOurs(name)));
  const variants = Object.fromEntries(Object.entries(others).filter(([name]) => isOurs(name)));
  const compared = Object.entries(peers).filter(([name]) => counts(name));
  const least = (field) => Math.min(...compared.map(([, peer]) => peer[field]));
  const piped = Object.entries(peers).find(([name]) => name.endsWith('| zstd -1'))?.[1];
  return {
    ours,
    variants,
    peers,
    floor,
    compared: compared.map(([name]) => name),
    ratio: ratio(ours.seconds, least('seconds')),
    cpuRatio: ratio(ours.cpu, least('cpu')),
    floorRatio: ratio(ours.seconds, floor?.seconds),
    sizeRatio: ratio(ours.bytes, piped?.bytes),
  };
}

/** Rounded to hundredths; null where there is nothing to compare with. */
export function ratio(value, other) {
  if (value === undefined || other === undefined || !Number.isFinite(other)) return null;
  return Math.round((value / other) * 100) / 100;
}
