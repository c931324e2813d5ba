/**
 * JSON as text, put together by hand: numbers stay as they are written, such as 1.10 or 9007199254740993, which a
 * JavaScript number would change.
 */
export type Json = string;

export function jsonObject(fields: Readonly<Record<string, Json | undefined>>): Json {
  const members = Object.entries(fields).flatMap(([key, value]) =>
    value === undefined ? [] : `${jsonString(key)}:${value}`,
  );
  return `{${members.join(',')}}`;
}

export function jsonArray(items: readonly Json[]): Json {
  return `[${items.join(',')}]`;
}

export function jsonString(text: string): Json {
  return JSON.stringify(text);
}
