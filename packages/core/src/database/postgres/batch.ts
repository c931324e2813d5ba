import type pg from 'pg';
import type { RenderedSql } from '../sql.ts';
import { Command } from './command.ts';

/**
 * Statements with values that are sent together and answered together, which saves the way there and back for each. The
 * server leaves out what follows an error. Their rows are let go.
 */
export class Batch extends Command {
  readonly #statements: readonly RenderedSql[];
  #answered = 0;

  constructor(statements: readonly RenderedSql[]) {
    super(statements.map(({ text }) => text).join('; '));
    this.#statements = statements;
  }

  /** The statement that has no answer yet. */
  get atWork(): string {
    return this.#statements[this.#answered]?.text ?? this.text;
  }

  override handleCommandComplete(message: { readonly text: string }): void {
    super.handleCommandComplete(message);
    this.#answered += 1;
  }

  override submit(connection: pg.Connection): void {
    connection.stream.cork();
    for (const { text, values } of this.#statements) {
      connection.parse({ name: '', text, types: [] }, true);
      connection.bind({ values: values.map(asText) }, true);
      connection.execute({}, true);
    }
    connection.sync();
    connection.stream.uncork();
  }
}

function asText(value: RenderedSql['values'][number]): string | Buffer | null {
  return value === null || Buffer.isBuffer(value) ? value : String(value);
}
