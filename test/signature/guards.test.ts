import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { base64, fromBase64 } from '#kernel/bytes.ts';
import { sentence } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { parseCertificate } from '#pki/certificate.ts';
import { openPdf } from '#signature/pdf/document.ts';
import { prepareSignature } from '#signature/pdf/prepare.ts';
import { bytesSource } from '#signature/pdf/source.ts';
import { createSignatures, type Signatures } from '#signature/signatures.ts';
import { createVault } from '#signature/vault.ts';
import { openStore } from '#store/store.ts';
import { journalOf } from '#test/envelope/people.ts';
import { codeOf, gm, type LoginWorld, newTask, openLoginWorld, recordOf, until, unwrap } from '#test/identity/world.ts';
import { noise } from '#test/subscriber/seals-kit.ts';
import { quietLog } from '#test/support/store.ts';
import { plainPdf, through } from './pdf/base.ts';
import {
  enrolled,
  filesOf,
  keyOf,
  message9,
  piecesOf,
  reportOf,
  requestOf,
  rsaKey,
  type SigningKey,
  type SigningLink,
  SigningPerson,
  sealFor,
  sketch,
  start,
  startLocal,
} from './people.ts';

let world: LoginWorld;
let key: SigningKey;
beforeAll(async () => {
  world = await openLoginWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
  key = keyOf(await enrolled(world));
});
afterAll(async () => {
  await world.close();
  await world.store.close();
});

const letter = (pages = 2): Buffer => plainPdf(Array.from({ length: pages }, () => ({})));

/** Somebody who has proved himself before a fresh document. */
async function signer(by = key, signatures?: Signatures): Promise<{ link: SigningLink; person: SigningPerson }> {
  const link = await start(world, letter(), {}, signatures);
  const person = new SigningPerson(world, signatures);
  await person.claim(link);
  unwrap(await person.identify(link.interaction, by));
  return { link, person };
}

