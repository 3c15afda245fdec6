import { createHash, createHmac } from 'node:crypto';
import { base64 } from '#kernel/bytes.ts';
import { CONTENT_PATH } from '#opening/content.ts';
import type { Prey } from './prey.ts';
import { header, type Target } from './shot.ts';
import type { HostileWorld } from './world.ts';

const OPENINGS = '/api/ca/ext/openings';
const MINUTE_MS = 60_000;
/** Before every amendment that damage might make: the opening that is ahead stays ahead. */
const FAR_MS = 10 * 24 * 60 * MINUTE_MS;

/** Openings and capsules, proved by headers; hostile.test.ts holds this list against the app's own table of routes. */
export function openingTargets(world: HostileWorld, { sealed }: Prey): Target[] {
  const { opening, lot, taskId, capsule, next, rehearsal } = sealed;
  const own = `${OPENINGS}/${opening}`;
  const one = `${own}/capsules/${capsule}`;
  const renewed = base64(world.cast.good[0]?.pair.encCertificate ?? Buffer.alloc(0));
  const now = Date.now();
  const prove = prover(world, now);
  const read = (name: string, path: string, method: 'GET' | 'DELETE' = 'GET'): Target => ({
    ...{ name, kind: 'openings', method, path, headers: [], prove },
  });
  const write = (name: string, path: string, members: () => Record<string, unknown>): Target => ({
    ...{ name, kind: 'openings', method: 'POST', path, members, prove },
    headers: [['content-type', 'application/json']],
  });
  return [
    write('openings announce', OPENINGS, () => announcement(world, `${taskId}-o`, now)),
    read('openings show', own),
    write('openings amend', `${own}/amendments`, () => ({ opensAt: now + FAR_MS, reason: '补遗' })),
    read('openings ticket', `${own}/ticket?lot=${lot}`),
    read('openings bid', `${own}/capsules?lot=${lot}&taskId=${taskId}`),
    {
      name: 'openings upload',
      kind: 'openings',
      method: 'PUT',
      path: `${own}/capsules?lot=${lot}&taskId=${next.taskId}&label=a.zip`,
      headers: [['content-type', 'application/octet-stream']],
      content: next.bytes,
      prove,
    },
    read('openings capsule', one),
    write('openings content link', `${one}/content`, () => ({})),
    write('openings rehearse', `${one}/rehearsals`, () => ({})),
    write('openings rehearsed', `${one}/rehearsals/${rehearsal.id}`, () => ({
      wrap: rehearsal.wrap,
      value: rehearsal.value,
    })),
    write('openings rewrap', `${one}/rewraps`, () => ({ certificate: renewed })),
    write('openings rewrapped', `${one}/rewraps`, () => ({
      certificate: renewed,
      ...{ wrap: rehearsal.wrap, wrapped: rehearsal.value, text: 'caihub-rewrap/1', signature: rehearsal.value },
      signedBy: world.keys[0]?.certificate ?? '',
    })),
    { ...read('openings content', `${CONTENT_PATH}${'A'.repeat(43)}`), headers: [] },
    read('openings withdraw', one, 'DELETE'),
  ];
}

/** The same task again and again: the first in earnest deals out keys, later ones are answered from it or refused. */
function announcement({ unit, cast }: HostileWorld, taskId: string, now: number): Record<string, unknown> {
  const official = cast.officers
    .filter(({ role }) => role === 'host')
    .map(({ holder, pair }) => ({ name: holder.holderName, signCertificate: base64(pair.signCertificate) }));
  const custodians = cast.officers
    .filter(({ role }) => role === 'custodian')
    .map(({ holder, pair }) => ({
      name: holder.holderName,
      signCertificate: base64(pair.signCertificate),
      encryptionCertificate: base64(pair.encCertificate),
    }));
  return {
    ...{ taskId, orgcode: unit.orgcode, title: '示例道路改造工程施工', windowMinutes: 60, keyModel: 'joint' },
    opensAt: now + FAR_MS,
    lots: [{ code: 'SG-01', name: '施工一标段' }],
    hosts: official,
    custodians: { needed: 2, persons: custodians },
    rules: { minimumBidders: 3, whenBidder: '视为撤回', whenOthers: '顺延', remedies: ['extend'] },
  };
}

/** As a registered but careless caller would: whatever the request has become, it is his. */
export function prover({ unit }: HostileWorld, now: number): NonNullable<Target['prove']> {
  const timestamp = String(now);
  return (draft, draw) => {
    const sm3 = createHash('sm3')
      .update(draft.body ?? Buffer.alloc(0))
      .digest('hex');
    const nonce = draw.bytes(12).toString('hex');
    const text = [draft.method, draft.path, timestamp, nonce, sm3].join('\n');
    header(draft, 'x-ca-unit-id', unit.caUnitId);
    header(draft, 'x-ca-timestamp', timestamp);
    header(draft, 'x-ca-nonce', nonce);
    header(draft, 'x-ca-sign', createHmac('sm3', Buffer.from(unit.secret, 'utf8')).update(text, 'utf8').digest('hex'));
    if (draft.target.content !== undefined) header(draft, 'x-ca-content-sm3', sm3);
  };
}
