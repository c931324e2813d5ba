import type { Script } from './script.ts';
import { unreadable } from './script.ts';
import type { Token } from './tokens.ts';

const transactions = 'Lockstep begins and ends transactions itself';
const locks = 'Lockstep holds the locks that a migration needs';

const refused: readonly (readonly [words: readonly string[], reason: string])[] = [
  [['BEGIN'], transactions],
  [['START', 'TRANSACTION'], transactions],
  [['COMMIT'], transactions],
  [['ROLLBACK'], transactions],
  [['SAVEPOINT'], transactions],
  [['RELEASE', 'SAVEPOINT'], transactions],
  [['XA'], transactions],
  [['LOCK'], locks],
  [['UNLOCK'], locks],
  [['USE'], 'a migration works on the database of the URL only'],
];

/** Throws MIGRATION_UNREADABLE for statements that would take the connection out of Lockstep's hands. */
export function refuseControl(script: Script, tokens: readonly Token[]): void {
  const first = tokens[0];
  if (!first) return;
  const words = tokens.filter(({ kind }) => kind === 'word').map(({ text }) => text);
  const hit = refused.find(([start]) => start.every((word, index) => words[index] === word));
  // BEGIN NOT ATOMIC is a block of MariaDB.
  if (hit && !(words[0] === 'BEGIN' && words[1] === 'NOT')) {
    throw unreadable(script, first.start, `${hit[0].join(' ')} cannot stand in a migration: ${hit[1]}`);
  }
  if (words[0] === 'SET' && !isOwnSetting(tokens)) refuseSettings(script, tokens);
  if (words[0] === 'LOAD' && words.includes('LOCAL')) {
    throw unreadable(
      script,
      first.start,
      'LOAD DATA LOCAL cannot stand in a migration: it reads a file beside the script',
    );
  }
}

/** Around definitions that were made with another character set, and are ASCII; see `guard`. */
function isOwnSetting(tokens: readonly Token[]): boolean {
  return tokens[1]?.text === '@' && tokens[2]?.text.startsWith('LOCKSTEP_') === true;
}

function refuseSettings(script: Script, tokens: readonly Token[]): void {
  for (const [index, token] of tokens.entries()) {
    const next = tokens[index + 1];
    const assigned = next?.text === '=' || next?.text === ':=';
    const userVariable = tokens[index - 1]?.text === '@' && tokens[index - 2]?.text !== '@';
    if (token.kind !== 'word' || userVariable) continue;
    if (token.text === 'AUTOCOMMIT' && assigned) {
      throw unreadable(script, token.start, `AUTOCOMMIT cannot be set in a migration: ${transactions}`);
    }
    const charset = charsetIn(token, tokens.slice(index + 1), index === 1);
    if (charset && !/^(@|utf8|default$)/i.test(charset.text.replace(/^['"`]/, ''))) {
      throw unreadable(
        script,
        charset.start,
        `the script is read and sent as UTF-8, not as ${charset.text.toLowerCase()}`,
      );
    }
  }
}

/** The value where a token sets the character set of the connection: SET NAMES x, SET character_set_client = x. */
function charsetIn(token: Token, rest: readonly Token[], isFirst: boolean): Token | undefined {
  const [one, two] = rest;
  if (isFirst && (token.text === 'NAMES' || token.text === 'CHARSET')) return one;
  if (isFirst && token.text === 'CHARACTER' && one?.text === 'SET') return two;
  const variable = /^CHARACTER_SET_(CLIENT|CONNECTION|RESULTS)$/.test(token.text);
  return variable && (one?.text === '=' || one?.text === ':=') ? two : undefined;
}
