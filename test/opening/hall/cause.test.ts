import { describe, expect, it } from 'vitest';
import { type Cause, decideCause } from '#opening/hall/cause.ts';
import type { Fact } from '#opening/hall/facts.ts';
import { incidentsOf } from '#opening/hall/incident.ts';

const MINUTE = 60_000;
const window = { startedAt: 0, endsAt: 40 * MINUTE };
const context = { now: 30 * MINUTE, window, incident: null };
const entered: Fact = { kind: 'page-entered', at: MINUTE };
const returned = (change: Partial<Extract<Fact, { kind: 'key-returned' }>>): Fact => ({
  kind: 'key-returned',
  at: 5 * MINUTE,
  capsule: 'cap_1',
  commitment: 'missed',
  wrapAsReceipt: true,
  road: 'key',
  sealedBy: 'client',
  ...change,
});
const vendor = (change: Partial<Extract<Fact, { kind: 'vendor-failed' }>> = {}): Fact => ({
  kind: 'vendor-failed',
  at: 5 * MINUTE,
  authority: 'bohai',
  name: '渤海电子认证',
  why: 'no-answer',
  othersReached: true,
  ...change,
});
const report = (what: Extract<Fact, { kind: 'report' }>['what']): Fact => ({
  kind: 'report',
  at: 6 * MINUTE,
  what,
  tail: '27C1',
});

type Said = readonly [party: Cause['party'], kind: Cause['kind'], weight: Cause['weight']];
/** Fault → what is known of it → whose cause it is. */
const table: readonly (readonly [name: string, facts: readonly Fact[], said: Said])[] = [
  ['wrong key plugged in', [entered, report('wrong-key')], ['unknown', 'WRONG_KEY', 'reported']],
  ['lost key', [entered, report('no-key')], ['unknown', 'KEY_MISSING', 'reported']],
  [
    'renewed key',
    [entered, { kind: 'renewed', at: 0, tail: '8F3A', newTail: '27C1' }, report('wrong-key')],
    ['unknown', 'KEY_RENEWED', 'reported'],
  ],
  ['expired certificate, nothing tried', [{ kind: 'expired', at: 0, tail: '8F3A' }], ['unknown', 'NOT_COME', 'open']],
  ['PIN locked', [entered, report('pin-wrong'), report('pin-locked')], ['unknown', 'PIN_LOCKED', 'reported']],
  ['no agent', [entered, report('no-agent')], ['unknown', 'NO_AGENT', 'reported']],
  ['driver down, others reached', [entered, vendor({ why: 'driver-down' })], ['vendor', 'VENDOR_DOWN', 'proved']],
  [
    'vendor silent, and so is everybody',
    [entered, vendor({ othersReached: false })],
    ['unknown', 'VENDOR_DOWN', 'proved'],
  ],
  [
    'hub killed after the page was entered',
    [entered, { kind: 'hub-away', from: 8 * MINUTE, at: 12 * MINUTE }],
    ['platform', 'HUB_DOWN', 'proved'],
  ],
  [
    'hub away until shortly before the end',
    [{ kind: 'hub-away', from: 20 * MINUTE, at: 38 * MINUTE }],
    ['platform', 'HUB_DOWN', 'proved'],
  ],
  [
    'hub away early, then never came',
    [{ kind: 'hub-away', from: MINUTE, at: 2 * MINUTE }],
    ['unknown', 'NOT_COME', 'open'],
  ],
  ['network cut, by one report', [entered, report('network')], ['unknown', 'NETWORK_CUT', 'reported']],
  [
    'network cut for many at once',
    [entered, { kind: 'many-silent', at: 9 * MINUTE, bids: 5 }],
    ['network', 'NETWORK_CUT', 'proved'],
  ],
  [
    'tampered capsule',
    [entered, { kind: 'capsule-differs', at: 4 * MINUTE, capsule: 'cap_1', what: 'digest' }, returned({})],
    ['platform', 'CAPSULE_DAMAGED', 'proved'],
  ],
  ['swapped wrap', [entered, returned({ wrapAsReceipt: false })], ['platform', 'CAPSULE_DAMAGED', 'proved']],
  [
    'bad custodian share',
    [
      { kind: 'share-bad', at: 1, custodian: 2, title: '招标代理托管人' },
      { kind: 'not-released', at: 2, have: 1, need: 2 },
    ],
    ['platform', 'SHARE_BAD', 'proved'],
  ],
  [
    'opening half unusable',
    [entered, { kind: 'opening-key-missing', at: 3, capsule: 'cap_1' }],
    ['platform', 'CAPSULE_DAMAGED', 'proved'],
  ],
  ['another key than was committed to', [entered, returned({})], ['bidder', 'KEY_MISMATCH', 'proved']],
  ['the same over a vendor’s service', [entered, returned({ road: 'vendor' })], ['unknown', 'KEY_MISMATCH', 'proved']],
  ['the same, sealed by the hub', [entered, returned({ sealedBy: 'hub' })], ['unknown', 'KEY_MISMATCH', 'proved']],
  [
    'content that was sealed broken',
    [entered, { kind: 'body-broken', at: 5, capsule: 'cap_1' }],
    ['unknown', 'UNKNOWN', 'proved'],
  ],
  [
    'opened, not taken',
    [entered, { kind: 'platform-refused', at: 5, capsule: 'cap_1' }],
    ['platform', 'UNDELIVERED', 'proved'],
  ],
  ['nothing known', [entered], ['unknown', 'UNKNOWN', 'open']],
];

describe('the cause of a bid that did not open', () => {
  it.each(table)('%s', (_, facts, [party, kind, weight]) => {
    expect(decideCause(facts, context)).toMatchObject({ party, kind, weight });
  });

  it('is the vendor’s for all its bidders when three fail within five minutes', () => {
    const at = (minute: number, bid: string) => ({ bid, facts: [vendor({ at: minute * MINUTE })] });
    expect(incidentsOf([at(1, 'a'), at(3, 'b'), at(7, 'c')])).toEqual([]);
    const [incident] = incidentsOf([at(1, 'a'), at(3, 'b'), at(6, 'c'), at(30, 'd')]);
    expect(incident).toMatchObject({ authority: 'bohai', bids: ['a', 'b', 'c'], since: MINUTE });
    const known = { ...context, incident: { name: '渤海电子认证', bids: 3 } };
    expect(decideCause([entered, vendor()], known)).toMatchObject({ party: 'vendor', kind: 'VENDOR_WIDE' });
  });

  it('never accuses the bidder on anything less than his own key missing its commitment under the receipt’s wrap', () => {
    const pool = table.flatMap(([, facts]) => facts).filter((fact) => !accuses(fact));
    let seed = 7;
    const next = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    for (let round = 0; round < 5_000; round += 1) {
      const facts = Array.from({ length: next(8) }, () => pool[next(pool.length)] ?? entered);
      expect(decideCause(facts, context).party).not.toBe('bidder');
    }
  });
});

const accuses = (fact: Fact): boolean =>
  fact.kind === 'key-returned' &&
  fact.commitment === 'missed' &&
  fact.wrapAsReceipt &&
  fact.road === 'key' &&
  fact.sealedBy === 'client';
