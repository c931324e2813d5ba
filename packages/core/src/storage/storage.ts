/** A place where backups live. Names are plain file names. */
export interface Storage {
  /** Where it is, for people, without secrets. */
  readonly location: string;
  /** Begins a new file. Throws BACKUP_EXISTS if there is one of this name already. */
  create(name: string): Promise<Sink>;
  /** Opens a file for reading. Throws BACKUP_MISSING if there is none. */
  open(name: string): Promise<Source>;
  /** Writes a small file in one piece (a sidecar, a proof), in place of one that has the name already. */
  put(name: string, content: Uint8Array): Promise<void>;
  /** All published files, by name. */
  list(): Promise<StoredFile[]>;
  /** Removes a file. It is no error if it is gone already. */
  remove(name: string): Promise<void>;
  /** Throws SPACE_MISSING if the place is known to have less free space than these bytes. */
  requireSpace(bytes: number): Promise<void>;
}

export interface StoredFile {
  readonly name: string;
  readonly size: number;
  readonly modifiedAt: Date;
}

/** A file that is being written. It has its name only after `publish`. */
export interface Sink {
  /** Where the file will be, for people. */
  readonly place: string;
  /** Appends bytes. One call at a time; the buffer may be used again when it has returned. */
  write(chunk: Uint8Array): Promise<void>;
  /**
   * Gives the file its name when all of it is safe on disk. Throws BACKUP_EXISTS, and leaves nothing behind, if
   * another has taken the name meanwhile.
   */
  publish(): Promise<void>;
  /** Removes what was written. Does nothing after `publish` or a second time. */
  abandon(): Promise<void>;
}

/** A file that is being read, anywhere in it, by any number of calls at the same time. */
export interface Source {
  /** For messages: the path, or where it came from. */
  readonly name: string;
  readonly size: number;
  /** Exactly these bytes, in a Buffer of its own. Throws FILE_DAMAGED if the file ends before. */
  read(offset: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}