describe('a signature', () => {
  it('is made once, however many bring the key’s answer', async () => {
    const { link, person } = await signer();
    unwrap(await person.prepare(link.interaction));
    const { prepared } = await person.view(link.interaction);
    const signature = await key.sign(fromBase64(prepared?.toSign ?? '') ?? Buffer.alloc(0));
    const answer = { prepared: prepared?.id ?? '', signature, last: true };
    // Two hub processes over one database know nothing of each other's turns.
    const other = createSignatures(world.signing);
    const answers = await Promise.all(
      [world.signatures, other, world.signatures, other].map((room) =>
        room.complete(person.visit(link.interaction), answer),
      ),
    );
    expect(answers.map(codeOf).filter((code) => code === 'ok')).toHaveLength(1);
    await person.end(link.interaction);
    expect(message9(world, link.taskId)).toHaveLength(1);
    expect(await journalOf(world, 'sign.signed', link.interaction)).toHaveLength(1);
    const [use] = await world.store.read.db
      .selectFrom('seal_use')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('interaction_id', '=', link.interaction)
      .execute();
    expect(Number(use?.count)).toBe(1);
  });

  it('of a version that is not the present one is not prepared', async () => {
    const { link, person } = await signer();
    unwrap(await person.prepare(link.interaction));
    unwrap(await person.answer(link.interaction, key, false));
    expect(codeOf(await person.prepare(link.interaction, { version: 1 }))).toBe('DOCUMENT_CHANGED');
    expect(codeOf(await person.prepare(link.interaction, { version: 2 }))).toBe('ok');
  });

  it('is refused when the document was exchanged between showing and signing', async () => {
    const { link, person } = await signer();
    unwrap(await person.prepare(link.interaction));
    // Somebody with the hub's own keys and its database puts another file in its place, of the same length.
    const vault = createVault(world.cipher);
    const other = Buffer.from(letter());
    other.write('Qage', other.indexOf('Page'), 'latin1');
    const { ref, bytes } = await world.signing.files.write(piecesOf(other), other.length);
    await world.store.tx(async (tx) => {
      const row = await tx.db
        .selectFrom('signing')
        .selectAll()
        .where('interaction_id', '=', link.interaction)
        .executeTakeFirstOrThrow();
      const { document } = vault.open(row);
      if (document === null) throw new Error('no document');
      const exchanged = vault.document(link.interaction, { ...document, files: [{ ref, bytes }] });
      await tx.db
        .updateTable('signing')
        .set({ document_sealed: exchanged })
        .where('interaction_id', '=', link.interaction)
        .execute();
    });
    expect(codeOf(await person.answer(link.interaction, key))).toBe('DOCUMENT_CHANGED');
    expect(await journalOf(world, 'sign.signed', link.interaction)).toEqual([]);
  });

  it('is refused when bytes on disk were altered', async () => {
    const before = new Set(filesOf(world));
    const { link, person } = await signer();
    const name = filesOf(world).find((one) => !before.has(one)) ?? '';
    const path = join(world.documents, name.slice(0, 2), name);
    const sealed = readFileSync(path);
    sealed[100] = (sealed[100] ?? 0) ^ 1;
    writeFileSync(path, sealed);
    await expect(person.prepare(link.interaction)).rejects.toThrow('was altered');
    await expect(person.read(link.interaction)).rejects.toThrow('was altered');
  });

  it('needs the answer of the very key that has proved itself', async () => {
    const stranger = keyOf(await enrolled(world));
    const { link, person } = await signer();
    unwrap(await person.prepare(link.interaction));
    expect(codeOf(await person.answer(link.interaction, stranger))).toBe('SIGNATURE_NOT_TAKEN');
    expect(codeOf(await person.answer(link.interaction, key))).toBe('ok');
  });

  it('is not prepared with a seal that no key could sign', async () => {
    const held = await world.key();
    const picture = { format: 'PNG', data: noise(260), width: 40, height: 40 };
    const seal = await sealFor(world, [held], { picture });
    unwrap(await world.subscribers.synchronise(world.unit, { ...recordOf(held.pair), seal }));
    const { link, person } = await signer(keyOf(held));
    const { seals } = await person.view(link.interaction);
    expect(seals.map(({ refusal }) => refusal?.code)).toEqual(['SEAL_TOO_LARGE']);
    const refused = await person.prepare(link.interaction, { seal: seals[0]?.id ?? '' });
    expect(codeOf(refused)).toBe('SEAL_TOO_LARGE');
  });

  it('waits five minutes for the key and is prepared anew after them', async () => {
    const { link, person } = await signer();
    const { prepared } = unwrap(await person.prepare(link.interaction));
    world.clock.pass(5 * 60_000);
    expect((await person.view(link.interaction)).prepared).toBeNull();
    const late = { prepared: prepared?.id ?? '', signature: base64(Buffer.alloc(70)), last: true };
    expect(codeOf(await world.signatures.complete(person.visit(link.interaction), late))).toBe('SIGNING_EXPIRED');
    unwrap(await person.prepare(link.interaction));
    expect(codeOf(await person.answer(link.interaction, key))).toBe('ok');
  });

  it('by a key that was cancelled after it had proved itself is refused', async () => {
    const held = await enrolled(world);
    const { link, person } = await signer(keyOf(held));
    unwrap(await person.prepare(link.interaction));
    await world.cancelKey(held);
    expect(codeOf(await person.answer(link.interaction, keyOf(held)))).toMatch(/CERTIFICATE_CANCELLED|SEAL_/);
  });

  it('with an electronic seal is not made by an RSA key', async () => {
    const held = await enrolled(world);
    const rsa = await rsaKey(world);
    const certificate = parseCertificate(gm, fromBase64(rsa.certificate) ?? Buffer.alloc(0));
    const seal = await sealFor(world, [
      { ...held, pair: { ...held.pair, signCertificate: certificate?.der ?? held.pair.signCertificate } },
    ]);
    unwrap(await world.seals.register(world.unit, fromBase64(seal) ?? Buffer.alloc(0)));
    const { link, person } = await signer(rsa);
    const ses = (await person.view(link.interaction)).seals.find(({ kind }) => kind === 'ses');
    expect(codeOf(await person.prepare(link.interaction, { seal: ses?.id ?? '' }))).toBe('SEAL_ALGORITHM');
  });
});

