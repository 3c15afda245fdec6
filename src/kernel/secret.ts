import { inspect } from 'node:util';

/** A value with no road to a log, an error or JSON: every rendering of it is `***`. */
export class Secret<T> {
  readonly #value: T;
  constructor(value: T) {
    this.#value = value;
  }
  /** The one way out; call it where the value is used and keep the result local. */
  reveal(): T {
    return this.#value;
  }
  toString(): string {
    return '***';
  }
  toJSON(): string {
    return '***';
  }
  [inspect.custom](): string {
    return '***';
  }
}
