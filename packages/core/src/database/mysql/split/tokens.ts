import type { Script } from './script.ts';
import { unreadable } from './script.ts';

/**
 * A piece of SQL that means something. Blanks and comments are left out; the content of an executable comment
 * (one that begins with `/*!`) is not, as the server runs it.
 */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'symbol' | 'delimiter';
  /** Words in upper case; quoted pieces with their quotes; symbols and delimiters as they stand. */
  readonly text: string;
  /** The same as it stands. */
  readonly written: string;
  /** Offsets in the script. The ends of an executable comment belong to its first and last token. */
  readonly start: number;
  readonly end: number;
}

const wordPattern = /[\w$\u0080-\uffff]+/y;
const blankPattern = /[ \t\n\v\f\r]+/y;
const delimiterCommand = /DELIMITER(?=\s|$)[^\S\n]*([^\n]*)/iy;
/** A line that can only be meant as the client's command. As a name, `delimiter` is followed by a type or a comma. */
const strayDelimiterCommand = /DELIMITER[^\S\n]+[^\w\s(,=]+[^\S\n]*\r?(?=\n|$)/iy;
/** `/*!50003`, `/*M!100301`, `/*!999999\- enable the sandbox mode`: the digits are a version of the server. */
const directivePattern = /\/\*M?!(\d{5,6})?/y;

/** Cuts a script into tokens, by the rules of the server and, for DELIMITER, those of its command line client. */
export function tokenize(script: Script): Token[] {
  return new Lexer(script).run();
}

class Lexer {
  readonly #script: Script;
  readonly #text: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #delimiter = ';';
  /** Where the executable comment that we are in began. */
  #directive: number | undefined;
  /** Where the next token begins if it is the first of an executable comment. */
  #opening: number | undefined;

  constructor(script: Script) {
    this.#script = script;
    this.#text = script.text;
  }

  run(): Token[] {
    if (this.#text.startsWith('\uFEFF')) this.#at = 1;
    while (this.#at < this.#text.length) this.#step();
    if (this.#directive !== undefined) throw unreadable(this.#script, this.#directive, 'the comment /*! has no end');
    return this.#tokens;
  }

  #step(): void {
    if (this.#match(blankPattern)) return;
    if (this.#text.startsWith(this.#delimiter, this.#at)) {
      this.#push('delimiter', this.#at + this.#delimiter.length);
      return;
    }
    if (this.#comment()) return;
    const char = this.#text.charAt(this.#at);
    if (char === "'" || char === '"' || char === '`') {
      this.#push('quoted', this.#endOfQuoted(char));
      return;
    }
    const word = this.#peek(wordPattern)?.[0];
    if (word !== undefined) this.#word(word);
    else this.#push('symbol', this.#at + (this.#text.startsWith(':=', this.#at) ? 2 : 1));
  }

  #word(word: string): void {
    const previous = this.#tokens.at(-1);
    const fresh = previous === undefined || previous.kind === 'delimiter';
    if (fresh && this.#delimiterCommand()) return;
    if (!fresh && this.#isLineStart() && this.#peek(strayDelimiterCommand)) {
      throw unreadable(this.#script, this.#at, 'DELIMITER stands inside of a statement, which has no end before it');
    }
    // The client looks for its delimiter everywhere outside of quotes, so `END$$` ends a statement.
    const cut = this.#delimiter === ';' ? -1 : word.indexOf(this.#delimiter);
    this.#push('word', this.#at + (cut > 0 ? cut : word.length));
  }

  #delimiterCommand(): boolean {
    const command = this.#peek(delimiterCommand);
    if (!command) return false;
    const delimiter = (command[1] ?? '').trim().split(/\s+/)[0] ?? '';
    if (delimiter === '') throw unreadable(this.#script, this.#at, 'DELIMITER without a delimiter');
    if (delimiter.includes('\\')) throw unreadable(this.#script, this.#at, 'a delimiter cannot hold a backslash');
    this.#delimiter = delimiter;
    this.#at += command[0].length;
    return true;
  }

  /** Comments are `#` and `-- ` to the end of the line (the server wants a blank after the dashes), or in slashes and stars. */
  #comment(): boolean {
    const { 0: one, 1: two, 2: three } = this.#text.slice(this.#at, this.#at + 3);
    if (one === '#' || (one === '-' && two === '-' && (three === undefined || three <= ' '))) {
      const end = this.#text.indexOf('\n', this.#at);
      this.#at = end === -1 ? this.#text.length : end;
      return true;
    }
    if (this.#directive !== undefined && one === '*' && two === '/') {
      this.#directive = undefined;
      this.#opening = undefined;
      this.#at += 2;
      this.#extendLast();
      return true;
    }
    if (one !== '/' || two !== '*') return false;
    const directive = this.#peek(directivePattern);
    // No server has this version: MariaDB's dumps begin with a command for its client in such a comment.
    if (directive && this.#directive === undefined && !directive[1]?.startsWith('99999')) {
      this.#directive = this.#at;
      this.#opening = this.#at;
      this.#at += directive[0].length;
      return true;
    }
    const end = this.#text.indexOf('*/', this.#at + 2);
    if (end === -1) throw unreadable(this.#script, this.#at, 'the comment has no end');
    this.#at = end + 2;
    return true;
  }

  #endOfQuoted(quote: string): number {
    for (let at = this.#at + 1; at < this.#text.length; at += 1) {
      const char = this.#text.charAt(at);
      if (char === '\\' && quote !== '`') at += 1;
      else if (char === quote && this.#text.charAt(at + 1) === quote) at += 1;
      else if (char === quote) return at + 1;
    }
    throw unreadable(this.#script, this.#at, `the quote ${quote} has no end`);
  }

  #isLineStart(): boolean {
    const lineStart = this.#text.lastIndexOf('\n', this.#at - 1) + 1;
    return this.#text.slice(lineStart, this.#at).trim() === '';
  }

  #push(kind: Token['kind'], end: number): void {
    const text = this.#text.slice(this.#at, end);
    const start = this.#opening ?? this.#at;
    this.#opening = undefined;
    this.#tokens.push({ kind, text: kind === 'word' ? text.toUpperCase() : text, written: text, start, end });
    this.#at = end;
  }

  #extendLast(): void {
    const last = this.#tokens.at(-1);
    if (last && last.kind !== 'delimiter') this.#tokens[this.#tokens.length - 1] = { ...last, end: this.#at };
  }

  #match(pattern: RegExp): boolean {
    const found = this.#peek(pattern);
    if (found) this.#at += found[0].length;
    return found !== null;
  }

  #peek(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text);
  }
}
