import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyPair } from '#fixtures/pki/authority.ts';
import { companies } from '#fixtures/pki/identities.ts';
import { buildSealHouse } from '#fixtures/pki/seal-house.ts';
import { base64 } from '#kernel/bytes.ts';
import { limits } from '#kernel/limits.ts';
import type { Unit } from '#relying-party/party.ts';
import type { HeldSeal } from '#subscriber/seals/held-seal.ts';
import { describeOnBothDatabases } from '#test/support/store.ts';
import { makeFor, noise, person, ring, sealText, seen, sketch, use } from './seals-kit.ts';
import { certificate, changeOf, DAY, type Desk, gm, openDesk, recordOf, refusalOf, unwrap } from './support.ts';

const { liaoning, dalian } = companies;

describeOnBothDatabases('the seal library', ({ open }) => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(await open());
  });
  afterAll(() => desk.close());

  /** A company whose key is on record at a unit, without a seal. */
  async function company(name: string, seal = '') {
    const unit = await desk.unit(name);
    const pair = await desk.key();
    unwrap(await desk.subscribers.synchronise(unit, recordOf(pair, liaoning, { seal })));
    return { unit, pair };
  }
  /** Another key of the same company at the same unit. */
  async function colleague(unit: Unit): Promise<KeyPair> {
    const pair = await desk.key();
    unwrap(await desk.subscribers.synchronise(unit, recordOf(pair, liaoning, { seal: '' })));
    return pair;
  }
  async function registered(name: string) {
    const { unit, pair } = await company(name);
    const { seal } = unwrap(await desk.seals.register(unit, await makeFor(desk, [pair])));
    const [held] = await seen(desk, unit, pair);
    if (held === undefined) throw new Error('no seal');
    return { unit, pair, id: seal.id, held };
  }

  describe('what units send along with a key', () => {
    it('is the key’s seal from then on: an image is called an image, at the size of its kind', async () => {
      const { unit, pair } = await company('图片', base64(ring()));
      const [held, ...more] = await seen(desk, unit, pair);
      expect(more).toEqual([]);
      expect(held).toMatchObject({ kind: 'image', source: 'synchronised', seal: null, refusal: null, validTo: null });
      expect(held?.name).toBe('辽宁示例建设有限公司（印章图片）');
      expect(held?.picture).toMatchObject({ format: 'png', width: 40, height: 40 });
      expect(Buffer.from(held?.picture.bytes ?? [])).toEqual(ring());
    });

    it('keeps its proportions, and a person’s is twenty millimetres', async () => {
      const unit = await desk.unit('个人');
      const pair = await desk.key({ kind: 'person' });
      const wide = Buffer.from(ring(80));
      unwrap(await desk.subscribers.synchronise(unit, recordOf(pair, liaoning, { seal: base64(wide) })));
      expect((await seen(desk, unit, pair))[0]).toMatchObject({
        name: '示例甲（印章图片）',
        picture: { width: 20, height: 20 },
      });
    });

    it('may be an electronic seal, which is judged whole', async () => {
      const unit = await desk.unit('电子印章');
      const pair = await desk.key();
      const der = await makeFor(desk, [pair]);
      unwrap(await desk.subscribers.synchronise(unit, recordOf(pair, liaoning, { seal: sealText(der) })));
      const [held] = await seen(desk, unit, pair);
      expect(held).toMatchObject({ kind: 'ses', source: 'synchronised', refusal: null, name: liaoning.unitName });
      expect(held?.seal?.generation).toBe('v4');
    });

    it('gives way to another one; the old one cannot be used any more, and comes back when it is sent again', async () => {
      const first = base64(ring(60, 180));
      const { unit, pair } = await company('更换', first);
      const [old] = await seen(desk, unit, pair);
      const second = recordOf(pair, liaoning, { seal: base64(ring(60, 160)) });
      unwrap(await desk.subscribers.synchronise(unit, second));
      const [fresh, ...more] = await seen(desk, unit, pair);
      expect(more).toEqual([]);
      expect(fresh?.id).not.toBe(old?.id);
      expect(refusalOf(await use(desk, unit, pair, old as HeldSeal))).toBe('SEAL_REPLACED');
      unwrap(await desk.subscribers.synchronise(unit, recordOf(pair, liaoning, { seal: first })));
      expect((await seen(desk, unit, pair)).map(({ id }) => id)).toEqual([old?.id]);
      unwrap(await desk.subscribers.synchronise(unit, recordOf(pair, liaoning, { seal: '' })));
      expect(await seen(desk, unit, pair)).toEqual([]);
    });

    it('goes with its key: a cancelled one brings no seal', async () => {
      const { unit, pair } = await company('注销', base64(ring()));
      unwrap(await desk.subscribers.change(unit, changeOf('cancel', recordOf(pair, liaoning))));
      expect(await seen(desk, unit, pair)).toEqual([]);
    });

    it.each([
      ['GIF', Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64'), '格式为 GIF'],
      ['a broken PNG', ring().subarray(0, 120), '图片不完整'],
      ['a PNG of 30 000 × 30 000', wide(30_000), '图片过大'],
      ['a JPEG that ends in its head', Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex'), '图片不完整'],
    ])('cannot be used when it is %s, and that is said at once and on the page', async (_what, bytes, reason) => {
      const unit = await desk.unit('图片有误');
      const pair = await desk.key();
      const outcome = await desk.subscribers.synchronise(unit, recordOf(pair, liaoning, { seal: base64(bytes) }));
      expect(unwrap(outcome).warnings).toEqual([expect.stringContaining(reason)]);
      const [held] = await seen(desk, unit, pair);
      expect(held?.refusal?.code).toBe('SEAL_PICTURE');
      expect(held?.refusal?.params['reason']).toContain(reason);
      expect(held?.picture.bytes.length).toBeLessThan(100);
    });

    it('is refused as an image by a unit that takes makers’ seals only, whoever keeps it', async () => {
      const { pair } = await company('提供方', base64(ring()));
      const strict = await desk.unit('只收电子印章', { seal: 'ses' });
      expect(await sketch(desk, strict, pair)).toEqual(['image synchronised SEAL_IMAGE_NOT_TAKEN']);
    });
  });

  describe('a seal that a unit registers', () => {
    it.each(['v1', 'v4', 'v5'] as const)('of generation %s may be used by whom it names', async (generation) => {
      const { unit, pair } = await company(`登记 ${generation}`);
      const other = await colleague(unit);
      const der = await makeFor(desk, [pair], { generation });
      const made = unwrap(await desk.seals.register(unit, der));
      expect(made).toMatchObject({ created: true, seal: { kind: 'ses', state: 'active', ses: { generation } } });
      expect(await sketch(desk, unit, pair)).toEqual(['ses registered ok']);
      expect(await sketch(desk, unit, other)).toEqual([]);
      expect(unwrap(await desk.seals.register(unit, der))).toMatchObject({
        created: false,
        seal: { id: made.seal.id },
      });
    });

    it('may name its signers by digest', async () => {
      const { unit, pair } = await company('摘要');
      unwrap(await desk.seals.register(unit, await makeFor(desk, [pair], { byDigest: true })));
      expect(await sketch(desk, unit, pair)).toEqual(['ses registered ok']);
    });

    it('is refused with another picture, another list, another maker', async () => {
      const { unit, pair } = await company('篡改');
      const stranger = await desk.key();
      const der = Buffer.from(await makeFor(desk, [pair]));
      const pixel = der.indexOf(Buffer.from('IDAT')) + 12;
      const list = der.indexOf(Buffer.from(pair.signCertificate)) + 200;
      for (const at of [pixel, list]) {
        const other = Buffer.from(der);
        other[at] = (other[at] ?? 0) ^ 0x01;
        expect(refusalOf(await desk.seals.register(unit, other))).toBe('SEAL_ALTERED');
      }
      const elsewhere = await buildSealHouse(gm, desk.clock.now(), '无人接入的制章机构');
      const foreign = await makeFor({ ...desk, sealHouse: elsewhere }, [pair]);
      expect(refusalOf(await desk.seals.register(unit, foreign))).toBe('SEAL_MAKER_UNKNOWN');
      expect(refusalOf(await desk.seals.register(unit, await makeFor(desk, [stranger])))).toBe('SEAL_HOLDER_UNKNOWN');
      expect(refusalOf(await desk.seals.register(unit, ring()))).toBe('SEAL_UNREADABLE');
    });

    it('is refused outside its time, and when it names two organisations', async () => {
      const { unit, pair } = await company('期限');
      const now = desk.clock.now();
      const over = await makeFor(desk, [pair], { validTo: now - 1000 });
      expect(refusalOf(await desk.seals.register(unit, over))).toBe('SEAL_EXPIRED');
      const early = await makeFor(desk, [pair], { validFrom: now + DAY });
      expect(refusalOf(await desk.seals.register(unit, early))).toBe('SEAL_NOT_YET_VALID');
      const neighbour = await desk.key({ holder: dalian });
      unwrap(await desk.subscribers.synchronise(unit, recordOf(neighbour, dalian, { seal: '' })));
      const both = await makeFor(desk, [pair, neighbour]);
      expect(refusalOf(await desk.seals.register(unit, both))).toBe('SEAL_HOLDERS_DIFFER');
    });

    it.each([
      [
        'SVG with a script',
        'SVG',
        Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
      ],
      ['BMP', 'BMP', Buffer.from(`424d${'00'.repeat(60)}`, 'hex')],
      ['OFD', 'OFD', Buffer.from('504b030414000000', 'hex')],
      ['a PNG of 30 000 × 30 000', 'PNG', wide(30_000)],
      ['a PNG that its name calls SVG"><b>', 'SVG"><b>', Buffer.from('<svg/>')],
    ])('is refused with %s as its picture', async (_what, format, data) => {
      const { unit, pair } = await company('图案');
      const der = await makeFor(desk, [pair], { picture: { format, data, width: 40, height: 40 } });
      const result = await desk.seals.register(unit, der);
      expect(refusalOf(result)).toBe('SEAL_PICTURE');
      expect(JSON.stringify(result)).not.toContain('<');
    });

    it('is refused at a size no seal has', async () => {
      const { unit, pair } = await company('尺寸');
      const picture = { format: 'PNG', data: ring(), width: 400, height: 400 };
      expect(refusalOf(await desk.seals.register(unit, await makeFor(desk, [pair], { picture })))).toBe('SEAL_PICTURE');
    });

    it('is refused when it is larger than what any key signs at a time, and shown so where a key brings it', async () => {
      const { unit, pair } = await company('过大');
      const picture = { format: 'PNG', data: noise(260), width: 40, height: 40 };
      const der = await makeFor(desk, [pair], { picture });
      expect(der.length).toBeGreaterThan(limits.toSign);
      const result = await desk.seals.register(unit, der);
      expect(refusalOf(result)).toBe('SEAL_TOO_LARGE');
      unwrap(await desk.subscribers.synchronise(unit, recordOf(pair, liaoning, { seal: sealText(der) })));
      expect(await sketch(desk, unit, pair)).toEqual(['ses synchronised SEAL_TOO_LARGE']);
    });

    it('is the same seal when a key brings it too', async () => {
      const { unit, pair } = await company('同一枚');
      const der = await makeFor(desk, [pair]);
      unwrap(await desk.seals.register(unit, der));
      unwrap(await desk.subscribers.synchronise(unit, recordOf(pair, liaoning, { seal: sealText(der) })));
      expect(await sketch(desk, unit, pair)).toEqual(['ses registered ok']);
    });

    it('ends with its time, to the second, on the page and in the transaction', async () => {
      const { unit, pair } = await company('到期');
      const validTo = desk.clock.now() + 60_000;
      unwrap(await desk.seals.register(unit, await makeFor(desk, [pair], { validTo })));
      const [held] = await seen(desk, unit, pair);
      expect(held).toMatchObject({ refusal: null, validTo });
      desk.clock.pass(60_001);
      expect(await sketch(desk, unit, pair)).toEqual(['ses registered SEAL_EXPIRED']);
      expect(refusalOf(await use(desk, unit, pair, held as HeldSeal))).toBe('SEAL_EXPIRED');
    });

    it('works at every unit that shares its records, and at none that does not', async () => {
      const { pair } = await registered('互认');
      const neighbour = await desk.unit('邻县');
      const closed = await desk.unit('只用自己的', { subjects: 'own' });
      expect(await sketch(desk, neighbour, pair)).toEqual(['ses registered ok']);
      expect(await sketch(desk, closed, pair)).toEqual([]);
    });
  });

  describe('states', () => {
    it('suspended cannot be used, resumed can, revoked never again; a nightly push changes nothing of it', async () => {
      const image = base64(ring(60, 120));
      const { unit, pair } = await company('状态', image);
      const [held] = await seen(desk, unit, pair);
      const act = (what: 'suspend' | 'resume' | 'revoke') =>
        desk.seals.setState(person(unit, pair), held?.id ?? '', { act: what, reason: '原件遗失' });
      expect(unwrap(await act('suspend'))).toMatchObject({ state: 'suspended', reason: '原件遗失' });
      unwrap(await desk.subscribers.synchronise(unit, recordOf(pair, liaoning, { seal: '' })));
      unwrap(await desk.subscribers.synchronise(unit, recordOf(pair, liaoning, { seal: image })));
      expect(await sketch(desk, unit, pair)).toEqual(['image synchronised SEAL_SUSPENDED']);
      expect(refusalOf(await use(desk, unit, pair, held as HeldSeal))).toBe('SEAL_SUSPENDED');
      expect(refusalOf(await act('suspend'))).toBe('SEAL_STATE');
      expect(unwrap(await act('resume'))).toMatchObject({ state: 'active' });
      expect(refusalOf(await use(desk, unit, pair, held as HeldSeal))).toBe('ok');
      expect(unwrap(await act('revoke'))).toMatchObject({ state: 'revoked' });
      expect(refusalOf(await act('resume'))).toBe('SEAL_STATE');
      expect(refusalOf(await use(desk, unit, pair, held as HeldSeal))).toBe('SEAL_REVOKED');
    });

    it('a unit may stop its seal itself, and give nothing back; another unit does not see it', async () => {
      const { unit, id } = await registered('单位自行停用');
      const other = await desk.unit('旁人');
      const suspend = { act: 'suspend', reason: '紧急' } as const;
      expect(refusalOf(await desk.seals.setState({ kind: 'unit', unit: other }, id, suspend))).toBe('SEAL_UNKNOWN');
      expect(unwrap(await desk.seals.setState({ kind: 'unit', unit }, id, suspend))).toMatchObject({
        state: 'suspended',
      });
      const resume = { act: 'resume', reason: '' } as const;
      expect(refusalOf(await desk.seals.setState({ kind: 'unit', unit }, id, resume))).toBe('SEAL_POWER');
      expect(unwrap(await desk.seals.setState({ kind: 'operator' }, id, resume))).toMatchObject({ state: 'active' });
    });

    it('stopped at one unit it is stopped at the others, but for one that keeps it itself', async () => {
      const { unit, pair, id } = await registered('停用方');
      const neighbour = await desk.unit('借用方');
      const [held] = await seen(desk, neighbour, pair);
      unwrap(await desk.seals.setState({ kind: 'unit', unit }, id, { act: 'suspend', reason: '遗失' }));
      expect(await sketch(desk, neighbour, pair)).toEqual(['ses registered SEAL_SUSPENDED']);
      expect(refusalOf(await use(desk, neighbour, pair, held as HeldSeal))).toBe('SEAL_SUSPENDED');
      unwrap(await desk.subscribers.synchronise(neighbour, recordOf(pair, liaoning, { seal: '' })));
      unwrap(await desk.seals.register(neighbour, (held as HeldSeal).seal?.der ?? new Uint8Array()));
      expect(await sketch(desk, neighbour, pair)).toEqual(['ses registered ok']);
    });

    it('of a suspension and a use at the same moment one comes first: a use counts only when it did', async () => {
      const { unit, pair, id, held } = await registered('竞争');
      const half = () => Array.from({ length: 6 }, () => use(desk, unit, pair, held));
      const before = half();
      const suspend = desk.seals.setState({ kind: 'unit', unit }, id, { act: 'suspend', reason: '遗失' });
      const [state, ...used] = await Promise.all([suspend, ...before, ...half()]);
      expect(state.ok).toBe(true);
      const counted = used.filter((one) => one.ok).length;
      expect(counted).toBeGreaterThan(0);
      expect(counted).toBeLessThan(12);
      expect(used.map(refusalOf).filter((one) => one !== 'ok' && one !== 'SEAL_SUSPENDED')).toEqual([]);
      expect(unwrap(await desk.seals.show(desk.store.read, unit, id)).uses).toBe(counted);
      expect(refusalOf(await use(desk, unit, pair, held))).toBe('SEAL_SUSPENDED');
    });

    it('of two that revoke and resume at once, one is told so', async () => {
      const { unit, pair, id } = await registered('两人同时');
      unwrap(await desk.seals.setState(person(unit, pair), id, { act: 'suspend', reason: '核查' }));
      const both = await Promise.all([
        desk.seals.setState(person(unit, pair), id, { act: 'revoke', reason: '作废' }),
        desk.seals.setState(person(unit, pair), id, { act: 'revoke', reason: '作废' }),
      ]);
      expect(both.map(refusalOf).sort()).toEqual(['SEAL_STATE', 'ok']);
    });
  });

  describe('powers', () => {
    it('of an image are given to a colleague’s certificate and taken back, and no record brings them back', async () => {
      const image = base64(ring(60, 90));
      const { unit, pair } = await company('授权', image);
      const other = await colleague(unit);
      const [held] = await seen(desk, unit, pair);
      const id = held?.id ?? '';
      const power = (by: KeyPair, act: 'grant' | 'withdraw', of: KeyPair, which: 'manage' | 'use' | 'audit') =>
        desk.seals.setPower(person(unit, by), id, { act, power: which, certificate: certificate(of.signCertificate) });
      expect(refusalOf(await power(other, 'grant', other, 'use'))).toBe('SEAL_POWER');
      unwrap(await power(pair, 'grant', other, 'use'));
      expect(await sketch(desk, unit, other)).toEqual(['image synchronised ok']);
      expect(refusalOf(await desk.seals.uses(desk.store.read, person(unit, other), id))).toBe('SEAL_POWER');
      unwrap(await power(pair, 'withdraw', pair, 'use'));
      expect(await sketch(desk, unit, pair)).toEqual([]);
      unwrap(await desk.subscribers.synchronise(unit, recordOf(pair, liaoning, { seal: '' })));
      unwrap(await desk.subscribers.synchronise(unit, recordOf(pair, liaoning, { seal: image })));
      expect(await sketch(desk, unit, pair)).toEqual([]);
      expect(refusalOf(await use(desk, unit, pair, held as HeldSeal))).toBe('SEAL_NOT_YOURS');
    });

    it('the last manager stays, a stranger gets none, and a maker’s list is not widened', async () => {
      const { unit, pair, id } = await registered('边界');
      const other = await colleague(unit);
      const stranger = await desk.key({ holder: dalian });
      const to = (of: KeyPair, which: 'manage' | 'use', act: 'grant' | 'withdraw' = 'grant') =>
        desk.seals.setPower(person(unit, pair), id, {
          act,
          power: which,
          certificate: certificate(of.signCertificate),
        });
      expect(refusalOf(await to(pair, 'manage', 'withdraw'))).toBe('FIELD_INVALID power');
      expect(refusalOf(await to(stranger, 'manage'))).toBe('SEAL_HOLDER_UNKNOWN');
      unwrap(await desk.subscribers.synchronise(unit, recordOf(stranger, dalian, { seal: '' })));
      expect(refusalOf(await to(stranger, 'manage'))).toBe('SEAL_HOLDERS_DIFFER');
      expect(refusalOf(await to(other, 'use'))).toBe('SEAL_NOT_YOURS');
      unwrap(await to(other, 'manage'));
      unwrap(await to(pair, 'manage', 'withdraw'));
      expect(refusalOf(await to(pair, 'manage'))).toBe('SEAL_POWER');
    });

    it('withdrawn between the page and the signature, the use is refused', async () => {
      const { unit, pair, id, held } = await registered('收回');
      const act = { act: 'withdraw', power: 'use', certificate: certificate(pair.signCertificate) } as const;
      unwrap(await desk.seals.setPower(person(unit, pair), id, act));
      expect(refusalOf(await use(desk, unit, pair, held))).toBe('SEAL_NOT_YOURS');
      expect(unwrap(await desk.seals.show(desk.store.read, unit, id)).uses).toBe(0);
    });
  });

  describe('audit', () => {
    it('shows each use to whom has that power, and the journal keeps it without a name', async () => {
      const { unit, pair, id, held } = await registered('审计');
      unwrap(await use(desk, unit, pair, held, { documentSm3: 'ab'.repeat(32), places: 3 }));
      desk.clock.pass(1000);
      unwrap(await use(desk, unit, pair, held, { documentSm3: 'cd'.repeat(32), places: 1 }));
      const uses = unwrap(await desk.seals.uses(desk.store.read, person(unit, pair), id));
      const tail = certificate(pair.signCertificate).serial.slice(-4);
      expect(uses).toMatchObject([
        { documentSm3: 'cd'.repeat(32), places: 1, tail, unitId: unit.id, interactionId: 'int_1' },
        { documentSm3: 'ab'.repeat(32), places: 3, tail },
      ]);
      expect(refusalOf(await desk.seals.uses(desk.store.read, { kind: 'unit', unit }, id))).toBe('SEAL_POWER');
      const rows = await desk.store.read.db
        .selectFrom('journal')
        .select(['kind', 'body'])
        .where('unit_id', '=', unit.id)
        .where('kind', 'like', 'seal.%')
        .execute();
      expect(rows.map(({ kind }) => kind)).toEqual(['seal.registered', 'seal.used', 'seal.used']);
      expect(JSON.stringify(rows)).not.toContain('示例');
    });

    it('nothing of a seal stands readable in the database', async () => {
      const { unit, id } = await registered('静态');
      unwrap(await desk.seals.setState({ kind: 'unit', unit }, id, { act: 'suspend', reason: '印章遗失说明' }));
      const row = await desk.store.read.db.selectFrom('seal').selectAll().where('id', '=', id).executeTakeFirst();
      expect(JSON.stringify(row)).not.toMatch(/示例|遗失|IDAT/);
    });
  });

  it('a seal that a vendor brings is judged like any other, and stopped where the library stopped it', async () => {
    const { unit, pair, id, held } = await registered('机构带来');
    const brought = async (der: Uint8Array) =>
      desk.seals.brought(desk.store.read, unit, certificate(pair.signCertificate), [der, ring()]);
    const [first, ...more] = await brought(held.seal?.der ?? new Uint8Array());
    expect(more).toEqual([]);
    expect(first).toMatchObject({ source: 'vendor', kind: 'ses', refusal: null });
    unwrap(await use(desk, unit, pair, first as HeldSeal));
    unwrap(await desk.seals.setState({ kind: 'unit', unit }, id, { act: 'suspend', reason: '遗失' }));
    expect((await brought(held.seal?.der ?? new Uint8Array()))[0]?.refusal?.code).toBe('SEAL_SUSPENDED');
    expect(refusalOf(await use(desk, unit, pair, first as HeldSeal))).toBe('SEAL_SUSPENDED');
    const foreign = await makeFor(desk, [await desk.key()]);
    expect((await brought(foreign))[0]?.refusal?.code).toBe('SEAL_NOT_YOURS');
  });
});

/** A PNG whose head says it is this wide and high. */
function wide(side: number): Buffer {
  const png = Buffer.from(ring());
  png.writeUInt32BE(side, 16);
  png.writeUInt32BE(side, 20);
  return png;
}
