import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ruleOf } from '#wire/field-rules.ts';
import { interfaces, offlineSigning, type PrintedField, type PrintedInterface } from '#wire/interfaces.ts';
import { sharesItsString } from '#wire/sign-path.ts';

interface SpecEntry {
  readonly n: number;
  readonly title: string;
  readonly path: string | null;
  readonly desc: string;
  readonly request?: readonly PrintedField[];
  readonly response?: readonly PrintedField[];
}

const spec = JSON.parse(
  readFileSync(new URL('../../fixtures/wire/liaoning.json', import.meta.url), 'utf8'),
) as readonly SpecEntry[];
const ours: readonly PrintedInterface[] = Object.values(interfaces);

describe('the tables', () => {
  it.each(spec.filter((entry) => entry.path !== null))('of $title say what the specification prints', (entry) => {
    const mine = ours.find((one) => one.no === entry.n);
    expect(mine).toMatchObject({ no: entry.n, title: entry.title, path: entry.path, summary: entry.desc });
    expect(mine?.request).toEqual(entry.request);
    expect(mine?.response).toEqual(entry.response);
  });

  it('name the eleventh, which has no path', () => {
    const last = spec.find((entry) => entry.path === null);
    expect(offlineSigning).toEqual({ no: last?.n, title: last?.title, summary: last?.desc });
    expect(ours.length + 1).toBe(spec.length);
  });

  /** Could a request of one be signed by the same string as one of the other? Only if neither demands a member that the other does not print. */
  const mayCoincide = (one: PrintedInterface, other: PrintedInterface): boolean => {
    const demanded = ({ request }: PrintedInterface) =>
      request.filter(({ name, required }) => required && ruleOf(name).mayBeEmpty !== true).map(({ name }) => name);
    const printed = ({ request }: PrintedInterface) => request.map(({ name }) => name);
    const fits = (a: PrintedInterface, b: PrintedInterface) => demanded(a).every((name) => printed(b).includes(name));
    return fits(one, other) && fits(other, one);
  };

  it('let no sign that is taken on one path be right on another, unless the hub remembers the path of both', () => {
    const taken = ours.filter(({ caller, offered }) => caller === 'trading-system' && offered);
    const pairs = taken.flatMap((one) => ours.filter((other) => other !== one).map((other) => [one, other] as const));
    const same = pairs.filter(([one, other]) => (other.offered || other.caller === 'hub') && mayCoincide(one, other));
    expect(same.map(([one, other]) => `${one.path} ${other.path}`)).toEqual([
      '/api/ca/startCheck /api/ca/startiframesign',
      '/api/ca/startSignature /api/ca/onSignature',
      '/api/ca/startiframesign /api/ca/startCheck',
    ]);
    for (const [one, other] of same) {
      // Whatever both could say: what both print, with and without what neither demands.
      const common = one.request.filter(({ name }) => other.request.some((field) => field.name === name));
      for (const fields of [common, common.filter(({ required }) => required)]) {
        const message = { values: new Map(fields.map(({ name }) => [name, 'x'])) };
        expect([one, other].map((entry) => sharesItsString(entry, message))).toEqual([true, true]);
      }
    }
  });

  it('need no memory of a message that no other interface could be', () => {
    const login = {
      values: new Map([...'caUnitId taskId orgcode standBy sign'.split(' ')].map((name) => [name, 'x'])),
    };
    expect(sharesItsString(interfaces.startCheck, login)).toBe(false);
    const all = (entry: PrintedInterface) => ({ values: new Map(entry.request.map(({ name }) => [name, 'x'])) });
    for (const entry of [interfaces.userSynchro, interfaces.changeCert, interfaces.encrypt, interfaces.startdecrypt])
      expect(sharesItsString(entry, all(entry))).toBe(false);
  });

  it('say which pairs need a memory of the path once both are offered', () => {
    expect(mayCoincide(interfaces.startCheck, interfaces.startiframesign)).toBe(true);
    expect(mayCoincide(interfaces.startSignature, interfaces.onSignature)).toBe(true);
    expect(mayCoincide(interfaces.encrypt, interfaces.decrypt)).toBe(false);
  });
});
