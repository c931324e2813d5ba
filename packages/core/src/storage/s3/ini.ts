/** Sections of a configuration file of the AWS tools, by their names; nested keys are written `s3.addressing_style`. */
export type Sections = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * Reads the form that `~/.aws/config` and `~/.aws/credentials` have: sections, `key = value`, comments with `#` or `;`,
 * and indented lines that belong to the key above them.
 */
export function parseIni(text: string): Sections {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  let parent = '';
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const title = /^\[\s*(?<title>[^\]]+?)\s*\]/.exec(line)?.groups?.['title'];
    if (title !== undefined) {
      const name = title.replace(/\s+/g, ' ');
      section = sections.get(name) ?? new Map<string, string>();
      sections.set(name, section);
      continue;
    }
    const [, indent = '', key = '', value = ''] = /^(\s*)([^\s=]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === '' || !section) continue;
    if (indent === '') parent = key;
    section.set(indent === '' ? key : `${parent}.${key}`, value);
  }
  return sections;
}
