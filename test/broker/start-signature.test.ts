import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bytes, base64, concat, hex, utf8 } from '#kernel/bytes.ts';
import { limits } from '#kernel/limits.ts';
import { systemRandom } from '#kernel/random.ts';
import type { UnitProfileInput } from '#relying-party/profile.ts';
import { plainPdf } from '#test/signature/pdf/base.ts';
import { unwrap } from '#test/subscriber/support.ts';
import { type Body, type Caller, codeOf, gm, openWorld, signAs, startCheck, stranger, type World } from './support.ts';

let world: World;
let caller: Caller;
beforeAll(async () => {
  world = await openWorld();
  caller = await world.caller();
});
afterAll(() => world.close());

const pdf = plainPdf([{ text: 'Tender' }, {}]);
const sm4 = ({ fileKey }: Caller, content: Bytes): string => {
  const iv = systemRandom.bytes(16);
  return base64(concat(iv, gm.sm4Encrypt('cbc', utf8(fileKey.reveal()), iv, content)));
};
let tasks = 0;
const task = (by: Caller, changes: Body = {}): Body => {
  tasks += 1;
  return { caUnitId: by.id, orgcode: '210000', taskId: `S${tasks}`, attFile: sm4(by, pdf), ...changes };
};
const hub = (members: Body): string => JSON.stringify({ mine: '原样', hub: members });
const unitWith = (profile: UnitProfileInput) => world.caller({ profile });
const interactions = async () =>
  Number(
    (
      await world.store.read.db
        .selectFrom('interaction')
        .where('kind', '=', 'sign')
        .select((e) => e.fn.countAll().as('n'))
        .executeTakeFirst()
    )?.n,
  );

