/** A name in backticks. */
export function quote(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/**
 * A string literal that is right under every sql_mode: with NO_BACKSLASH_ESCAPES a backslash is an ordinary character,
 * so a text that holds one is written in hexadecimal.
 */
export function literal(value: string): string {
  if (/[\\\0]/.test(value)) return `_utf8mb4 0x${Buffer.from(value).toString('hex')}`;
  return `'${value.replaceAll("'", "''")}'`;
}

/** A readable string literal, for statements that run where a backslash escapes. */
export function escaped(value: string): string {
  return `'${Array.from(value, (char) => escapes[char] ?? char).join('')}'`;
}

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '\n': '\\n',
  '\r': '\\r',
  '\0': '\\0',
  '\x1a': '\\Z',
};
