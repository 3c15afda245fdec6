import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SignPageApi } from '#hosted/sign-api.ts';
import { fromBase64 } from '#kernel/bytes.ts';
import { openStore } from '#store/store.ts';
import { type LoginWorld, openLoginWorld, until } from '#test/identity/world.ts';
import { plainPdf } from '#test/signature/pdf/base.ts';
import { enrolled, keyOf, message9, type SigningKey, start, startLocal } from '#test/signature/people.ts';
import { quietLog } from '#test/support/store.ts';
import { codeOfAnswer, hostedOf, PageBrowser } from './world.ts';

describe('the signing page’s API', () => {
  let world: LoginWorld;
  let key: SigningKey;
  let app: ReturnType<typeof hostedOf>;
  const pdf = plainPdf([{}, { rotate: 90 }]);
  beforeAll(async () => {
    world = await openLoginWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
    key = keyOf(await enrolled(world));
    app = hostedOf(world);
  });
  afterAll(async () => {
    await world.close();
    await world.store.close();
  });

  async function call<Route extends keyof SignPageApi>(
    browser: PageBrowser,
    route: Route,
    request: SignPageApi[Route]['request'],
    headers: Record<string, string> = {},
  ): Promise<SignPageApi[Route]['answer']> {
    const reply = await browser.post(`/hosted/api/sign/${route}`, request, headers);
    return (await reply.json()) as SignPageApi[Route]['answer'];
  }
  const told = <A extends { ok: boolean }>(answer: A): Extract<A, { ok: true }> => {
    if (!answer.ok) throw new Error(JSON.stringify(answer));
    return answer as Extract<A, { ok: true }>;
  };
  async function browserWithCookie(): Promise<PageBrowser> {
    const browser = new PageBrowser(app, world.publicUrl);
    await browser.call('hello', {});
    return browser;
  }

  it('takes a person from the link to the delivered file', async () => {
    const link = await start(world, pdf, { wish: { keyword: '（盖章）' }, unitCode: null });
    const browser = await browserWithCookie();
    const { view, agents } = told(await call(browser, 'claim', { token: link.token }));
    expect(agents[0]?.endpoints).toHaveLength(1);
    expect(view).toMatchObject({
      ...{ state: 'claimed', mode: 'document', wish: { keyword: '（盖章）' }, signer: null, seals: [] },
      document: { version: 1, bytes: pdf.length, signatures: [], notes: [] },
    });
    // A4 at 595 × 842 points, the second page turned.
    expect(view.document?.pages.map(({ width, height }) => [Math.round(width), Math.round(height)])).toEqual([
      [210, 297],
      [297, 210],
    ]);
    const { interaction } = view;
    const { grant } = told(await call(browser, 'grant', { interaction, nonce: 'a'.repeat(64) }));
    expect(grant.grant.operations).toEqual(['enumerate', 'certificates', 'sign-login', 'sign-document']);
    const shown = [{ key: 'k1', sign: key.certificate }];
    const { certificates } = told(await call(browser, 'certificates', { interaction, certificates: shown }));
    expect(certificates[0]).toMatchObject({ key: 'k1', status: 'ready' });

    const { text } = told(await call(browser, 'challenge', { interaction }));
    expect(text).toContain('purpose=sign');
    const proof = { interaction, certificate: key.certificate, signature: await key.sign(Buffer.from(text)) };
    const known = told(await call(browser, 'identify', proof)).view;
    const [seal] = known.seals;
    expect(seal).toMatchObject({
      kind: 'image',
      usable: true,
      picture: expect.stringMatching(/^data:image\/png;base64,/),
    });
    const { id = '', width = 0, height = 0 } = seal ?? {};
    const placements = [{ page: 1, x: 10, y: 10, width, height }];
    const wish = { interaction, seal: id, placements, straddle: null, reason: '同意', version: 1 };
    const { prepared } = told(await call(browser, 'prepare', wish)).view;
    const signature = await key.sign(fromBase64(prepared?.toSign ?? '') ?? Buffer.alloc(0));
    const answer = { interaction, prepared: prepared?.id ?? '', signature, last: true };
    expect(told(await call(browser, 'complete', answer)).view.state).toBe('proved');
    const end = await until(async () => {
      const { view: now } = told(await call(browser, 'view', { interaction }));
      return now.state === 'proved' ? undefined : now;
    });
    expect(end).toMatchObject({ state: 'succeeded', next: { kind: 'redirect' }, made: [{ places: 1 }] });
    expect(message9(world, link.taskId)).toHaveLength(1);
  });

  it('gives the document whole and in ranges to its own browser, and to nobody else', async () => {
    const link = await start(world, pdf, { name: '保函 正本' });
    const browser = await browserWithCookie();
    told(await call(browser, 'claim', { token: link.token }));
    const path = `/hosted/sign/document/${link.interaction}?v=1`;
    const whole = await browser.send(path);
    expect(whole.status).toBe(200);
    expect(whole.headers.get('content-type')).toBe('application/pdf');
    expect(whole.headers.get('content-disposition')).toContain(
      `filename*=UTF-8''${encodeURIComponent('保函 正本')}.pdf`,
    );
    expect(whole.headers.get('content-security-policy')).toContain('sandbox');
    expect(whole.headers.get('cache-control')).toBe('no-store');
    expect(Buffer.from(await whole.arrayBuffer()).equals(pdf)).toBe(true);

    const ranged = async (range: string): Promise<[number, string | null, string]> => {
      const reply = await browser.send(path, { headers: { range } });
      return [
        reply.status,
        reply.headers.get('content-range'),
        Buffer.from(await reply.arrayBuffer()).toString('latin1'),
      ];
    };
    const last = pdf.length - 1;
    expect(await ranged('bytes=0-7')).toEqual([206, `bytes 0-7/${pdf.length}`, '%PDF-1.7']);
    expect(await ranged('bytes=-6')).toEqual([206, `bytes ${last - 5}-${last}/${pdf.length}`, '%%EOF\n']);
    expect((await ranged(`bytes=${last}-9999999`))[1]).toBe(`bytes ${last}-${last}/${pdf.length}`);
    expect(await ranged(`bytes=${pdf.length}-`)).toEqual([416, `bytes */${pdf.length}`, '']);
    expect((await ranged('bytes=5-2'))[0]).toBe(200);
    expect((await ranged('bytes=0-1,4-5'))[0]).toBe(200);
    const head = await browser.send(path, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, String(pdf.length), '']);

    const other = await browserWithCookie();
    for (const address of [path, '/hosted/sign/document/int_00000000000000000000000000', '/hosted/sign/document/x'])
      expect(codeOfAnswer(await (await other.send(address)).json())).toMatch(/OTHER_BROWSER|LINK_INVALID/);
    const foreign = await browser.send(path, { headers: { 'sec-fetch-site': 'cross-site' } });
    expect(codeOfAnswer(await foreign.json())).toBe('INPUT_NOT_ALLOWED');
    const framed = await browser.send(path, { headers: { origin: 'https://evil.example' } });
    expect(codeOfAnswer(await framed.json())).toBe('INPUT_NOT_ALLOWED');
  });

  it('takes a file that the person brings, by its claim secret where no cookie survives', async () => {
    const link = await startLocal(world);
    const browser = new PageBrowser(app, world.publicUrl);
    const { claim } = told(await call(browser, 'claim', { token: link.token }));
    const own = { 'x-ca-claim': claim ?? '' };
    const put = async (headers: Record<string, string>, body = pdf.toString('latin1')) => {
      const path = `/hosted/sign/document/${link.interaction}`;
      const sent = { origin: world.publicUrl, 'content-type': 'application/pdf', ...headers };
      return (await browser.send(path, { method: 'PUT', body, headers: sent })).json();
    };
    expect(codeOfAnswer(await put({}))).toBe('OTHER_BROWSER');
    expect(codeOfAnswer(await put({ ...own, origin: 'https://evil.example' }))).toBe('INPUT_NOT_ALLOWED');
    expect(codeOfAnswer(await put({ ...own, 'content-type': 'text/plain' }))).toBe('INPUT_NOT_ALLOWED');
    expect(codeOfAnswer(await put(own, 'GIF89a'))).toBe('DOCUMENT_NOT_PDF');
    const name = encodeURIComponent('投标 函.pdf');
    expect(await put({ ...own, 'x-document-name': name }, plainPdfText())).toMatchObject({
      ok: true,
      view: { mode: 'local', document: { name: '投标 函.pdf', version: 1 } },
    });
  });

  it('refuses what it does not understand', async () => {
    const browser = await browserWithCookie();
    const interaction = 'int_00000000000000000000000000';
    const place = { page: 0, x: 1, y: 1, width: 1, height: 1 };
    for (const [route, request] of [
      ['prepare', { interaction, seal: null, placements: [{ ...place, x: 1e300 }], straddle: null }],
      ['prepare', { interaction, seal: null, placements: [{ ...place, page: -1 }], straddle: null }],
      ['prepare', { interaction, seal: null, placements: 'x', straddle: null }],
      ['complete', { interaction, prepared: 'x', signature: 'AA==', last: true }],
      ['mobile', { interaction }],
    ] as const)
      expect(codeOfAnswer(await call(browser, route, request as never))).toBe('BODY_NOT_JSON');
    expect(codeOfAnswer(await call(browser, 'view', { interaction }))).toBe('LINK_INVALID');
    const unknown = await browser.post('/hosted/api/sign/nothing', {});
    expect(codeOfAnswer((await unknown.json()) as { ok: boolean })).toBe('ROUTE_UNKNOWN');
  });

  it('may be framed by the origins that the trading system has registered, and by nobody else', async () => {
    const link = await startLocal(world);
    const page = await new PageBrowser(app, world.publicUrl).send(`/sign/${link.token}`);
    expect(page.status).toBe(200);
    const ancestors = /frame-ancestors ([^;]+)/.exec(page.headers.get('content-security-policy') ?? '')?.[1];
    expect(ancestors?.split(' ')).toEqual([new URL(world.returnUrl).origin]);
    const lost = await new PageBrowser(app, world.publicUrl).send('/sign/nothing');
    expect(lost.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });
});

/** ASCII only: a request of these tests carries text. */
const plainPdfText = (): string => {
  const text = plainPdf([{}]).toString('latin1');
  return text.replace('%\u00e2\u00e3\u00cf\u00d3\n', '%abcd\n');
};
