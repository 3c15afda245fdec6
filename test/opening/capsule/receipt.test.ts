import { beforeAll, describe, expect, it } from 'vitest';
import { base64, hex, utf8 } from '#kernel/bytes.ts';
import type { JsonObject } from '#kernel/json.ts';
import { makeReceipt, receiptMismatches, type SignedReceipt, verifyReceipt } from '#opening/capsule/receipt.ts';
import { recordSm3, signRecord, verifyRecord } from '#opening/capsule/record.ts';
import { checkRewrap, type RewrapAnswer, rewrapTextFor } from '#opening/capsule/rewrap.ts';
import { checkStructure, type Structure } from '#opening/capsule/structure.ts';
import { readTicket, type SealingTicket, signTicket } from '#opening/capsule/ticket.ts';
import { bidderWraps, type WrapOf, wrappedBytes } from '#opening/capsule/wraps.ts';
import { gm, holder, hubKey, hubPoint, NOW, open, openingKey, type Pair, read, seal, ticketOf } from './support.ts';

let bidder: Pair;
let capsule: Buffer;
let structure: Structure;
let receipt: SignedReceipt;
beforeAll(async () => {
  bidder = await holder('甲公司');
  capsule = await seal(bidder, await ticketOf('joint'), utf8('正文'));
  structure = await checkStructure(gm, [capsule]);
  const { wraps } = structure.head;
  receipt = await makeReceipt(gm, hubKey, {
    event: 'sealed',
    capsule: 'cap-1',
    version: 1,
    previous: null,
    at: NOW,
    structure,
    wraps,
  });
});
const changed = (change: JsonObject): unknown => ({ ...receipt, record: { ...receipt.record, ...change } });

