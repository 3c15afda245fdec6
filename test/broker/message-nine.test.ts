import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeDocumentSigned } from '#broker/encode-document-signed.ts';
import { createEgress } from '#delivery/egress.ts';
import { type Bytes, concat, fromUtf8, hex, utf8 } from '#kernel/bytes.ts';
import { systemRandom } from '#kernel/random.ts';
import type { DocumentSigned } from '#signature/event.ts';
import { plainPdf } from '#test/signature/pdf/base.ts';
import { unwrap } from '#test/subscriber/support.ts';
import { json, startReceiver } from '#test/support/receiver.ts';
import { quietLog } from '#test/support/store.ts';
import { type Body, type Caller, codeOf, gm, openWorld, signAs, type World } from './support.ts';

let world: World;
let caller: Caller;
let encode: ReturnType<typeof encodeDocumentSigned>;
beforeAll(async () => {
  world = await openWorld();
  caller = await world.caller();
  const { store, clock, parties, signatures } = world;
  encode = encodeDocumentSigned({
    ...{ store, gm, clock, random: systemRandom, relyingParties: parties },
    signedDocument: signatures.signedDocument,
  });
});
afterAll(() => world.close());

const pdf = plainPdf(Array.from({ length: 700 }, () => ({})));
async function* once(bytes: Bytes): AsyncIterable<Bytes> {
  yield bytes;
}
let tasks = 0;
async function event(by: Caller, changes: Partial<DocumentSigned> = {}) {
  tasks += 1;
  // The document as it came, and one revision behind it.
  const came = unwrap(await world.signatures.stage(once(pdf.subarray(0, 500))));
  const revision = unwrap(await world.signatures.stage(once(pdf.subarray(500))));
  const body: DocumentSigned = {
    taskId: `S${tasks}`,
    standBy: '{"mine":"原样"}',
    answerAs: 'sm4-cbc',
    name: '招标文件.pdf',
    bytes: pdf.length,
    sm3: hex(gm.sm3(pdf)),
    files: [came.ref, revision.ref],
    ...changes,
  };
  const ids = { id: `out_${tasks}`, kind: 'document.signed', orgcode: '210000', interactionId: 'int_1' } as const;
  return { ...ids, unitId: by.id, stateVersion: 7, attempt: 1, body };
}
async function read(source: AsyncIterable<Bytes>): Promise<Bytes> {
  const parts: Bytes[] = [];
  for await (const part of source) parts.push(part);
  return concat(...parts);
}
const open = ({ fileKey }: Caller, attFile: string, mode: 'cbc' | 'ecb'): Bytes | undefined => {
  const bytes = Buffer.from(attFile, 'base64');
  const key = utf8(fileKey.reveal());
  return mode === 'ecb'
    ? gm.sm4Decrypt('ecb', key, null, bytes)
    : gm.sm4Decrypt('cbc', key, bytes.subarray(0, 16), bytes.subarray(16));
};

describe('the event of a signed document', () => {
  it('becomes message 9: members in printed order, the file encrypted, signed and proved by header, as long as announced', async () => {
    const { url, headers, body } = await encode(await event(caller));
    expect(url).toBe('http://localhost:9/app/api/ca/onSignature');
    const sent = await read(body.open());
    expect(body.length).toBe(sent.length);
    const { sign, ...members } = JSON.parse(fromUtf8(sent)) as Body;
    expect(Object.keys(members)).toEqual(['caUnitId', 'taskId', 'orgcode', 'attFile', 'standBy']);
    expect(members).toMatchObject({ caUnitId: caller.id, orgcode: '210000', standBy: '{"mine":"原样"}' });
    expect(sign).toBe(signAs(caller.secret, 'onSignature', members));
    expect(open(caller, String(members['attFile']), 'cbc')).toEqual(Buffer.from(pdf));
    const { 'x-ca-timestamp': at, 'x-ca-signature': proof } = headers;
    const signed = concat(utf8(`out_${tasks}.7.${at}.`), sent);
    expect(proof).toBe(hex(gm.hmacSm3(utf8(caller.secret.reveal()), signed)));
  });

  it('goes back as the file came', async () => {
    const plain = JSON.parse(
      fromUtf8(await read((await encode(await event(caller, { answerAs: 'plain' }))).body.open())),
    ) as Body;
    expect(Buffer.from(String(plain['attFile']), 'base64')).toEqual(Buffer.from(pdf));
    const ecb = JSON.parse(
      fromUtf8(await read((await encode(await event(caller, { answerAs: 'sm4-ecb', standBy: null }))).body.open())),
    ) as Body;
    expect(open(caller, String(ecb['attFile']), 'ecb')).toEqual(Buffer.from(pdf));
    expect(Object.keys(ecb)).toEqual(['caUnitId', 'taskId', 'orgcode', 'attFile', 'sign']);
  });

  it('is encrypted anew at each attempt, and the same within one', async () => {
    const signed = await event(caller);
    const [first, second] = [await encode(signed), await encode({ ...signed, attempt: 2 })];
    const [a, again, b] = [
      await read(first.body.open()),
      await read(first.body.open()),
      await read(second.body.open()),
    ];
    expect(Buffer.compare(a, again)).toBe(0);
    expect(Buffer.compare(a, b)).not.toBe(0);
  });

  it('arrives at the platform whole, and its answer decides', async () => {
    const there = await startReceiver();
    const egress = createEgress({ log: quietLog });
    try {
      const message = await encode(await event(caller));
      const send = () =>
        egress.request({
          ...{ method: 'POST', url: `${there.origin}/onSignature`, headers: message.headers, body: message.body },
          ...{ timeoutMs: 5_000, maxBytes: 1024 },
          allow: { origins: [there.origin], privateRanges: ['127.0.0.0/8'] },
        });
      const sent = await send();
      expect(there.received[0]?.body).toBe(fromUtf8(await read(message.body.open())));
      const said = (status: number, body: string) => message.read(status, body);
      expect(sent.ok && said(sent.status, fromUtf8(sent.body))).toBe('delivered');
      expect(said(200, '{"code":500,"msg":"磁盘已满"}')).toEqual({ refused: '磁盘已满' });
      expect(said(413, '<html>')).toMatchObject({ retry: expect.stringContaining('413') });
      there.answer(json({ code: 200 }, 503));
      const busy = await send();
      expect(busy.ok && said(busy.status, fromUtf8(busy.body))).toMatchObject({ retry: 'HTTP 503' });
    } finally {
      egress.close();
      await there.close();
    }
  });

  it('cannot be handed back to startSignature, whose signed string is the same', async () => {
    const plainly = await world.caller({ profile: { attFile: 'plain' } });
    const message = await encode(await event(plainly, { answerAs: 'plain' }));
    const reflected = await read(message.body.open());
    const reply = await world.post('/api/ca/startSignature', reflected);
    expect(codeOf((await reply.json()) as Body)).toBe('SIGN_OTHER_PATH');
  });

  it('is not sent while its unit or platform is suspended, nor when its document is gone', async () => {
    const late = await world.caller();
    const signed = await event(late);
    await world.store.tx((tx) => world.parties.setUnitStatus(tx, late.id, 'suspended'));
    await expect(encode(signed)).rejects.toThrow('UNIT_SUSPENDED');
    const gone = await event(caller);
    for (const ref of gone.body.files) await world.files.remove(ref);
    await expect(encode(gone)).rejects.toThrow();
  });
});
