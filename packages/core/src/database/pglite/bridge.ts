import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { setImmediate as yieldToSockets } from 'node:timers/promises';
import { reasonOf } from '../../errors.ts';
import { Client } from './client.ts';
import { Connection } from './connection.ts';
import type { Role } from './connection.ts';
import { StatementError } from './engine.ts';
import type { Engine } from './engine.ts';
import type { Housekeeping } from './housekeeping.ts';
import { authenticationOk, message, parameterStatus, readyForQuery, text } from './messages.ts';
import { lockUser, NamedLocks } from './named-locks.ts';
import { changeState, deallocate, discardState, newState, readState, resumeRole } from './session-state.ts';
import type { Startup } from './startup.ts';
import type { Unit } from './units.ts';

interface Turn {
  readonly client: Client;
  readonly unit: Unit;
  readonly since: number;
  readonly done: () => void;
}

/** How often it is looked whether somebody waits too long, in milliseconds. */
const watchMilliseconds = 1000;

/**
 * Lets many clients of Postgres's wire protocol use one backend. They take turns, statement by statement; who is in a
 * transaction, or has something that only this backend has, keeps it until then. Each finds its own settings again.
 *
 * Different from a server: statements never run side by side; a statement can't be stopped; LISTEN is refused; advisory
 * locks exclude nobody.
 */
export class Bridge {
  readonly #engine: Engine;
  readonly #idleSeconds: number;
  readonly #housekeeping: Housekeeping;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #locks = new NamedLocks();
  #queue: Turn[] = [];
  /** The client that has the backend. */
  #current: Client | undefined;
  /** What is set on the backend while no client has it. */
  #state = newState();
  /** Why the current client can't give the backend away although it is not in a transaction. */
  #bound = '';
  #working: Promise<void> | undefined;
  #wanted = false;
  #watch: NodeJS.Timeout | undefined;
  #clients = 0;
  #closing = false;

  /** `idleSeconds` is how long the others wait for a client that keeps the backend and says nothing. */
  constructor(engine: Engine, housekeeping: Housekeeping, idleSeconds: number) {
    this.#engine = engine;
    this.#idleSeconds = idleSeconds;
    this.#housekeeping = housekeeping;
    this.#server = createServer((socket) => {
      const connection: Connection = new Connection(socket, (startup) => this.#accept(startup, connection));
      this.#connections.add(connection);
      socket.on('close', () => this.#connections.delete(connection));
    });
  }

  async listen(path: string): Promise<void> {
    this.#server.listen(path);
    await once(this.#server, 'listening');
    this.#watch = setInterval(() => this.#look(), watchMilliseconds);
  }

  /** Lets the running statement end, and every client go; open transactions are rolled back. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#watch);
    this.#server.close();
    await this.#working;
    this.fail('57P01', 'the embedded database is being closed');
    await this.#release();
  }

  /** Tells every client why it is let go. */
  fail(code: string, reason: string): void {
    for (const connection of this.#connections) connection.fail({ code, message: reason });
  }

  #accept(startup: Startup, connection: Connection): Role {
    if (startup.user === lockUser)
      return this.#locks.accept(startup, connection, () => this.#greet(startup, connection));
    this.#greet(startup, connection);
    return new Client(
      connection,
      startup.settings,
      (client, unit) => this.#submit(client, unit),
      () => this.#work(),
    );
  }

  /** The backend itself is not asked, as another client may have it for a long time. */
  #greet({ minor, extensions, settings }: Startup, connection: Connection): void {
    if (minor > 0 || extensions.length > 0) {
      const counts = Buffer.alloc(8);
      counts.writeUInt32BE(extensions.length, 4);
      connection.write(message('v', counts, ...extensions.map(text)));
    }
    connection.write(authenticationOk);
    const given = new Map([...settings].map(([name, value]) => [name.toLowerCase(), value]));
    for (const [name, value] of this.#engine.parameters) {
      connection.write(parameterStatus(name, given.get(name.toLowerCase()) ?? value));
    }
    this.#clients += 1;
    const key = Buffer.alloc(8);
    key.writeUInt32BE(this.#clients, 0);
    connection.write(message('K', key));
    connection.write(readyForQuery('I'));
  }

  #submit(client: Client, unit: Unit): Promise<void> {
    return new Promise((done) => {
      this.#queue.push({ client, unit, since: Date.now(), done });
      this.#work();
    });
  }

