import type { Counter } from '../../database/database.ts';
import { canonicalJson } from './canonical-json.ts';
import { contentsTitle, counterLine, summaryLine } from './contents-frame.ts';
import { damaged } from './damage.ts';
import { Field, patterns } from './field.ts';
import { maxColumns, maxContent, maxCounters, maxFrames, maxTables } from './limits.ts';
import type { Manifest } from './manifest.ts';
import { readManifest } from './manifest.ts';
import type { FrameEntry, TableOfContents, TableResult } from './table-of-contents.ts';
import { frameKinds } from './table-of-contents.ts';

interface Summary {
  readonly manifest: Manifest;
  readonly counts: { readonly tables: number; readonly counters: number; readonly frames: number };
  readonly contentRoot: string;
  readonly fileRoot: string;
}

/** Reads the payload of a table of contents line by line. Whatever is not exactly as it is written throws FILE_DAMAGED. */
export class ContentsParser {
  readonly #file: string;
  readonly #tables: TableResult[] = [];
  readonly #counters: Counter[] = [];
  readonly #frames: FrameEntry[] = [];
  #columns = 0;
  #titled = false;
  #summary: Summary | undefined;
  #summaryText = '';

  constructor(file: string) {
    this.#file = file;
  }

  /** Takes the next line, without its `\n`. */
  line(text: string): void {
    if (!this.#titled) {
      if (text !== contentsTitle) throw damaged(this.#file, 'the table of contents has no title');
      this.#titled = true;
      return;
    }
    const expected = this.#read(text);
    if (expected !== text) throw damaged(this.#file, `the table of contents is not in canonical form`);
  }

  /** The whole, after the last line. */
  finish(): TableOfContents {
    const summary = this.#summary;
    if (!summary || !this.#isComplete(summary)) throw damaged(this.#file, 'the table of contents is cut');
    const { manifest, contentRoot, fileRoot } = summary;
    const contents = {
      manifest,
      tables: this.#tables,
      counters: this.#counters,
      frames: this.#frames,
      contentRoot,
      fileRoot,
    };
    if (summaryLine(contents) !== this.#summaryText) {
      throw damaged(this.#file, 'the table of contents is not in canonical form');
    }
    return contents;
  }

  /** Reads a line and returns how it should have been written. */
  #read(text: string): string {
    const place = 'table of contents';
    if (!this.#summary) {
      this.#summary = readSummary(Field.parse(text, place, this.#file), this.#file);
      this.#summaryText = text;
      return text; // compared in `finish`
    }
    const { counts } = this.#summary;
    if (this.#tables.length < counts.tables) {
      const table = readTable(Field.parse(text, `${place}: table ${this.#tables.length + 1}`, this.#file));
      this.#tables.push(table);
      this.#columns += table.columns.length;
      if (this.#columns > maxColumns) throw damaged(this.#file, 'the tables have too many columns');
      return canonicalJson(table);
    }
    if (this.#counters.length < counts.counters) {
      const counter = readCounter(Field.parse(text, `${place}: counter ${this.#counters.length + 1}`, this.#file));
      this.#counters.push(counter);
      return counterLine(counter);
    }
    if (this.#frames.length >= counts.frames) throw damaged(this.#file, 'the table of contents is too long');
    const frame = readFrame(Field.parse(text, `${place}: frame ${this.#frames.length + 1}`, this.#file));
    this.#frames.push(frame);
    return canonicalJson(frame);
  }

  #isComplete({ counts }: Summary): boolean {
    return (
      this.#tables.length === counts.tables &&
      this.#counters.length === counts.counters &&
      this.#frames.length === counts.frames
    );
  }
}

function readSummary(field: Field, file: string): Summary {
  return {
    manifest: readManifest(field.at('manifest'), file),
    counts: {
      tables: field.at('tables').count(maxTables),
      counters: field.at('counters').count(maxCounters),
      frames: field.at('frames').count(maxFrames),
    },
    contentRoot: field.at('contentRoot').text(patterns.sha256),
    fileRoot: field.at('fileRoot').text(patterns.sha256),
  };
}

function readTable(field: Field): TableResult {
  return {
    name: field.at('name').text(),
    schema: field.at('schema').text(),
    tableName: field.at('tableName').text(),
    rows: field.at('rows').count(),
    digest: field.at('digest').text(patterns.digest),
    columns: field.at('columns').list((column) => column.text()),
  };
}

function readCounter(field: Field): Counter {
  return {
    name: { schema: field.at('schema').text(), name: field.at('name').text() },
    value: field.at('value').text(patterns.integer),
    called: field.at('called').truth(),
  };
}

function readFrame(field: Field): FrameEntry {
  return {
    kind: field.at('kind').oneOf(frameKinds),
    table: field.at('table').orNull((table) => table.text()),
    rows: field.at('rows').count(),
    offset: field.at('offset').count(),
    size: field.at('size').count(),
    rawSize: field.at('rawSize').count(maxContent),
    sha256: field.at('sha256').text(patterns.sha256),
  };
}