describe('a place', () => {
  const at = { page: 0, x: 20, y: 20, width: 40, height: 40 };
  it.each([
    ['beyond the last page', { placements: [{ ...at, page: 2 }] }, '第 3 页'],
    ['over the edge', { placements: [{ ...at, x: 200 }] }, '超出'],
    ['of another size', { placements: [{ ...at, width: 60, height: 60 }] }, '尺寸'],
    ['nowhere', { placements: [] }, '没有摆放'],
    [
      'over one page’s edge alone',
      { placements: [], straddle: { pages: [0], centre: 100, width: 40, height: 40 } },
      '两页',
    ],
    [
      'over pages out of order',
      { placements: [], straddle: { pages: [1, 0], centre: 100, width: 40, height: 40 } },
      '页码',
    ],
  ])('%s is refused', async (_, places, reason) => {
    const { link, person } = await signer();
    const refused = await person.prepare(link.interaction, places);
    expect(refused).toMatchObject({ ok: false, refusal: { code: 'PLACEMENT_INVALID' } });
    expect(refused.ok ? '' : refused.refusal.params['reason']).toContain(reason);
  });

  it('of somebody else’s seal, or before anybody has proved himself, is refused', async () => {
    const { link, person } = await signer();
    expect(codeOf(await person.prepare(link.interaction, { seal: 'sel_00000000000000000000000000' }))).toBe(
      'SEAL_NOT_YOURS',
    );
    const fresh = await start(world, letter());
    const nobody = new SigningPerson(world);
    await nobody.claim(fresh);
    expect(codeOf(await nobody.prepare(fresh.interaction, { seal: null }))).toBe('SIGNER_UNPROVED');
  });
});

