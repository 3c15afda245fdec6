import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bytes, base64, concat, fromHex, hex, utf8 } from '#kernel/bytes.ts';
import { systemRandom as random } from '#kernel/random.ts';
import { parseCertificate } from '#pki/certificate.ts';
import { contentInfo, refDer } from '#pki/cms.ts';
import { parseEnvelopedData } from '#pki/cms-enveloped.ts';
import { readDer } from '#pki/der.ts';
import { derNull, explicit, implicit, integer, octetString, oid, sequence, set } from '#pki/der-writer.ts';
import { oids } from '#pki/oids.ts';
import { openStore } from '#store/store.ts';
import { gm, type HeldKey, type LoginWorld, openLoginWorld, unwrap } from '#test/identity/world.ts';
import { quietLog } from '#test/support/store.ts';
import { closed, journalOf, message7, Opener, startDecrypt } from './people.ts';

const content = '老客户端的密文：甲乙丙 ABC';
const key16 = random.bytes(16);
const iv = random.bytes(16);
const ciphertext = gm.sm4Encrypt('cbc', key16, iv, utf8(content));

/** How an old client may have written an envelope; each member departs from GB/T 35275 in one way. */
interface Spelling {
  readonly outer?: string;
  readonly inner?: string;
  readonly version?: number;
  readonly recipientVersion?: number;
  readonly ref?: (key: HeldKey) => Bytes;
  readonly wrapAlgorithm?: Bytes;
  readonly cipher?: Bytes;
  readonly body?: Bytes;
  readonly bare?: boolean;
  readonly layout?: (der: Bytes) => Bytes;
}

const certificateOf = (key: HeldKey) => {
  const certificate = parseCertificate(gm, key.pair.encCertificate);
  if (certificate === undefined) throw new Error('unreadable');
  return certificate;
};

async function spelled(key: HeldKey, how: Spelling = {}): Promise<Bytes> {
  const wrapped = await gm.sm2.encrypt(key.pair.encKey.publicKey, key16);
  const info = sequence(
    integer(how.recipientVersion ?? 0),
    how.ref?.(key) ?? refDer(gm, 'issuer-serial', certificateOf(key)),
    how.wrapAlgorithm ?? sequence(oid(oids.sm2Encrypt)),
    octetString(how.layout?.(wrapped) ?? wrapped),
  );
  const encrypted = sequence(
    oid(how.inner ?? oids.gmData),
    how.cipher ?? sequence(oid(oids.sm4Cbc), octetString(iv)),
    how.body ?? implicit(0, ciphertext),
  );
  const enveloped = sequence(integer(how.version ?? 0), set(info), encrypted);
  return how.bare === true ? enveloped : contentInfo(how.outer ?? oids.gmEnvelopedData, enveloped);
}

/** x, y, C3, C2 of a GM/T 0009 ciphertext. */
function parts(der: Bytes) {
  const [x, y, c3, c2] = readDer(der)?.children() ?? [];
  const figure = (bytes: Bytes = Buffer.alloc(0)) => {
    const plain = bytes[0] === 0 ? bytes.subarray(1) : bytes;
    return concat(Buffer.alloc(32 - plain.length), plain);
  };
  return { x: figure(x?.content), y: figure(y?.content), c3: c3?.content ?? x, c2: c2?.content ?? x } as {
    x: Bytes;
    y: Bytes;
    c3: Bytes;
    c2: Bytes;
  };
}

const layouts: Readonly<Record<string, (der: Bytes) => Bytes>> = {
  der: (der) => der,
  'c1c3c2-04': (der) => {
    const { x, y, c3, c2 } = parts(der);
    return concat(Buffer.of(4), x, y, c3, c2);
  },
  c1c3c2: (der) => {
    const { x, y, c3, c2 } = parts(der);
    return concat(x, y, c3, c2);
  },
  'c1c2c3-04': (der) => {
    const { x, y, c3, c2 } = parts(der);
    return concat(Buffer.of(4), x, y, c2, c3);
  },
  c1c2c3: (der) => {
    const { x, y, c3, c2 } = parts(der);
    return concat(x, y, c2, c3);
  },
  skf: (der) => {
    const { x, y, c3, c2 } = parts(der);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(c2.length);
    return concat(Buffer.alloc(32), x, Buffer.alloc(32), y, c3, length, c2);
  },
};

