import { randomBytes } from 'node:crypto';
import type { Agent } from 'node:http';
import type { Gm } from '#crypto/gm.ts';
import { printed, signOf } from '#fixtures/world/trading-system/sign.ts';
import { base64, fromBase64 } from '#kernel/bytes.ts';
import { Client } from './http.ts';
import type { OpeningJob } from './jobs.ts';
import type { Steps } from './steps.ts';

type Json = Record<string, unknown>;

interface View {
  readonly state: string;
  readonly interaction: string;
  readonly items: readonly { readonly state: string }[];
}

/** After a refusal that asks for patience. */
const PATIENCE_MS = 2_000;

/** Answers that asked for patience. */
export const BUSY = '(told to wait)';

/**
 * One bidder, as his trading system, the page's script and his agent do it: startdecrypt, hello, claim, grant, certificates, unwrap with his key, keys, then the
 * view until it is delivered.
 */
export async function openBid(gm: Gm, job: OpeningJob, bidder: number, agent: Agent, steps: Steps): Promise<void> {
  const bid = job.bids[bidder];
  if (bid === undefined) throw new Error('no bid');
  const began = performance.now();
  const task = `D-${bid.taskId}`;
  const members = { caUnitId: job.caUnitId, taskId: task, orgcode: job.orgcode, encData: bid.encData };
  const message = { ...members, sign: signOf(job.secret, members, printed.startdecrypt) };
  const trading = new Client(agent);
  const start = () => steps.time('startdecrypt', () => trading.json(`${job.hub}/api/ca/startdecrypt`, message));
  let answer = await start();
  while (answer['code'] === 503) {
    steps.note(BUSY, 0);
    await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    answer = await start();
  }
  if (answer['code'] !== 200) throw new Error(`startdecrypt: ${JSON.stringify(answer)}`);
  const token = new URL(String(answer['decrypturl'])).pathname.split('/').at(-1) ?? '';

  const address = `10.${bidder % 250}.${Math.floor(bidder / 250) % 250}.${1 + Math.floor(Math.random() * 250)}`;
  const browser = new Client(agent, { origin: job.publicUrl, 'x-forwarded-for': address });
  const call = async (route: string, body: unknown): Promise<Json> => {
    for (;;) {
      const reply = await steps.time(route, () => browser.json(`${job.hub}/hosted/api/${route}`, body));
      if (reply['ok'] === true) return reply;
      if ((reply['error'] as { code?: string }).code !== 'SERVICE_BUSY')
        throw new Error(`${route}: ${JSON.stringify(reply)}`);
      steps.note(BUSY, 0);
      await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    }
  };
  await call('hello', {});
  const { interaction } = (await call('decrypt/claim', { token }))['view'] as View;
  await call('decrypt/grant', { interaction, nonce: randomBytes(32).toString('hex') });
  const plugged = [{ key: 'k', sign: bid.sign, encrypt: bid.encrypt }];
  const shown = await call('decrypt/certificates', { interaction, certificates: plugged });
  const wraps = (shown['wraps'] as Record<string, { item: string; wrap: string; wrapped: string }[]>)['k'] ?? [];
  if (wraps.length !== 1) throw new Error(`a bidder was offered ${wraps.length} capsules`);
  const unwrapping = performance.now();
  const keys = await Promise.all(wraps.map((wrap) => unwrapped(gm, bid.d, wrap)));
  steps.note('(client unwraps)', performance.now() - unwrapping);
  let view = (await call('decrypt/keys', { interaction, keys }))['view'] as View;
  if (view.items.some(({ state }) => state === 'failed')) throw new Error('a capsule did not open');
  steps.note('to the opened content', performance.now() - began);
  while (view.state !== 'succeeded') {
    if (view.state !== 'claimed' && view.state !== 'proved') throw new Error(`a bid ended ${view.state}`);
    await new Promise((resolve) => setTimeout(resolve, job.lookMs));
    view = (await call('decrypt/view', { interaction }))['view'] as View;
  }
}

async function unwrapped(gm: Gm, d: string, { item, wrap, wrapped }: { item: string; wrap: string; wrapped: string }) {
  const key = gm.sm2.importPrivate(Buffer.from(d, 'hex'));
  const opened = key && (await gm.sm2.decrypt(key, fromBase64(wrapped) ?? Buffer.alloc(0)));
  if (!opened?.ok) throw new Error('a key does not unwrap its own capsule');
  return { item, wrap, key: base64(opened.plaintext), layout: opened.layout };
}

/** The yardstick: one content key, unwrapped again and again. */
export async function newUnwrapping(gm: Gm): Promise<() => Promise<void>> {
  const key = gm.sm2.generateKey();
  const wrapped = await gm.sm2.encrypt(key.publicKey, randomBytes(16));
  return async () => {
    if (!(await gm.sm2.decrypt(key, wrapped)).ok) throw new Error('not unwrapped');
  };
}