describe('a document', () => {
  it.each([
    ['that is none', Buffer.from('PK 这不是 PDF'), 'DOCUMENT_NOT_PDF'],
    ['cut off', letter().subarray(0, 400), 'DOCUMENT_BROKEN'],
  ])('%s is refused at the door, and nothing of it stays', async (_, bytes, code) => {
    const before = filesOf(world).length;
    const request = await requestOf(world.signatures, bytes);
    expect(codeOf(await world.signatures.startSignature(world.unit, world.platform, request))).toBe(code);
    expect(filesOf(world)).toHaveLength(before);
  });

  it('under a password is refused', async () => {
    const { file } = through(letter(), 'qpdf', (input, output) => ['--encrypt', 'u', 'o', '256', '--', input, output]);
    const request = await requestOf(world.signatures, file ?? Buffer.alloc(0));
    const refused = await world.signatures.startSignature(world.unit, world.platform, request);
    expect(codeOf(refused)).toBe('DOCUMENT_ENCRYPTED');
  });

  it('too large is not taken in', async () => {
    const staged = await world.signatures.stage(piecesOf(Buffer.alloc(100_000)), 99_999);
    expect(codeOf(staged)).toBe('BODY_TOO_LARGE');
  });

  it('certified against every change is refused; one that may be signed takes one place', async () => {
    const certified = async (certification: 1 | 2): Promise<Buffer> => {
      const pdf = letter();
      const plan = {
        signer: '',
        at: 0,
        subFilter: 'adbe.pkcs7.detached',
        room: 100,
        placements: [],
        picture: null,
      } as const;
      const { bytes } = await prepareSignature(await openPdf(bytesSource(pdf)), { ...plan, certification });
      return Buffer.concat([pdf, bytes]);
    };
    const closed = await requestOf(world.signatures, await certified(1));
    expect(codeOf(await world.signatures.startSignature(world.unit, world.platform, closed))).toBe(
      'DOCUMENT_CERTIFIED',
    );
    const link = await start(world, await certified(2));
    const person = new SigningPerson(world);
    expect((await person.claim(link)).document?.notes).toContain('certified');
    unwrap(await person.identify(link.interaction, key));
    const place = { page: 0, x: 20, y: 20, width: 40, height: 40 };
    const twice = await person.prepare(link.interaction, { placements: [place, { ...place, page: 1 }] });
    expect(codeOf(twice)).toBe('PLACEMENT_INVALID');
    expect(codeOf(await person.prepare(link.interaction, { placements: [place] }))).toBe('ok');
  });

  it('is read by the browser it is shown to, and by no other', async () => {
    const link = await start(world, letter());
    const [owner, other] = [new SigningPerson(world), new SigningPerson(world)];
    expect(codeOf(await owner.read(link.interaction))).toBe('LINK_SUPERSEDED');
    await owner.claim(link);
    expect(codeOf(await owner.read(link.interaction))).toBe('ok');
    expect(codeOf(await other.read(link.interaction))).toBe('OTHER_BROWSER');
    expect(codeOf(await owner.read(link.interaction, 2))).toBe('DOCUMENT_CHANGED');
  });

  it('asked for again before its end is given anew as it came, and nobody has proved himself there', async () => {
    const { link, person } = await signer();
    unwrap(await person.prepare(link.interaction));
    unwrap(await person.answer(link.interaction, key, false));
    const before = filesOf(world).length;
    const again = await requestOf(world.signatures, letter(), { taskId: link.taskId });
    const started = unwrap(await world.signatures.startSignature(world.unit, world.platform, again));
    expect(started.interaction).toBe(link.interaction);
    expect(codeOf(await person.read(link.interaction))).toBe('LINK_SUPERSEDED');
    const next = new SigningPerson(world);
    const view = await next.claim({ ...link, token: started.pageUrl.split('/').at(-1) ?? '' });
    expect(view).toMatchObject({ signer: null, made: [], document: { version: 3 } });
    expect(unwrap(await next.read(link.interaction)).equals(letter())).toBe(true);
    await until(async () => (filesOf(world).length === before - 1 ? true : undefined));
    const other = await requestOf(world.signatures, letter(3), { taskId: link.taskId });
    expect(codeOf(await world.signatures.startSignature(world.unit, world.platform, other))).toBe('TASK_CONFLICT');
  });

  it('nobody has signed is not sent, and is gone when its hour is over', async () => {
    const before = filesOf(world).length;
    const { link, person } = await signer();
    expect(codeOf(await world.signatures.finish(person.visit(link.interaction)))).toBe('NOTHING_SIGNED');
    world.clock.pass(61 * 60_000);
    await world.signatures.sweep();
    await world.signatures.sweep();
    expect(filesOf(world).length).toBeLessThanOrEqual(before);
    const status = unwrap(await world.signatures.status(world.unit, link.taskId, 'startSignature'));
    expect(status.state).toBe('expired');
    expect(codeOf(await person.read(link.interaction))).toBe('TASK_EXPIRED');
  });

  it('that was delivered is shown for three days more', async () => {
    const before = filesOf(world).length;
    const { link, person } = await signer();
    unwrap(await person.prepare(link.interaction));
    unwrap(await person.answer(link.interaction, key));
    await person.end(link.interaction);
    world.clock.pass(71 * 3600_000);
    await world.signatures.sweep();
    expect(codeOf(await person.read(link.interaction))).toBe('ok');
    world.clock.pass(2 * 3600_000);
    await world.signatures.sweep();
    expect(filesOf(world).length).toBeLessThanOrEqual(before);
    expect(codeOf(await person.read(link.interaction))).toBe('DOCUMENT_MISSING');
  });

  it('that the trading system does not take is parked, and is still there to be taken away', async () => {
    const { link, person } = await signer();
    unwrap(await person.prepare(link.interaction));
    world.answerWith({ body: '{"code":500,"msg":"文件服务暂停"}' });
    unwrap(await person.answer(link.interaction, key));
    await until(async () => (message9(world, link.taskId).length > 0 ? true : undefined));
    for (let i = 0; i < 4; i += 1) {
      const row = world.store.tx((tx) =>
        tx.db.updateTable('outbox').set({ due_at: 0 }).where('interaction_id', '=', link.interaction).execute(),
      );
      await row;
      await until(async () => (message9(world, link.taskId).length > i ? true : undefined));
      unwrap(await world.signatures.redeliver(person.visit(link.interaction)));
    }
    const end = await person.end(link.interaction);
    expect(end.interaction.refusal?.code).toBe('SIGNED_NOT_DELIVERED');
    expect(end.state).toBe('undelivered');
    expect(codeOf(await person.read(link.interaction))).toBe('ok');
    world.answerWith({ body: '{"code":200,"msg":"成功"}' });
  });
});

it('what a hub that died has left on disk is swept when it is a day old, and nothing that a task still needs', async () => {
  const link = await start(world, letter());
  const kept = filesOf(world);
  unwrap(await world.signatures.stage(piecesOf(letter()))); // and then it died
  const [left] = filesOf(world).filter((name) => !kept.includes(name));
  if (left === undefined) throw new Error('nothing was staged');
  // a hub that starts looks at once
  const sweepAt = async (hoursOld: number): Promise<void> => {
    const at = (world.clock.now() - hoursOld * 3600_000) / 1000;
    for (const name of filesOf(world)) utimesSync(join(world.documents, name.slice(0, 2), name), at, at);
    await createSignatures(world.signing).sweep();
  };
  await sweepAt(23);
  expect(filesOf(world)).toContain(left);
  await sweepAt(25);
  expect(filesOf(world)).not.toContain(left);
  const person = new SigningPerson(world);
  await person.claim(link);
  expect(codeOf(await person.read(link.interaction))).toBe('ok');
});

