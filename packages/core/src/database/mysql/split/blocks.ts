import type { Token } from './tokens.ts';

type Opener = 'BEGIN' | 'IF' | 'CASE' | 'CASE expression' | 'LOOP' | 'WHILE' | 'REPEAT' | 'FOR';

type Part =
  /** Before it is known what the statement is. */
  | 'start'
  /** CREATE PROCEDURE or FUNCTION, up to the end of the parameters. */
  | 'parameters'
  /** Behind the parameters: RETURNS, COMMENT, SQL SECURITY ... */
  | 'characteristics'
  /** CREATE TRIGGER, up to FOR EACH ROW. */
  | 'trigger'
  /** Behind FOR EACH ROW: FOLLOWS or PRECEDES another trigger. */
  | 'trigger order'
  /** CREATE EVENT, up to DO. */
  | 'event'
  /** Statements that may hold others. */
  | 'body'
  /** What holds statements in a language that is not followed here; needs a DELIMITER. */
  | 'opaque'
  /** A statement that ends at its first delimiter. */
  | 'plain';

const prefixes = new Set(['CREATE', 'ALTER', 'OR', 'REPLACE', 'AGGREGATE', 'DEFINER', 'CURRENT_USER', 'CURRENT_ROLE']);
const compound = new Set(['BEGIN', 'IF', 'CASE', 'LOOP', 'WHILE', 'REPEAT', 'FOR']);
const ends = new Set(['IF', 'CASE', 'LOOP', 'WHILE', 'REPEAT', 'FOR']);
/** Statements that may be the whole body of a routine. What stands in them (`IF(a, b, c)`) opens nothing. */
const simple = new Set(
  `ALTER ANALYZE CALL CHECK COMMIT CREATE DEALLOCATE DELETE DESC DESCRIBE DO DROP EXECUTE EXPLAIN FLUSH GET GRANT HANDLER
  INSERT KILL LOAD OPTIMIZE PREPARE RENAME REPAIR REPLACE RESIGNAL RETURN REVOKE ROLLBACK SAVEPOINT SELECT SET SHOW SIGNAL
  START TABLE TRUNCATE UPDATE VALUES WITH`.split(/\s+/),
);

/**
 * Follows the blocks of stored programs, so that a `;` inside of one does not end the statement and scripts need no
 * DELIMITER. BEGIN, END and most of the other words are names as well; they count only where a statement may begin.
 */
export class BlockTracker {
  #part: Part = 'start';
  #open: { readonly kind: Opener; readonly token: Token }[] = [];
  #parentheses = 0;
  /** A statement may begin here. */
  #fresh = true;
  /** DECLARE ... HANDLER FOR conditions, then a statement. */
  #handler: 'no' | 'declare' | 'for' | 'conditions' = 'no';
  #skip = 0;
  #previous: Token | undefined;

  /** The innermost block that has no END yet. */
  get open(): { readonly kind: string; readonly token: Token } | undefined {
    return this.#open.at(-1);
  }

  /** The statement holds others, so that only the tracker knows which `;` ends it. */
  get compound(): boolean {
    return this.#part !== 'start' && this.#part !== 'plain';
  }

