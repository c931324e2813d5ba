import type pg from 'pg';

/**
 * A statement sent by the simple protocol, exactly as written, whose rows are let go. The driver calls the handlers.
 * `done` settles when the server has answered; an error of the statement leaves the connection usable.
 */
export class Command implements pg.Submittable {
  readonly text: string;
  readonly done: Promise<number>;
  /** Rows that the last statement of the text changed or moved. */
  protected rowCount = 0;
  /** What the server has answered to it: `COMMIT`, `INSERT 0 1`. */
  answer = '';
  #resolve: (rows: number) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;

  constructor(text: string) {
    this.text = text;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever sends a command may look at `done` later than it fails.
    this.done.catch(() => undefined);
  }

  submit(connection: pg.Connection): void {
    connection.query(this.text);
  }

  handleCommandComplete(message: { readonly text: string }): void {
    this.answer = message.text;
    this.rowCount = Number(/ (\d+)$/.exec(message.text)?.[1] ?? 0);
  }

  handleReadyForQuery(): void {
    this.#resolve(this.rowCount);
  }

  handleError(error: unknown): void {
    this.#reject(error);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFail('there is no data for a COPY FROM STDIN');
  }

  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleCopyData(_message: { readonly chunk: Buffer }): void {}
}

/** What the driver's connection can do beyond its published types. */
export interface CopyConnection extends pg.Connection {
  sendCopyFail(message: string): void;
}