describe('a file of one’s own', () => {
  it('is laid before the hub, signed, and taken away; nothing is posted', async () => {
    const link = await startLocal(world);
    const person = new SigningPerson(world);
    expect(await person.claim(link)).toMatchObject({ mode: 'local', document: null });
    unwrap(await person.identify(link.interaction, key));
    expect(codeOf(await person.prepare(link.interaction))).toBe('DOCUMENT_MISSING');
    const put = await world.signatures.putLocal(person.visit(link.interaction), piecesOf(letter()), '保函/..申请.pdf');
    expect(unwrap(put).document).toMatchObject({ name: '保函 ..申请.pdf', version: 1 });
    unwrap(await person.prepare(link.interaction));
    const done = unwrap(await person.answer(link.interaction, key));
    expect(done).toMatchObject({ state: 'succeeded', next: { kind: 'stay' } });
    expect(sketch(await reportOf(world, unwrap(await person.read(link.interaction))))).toEqual(['valid/unchanged']);
    expect(message9(world, link.taskId)).toEqual([]);
  });

  it('takes the place of the one before; what was signed there is forgotten', async () => {
    const link = await startLocal(world);
    const person = new SigningPerson(world);
    await person.claim(link);
    const visit = person.visit(link.interaction);
    const before = filesOf(world).length;
    unwrap(await world.signatures.putLocal(visit, piecesOf(letter()), 'a.pdf'));
    unwrap(await person.identify(link.interaction, key));
    unwrap(await person.prepare(link.interaction));
    unwrap(await person.answer(link.interaction, key, false));
    const broken = await world.signatures.putLocal(visit, piecesOf(Buffer.from('nothing')), 'c.pdf');
    expect(codeOf(broken)).toBe('DOCUMENT_NOT_PDF');
    const put = unwrap(await world.signatures.putLocal(visit, piecesOf(letter(3)), 'b.pdf'));
    expect(put).toMatchObject({ made: [], document: { version: 3, name: 'b.pdf' } });
    expect(filesOf(world).length - before).toBe(1);
  });

  it('is posted where the trading system has a place for it', async () => {
    const link = await startLocal(world, { postBack: true });
    const person = new SigningPerson(world);
    await person.claim(link);
    unwrap(await world.signatures.putLocal(person.visit(link.interaction), piecesOf(letter()), ''));
    await person.sign(link.interaction, key);
    expect((await person.end(link.interaction)).state).toBe('succeeded');
    expect(message9(world, link.taskId)).toHaveLength(1);
  });

  it('is at most as large as a message may carry where it is posted, and larger where the person keeps it', async () => {
    async function* zeros(bytes: number): AsyncGenerator<Uint8Array> {
      for (let left = bytes; left > 0; left -= 1 << 20) yield new Uint8Array(Math.min(left, 1 << 20));
    }
    const before = filesOf(world).length;
    const tooLarge = limits.document + 1;
    for (const [postBack, largest, code] of [
      [true, limits.document, 'BODY_TOO_LARGE'],
      [false, limits.localDocument, 'DOCUMENT_NOT_PDF'],
    ] as const) {
      const link = await startLocal(world, { postBack });
      const person = new SigningPerson(world);
      expect(await person.claim(link)).toMatchObject({ largest });
      const put = await world.signatures.putLocal(person.visit(link.interaction), zeros(tooLarge), 'x.pdf');
      expect(codeOf(put)).toBe(code);
      if (!put.ok && postBack) expect(sentence(put.refusal)).toContain('50 MB');
    }
    expect(filesOf(world).length).toBe(before);
  });

  it('has a task of its own: the same taskId at the other interface is another task', async () => {
    const taskId = newTask();
    const local = await startLocal(world, { taskId });
    const sent = await start(world, letter(), { taskId });
    expect(local.interaction).not.toBe(sent.interaction);
    const person = new SigningPerson(world);
    await person.claim(sent);
    const put = world.signatures.putLocal(person.visit(sent.interaction), piecesOf(letter()), 'x.pdf');
    expect(codeOf(await put)).toBe('INPUT_NOT_ALLOWED');
  });

  it('under a signed string that was taken on another path is refused', async () => {
    const proof = { path: '/api/ca/startSignature', digest: 'ab'.repeat(32) };
    await start(world, letter(), { proof });
    const taskId = newTask();
    const request = { taskId, returnUrl: null, content: { taskId }, postBack: false, answerAs: 'plain' as const };
    const other = { ...request, proof: { ...proof, path: '/api/ca/startiframesign' } };
    expect(codeOf(await world.signatures.startLocal(world.unit, world.platform, other))).toBe('SIGN_OTHER_PATH');
  });
});

