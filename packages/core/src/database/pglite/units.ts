import { guard } from './engine.ts';
import { copyFail, firstText, message, query, text } from './messages.ts';
import type { Message } from './messages.ts';
import { asksForExtension, copyIn, customSettings, replacement } from './statement-text.ts';

/** Messages that the backend runs in one go. */
export interface Unit {
  readonly bytes: Buffer;
  /** More of the same sequence follows: it ended in a Flush, not in a Sync. */
  readonly open: boolean;
  /** The client has been told to send rows, so the backend's own word for it is left out. */
  readonly copy: boolean;
  /** Parse messages of named statements; undefined for a name that was closed. */
  readonly statements: ReadonlyMap<string, Buffer | undefined>;
  /** May ask for an extension. */
  readonly extensions: boolean;
  /** Settings with a dot in their names that may be set. */
  readonly customSettings: readonly string[];
}

/** What to do after a message of a client. */
export type Step =
  | { readonly kind: 'more' }
  | { readonly kind: 'run'; readonly unit: Unit }
  | { readonly kind: 'ask for rows'; readonly binary: boolean }
  | { readonly kind: 'end' }
  | { readonly kind: 'broken'; readonly reason: string };

/** Rows of one COPY FROM STDIN, which the backend takes all at once. */
const mostRowBytes = 64 * 1024 * 1024;

const more: Step = { kind: 'more' };

/** Puts the messages of a client together to units. */
export class UnitReader {
  #parts: Buffer[] = [];
  #statements = new Map<string, Buffer | undefined>();
  #customSettings: string[] = [];
  #extensions = false;
  #copyBytes: number | undefined;

  next(next: Message): Step {
    if (next.type === 'X') return { kind: 'end' };
    if (this.#copyBytes !== undefined) return this.#copy(next, this.#copyBytes);
    return this.#statement(next);
  }

  #statement({ type, body, bytes }: Message): Step {
    switch (type) {
      case 'Q':
        return this.#query(firstText(body), bytes);
      case 'P':
        return this.#parse(body, bytes);
      case 'C':
        if (body.toString('latin1', 0, 1) === 'S') this.#statements.set(firstText(body.subarray(1)), undefined);
        return this.#add(bytes);
      case 'B':
      case 'D':
        return this.#add(bytes);
      case 'E':
        return this.#add(bytes, guard);
      case 'H':
        return this.#run([bytes], { open: true });
      case 'S':
      case 'F':
        return this.#run([bytes]);
      case 'd':
      case 'c':
      case 'f':
        // Rows that a client still sends after its COPY has failed.
        return more;
      default:
        return { kind: 'broken', reason: `a message of the unknown type ${JSON.stringify(type)}` };
    }
  }

  #query(sql: string, bytes: Buffer): Step {
    const other = replacement(sql);
    if (other !== undefined) return this.#run([query(other)]);
    this.#look(sql);
    const copy = copyIn(sql);
    if (copy === undefined) return this.#run([bytes, guard]);
    this.#parts.push(bytes);
    this.#copyBytes = 0;
    return { kind: 'ask for rows', binary: copy.binary };
  }

  #parse(body: Buffer, bytes: Buffer): Step {
    const name = firstText(body);
    const rest = body.subarray(Buffer.byteLength(name) + 1);
    const sql = firstText(rest);
    const other = replacement(sql);
    const parse = other === undefined ? bytes : message('P', text(name), text(other), Buffer.alloc(2));
    if (name !== '') this.#statements.set(name, parse);
    this.#look(sql);
    return this.#add(parse);
  }

  #look(sql: string): void {
    this.#customSettings.push(...customSettings(sql));
    this.#extensions ||= asksForExtension(sql);
  }

  #copy({ type, bytes }: Message, size: number): Step {
    switch (type) {
      case 'd':
        this.#copyBytes = size + bytes.length;
        if (this.#copyBytes > mostRowBytes) this.#parts.length = 1;
        else this.#parts.push(bytes);
        return more;
      case 'c':
      case 'f':
        this.#copyBytes = undefined;
        return this.#run([size > mostRowBytes ? tooManyRows : bytes], { copy: true });
      case 'H':
      case 'S':
        // The protocol has them passed over while rows are sent.
        return more;
      default:
        return { kind: 'broken', reason: `a message of type ${JSON.stringify(type)} among the rows of a COPY` };
    }
  }

  #add(...parts: readonly Buffer[]): Step {
    this.#parts.push(...parts);
    return more;
  }

  #run(last: readonly Buffer[], { open = false, copy = false } = {}): Step {
    const unit: Unit = {
      bytes: Buffer.concat([...this.#parts, ...last]),
      open,
      copy,
      statements: this.#statements,
      extensions: this.#extensions,
      customSettings: this.#customSettings,
    };
    this.#parts = [];
    this.#statements = new Map();
    this.#customSettings = [];
    this.#extensions = false;
    return { kind: 'run', unit };
  }
}

const tooManyRows = copyFail('an embedded database takes at most 64 MB of rows in one COPY; send them in several');
