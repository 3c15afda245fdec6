import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeDocumentSigned } from '#broker/encode-document-signed.ts';
import { fromAttFile } from '#fixtures/world/trading-system/att-file.ts';
import { Documents } from '#fixtures/world/trading-system/documents.ts';
import { papers } from '#fixtures/world/trading-system/papers.ts';
import { printed, signIsRight } from '#fixtures/world/trading-system/sign.ts';
import { concat, fromUtf8, hex, utf8 } from '#kernel/bytes.ts';
import { systemRandom } from '#kernel/random.ts';
import type { DocumentSigned } from '#signature/event.ts';
import { unwrap } from '#test/subscriber/support.ts';
import { type Body, type Caller, gm, openWorld, type World } from './support.ts';

let world: World;
let caller: Caller;
let documents: Documents;
beforeAll(async () => {
  world = await openWorld();
  caller = await world.caller();
  const secrets = { secret: caller.secret.reveal(), fileKey: caller.fileKey.reveal() };
  const access = { hub: world.url, caUnitId: caller.id, orgcode: '210000', ...secrets };
  documents = new Documents(access, 'http://localhost:9/app/back', papers());
});
afterAll(() => world.close());

const who = (unitName: string) => ({
  ...{ unitName, unitCode: '91210100MA0UG0PD0W', idNumber: '210102199001010014' },
  ...{ signCertSn: '5A0F91A4', encCertSn: '5A0F91A5' },
});

/** Message 9 as the hub writes it, of the document that came with this task and what was added to it. */
async function messageNine(taskId: string, came: Uint8Array, revision: string): Promise<Body> {
  const { store, clock, parties, signatures } = world;
  const signedDocument = signatures.signedDocument;
  const encode = encodeDocumentSigned({
    ...{ store, gm, clock, random: systemRandom, relyingParties: parties, signedDocument },
  });
  const parts = [came, utf8(revision)];
  const files = [];
  for (const part of parts) {
    const source = async function* () {
      yield part;
    };
    files.push(unwrap(await signatures.stage(source())).ref);
  }
  const whole = concat(...parts);
  const body: DocumentSigned = {
    ...{ taskId, standBy: null, answerAs: 'sm4-cbc', name: 'x.pdf', files },
    ...{ bytes: whole.length, sm3: hex(gm.sm3(whole)) },
  };
  const ids = { id: 'out_1', kind: 'document.signed', orgcode: '210000', interactionId: 'int_1' } as const;
  const message = await encode({ ...ids, unitId: caller.id, stateVersion: 2, attempt: 1, body });
  const sent: Uint8Array[] = [];
  for await (const part of message.body.open()) sent.push(part);
  return JSON.parse(fromUtf8(concat(...sent))) as Body;
}

describe('a trading system written from the documentation alone', () => {
  it('has its papers signed, one company after the other, and keeps every version', async () => {
    for (const company of ['甲公司', '乙公司']) {
      const started = await documents.sign(who(company), 'guarantee');
      if ('trouble' in started) throw new Error(started.trouble);
      expect(started.url).toContain('/sign/');
      const before = (await documents.find('guarantee'))?.versions.at(-1);
      const message = await messageNine(started.taskId, before?.bytes ?? new Uint8Array(), '\n');
      const members = message as Record<string, string>;
      expect(signIsRight(caller.secret.reveal(), members, printed.onSignature)).toBe(true);
      expect(signIsRight('another secret', members, printed.onSignature)).toBe(false);
      expect(fromAttFile(String(message['attFile']), '0000000000000000')).toBeUndefined();
      expect(documents.accept(started.taskId, String(message['attFile']))).toBe('new');
      expect(documents.accept(started.taskId, String(message['attFile']))).toBe('again');
    }
    const versions = (await documents.find('guarantee'))?.versions ?? [];
    expect(versions.map(({ by, extends: added }) => [by, added])).toEqual([
      [null, true],
      ['甲公司', true],
      ['乙公司', true],
    ]);
    expect(documents.accept('S-unknown', '')).toBe('unknown');
  });

  it('opens the page for local files, and takes back only what was made of its own', async () => {
    const started = await documents.signLocally();
    expect(started).toMatchObject({ url: expect.stringContaining('/sign/') });
    const [first] = (await documents.find('tender'))?.versions ?? [];
    const signed = concat(first?.bytes ?? new Uint8Array(), utf8('% signed\n'));
    expect(await documents.upload(who('甲公司'), 'tender', Buffer.from(signed))).toBeUndefined();
    expect(await documents.upload(who('甲公司'), 'tender', Buffer.from('%PDF-1.7 another'))).toHaveProperty('trouble');
    expect(await documents.upload(who('甲公司'), 'tender', Buffer.from('text'))).toHaveProperty('trouble');
    expect((await documents.find('tender'))?.versions.map(({ road }) => road)).toEqual(['online', 'upload']);
  });
});
