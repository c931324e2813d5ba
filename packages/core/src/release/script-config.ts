import { readFileSync } from 'node:fs';
import { LockstepError, reasonOf } from '../errors.ts';

/** What `V1__x.sql.conf` says about the script beside it. */
export interface ScriptConfig {
  /** False: every statement is committed by itself. */
  readonly executeInTransaction: boolean;
  /** The script's encoding, by its name in Java or on the web. */
  readonly encoding: string;
  readonly placeholderReplacement: boolean;
}

const defaults: ScriptConfig = { executeInTransaction: true, encoding: 'UTF-8', placeholderReplacement: true };

/** The file with the configuration of a script. */
export function configOf(file: string): string {
  return `${file}.conf`;
}

/** The configuration of a script, which has a file of its own or not. Throws SCRIPT_CONFIG_INVALID. */
export function scriptConfig(file: string, script: string, hasFile: boolean): ScriptConfig {
  return hasFile ? parseScriptConfig(readConfig(configOf(file), script), script) : defaults;
}

function readConfig(path: string, script: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw invalid(script, 1, reasonOf(error));
  }
}

/** Lines of `key=value`; `#` and `!` begin a comment. Keys that are not known are errors. */
export function parseScriptConfig(text: string, script: string): ScriptConfig {
  let config = defaults;
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith('!')) continue;
    const [, key = trimmed, value = ''] = /^([^=:\s]+)\s*[=:]\s*(.*)$/.exec(trimmed) ?? [];
    const fail = (reason: string): LockstepError => invalid(script, index + 1, reason);
    if (key === 'executeInTransaction') config = { ...config, executeInTransaction: truth(value, fail) };
    else if (key === 'placeholderReplacement') config = { ...config, placeholderReplacement: truth(value, fail) };
    else if (key === 'encoding') config = { ...config, encoding: value };
    else if (key === 'shouldExecute') {
      throw fail('"shouldExecute" is not supported: what a release does may not depend on where it runs');
    } else {
      throw fail(`there is no key "${key}"; known are executeInTransaction, encoding, placeholderReplacement`);
    }
  }
  return config;
}

function truth(value: string, fail: (reason: string) => LockstepError): boolean {
  const text = value.toLowerCase();
  if (text === 'true' || text === 'false') return text === 'true';
  throw fail(`"${value}" is neither true nor false`);
}

function invalid(script: string, line: number, reason: string): LockstepError {
  return new LockstepError('SCRIPT_CONFIG_INVALID', { file: `${script}.conf`, line, reason });
}