describe('a time stamp', () => {
  let tsa: { url: string; down(is: boolean): void; close(): void };
  beforeAll(async () => {
    let isDown = false;
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', async () => {
        if (isDown) return response.writeHead(503).end();
        const answer = await world.pki.timeAuthority.answer(Buffer.concat(parts));
        return response.writeHead(200, { 'content-type': 'application/timestamp-reply' }).end(answer);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    tsa = { url: `http://127.0.0.1:${port}/tsa`, down: (is) => (isDown = is), close: () => server.close() };
  });
  afterAll(() => tsa.close());

  const stamping = (whenDown: 'refuse' | 'sign'): Signatures => {
    const certificates = certificatesOf();
    const timeAuthority = { url: tsa.url, certificates, privateRanges: ['127.0.0.0/8'], whenDown };
    return createSignatures({ ...world.signing, timeAuthority, timeAuthorities: certificates });
  };

  it.each(['cms', 'seal', 'rsa'] as const)('proves when a %s signature was there', async (form) => {
    const held = await enrolled(world);
    const by = form === 'rsa' ? await rsaKey(world) : keyOf(held);
    if (form === 'seal') {
      const seal = fromBase64(await sealFor(world, [held])) ?? Buffer.alloc(0);
      unwrap(await world.seals.register(world.unit, seal));
    }
    const made = await signedBy(by, stamping('refuse'), form === 'seal' ? 'ses' : 'image');
    expect(made).toEqual({ sketch: ['valid/unchanged'], source: 'timestamp', timestamped: true });
  });

  async function signedBy(by: SigningKey, signatures: Signatures, kind: 'ses' | 'image') {
    const { link, person } = await signer(by, signatures);
    const seal = (await person.view(link.interaction)).seals.find((one) => one.kind === kind && one.refusal === null);
    unwrap(await person.prepare(link.interaction, { seal: seal?.id ?? '', placements: [placeOf(seal)] }));
    const { made } = unwrap(await person.answer(link.interaction, by));
    const anchors = { ...world, signing: { ...world.signing, timeAuthorities: certificatesOf() } };
    const report = await reportOf(anchors, unwrap(await person.read(link.interaction)));
    return {
      sketch: sketch(report),
      source: report.signatures[0]?.time?.source,
      timestamped: made[0]?.timestamped,
    };
  }
  const placeOf = (seal: { picture: { width: number; height: number } } | undefined) => ({
    ...{ page: 0, x: 30, y: 30 },
    ...{ width: seal?.picture.width ?? 0, height: seal?.picture.height ?? 0 },
  });
  const certificatesOf = () => {
    const root = parseCertificate(gm, world.pki.timeAuthority.root);
    return root === undefined ? [] : [root];
  };

  it('that cannot be had stops the signing, or is left out, as the operator says', async () => {
    tsa.down(true);
    const strict = stamping('refuse');
    const { link, person } = await signer(key, strict);
    unwrap(await person.prepare(link.interaction));
    expect(codeOf(await person.answer(link.interaction, key))).toBe('TIMESTAMP_UNAVAILABLE');
    tsa.down(false);
    expect(codeOf(await person.answer(link.interaction, key))).toBe('ok');

    tsa.down(true);
    const lax = stamping('sign');
    const other = await signer(key, lax);
    unwrap(await other.person.prepare(other.link.interaction));
    const { made } = unwrap(await other.person.answer(other.link.interaction, key));
    expect(made[0]?.timestamped).toBe(false);
    tsa.down(false);
  });
});