describe('startSignature', () => {
  it('answers taskId and signurl first, as they are printed, then code and msg; exact: without them', async () => {
    const answer = await caller.call('startSignature', task(caller, { taskId: 'S-first' }));
    expect(Object.keys(answer)).toEqual(['taskId', 'signurl', 'code', 'msg']);
    expect(answer).toMatchObject({ taskId: 'S-first', code: 200 });
    expect(answer['signurl']).toMatch(/^https:\/\/hub\.ca\.example\/sign\/[A-Za-z0-9_.-]{40,}$/);
    const exact = await unitWith({ answers: 'exact' });
    expect(Object.keys(await exact.call('startSignature', task(exact)))).toEqual(['taskId', 'signurl']);
    expect(Object.keys(await exact.call('startSignature', task(exact, { attFile: base64(pdf) })))).toEqual([
      'code',
      'msg',
      'errData',
      'taskId',
    ]);
  });

  it('takes the file however a client writes it: in lines, escaped, as gzip, the members in any order, with a BOM', async () => {
    const inLines = (text: string) => text.replace(/.{76}/g, '$&\r\n');
    const written: ((members: Body) => [Body, (text: string) => string | Uint8Array])[] = [
      (members) => [{ ...members, attFile: inLines(String(members['attFile'])) }, (text) => text],
      (members) => [members, (text) => text.replaceAll('/', '\\/')],
      (members) => [members, (text) => text.replaceAll('=', '\\u003d').replaceAll('+', '\\u002B')],
      (members) => [members, (text) => `\uFEFF${text}`],
      (members) => [members, gzipSync],
      (members) => [Object.fromEntries(Object.entries(members).reverse()), (text) => text],
    ];
    for (const how of written) {
      const [members, write] = how(task(caller));
      const body = JSON.stringify({ sign: caller.sign('startSignature', members), ...members });
      const sent = write(body);
      const headers = typeof sent === 'string' ? {} : { 'content-encoding': 'gzip' };
      const reply = await world.post('/api/ca/startSignature', sent, headers);
      expect(await reply.json()).toMatchObject({ code: 200, taskId: members['taskId'] ?? '' });
    }
    const { attFile = '', ...rest } = task(caller);
    const spelled: Body = { ...rest, ATTFILE: attFile };
    const members = { ...spelled, attFile };
    const bySpec = caller.sign('startSignature', members);
    const reply = await world.post('/api/ca/startSignature', JSON.stringify({ ...spelled, sign: bySpec }));
    expect(await reply.json()).toMatchObject({ code: 200 });
  });

  it('gives the same document under another IV a fresh link, and refuses another document or another wish', async () => {
    const members = task(caller, { standBy: hub({ fileName: '招标文件.pdf' }) });
    const first = await caller.call('startSignature', members);
    const again = await caller.call('startSignature', { ...members, attFile: sm4(caller, pdf) });
    expect(again['code']).toBe(200);
    expect(again['signurl']).not.toBe(first['signurl']);
    const other = { ...members, attFile: sm4(caller, plainPdf([{}])) };
    expect(codeOf(await caller.call('startSignature', other))).toBe('TASK_CONFLICT');
    const wish = { ...members, standBy: hub({ fileName: '另名.pdf' }) };
    expect(codeOf(await caller.call('startSignature', wish))).toBe('TASK_CONFLICT');
    const status = await world.signatures.status(
      unwrapUnit(await world.parties.unit(world.store.read, caller.id)),
      String(members['taskId']),
      'startSignature',
    );
    expect(unwrap(status)).toMatchObject({ state: 'open', attempt: 1 });
  });

  it('keeps no more of what it refused than of what it never heard of', async () => {
    const [files, rows] = [world.filesLeft(), await interactions()];
    const sent = task(caller);
    const wrong: [Body, string][] = [
      [{ ...sent, sign: signAs(stranger, 'startSignature', sent) }, 'SIGN_WRONG'],
      [{ ...sent, caUnitId: 'nobody', sign: 'x' }, 'UNIT_UNKNOWN'],
      [
        { ...sent, orgcode: '999999', sign: caller.sign('startSignature', { ...sent, orgcode: '999999' }) },
        'PLATFORM_UNKNOWN',
      ],
      [{ ...sent, attFile: 'AAA', sign: 'x' }, 'SIGN_WRONG'],
      [{ ...sent, attFile: '****', sign: 'x' }, 'FIELD_INVALID'],
      [{ ...sent, attFile: '', sign: 'x' }, 'FIELD_MISSING'],
      [{ ...sent, attFile: null, sign: 'x' }, 'FIELD_MISSING'],
      [{ ...sent, attFile: ['A'], sign: 'x' }, 'FIELD_TYPE'],
    ];
    for (const [members, code] of wrong) {
      const reply = await world.post('/api/ca/startSignature', JSON.stringify(members));
      const answer = (await reply.json()) as Body;
      expect([code, codeOf(answer)]).toEqual([code, code]);
      // What is no text stands in no answer, so a task is named where the message could be read.
      if (code !== 'FIELD_INVALID' && code !== 'FIELD_MISSING' && code !== 'FIELD_TYPE') {
        expect(answer['taskId']).toBe(members['taskId']);
      }
      expect(answer['signurl']).toBeUndefined();
    }
    const refusals: [Body, string][] = [
      [{ attFile: 'AAA' }, 'FIELD_INVALID'],
      [{ attFile: base64(pdf) }, 'FILE_NOT_ENCRYPTED'],
      [{ attFile: sm4(caller, utf8('no document at all')) }, 'FILE_KEY_WRONG'],
      [{ attFile: sm4({ ...caller, fileKey: (await world.caller()).fileKey }, pdf) }, 'FILE_KEY_WRONG'],
      [{ attFile: sm4(caller, concat(utf8('PK\u0003\u0004'), systemRandom.bytes(100))) }, 'DOCUMENT_FORMAT'],
      [{ attFile: sm4(caller, pdf.subarray(0, 300)) }, 'DOCUMENT_BROKEN'],
      [{ standBy: hub({ keyWord: '盖章处' }) }, 'FIELD_INVALID'],
      [{ standBy: hub({ x: 10 }) }, 'FIELD_INVALID'],
      [{ standBy: hub({ page: 0 }) }, 'FIELD_INVALID'],
      [{ standBy: hub({ returnUrl: 'https://evil.example/' }) }, 'RETURN_URL_UNREGISTERED'],
      [{ taskId: 'caihub-test-1' }, 'FIELD_INVALID'],
    ];
    for (const [changes, code] of refusals) {
      const answer = await caller.call('startSignature', task(caller, changes));
      expect([code, codeOf(answer)]).toEqual([code, code]);
    }
    expect([world.filesLeft(), await interactions()]).toEqual([files, rows]);
  });

  it('takes files as the profile says: by SM4-ECB, in the clear, in the clear beside encrypted ones', async () => {
    const ecb = await unitWith({ attFile: 'sm4-ecb' });
    const byEcb = base64(gm.sm4Encrypt('ecb', utf8(ecb.fileKey.reveal()), null, pdf));
    expect(await ecb.call('startSignature', task(ecb, { attFile: byEcb }))).toMatchObject({ code: 200 });
    expect(codeOf(await ecb.call('startSignature', task(ecb)))).toBe('FILE_KEY_WRONG');
    const plain = await unitWith({ attFile: 'plain' });
    expect(await plain.call('startSignature', task(plain, { attFile: base64(pdf) }))).toMatchObject({ code: 200 });
    expect(codeOf(await plain.call('startSignature', task(plain)))).toBe('DOCUMENT_NOT_PDF');
    const both = await unitWith({ plainFiles: true });
    expect(await both.call('startSignature', task(both, { attFile: base64(pdf) }))).toMatchObject({ code: 200 });
    expect(await both.call('startSignature', task(both))).toMatchObject({ code: 200 });
  });

  it('proves sign as the profile says, over the whole message', async () => {
    const sm3 = await unitWith({ sign: 'sm3' });
    const style = { sign: 'sm3', allMembers: false } as const;
    const members = task(sm3, { standBy: 'x' });
    const signed = { ...members, sign: sm3.sign('startSignature', members, style) };
    expect(await (await world.post('/api/ca/startSignature', JSON.stringify(signed))).json()).toMatchObject({
      code: 200,
    });
    const flipped = { ...signed, attFile: sm4(sm3, pdf) };
    expect(codeOf((await (await world.post('/api/ca/startSignature', JSON.stringify(flipped))).json()) as Body)).toBe(
      'SIGN_WRONG',
    );

    const key = gm.sm2.generateKey();
    const sm2 = await unitWith({ sign: 'sm2', signKey: hex(key.publicKey.point), sandbox: true });
    const mine = task(sm2);
    const text = `attFile=${mine['attFile']}&caUnitId=${sm2.id}&orgcode=210000&taskId=${mine['taskId']}`;
    const sign = base64(await gm.sm2.sign(key, [utf8(text)]));
    expect(await (await world.post('/api/ca/startSignature', JSON.stringify({ ...mine, sign }))).json()).toMatchObject({
      code: 200,
    });
    const wrong = (await (
      await world.post('/api/ca/startSignature', JSON.stringify({ ...mine, taskId: 'S-x', sign }))
    ).json()) as Body;
    expect(wrong['errData']).toContain(`canonical=attFile=<${String(mine['attFile']).length} characters>&caUnitId=`);

    const all = await unitWith({ allMembers: true });
    const wide = { sign: 'hmac-sm3', allMembers: true } as const;
    const more = task(all, { AAA: 'before', zzz: 'behind' });
    expect(await all.call('startSignature', more, wide)).toMatchObject({ code: 200 });
    expect(codeOf(await all.call('startSignature', task(all, { signCertSn: '01' }), wide))).toBe('FIELD_INVALID');
  });

  it('says 413 to a file over 50 MB, announced or not, and holds none of it', async () => {
    const files = world.filesLeft();
    const announced = await world.post('/api/ca/startSignature', new Uint8Array(limits.documentBody + 1));
    expect(announced.status).toBe(413);
    expect(codeOf((await announced.json()) as Body)).toBe('BODY_TOO_LARGE');
    const text = `{"attFile":"${'A'.repeat(4 * Math.ceil((limits.document + 32) / 3) + 4)}"}`;
    const counted = await world.post('/api/ca/startSignature', text);
    expect(counted.status).toBe(413);
    const answer = (await counted.json()) as Body;
    expect([answer['code'], codeOf(answer)]).toEqual([413, 'BODY_TOO_LARGE']);
    expect(answer['msg']).toContain('50 MB');
    expect(world.filesLeft()).toBe(files);
  });
});

