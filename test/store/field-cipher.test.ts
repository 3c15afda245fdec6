import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createGm } from '#crypto/provider.ts';
import { HubError } from '#kernel/errors.ts';
import { systemRandom } from '#kernel/random.ts';
import { createFieldCipher, type FieldCipher, type Place } from '#store/field-cipher.ts';
import { createKeyring, type MasterKey } from '#store/keys.ts';
import { openStore } from '#store/store.ts';
import { quietLog } from '#test/support/store.ts';

const gm = createGm();
const old: MasterKey = { id: 'k-2025', key: new Uint8Array(32).fill(1) };
const fresh: MasterKey = { id: 'k-2026', key: new Uint8Array(32).fill(2) };
const under = (...keys: MasterKey[]): FieldCipher => createFieldCipher(gm, createKeyring(gm, keys), systemRandom);
const cipher = under(old);
const place: Place = { table: 'subscriber', row: 'sub_1', column: 'id_number_sealed' };
const person = '210102190001010014';

describe('a sealed field', () => {
  it.each([
    ['', 'nothing'],
    [person, 'digits'],
    ['辽宁示例建设有限公司', 'Chinese'],
    ['x'.repeat(100_000), 'a seal picture'],
  ])('opens again in its own place (%#)', (text) => {
    expect(cipher.openText(place, cipher.seal(place, text))).toBe(text);
  });

  it('keeps bytes as bytes', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect(Buffer.from(cipher.open(place, cipher.seal(place, bytes)))).toEqual(Buffer.from(bytes));
  });

  it('looks different every time and shows nothing of its content', () => {
    const [one, two] = [cipher.seal(place, person), cipher.seal(place, person)];
    expect(one).not.toBe(two);
    expect(Buffer.from(one.split('.')[2] ?? '', 'base64url').includes(person)).toBe(false);
    expect(one).toMatch(/^1\.k-2025\.[A-Za-z0-9_-]+$/);
  });

  it('does not open after it was copied to another row, column or table', () => {
    const sealed = cipher.seal(place, person);
    for (const other of [
      { ...place, row: 'sub_2' },
      { ...place, column: 'name_sealed' },
      { ...place, table: 'unit' as const },
      { table: 'subscriber' as const, row: 'sub_1id', column: '_number_sealed' },
    ])
      expect(() => cipher.open(other, sealed), JSON.stringify(other)).toThrow(HubError);
  });

  it('does not open after any single bit of it was changed', () => {
    const sealed = cipher.seal(place, 'ab');
    const [version, key, text = ''] = sealed.split('.');
    const blob = Buffer.from(text, 'base64url');
    for (let bit = 0; bit < blob.length * 8; bit += 1) {
      const changed = Buffer.from(blob);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => cipher.open(place, `${version}.${key}.${changed.toString('base64url')}`)).toThrow(HubError);
    }
  });

  it.each([
    [''],
    ['1'],
    ['1.k-2025'],
    ['1.k-2025.'],
    ['1.k-2025.AAAA'],
    ['2.k-2025.AAAA'],
    ['a.b.c.d'],
    [person],
    ['1.k-2025.!!!'],
  ])('%j is no sealed value', (text) => {
    expect(() => cipher.open(place, text)).toThrow(HubError);
  });

  it('says in its error where, never what', () => {
    const error = (() => {
      try {
        return cipher.open({ ...place, row: 'sub_2' }, cipher.seal(place, person));
      } catch (reason) {
        return String(reason);
      }
    })();
    expect(error).toContain('subscriber.id_number_sealed of row sub_2');
    expect(error).not.toContain(person);
  });
});

describe('key rotation', () => {
  const before = cipher.seal(place, person);
  const rotated = under(fresh, old);

  it('seals under the new key and still opens what the old one sealed', () => {
    expect(rotated.seal(place, 'x')).toContain('.k-2026.');
    expect(rotated.openText(place, before)).toBe(person);
  });

  it('keeps every look-up index', () => {
    expect(rotated.index('idNumber', person)).toBe(cipher.index('idNumber', person));
  });

  it('says which key is missing when one was dropped too early', () => {
    expect(() => under(fresh).open(place, before)).toThrow('master key k-2025 is not configured');
  });

  it('takes another key of the same name for a forgery', () => {
    expect(() => under({ id: old.id, key: fresh.key }).open(place, before)).toThrow('authentication failed');
  });
});

describe('a look-up index', () => {
  it('is the same for the same purpose and values, and for nothing else', () => {
    const all = [
      cipher.index('idNumber', person),
      cipher.index('unitCode', person),
      cipher.index('idNumber', person, ''),
      cipher.index('idNumber', '', person),
      cipher.index('idNumber', 'ab', 'c'),
      cipher.index('idNumber', 'a', 'bc'),
      under(fresh).index('idNumber', person),
      Buffer.from(gm.sm3(Buffer.from(person))).toString('hex'),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(cipher.index('idNumber', person)).toBe(all[0]);
    expect(all[0]).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('the keyring', () => {
  it.each([
    ['nothing at all', []],
    ['a short key', [{ id: 'k', key: new Uint8Array(15) }]],
    ['an id with a dot', [{ id: 'a.b', key: old.key }]],
    ['an empty id', [{ id: '', key: old.key }]],
    ['one id twice', [old, old]],
  ])('refuses %s', (_, keys) => {
    expect(() => createKeyring(gm, keys)).toThrow();
  });

  it('derives unrelated keys for every label and master key', () => {
    const ring = createKeyring(gm, [fresh, old]);
    const hexOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');
    const derived = [ring.derive('page'), ring.derive('field/mac'), ring.byId('k-2025')?.derive('page')].map(hexOf);
    expect(new Set([...derived, hexOf(old.key), hexOf(fresh.key)]).size).toBe(5);
    expect(derived.every((key) => key.length === 64)).toBe(true);
    expect(ring.id).toBe('k-2026');
    expect(ring.byId('k-2024')).toBeUndefined();
  });
});

describe('the database file', () => {
  it('holds no byte of what was sealed or of the keys', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'caihub-bytes-'));
    const store = await openStore({ kind: 'sqlite', file: join(folder, 'hub.db') }, { log: quietLog });
    await store.tx((tx) =>
      tx.db
        .insertInto('unit')
        .values({
          id: 'u',
          name: '沈阳示例中心',
          status: 'active',
          profile: '{}',
          file_key_sealed: cipher.seal({ table: 'unit', row: 'u', column: 'file_key_sealed' }, person),
          created_at: 0,
          updated_at: 0,
        })
        .execute(),
    );
    const written = Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
    expect(written.includes('沈阳示例中心')).toBe(true);
    for (const secret of [person, Buffer.from(old.key), gm.sm3(Buffer.from(person))])
      expect(written.includes(Buffer.from(secret))).toBe(false);
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
});
