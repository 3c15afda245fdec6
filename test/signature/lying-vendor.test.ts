import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '#store/store.ts';
import { gm, type HeldKey, type LoginWorld, openLoginWorld, recordOf, until, unwrap } from '#test/identity/world.ts';
import { quietLog } from '#test/support/store.ts';
import { plainPdf } from './pdf/base.ts';
import { enrolled, keyOf, reportOf, type SigningKey, SigningPerson, signedFile, sketch, start } from './people.ts';

/** What the vendor's server answers to an order for a seal. */
type Lie = (order: { readonly toSign: string; readonly certificate: string; readonly digest: string }) => Promise<{
  readonly certificate: string;
  readonly signature: string;
}>;

let world: LoginWorld;
let server: Server;
let lie: Lie;
let holder: HeldKey;
let own: SigningKey;

/** A vendor of the hub's with an interface as it should be, and a server that says what it likes. */
beforeAll(async () => {
  world = await openLoginWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
  const orders = new Map<string, Record<string, string>>();
  server = createServer(async (request, response) => {
    const order = request.method === 'POST' ? (JSON.parse(await text(request)) as Record<string, string>) : undefined;
    const tid = order === undefined ? (request.url?.split('/').at(-1) ?? '') : `task-${orders.size}-1234`;
    if (order !== undefined) orders.set(tid, order);
    const asked = order ?? orders.get(tid) ?? {};
    const { toSign = '', certificate = '', digest = '', exchange = '', text: words = '' } = asked;
    const data =
      order === undefined
        ? { tid, exchange, status: '02', text: words, ...(await lie({ toSign, certificate, digest })) }
        : { tid, content: `https://liar.example/scan/${tid}`, expiresAt: world.clock.now() + 100_000 };
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ ret: '0', msg: '', data }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { manifest } = (await world.authorities.find(world.store.read, 'bohai')) ?? {};
  if (manifest === undefined) throw new Error('no such vendor');
  const origins = [...(manifest.egress?.origins ?? []), url];
  await world.store.tx((tx) =>
    world.authorities.changeManifest(tx, 'bohai', {
      ...manifest,
      driverConfig: { ...manifest.driverConfig, apiBase: `${url}/bohai` },
      egress: { ...manifest.egress, origins, privateRanges: ['127.0.0.0/8'] },
    }),
  );
  holder = await enrolled(world, { authority: 'bohai' });
  own = keyOf(holder);
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await world.close();
  await world.store.close();
});

/** A person who has proved himself with his own key, and lets this vendor sign what is prepared. */
async function sealedBy(answer: Lie) {
  lie = answer;
  const link = await start(world, plainPdf([{}]));
  const person = new SigningPerson(world);
  await person.claim(link);
  unwrap(await person.identify(link.interaction, own));
  unwrap(await person.prepare(link.interaction));
  expect(unwrap(await world.signatures.beginMobile(person.visit(link.interaction), 'bohai', true)).mobile?.step).toBe(
    'sign',
  );
  const view = await until(async () => {
    const now = await person.view(link.interaction);
    return now.mobile === null || !['waiting', 'scanned'].includes(now.mobile.status) ? now : undefined;
  });
  return { link, person, view };
}

const over = async (key: SigningKey, toSign: string): Promise<string> => key.sign(Buffer.from(toSign, 'base64'));

describe('a vendor that is to sign a document', () => {
  it('and does, signs', async () => {
    const { link, person } = await sealedBy(async ({ toSign, certificate }) => ({
      certificate,
      signature: await over(own, toSign),
    }));
    expect((await person.end(link.interaction)).state).toBe('succeeded');
    expect(sketch(await reportOf(world, signedFile(world, link.taskId)))).toEqual(['valid/unchanged']);
  });

  it.each<[string, () => Promise<Lie>]>([
    [
      'with another good certificate of the same company',
      async () => {
        const other = await enrolled(world, { authority: 'bohai' });
        return async ({ toSign }) => ({
          certificate: other.certificate,
          signature: await over(keyOf(other), toSign),
        });
      },
    ],
    [
      'with another certificate of the very same key',
      async () => {
        const { signKey, encKey } = holder.pair;
        const twin = await world.key({ authority: 'bohai', keys: { signKey, encKey } });
        unwrap(await world.subscribers.synchronise(world.unit, recordOf(twin.pair)));
        return async ({ toSign }) => ({ certificate: twin.certificate, signature: await over(own, toSign) });
      },
    ],
    [
      'with another key under the right certificate',
      async () => {
        const other = await enrolled(world, { authority: 'bohai' });
        return async ({ toSign, certificate }) => ({ certificate, signature: await over(keyOf(other), toSign) });
      },
    ],
    [
      'the bare digest of the document',
      async () =>
        async ({ digest, certificate }) => ({
          certificate,
          signature: await own.sign(Buffer.from(digest, 'hex')),
        }),
    ],
    [
      'attributes of another document',
      async () =>
        async ({ toSign, digest, certificate }) => {
          const other = Buffer.from(gm.sm3(Buffer.from('another document')));
          const bytes = Buffer.from(toSign, 'base64');
          other.copy(bytes, bytes.indexOf(Buffer.from(digest, 'hex')));
          return { certificate, signature: await own.sign(bytes) };
        },
    ],
  ])('but signs %s is not believed', async (_, lieOf) => {
    const { link, person, view } = await sealedBy(await lieOf());
    expect(view.mobile?.status).toBe('failed');
    expect(view.interaction.refusal?.code).toBe('SIGNATURE_NOT_TAKEN');
    expect([view.state, view.made, view.document?.version]).toEqual(['claimed', [], 1]);
    // What was prepared is still there for his own key.
    expect(unwrap(await person.answer(link.interaction, own)).made).toHaveLength(1);
  });

  it('and says that it did, with nothing in hand, has not answered', async () => {
    const { link, person, view } = await sealedBy(async ({ certificate }) => ({ certificate, signature: '' }));
    expect([view.mobile?.status, view.interaction.refusal?.code]).toEqual(['failed', 'AUTHORITY_UNAVAILABLE']);
    expect(unwrap(await person.answer(link.interaction, own)).made).toHaveLength(1);
  });
});
