/** A moment for people: `2026-11-22 11:30:25`, in UTC. Empty for an empty text. */
export function moment(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ');
}

/** How long ago that was: `3 hours ago`. */
export function ago(iso: string, now: number): string {
  const seconds = Math.round((now - Date.parse(iso)) / 1000);
  if (Number.isNaN(seconds)) return 'at an unknown time';
  if (seconds < 0) return 'in the future';
  const units: readonly (readonly [number, string])[] = [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ];
  const [size, unit] = units.find(([length]) => seconds >= 2 * length) ?? [1, 'second'];
  const count = Math.floor(seconds / size);
  return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
}