describe('startiframesign', () => {
  const wanted = (by: Caller, taskId: string): Body => ({ caUnitId: by.id, taskId, orgcode: '210000' });

  it('answers a signurl, and knows a repeat', async () => {
    const answer = await caller.call('startiframesign', wanted(caller, 'F1'));
    expect(Object.keys(answer)).toEqual(['code', 'msg', 'signurl']);
    expect(answer['signurl']).toMatch(/^https:\/\/hub\.ca\.example\/sign\//);
    expect(await caller.call('startiframesign', wanted(caller, 'F1'))).toMatchObject({ code: 200 });
    expect(codeOf(await caller.call('startiframesign', { ...wanted(caller, 'F2'), orgcode: '1' }))).toBe(
      'PLATFORM_UNKNOWN',
    );
  });

  it('does not take the sign of a login, nor a login that of a signing: the string is the same', async () => {
    const login = startCheck(caller, { taskId: 'L1' });
    expect(caller.sign('startCheck', login)).toBe(caller.sign('startiframesign', wanted(caller, 'L1')));
    expect((await caller.call('startCheck', login))['code']).toBe(200);
    const answer = await caller.call('startiframesign', wanted(caller, 'L1'));
    expect([answer['code'], codeOf(answer)]).toEqual([409, 'SIGN_OTHER_PATH']);
    expect((await caller.call('startCheck', login))['code']).toBe(200);
    expect((await caller.call('startiframesign', wanted(caller, 'L2')))['code']).toBe(200);
    expect(codeOf(await caller.call('startCheck', startCheck(caller, { taskId: 'L2' })))).toBe('SIGN_OTHER_PATH');
    // A login with a standBy has a string that nothing else could have.
    const standing = startCheck(caller, { taskId: 'L3', standBy: 'x' });
    expect((await caller.call('startCheck', standing))['code']).toBe(200);
    expect((await caller.call('startiframesign', wanted(caller, 'L3')))['code']).toBe(200);
  });

  it('that races with a login for one string is taken or refused as a whole', async () => {
    for (let round = 0; round < 4; round += 1) {
      const taskId = `R${round}`;
      const both = await Promise.all([
        caller.call('startCheck', startCheck(caller, { taskId })),
        caller.call('startiframesign', wanted(caller, taskId)),
      ]);
      expect(both.map(codeOf).sort()).toEqual(['SIGN_OTHER_PATH', 'ok']);
    }
  });

  it('has tasks apart from those of startSignature', async () => {
    await caller.call('startiframesign', wanted(caller, 'X1'));
    expect(await caller.call('startSignature', task(caller, { taskId: 'X1' }))).toMatchObject({ code: 200 });
  });
});

const unwrapUnit = <T>(unit: T | undefined): T => {
  if (unit === undefined) throw new Error('no such unit');
  return unit;
};
