import type { Connection, Role } from './connection.ts';
import type { Engine } from './engine.ts';
import { copyInResponse, errorResponse, query, readAll, readyForQuery, sync } from './messages.ts';
import type { Message } from './messages.ts';
import { newState } from './session-state.ts';
import type { SeenState, SessionState } from './session-state.ts';
import { UnitReader } from './units.ts';
import type { Unit } from './units.ts';

/** A client with a session of its own, as far as it can see. */
export class Client implements Role {
  /** For people who wait for it. */
  readonly name: string;
  /** What it has set, as of the last time that it gave the backend away. */
  state: SessionState;
  /** When its last statement ended, in milliseconds. */
  lastActive = Date.now();
  gone = false;
  readonly #connection: Connection;
  readonly #units = new UnitReader();
  readonly #submit: (client: Client, unit: Unit) => Promise<void>;
  readonly #onGone: () => void;
  /** Parse messages of the statements that it has prepared. */
  #statements = new Map<string, Buffer>();
  readonly #customSettings = new Set<string>();
  #inSequence = false;

  constructor(
    connection: Connection,
    settings: ReadonlyMap<string, string>,
    submit: (client: Client, unit: Unit) => Promise<void>,
    onGone: () => void,
  ) {
    this.#connection = connection;
    this.name = settings.get('application_name') ?? 'a client without a name';
    this.state = newState(settings);
    this.#submit = submit;
    this.#onGone = onGone;
  }

  message(next: Message): Promise<void> | undefined {
    const step = this.#units.next(next);
    switch (step.kind) {
      case 'run':
        return this.#submit(this, step.unit);
      case 'ask for rows':
        this.#connection.write(copyInResponse(step.binary));
        break;
      case 'end':
        this.#connection.end();
        break;
      case 'broken':
        this.#connection.fail({ code: '08P01', message: step.reason });
        break;
      case 'more':
        break;
    }
    return undefined;
  }

  closed(): void {
    this.gone = true;
    this.#onGone();
  }

  fail(code: string, reason: string): void {
    this.#connection.fail({ code, message: reason });
  }

  /** Answers a statement that waited too long for its turn. The client is outside of a transaction. */
  refuse(unit: Unit, reason: string): void {
    // In the middle of a sequence there is no answer after which the client could go on.
    if (unit.open) return this.fail('55P03', reason);
    this.#connection.write(errorResponse({ severity: 'ERROR', code: '55P03', message: reason }));
    this.#connection.write(readyForQuery('I'));
  }

  /** The middle of a sequence or of a transaction: no other client can have the backend. */
  busy(engine: Engine): boolean {
    return this.#inSequence || engine.inTransaction;
  }

  /** Runs its next messages on the backend, which has its state. */
  async run(engine: Engine, unit: Unit): Promise<void> {
    for (const name of unit.customSettings) this.#customSettings.add(name);
    for (const [name, parse] of unit.statements) {
      if (parse === undefined) this.#statements.delete(name);
      else this.#statements.set(name, parse);
    }
    if (unit.extensions) engine.unpackExtensions();
    if (unit.copy) this.#connection.write(withoutCopyInResponse(await engine.answer(unit.bytes)));
    else await engine.run(unit.bytes, (piece) => this.#connection.write(piece));
    this.#inSequence = unit.open;
    this.lastActive = Date.now();
  }

  get customSettings(): ReadonlySet<string> {
    return this.#customSettings;
  }

  get prepares(): boolean {
    return this.#statements.size > 0;
  }

  /** Keeps what was seen of it on the backend. Statements that did not come about are forgotten. */
  remember(seen: SeenState): void {
    this.state = seen;
    this.#statements = new Map([...this.#statements].filter(([name]) => seen.named.has(name)));
  }

  /** One that can't be prepared any more, because its table is gone, fails when the client uses it. */
  async prepareAgain(engine: Engine): Promise<void> {
    for (const parse of this.#statements.values()) await engine.answer(Buffer.concat([parse, sync]));
  }

  /** Ends what it was in the middle of. */
  async abandon(engine: Engine): Promise<void> {
    if (this.#inSequence) await engine.answer(sync);
    if (engine.inTransaction) await engine.answer(query('ROLLBACK'));
  }
}

/** The client was asked for its rows before the backend knew of them. */
function withoutCopyInResponse(answer: Buffer): Buffer {
  return Buffer.concat(readAll(answer).flatMap(({ type, bytes }) => (type === 'G' ? [] : [bytes])));
}