const keyBits = (key: HeldKey): Bytes => key.pair.encKey.publicKey.point;

const spellings: Readonly<Record<string, Spelling>> = {
  'GB/T 35275 as printed': {},
  'RFC 5652 types': { outer: oids.envelopedData, inner: oids.data },
  'RFC outside, GM inside': { outer: oids.envelopedData },
  'GM outside, RFC inside': { inner: oids.data },
  'SM4 without its mode arc (CFCA)': { cipher: sequence(oid(oids.sm4), octetString(iv)) },
  'SM4 under 1.2.156.10197.1.100': { cipher: sequence(oid('1.2.156.10197.1.100'), octetString(iv)) },
  'the curve in place of SM2 encryption': { wrapAlgorithm: sequence(oid(oids.sm2Curve)) },
  'SM2 signature in place of SM2 encryption': { wrapAlgorithm: sequence(oid(oids.sm2Sign)) },
  'NULL behind the algorithm': { wrapAlgorithm: sequence(oid(oids.sm2Encrypt), derNull()) },
  'id-ecPublicKey with the curve': { wrapAlgorithm: sequence(oid(oids.ecPublicKey), oid(oids.sm2Curve)) },
  'key identifier, version 2 (CFCA)': {
    version: 2,
    recipientVersion: 2,
    ref: (key) => refDer(gm, 'key-id', certificateOf(key)),
  },
  'key identifier, version 0': { ref: (key) => refDer(gm, 'key-id', certificateOf(key)) },
  'key identifier with an explicit tag': {
    ref: (key) => explicit(0, octetString(certificateOf(key).subjectKeyId ?? Buffer.alloc(0))),
  },
  'SM3 of the key as its identifier': { ref: (key) => implicit(0, gm.sm3(keyBits(key))) },
  'serial written as a negative number': {
    ref: (key) => {
      const { issuer, serial } = certificateOf(key);
      const bytes = fromHex(serial) ?? Buffer.alloc(1);
      return sequence(issuer.der, concat(Buffer.of(2, bytes.length), bytes));
    },
  },
  'content with an explicit tag': { body: explicit(0, octetString(ciphertext)) },
  'content in two pieces': {
    body: explicit(0, concat(octetString(ciphertext.subarray(0, 16)), octetString(ciphertext.subarray(16)))),
  },
  'no ContentInfo around it': { bare: true },
};