  add(token: Token, next: Token | undefined): void {
    if (token.text === '(' && token.kind === 'symbol') this.#parentheses += 1;
    if (token.text === ')' && token.kind === 'symbol') this.#parentheses -= 1;
    if (this.#skip > 0) this.#skip -= 1;
    else this.#step(token, next);
    this.#previous = token;
  }

  #step(token: Token, next: Token | undefined): void {
    if (this.#part === 'start') this.#start(token, next);
    else if (this.#part === 'parameters') this.#parameters(token);
    else if (this.#part === 'characteristics') this.#characteristics(token, next);
    else if (this.#part === 'trigger') this.#trigger(token);
    else if (this.#part === 'trigger order') this.#triggerOrder(token, next);
    else if (this.#part === 'event') this.#event(token);
    else if (this.#part === 'body') this.#body(token, next);
  }

  #start(token: Token, next: Token | undefined): void {
    if (token.kind !== 'word') {
      if (token.text === '(' && this.#previous === undefined) this.#part = 'plain';
      return;
    }
    if (this.#previous === undefined && this.#beginsBlock(token, next)) return this.#enterBody(token, next);
    // The user of DEFINER = user@host.
    if (this.#previous !== undefined && ['=', '@', '.'].includes(this.#previous.text)) return;
    const parts: Readonly<Record<string, Part>> = {
      PROCEDURE: 'parameters',
      FUNCTION: 'parameters',
      TRIGGER: 'trigger',
      EVENT: 'event',
      PACKAGE: 'opaque',
      LIBRARY: 'opaque',
    };
    if (!prefixes.has(token.text)) this.#part = parts[token.text] ?? 'plain';
  }

  /** MariaDB runs these outside of stored programs too. A bare BEGIN starts a transaction. */
  #beginsBlock(token: Token, next: Token | undefined): boolean {
    if (token.text === 'BEGIN') return next?.text === 'NOT';
    return next?.text === ':' || compound.has(token.text);
  }

  #enterBody(token: Token, next: Token | undefined): void {
    this.#part = 'body';
    this.#fresh = true;
    this.#body(token, next);
  }

  #parameters(token: Token): void {
    if (token.text === ')' && token.kind === 'symbol' && this.#parentheses === 0) this.#part = 'characteristics';
  }

  #characteristics(token: Token, next: Token | undefined): void {
    if (token.kind !== 'word' || this.#parentheses > 0) return;
    if (compound.has(token.text) || next?.text === ':') return this.#enterBody(token, next);
    // RETURNS SET('a', 'b') CHARACTER SET utf8mb4
    const type =
      this.#previous?.text === 'RETURNS' || this.#previous?.text === 'CHARACTER' || this.#previous?.text === 'CHAR';
    if (simple.has(token.text) && !type) this.#part = 'plain';
  }

  #trigger(token: Token): void {
    if (token.text === 'ROW' && this.#previous?.text === 'EACH') this.#part = 'trigger order';
  }

  #triggerOrder(token: Token, next: Token | undefined): void {
    if (token.text === 'FOLLOWS' || token.text === 'PRECEDES') this.#skip = 1;
    else if (token.text === '.') this.#skip = 1;
    else this.#enterBody(token, next);
  }

  #event(token: Token): void {
    if (token.text !== 'DO' || this.#parentheses > 0) return;
    this.#part = 'body';
    this.#fresh = true;
  }

  #body(token: Token, next: Token | undefined): void {
    if (this.#handler === 'conditions') return this.#condition(token, next);
    if (token.kind !== 'word') {
      // The colon of a label is followed by the statement that it names.
      if (token.text === ';') this.#handler = 'no';
      this.#fresh = token.text === ';' || (token.text === ':' && this.#fresh);
      return;
    }
    if (this.#isName(next)) return;
    if (this.#fresh && next?.text === ':') return;
    if (token.text === 'END') this.#end(next);
    else if (this.#fresh) this.#statement(token, next);
    else this.#within(token);
  }

  /** `NEW.end`, `@begin`, `end.id` */
  #isName(next: Token | undefined): boolean {
    const previous = this.#previous?.text;
    return previous === '.' || previous === '@' || next?.text === '.';
  }

  #statement(token: Token, next: Token | undefined): void {
    const { text } = token;
    if (text === 'ELSE') return;
    this.#fresh = text === 'BEGIN' || text === 'LOOP' || text === 'REPEAT';
    if (text === 'DECLARE') this.#handler = 'declare';
    if (isOpener(text)) this.#open.push({ kind: text, token });
    if (text === 'BEGIN' && next?.text === 'NOT') this.#skip = 2;
  }

  #within(token: Token): void {
    const block = this.open?.kind;
    if (token.text === 'CASE') this.#open.push({ kind: 'CASE expression', token });
    if (token.text === 'THEN' || token.text === 'ELSE') this.#fresh = block === 'IF' || block === 'CASE';
    if (token.text === 'DO') this.#fresh = block === 'WHILE' || block === 'FOR';
    if (token.text === 'HANDLER' && this.#handler === 'declare') this.#handler = 'for';
    if (token.text === 'FOR' && this.#handler === 'for') this.#handler = 'conditions';
  }

  #end(next: Token | undefined): void {
    const block = this.open?.kind;
    const closes = block === 'CASE expression' || this.#fresh || (block === 'REPEAT' && next?.text === 'REPEAT');
    if (!closes) return;
    this.#open.pop();
    this.#fresh = false;
    if (block !== 'CASE expression' && next && ends.has(next.text)) this.#skip = 1;
  }

  #condition(token: Token, next: Token | undefined): void {
    if (token.text === ',' || ['NOT', 'SQLSTATE', 'VALUE'].includes(token.text) || next?.text === ',') return;
    this.#handler = 'no';
    this.#fresh = true;
  }
}

function isOpener(word: string): word is Exclude<Opener, 'CASE expression'> {
  return compound.has(word);
}