  /** Sees to it that the queue is served. What is asked for meanwhile is done before the work ends. */
  #work(): void {
    this.#wanted = true;
    this.#working ??= this.#workOff();
  }

  async #workOff(): Promise<void> {
    while (this.#wanted) {
      this.#wanted = false;
      await this.#serveAll();
    }
    this.#working = undefined;
  }

  async #serveAll(): Promise<void> {
    for (;;) {
      if (this.#current?.gone) await this.#release();
      if (this.#housekeeping.overdue()) await this.#keepHouse(false);
      const turn = this.#closing ? undefined : await this.#nextTurn();
      if (turn === undefined) return;
      if (await this.#give(turn.client)) await turn.client.run(this.#engine, turn.unit);
      turn.done();
      // Statements block this thread: in between, sockets are read and written.
      await yieldToSockets();
    }
  }

  /** Takes the next turn that may be served out of the queue. */
  async #nextTurn(): Promise<Turn | undefined> {
    const next = this.#queue[0]?.client;
    const stays = next === undefined || next === this.#current || !(await this.#canLeave());
    const index = stays ? this.#queue.findIndex(({ client }) => client === this.#current) : 0;
    return index === -1 ? undefined : this.#queue.splice(index, 1)[0];
  }

  /** Whether another client can have the backend. The state of the current one is kept for it then. */
  async #canLeave(): Promise<boolean> {
    const current = this.#current;
    this.#bound = '';
    if (current === undefined) return true;
    if (current.busy(this.#engine)) return false;
    const seen = await readState(this.#engine, current.customSettings);
    this.#bound = seen.bound;
    if (seen.bound === '') current.remember(seen);
    else await resumeRole(this.#engine, seen);
    return seen.bound === '';
  }

  /** Gives the backend to a client, with the state that it left. False if that can't be had: the client is let go. */
  async #give(client: Client): Promise<boolean> {
    if (client === this.#current) return true;
    await this.#take();
    try {
      await changeState(this.#engine, this.#state, client.state);
    } catch (error) {
      if (!(error instanceof StatementError)) throw error;
      await discardState(this.#engine);
      this.#state = newState();
      client.fail('22023', reasonOf(error));
      return false;
    }
    await client.prepareAgain(this.#engine);
    this.#current = client;
    return true;
  }

  /** Takes the backend from the current client, whose state was read. Its settings stay until others are set. */
  async #take(): Promise<void> {
    const last = this.#current;
    if (last === undefined) return;
    this.#current = undefined;
    this.#state = last.state;
    if (last.prepares) await deallocate(this.#engine);
  }

  /** Takes the backend from a client that does not come back. */
  async #release(): Promise<void> {
    const last = this.#current;
    this.#current = undefined;
    if (last === undefined) return;
    await last.abandon(this.#engine);
    await discardState(this.#engine);
    this.#state = newState();
  }

  /** Ends the waiting for a client that keeps the backend and does nothing, and uses quiet moments. */
  #look(): void {
    if (this.#working !== undefined) return;
    if (this.#queue.length > 0) this.#refuseWaiting();
    else if (this.#housekeeping.due()) this.#working = this.#keepHouse(true).then(() => this.#workOff());
  }

  #refuseWaiting(): void {
    const current = this.#current;
    const limit = Date.now() - this.#idleSeconds * 1000;
    if (current === undefined || current.lastActive > limit) return;
    const late = this.#queue.filter(({ since }) => since <= limit);
    this.#queue = this.#queue.filter((turn) => !late.includes(turn));
    const why = this.#bound === '' ? 'is in a transaction' : `has ${this.#bound}`;
    const reason = `the embedded database has one session at a time: ${current.name} ${why} and has done nothing for ${this.#idleSeconds} s`;
    for (const { client, unit, done } of late) {
      client.refuse(unit, reason);
      done();
    }
  }

  async #keepHouse(quiet: boolean): Promise<void> {
    if (!(await this.#canLeave())) return;
    await this.#take();
    await changeState(this.#engine, this.#state, newState());
    this.#state = newState();
    await this.#housekeeping.run(quiet);
  }
}
