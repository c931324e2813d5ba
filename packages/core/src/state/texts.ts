/** Reads an object of texts out of its JSON, as it stands beside a phase or a step. */
export function parseTexts(text: string): Record<string, string> {
  const json: unknown = JSON.parse(text);
  if (typeof json !== 'object' || json === null) return {};
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, String(value)]));
}
