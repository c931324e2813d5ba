/** What the bridge has to know about a statement before the backend sees it. Everything else is the backend's affair. */

const name = String.raw`(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*)`;
const comment = String.raw`--[^\n]*\n|/\*[^*]*\*/`;
const space = `(?:\\s|${comment})`;
/** What may stand before the first statement. */
const lead = `^(?:[\\s;]|${comment})*`;
const qualified = `${name}${space}*(?:\\.${space}*${name}${space}*){0,2}`;
const columns = String.raw`(?:\(${space}*${name}${space}*(?:,${space}*${name}${space}*)*\)${space}*)?`;

const copyFromStdin = new RegExp(
  `${lead}COPY(?:${space}+(BINARY${space}+)?|(?="))${qualified}${columns}FROM${space}+STDIN(?![\\p{L}\\p{N}_$])`,
  'iu',
);

/** COPY ... FROM STDIN at the beginning of a text, and whether its rows are in the binary format. */
export function copyIn(text: string): { readonly binary: boolean } | undefined {
  const found = copyFromStdin.exec(text);
  if (found === null) return undefined;
  const [head, binary] = found;
  return { binary: binary !== undefined || /\bBINARY\b/i.test(text.slice(head.length)) };
}

const listenStatement = new RegExp(`${lead}LISTEN${space}+`, 'i');

/**
 * In place of a statement that can't be run here, one that fails with the reason. It goes through the backend like any
 * other, so a transaction fails with it as it does on a server.
 */
export function replacement(text: string): string | undefined {
  if (!listenStatement.test(text)) return undefined;
  return `DO $$BEGIN RAISE EXCEPTION 'LISTEN is not available on an embedded database'
    USING ERRCODE = 'feature_not_supported', HINT = 'Several clients share its one session. Use a Postgres server.'; END$$`;
}

const dotted = String.raw`(?:"[^"]+"|[\p{L}_][\p{L}\p{N}_$]*)(?:\.(?:"[^"]+"|[\p{L}_][\p{L}\p{N}_$]*))+`;
const setCustom = new RegExp(String.raw`\bSET\s+(?:SESSION\s+)?(${dotted})\s*(?:=|\bTO\b)`, 'giu');
const configCustom = new RegExp(String.raw`\bset_config\s*\(\s*'([^']+\.[^']+)'`, 'giu');

/** Names of settings with a dot that a text may set. Too many do no harm. */
export function customSettings(text: string): string[] {
  if (!/set/i.test(text)) return [];
  const names = [...text.matchAll(setCustom), ...text.matchAll(configCustom)].map(([, found = '']) => found);
  return names.map((found) => found.replaceAll('"', ''));
}

const extension = new RegExp(String.raw`\b(?:CREATE|ALTER)${space}+EXTENSION\b|\bpg_available_extension`, 'i');

/** Installs or updates an extension, or asks which there are. */
export function asksForExtension(text: string): boolean {
  return extension.test(text);
}
