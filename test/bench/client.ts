/** The bench's client process: bidders with keys (or OpenID clients) that walk one flow after the other, several at a time. */
import { createHash, randomBytes } from 'node:crypto';
import type { Agent } from 'node:http';
import type { Gm, Sm2PrivateKey } from '#crypto/gm.ts';
import { createGm } from '#crypto/provider.ts';
import { printed, signOf } from '#fixtures/world/trading-system/sign.ts';
import { base64, utf8 } from '#kernel/bytes.ts';
import { Client, newAgent } from './http.ts';
import type { HubJob, Job, JobResult, PeerJob, StartCheckJob } from './jobs.ts';
import { newUnwrapping, openBid } from './open-bid.ts';
import { Steps } from './steps.ts';

const gm: Gm = createGm();
const keys = new Map<string, Sm2PrivateKey>();

process.on('message', (job: Job) => {
  run(job).then(
    (result) => process.send?.({ ok: true, result }),
    (error: unknown) => process.send?.({ ok: false, error: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));

async function run(job: Job): Promise<JobResult> {
  const agent = newAgent();
  const steps = new Steps();
  const flow = await flowOf(job, agent, steps);
  const { total, together } = sizeOf(job);
  let begun = 0;
  const cpu = process.cpuUsage();
  const startedAt = Date.now();
  const started = performance.now();
  await Promise.all(
    Array.from({ length: together }, async (_, bidder) => {
      while (begun < total) {
        begun += 1;
        await flow(bidder);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  agent.destroy();
  return {
    done: total,
    seconds,
    startedAt,
    clientCpu: (user + system) / 1e6,
    steps: steps.all,
    requests: steps.requests,
  };
}

function sizeOf(job: Job): { total: number; together: number } {
  switch (job.kind) {
    case 'hub':
    case 'peer':
      return { total: job.logins, together: job.bidders };
    case 'startCheck':
      return { total: job.calls, together: job.callers };
    case 'opening':
      return { total: job.bids.length, together: job.bids.length };
    case 'unwrap':
      return { total: job.count, together: 1 };
  }
}

async function flowOf(job: Job, agent: Agent, steps: Steps): Promise<(bidder: number) => Promise<void>> {
  switch (job.kind) {
    case 'hub':
      return (bidder) => hubLogin(job, bidder, agent, steps);
    case 'peer':
      return () => peerLogin(job, agent, steps);
    case 'startCheck':
      return async () => {
        await startCheck(job, job.hub, new Client(agent), steps);
      };
    case 'opening':
      return (bidder) => openBid(gm, job, bidder, agent, steps);
    case 'unwrap':
      return newUnwrapping(gm);
  }
}

async function startCheck(
  job: HubJob | StartCheckJob,
  hub: string,
  trading: Client,
  steps: Steps,
): Promise<{ taskId: string; token: string }> {
  const taskId = randomBytes(16).toString('hex');
  const members = { caUnitId: job.caUnitId, taskId, orgcode: job.orgcode };
  const message = { ...members, sign: signOf(job.secret, members, printed.startCheck) };
  const answer = await steps.time('startCheck', () => trading.json(`${hub}/api/ca/startCheck`, message));
  if (answer['code'] !== 200) throw new Error(`startCheck: ${JSON.stringify(answer)}`);
  return { taskId, token: new URL(String(answer['Loginurl'])).pathname.split('/').at(-1) ?? '' };
}

/** As the page's script does it, without the page's own files: hello, claim, challenge, evidence, then the view until it redirects. */
async function hubLogin(job: HubJob, bidder: number, agent: Agent, steps: Steps): Promise<void> {
  const hub = job.hubs[bidder % job.hubs.length] ?? '';
  const began = performance.now();
  const { taskId, token } = await startCheck(job, hub, new Client(agent), steps);
  // Each person has an address of his own, as behind the reverse proxy of a province.
  const address = `10.${bidder % 250}.${Math.floor(Math.random() * 250)}.${1 + Math.floor(Math.random() * 250)}`;
  const browser = new Client(agent, { origin: job.publicUrl, 'x-forwarded-for': address });
  const call = async (route: string, body: unknown): Promise<Record<string, unknown>> => {
    const answer = await steps.time(route, () => browser.json(`${hub}/hosted/api/${route}`, body));
    if (answer['ok'] !== true) throw new Error(`${route}: ${JSON.stringify(answer)}`);
    return answer;
  };
  await call('hello', {});
  const claimed = (await call('claim', { token }))['view'] as { interaction: string };
  const { interaction } = claimed;
  const text = String((await call('challenge', { interaction }))['text']);
  const key = job.keys[bidder % job.keys.length];
  if (key === undefined) throw new Error('no key');
  const signing = performance.now();
  const signature = base64(await gm.sm2.sign(keyOf(key.d), [utf8(text)]));
  steps.note('(client signs)', performance.now() - signing);
  await call('evidence', { interaction, certificate: key.certificate, signature });
  const proved = performance.now();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 15));
    const view = (await call('view', { interaction }))['view'] as { state: string; next: { url?: string } | null };
    if (view.state === 'claimed' || view.state === 'proved') continue;
    if (view.state !== 'succeeded' || !view.next?.url?.includes(taskId))
      throw new Error(`a login ended ${view.state}: ${JSON.stringify(view.next)}`);
    break;
  }
  steps.note('(delivery, seen by the page)', performance.now() - proved);
  steps.note('whole', performance.now() - began);
}

function keyOf(d: string): Sm2PrivateKey {
  const made = keys.get(d) ?? gm.sm2.importPrivate(Buffer.from(d, 'hex'));
  if (made === undefined) throw new Error('not a private key');
  keys.set(d, made);
  return made;
}

/** Authorization-code flow with PKCE: authorise, log in and consent in one step, back, code for tokens, userinfo. */
async function peerLogin(job: PeerJob, agent: Agent, steps: Steps): Promise<void> {
  const began = performance.now();
  const browser = new Client(agent);
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    client_id: 'bench',
    response_type: 'code',
    scope: 'openid profile',
    redirect_uri: job.redirectUri,
    state: randomBytes(16).toString('hex'),
    nonce: randomBytes(16).toString('hex'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const go = async (step: string, url: string): Promise<string> => {
    const reply = await steps.time(step, () => browser.send('GET', url));
    if (reply.location === '') throw new Error(`${step}: ${reply.status} ${reply.text.slice(0, 300)}`);
    return new URL(reply.location, job.issuer).href;
  };
  const interaction = await go('authorise', `${job.issuer}/auth?${query}`);
  const resume = await go('login and consent', interaction);
  const back = await go('resume', resume);
  const code = new URL(back).searchParams.get('code');
  if (code === null) throw new Error(`no code: ${back}`);
  const party = new Client(agent);
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: job.redirectUri,
    code_verifier: verifier,
    client_id: 'bench',
    client_secret: 'bench-secret',
  });
  const body = { type: 'application/x-www-form-urlencoded', text: form.toString() };
  const tokens = await steps.time('token', () => party.send('POST', `${job.issuer}/token`, body));
  const { access_token, id_token } = JSON.parse(tokens.text) as { access_token?: string; id_token?: string };
  if (access_token === undefined || id_token === undefined) throw new Error(`token: ${tokens.text.slice(0, 300)}`);
  const me = await steps.time('userinfo', () =>
    party.send('GET', `${job.issuer}/me`, undefined, { authorization: `Bearer ${access_token}` }),
  );
  if ((JSON.parse(me.text) as { sub?: string }).sub !== 'bidder') throw new Error(`userinfo: ${me.text.slice(0, 300)}`);
  steps.note('whole', performance.now() - began);
}