describe('ciphertexts of other people’s clients', () => {
  let world: LoginWorld;
  let key: HeldKey;
  let stranger: HeldKey;
  beforeAll(async () => {
    world = await openLoginWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
    key = await world.enrolledKey();
    stranger = await world.enrolledKey({ authority: 'bohai' });
  });
  afterAll(async () => {
    await world.close();
    await world.store.close();
  });

  it.each(Object.entries(spellings))('open for their key and for no other: %s', async (_, how) => {
    const der = await spelled(key, how);
    const link = await startDecrypt(world, der);
    const opener = new Opener(world);
    await opener.claim(link.token);
    const [other, right] = await opener.match(link.interaction, stranger, key);
    const own = (list: NonNullable<typeof right>['opens'] = []) =>
      list.filter(({ item }) => item.interactionId === link.interaction).length;
    expect([own(other?.opens), own(other?.tries), own(right?.opens)]).toEqual([0, 0, 1]);
    expect((await opener.decrypt(link, key)).state).toBe('succeeded');
    expect(message7(world, link.taskId)[0]?.['decData']).toBe(content);
    const [opened] = await journalOf(world, 'decrypt.opened', link.interaction);
    expect(opened?.['dialect']).toBe(parseEnvelopedData(der)?.dialect);
  });

  it.each(Object.keys(layouts))('open with the content key in the layout %s, which the journal names', async (name) => {
    const layout = layouts[name];
    const link = await startDecrypt(world, await spelled(key, layout === undefined ? {} : { layout }));
    expect((await new Opener(world).decrypt(link, key)).state).toBe('succeeded');
    expect((await journalOf(world, 'decrypt.opened', link.interaction))[0]?.['layout']).toBe(name);
  });

  it.each(Object.keys(layouts))(
    'that are a bare SM2 ciphertext in the layout %s are tried with the plugged key',
    async (name) => {
      const secret = '一次性口令 8848';
      const der = await gm.sm2.encrypt(key.pair.encKey.publicKey, utf8(secret));
      const bytes = layouts[name]?.(der) ?? der;
      for (const text of [base64(bytes), hex(bytes), hex(bytes).toUpperCase()]) {
        const link = await startDecrypt(world, text);
        const opener = new Opener(world);
        const view = await opener.claim(link.token);
        expect(view.items.find(({ item }) => item.interactionId === link.interaction)?.needed).toEqual([]);
        expect((await opener.unwrapped(link.interaction, stranger)).length).toBe(0);
        expect((await opener.decrypt(link, key)).state).toBe('succeeded');
        expect(message7(world, link.taskId)[0]?.['decData']).toBe(secret);
        expect((await journalOf(world, 'decrypt.opened', link.interaction))[0]).toMatchObject({
          kind: 'bare',
          layout: name,
        });
      }
    },
  );

  it('of sm-crypto, as its users print them', async () => {
    const { sm2 } = createRequire(import.meta.url)('sm-crypto') as {
      sm2: { doEncrypt(text: string, key: string, mode: 0 | 1): string };
    };
    const point = hex(key.pair.encKey.publicKey.point);
    for (const mode of [0, 1] as const) {
      const link = await startDecrypt(world, sm2.doEncrypt('浏览器里加密的', point, mode));
      expect((await new Opener(world).decrypt(link, key)).state).toBe('succeeded');
      expect(message7(world, link.taskId)[0]?.['decData']).toBe('浏览器里加密的');
    }
  });

  it('that hold no text come as base64, and say so', async () => {
    const gbk = Buffer.from('b1d6d0cec4ffd8', 'hex');
    const body = implicit(0, gm.sm4Encrypt('cbc', key16, iv, gbk));
    const link = await startDecrypt(world, await spelled(key, { body }));
    expect((await new Opener(world).decrypt(link, key)).state).toBe('succeeded');
    expect(message7(world, link.taskId)[0]?.['decData']).toBe(base64(gbk));
  });

  it('under a content key of the hub’s own are no longer what the hub made, and open nothing', async () => {
    const made = await closed(world, key, '枢纽的密文');
    const envelope = parseEnvelopedData(made);
    const wrapped = envelope?.recipients[0]?.encryptedKey ?? Buffer.alloc(0);
    const opened = await gm.sm2.decrypt(key.pair.encKey, wrapped);
    if (!opened.ok) throw new Error('does not open');
    const forged = implicit(0, gm.sm4Encrypt('cbc', opened.plaintext, iv, utf8('换了内容')));
    const info = await spelled(key, { body: forged, layout: () => wrapped });
    const link = await startDecrypt(world, info);
    const opener = new Opener(world);
    await opener.claim(link.token);
    const view = unwrap(await opener.open(link.interaction, key));
    expect(view.items.find(({ item }) => item.interactionId === link.interaction)?.item.state).toBe('failed');
    expect((await journalOf(world, 'decrypt.failed', link.interaction))[0]?.['cause']).toBe('altered');
  });

  /** What is not the remembered bytes opens under no key of the hub's (as above); so it is enough that no changed wrap gives another key. */
  it('that were changed in one bit give no key, or the one that the hub knows again', async () => {
    const made = await closed(world, key, '五千次变异'.repeat(20));
    const wrapped = parseEnvelopedData(made)?.recipients[0]?.encryptedKey ?? Buffer.alloc(0);
    const keys = new Set<string>();
    const rounds = Number(process.env['CAIHUB_MUTATIONS'] ?? 5_000);
    for (let round = 0; round < rounds; round += 1) {
      const bytes = Buffer.from(made);
      const at = Buffer.from(random.bytes(4)).readUInt32BE() % bytes.length;
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (round % 8));
      const copy = parseEnvelopedData(bytes)?.recipients[0]?.encryptedKey;
      if (copy === undefined || Buffer.from(copy).equals(Buffer.from(wrapped))) continue;
      const opened = await gm.sm2.decrypt(key.pair.encKey, copy);
      if (opened.ok) keys.add(hex(opened.plaintext));
    }
    expect([...keys]).toEqual([]);
  }, 120_000);
});