describe('a receipt', () => {
  it('is verified with nothing but the hub’s public key, after a journey as JSON', () => {
    const check = verifyReceipt(gm, JSON.parse(JSON.stringify(receipt)), [hubPoint]);
    if (!check.ok) throw new Error(check.fault);
    expect(check.receipt).toMatchObject({ event: 'sealed', keyModel: 'joint', capsuleSm3: structure.sm3 });
    expect(check.receipt.statement).toContain('平台没有接触明文');
    expect(receiptMismatches(check.receipt, structure)).toEqual([]);
    expect(check.receipt.wraps.map(({ kind }) => kind)).toEqual(['bidder', 'opening']);
  });

  it('says so when only the hub’s policy keeps a capsule closed, and when the hub saw the plaintext', async () => {
    const sealed = await seal(bidder, await ticketOf('bidder'), utf8('正文'), { sealedBy: 'hub' });
    const own = await checkStructure(gm, [sealed]);
    const made = await makeReceipt(gm, hubKey, {
      event: 'sealed',
      capsule: 'cap-2',
      version: 1,
      previous: null,
      at: NOW,
      structure: own,
      wraps: own.head.wraps,
    });
    expect(made.record.statement).toContain('不由密码学保证');
    expect(made.record.statement).toContain('平台在密封时接触过明文');
  });

  it('that was altered, is of another hub or no receipt is refused', () => {
    expect(verifyReceipt(gm, changed({ at: NOW + 1 }), [hubPoint])).toEqual({ ok: false, fault: 'signature' });
    expect(verifyReceipt(gm, changed({ keyModel: 'quorum' }), [hubPoint])).toEqual({ ok: false, fault: 'signature' });
    expect(verifyReceipt(gm, changed({ extra: 1 }), [hubPoint])).toEqual({ ok: false, fault: 'unreadable' });
    expect(verifyReceipt(gm, changed({ at: 0.5 }), [hubPoint])).toEqual({ ok: false, fault: 'unreadable' });
    expect(verifyReceipt(gm, receipt, ['04'.padEnd(130, '1')])).toEqual({ ok: false, fault: 'key' });
    for (const value of [null, 1, '', [], {}, { record: {} }]) {
      expect(verifyReceipt(gm, value, [hubPoint])).toEqual({ ok: false, fault: 'unreadable' });
    }
  });

  it('of another capsule is told apart', async () => {
    const other = await checkStructure(gm, [await seal(bidder, await ticketOf('joint'), utf8('正文'), { task: 'T2' })]);
    expect(receiptMismatches(receipt.record, other)).toEqual(
      expect.arrayContaining(['capsuleSm3', 'headerSm3', 'task']),
    );
  });

  it('is no ticket, and a ticket no receipt: the type is under the signature', async () => {
    const record = { ...receipt.record, type: 'sealing-ticket' };
    expect(verifyReceipt(gm, await signRecord(gm, hubKey, record), [hubPoint])).toMatchObject({ fault: 'unreadable' });
    expect(readTicket(gm, receipt, [hubPoint])).toBeUndefined();
    expect(verifyRecord(gm, receipt, [hubPoint])).toBeDefined();
    expect(recordSm3(gm, receipt.record)).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('a sealing ticket', () => {
  const ticket: SealingTicket = {
    type: 'sealing-ticket',
    v: 1,
    hub: 'https://hub.example',
    opening: 'opn-1',
    lot: 'lot-1',
    opensAt: NOW,
    keyModel: 'joint',
    openingKey: hex(openingKey.publicKey.point),
    recovery: null,
    issuedAt: NOW,
  };
  const signed = (change: Partial<SealingTicket>) => signTicket(gm, hubKey, { ...ticket, ...change });

  it('that the hub did not sign, or that names no usable key, seals nothing', async () => {
    expect(readTicket(gm, await signed({}), [hubPoint])).toBeDefined();
    expect(readTicket(gm, await signed({}), [])).toBeUndefined();
    const forged = await signed({});
    expect(readTicket(gm, { ...forged, record: { ...forged.record, opensAt: 0 } }, [hubPoint])).toBeUndefined();
    expect(readTicket(gm, await signed({ openingKey: null }), [hubPoint])).toBeUndefined();
    expect(readTicket(gm, await signed({ openingKey: `04${'11'.repeat(64)}` }), [hubPoint])).toBeUndefined();
    expect(readTicket(gm, await signed({ keyModel: 'quorum' }), [hubPoint])).toBeUndefined();
    const certificate = base64(bidder.encCertificate);
    const twice = ['a', 'b'].map((id) => ({ id, certificate }));
    const recovery = { threshold: 2, custodians: twice };
    expect(readTicket(gm, await signed({ keyModel: 'quorum', recovery }), [hubPoint])).toBeUndefined();
  });
});

describe('a re-wrap for a renewed certificate', () => {
  /** What the agent answers: the half wrapped again, and the old key's word for it. */
  async function agentAnswer(renewed: Pair): Promise<RewrapAnswer> {
    const { wraps } = structure.head;
    const [from] = bidderWraps(wraps) as [WrapOf<'bidder'>];
    const certificate = read(renewed.encCertificate);
    const half = await gm.sm2.decrypt(bidder.encKey, wrappedBytes(from));
    if (!half.ok || certificate.key.kind !== 'sm2') throw new Error('no half');
    const place = { opening: 'opn-1', capsule: 'cap-1' };
    const text = rewrapTextFor(gm, place, from, certificate);
    return {
      ...place,
      wraps,
      from,
      certificate,
      wrapped: await gm.sm2.encrypt(certificate.key.publicKey, half.plaintext),
      text,
      signature: await gm.sm2.sign(bidder.signKey, [utf8(text)]),
      signedBy: read(bidder.signCertificate),
    };
  }

  it('adds a wrap by which the new key opens; the old one stays', async () => {
    const renewed = await holder('甲公司');
    const check = checkRewrap(gm, await agentAnswer(renewed));
    if (!check.ok) throw new Error(check.fault);
    expect(check.wrap).toMatchObject({ kind: 'rewrap', id: 'w1', old: structure.head.header.certificateSm3 });
    const wraps = [...structure.head.wraps, check.wrap];
    expect(bidderWraps(wraps)).toHaveLength(2);
    const half = await gm.sm2.decrypt(renewed.encKey, wrappedBytes(check.wrap));
    const ko = await gm.sm2.decrypt(openingKey, wrappedBytes(structure.head.wraps[1] ?? check.wrap));
    if (!half.ok || !ko.ok) throw new Error('does not open');
    expect((await open(capsule, bidder, { kb: half.plaintext, ko: ko.plaintext })).content.toString()).toBe('正文');
  });

  it('for another capsule, without the old key’s word, or handed in twice is refused', async () => {
    const renewed = await holder('甲公司');
    const answer = await agentAnswer(renewed);
    const faultOf = (change: Partial<RewrapAnswer>): string => {
      const check = checkRewrap(gm, { ...answer, ...change });
      return check.ok ? 'taken' : check.fault;
    };
    expect(faultOf({})).toBe('taken');
    expect(faultOf({ capsule: 'cap-2' })).toBe('text');
    expect(faultOf({ opening: 'opn-2' })).toBe('text');
    expect(faultOf({ text: `${answer.text}\n` })).toBe('text');
    expect(faultOf({ certificate: read(bidder.encCertificate) })).toBe('text');
    expect(faultOf({ signedBy: read(renewed.signCertificate) })).toBe('signature');
    expect(faultOf({ signature: Buffer.alloc(70) })).toBe('signature');
    expect(faultOf({ wrapped: wrappedBytes(answer.from) })).toBe('wrap');
    expect(faultOf({ wrapped: Buffer.alloc(5) })).toBe('wrap');
    const first = checkRewrap(gm, answer);
    if (first.ok) expect(faultOf({ wraps: [...answer.wraps, first.wrap] })).toBe('wrap');
  });
});
