import { damaged } from './damage.ts';

/** A value out of untrusted JSON, read with its place in hand. What is not as expected throws FILE_DAMAGED. */
export class Field {
  readonly #value: unknown;
  readonly #place: string;
  readonly #file: string;

  constructor(value: unknown, place: string, file: string) {
    this.#value = value;
    this.#place = place;
    this.#file = file;
  }

  static parse(text: string, place: string, file: string): Field {
    try {
      return new Field(JSON.parse(text), place, file);
    } catch (error) {
      throw damaged(file, `${place}: not valid JSON`, error);
    }
  }

  at(key: string): Field {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.wrong('an object');
    if (!Object.hasOwn(value, key)) throw damaged(this.#file, `${this.#place}: "${key}" is missing`);
    return new Field(Reflect.get(value, key), `${this.#place}: ${key}`, this.#file);
  }

  /** What is read of a field that may be left out; undefined if it is. */
  optional<T>(key: string, read: (field: Field) => T): T | undefined {
    const value = this.#value;
    const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
    return isThere ? read(this.at(key)) : undefined;
  }

  /** Text that matches the pattern. Without one, any text is right. */
  text(pattern?: RegExp): string {
    if (typeof this.#value !== 'string') throw this.wrong('text');
    if (pattern && !pattern.test(this.#value)) throw this.wrong(`text like ${pattern.source}`);
    return this.#value;
  }

  integer(): number {
    if (typeof this.#value !== 'number' || !Number.isSafeInteger(this.#value)) throw this.wrong('a whole number');
    return this.#value;
  }

  /** A whole number from 0 to the limit. */
  count(limit = Number.MAX_SAFE_INTEGER): number {
    const value = this.integer();
    if (value < 0 || value > limit) throw this.wrong(`from 0 to ${limit}`);
    return value;
  }

  truth(): boolean {
    if (typeof this.#value !== 'boolean') throw this.wrong('true or false');
    return this.#value;
  }

  /** One of the texts given. */
  oneOf<T extends string>(choices: readonly T[]): T {
    const found = choices.find((choice) => choice === this.#value);
    if (found === undefined) throw this.wrong(`one of ${choices.join(', ')}`);
    return found;
  }

  orNull<T>(read: (field: Field) => T): T | null {
    return this.#value === null ? null : read(this);
  }

  list<T>(read: (field: Field) => T): T[] {
    if (!Array.isArray(this.#value)) throw this.wrong('a list');
    return this.#value.map((item, index) => read(new Field(item, `${this.#place}[${index}]`, this.#file)));
  }

  /** An object of texts under any names. */
  texts(): Record<string, string> {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.wrong('an object');
    return Object.fromEntries(Object.keys(value).map((key) => [key, this.at(key).text()]));
  }

  /** FILE_DAMAGED for this place. */
  wrong(needed: string): Error {
    return damaged(this.#file, `${this.#place} is not ${needed}`);
  }
}

export const patterns = {
  sha256: /^[0-9a-f]{64}$/,
  digest: /^[0-9a-f]{32}$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/,
  integer: /^-?\d{1,40}$/,
  // One line, not empty.
  name: /^[^\p{Cc}]{1,200}$/u,
};
