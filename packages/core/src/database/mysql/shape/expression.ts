/**
 * MySQL's information_schema gives expressions with their quotes and backslashes escaped: `concat(_utf8mb4\'a\',b)`. In
 * one that is not escaped, the first quote has no backslash before it.
 */
export function unescapeExpression(text: string): string {
  const quote = text.indexOf("'");
  if (quote < 1 || text[quote - 1] !== '\\') return text;
  return text.replace(/\\(.)/gs, (_, char: string) => unescaped[char] ?? char);
}

const unescaped: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', 0: '\0', Z: '\u001a' };
