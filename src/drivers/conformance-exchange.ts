import { isDeepStrictEqual } from 'node:util';
import type { Json } from '#kernel/json.ts';
import type { Bench, ChannelBench, ConformanceCase } from './conformance.ts';
import { must, pendingOf, refusedAs } from './conformance-checks.ts';
import type { Channel, Medium, Prompt, Step } from './contract.ts';

/** One request as put to the driver, and how the kit judges what comes of it. */
export interface Asked<Request, Value> {
  readonly request: Request;
  check(step: Step<Value>): Promise<void>;
  /** Of a key at this PC. */
  checkPrompt(prompt: Prompt): void;
  /** Not to be read from a QR code on a screen, or from an address in a browser's history. */
  readonly secrets: readonly string[];
}

const LIFE_MS = 120_000;
const KINDS: Readonly<Record<Medium, Prompt['kind']>> = { key: 'agent', mobile: 'qr', page: 'redirect' };

const readable = (text: string, secrets: readonly string[]): boolean =>
  secrets.some((secret) => text.includes(secret) || text.includes(encodeURIComponent(secret)));

/** What holds for every exchange with a person, whatever is asked of him. */
export function exchangeCases<Request extends { digits: string; expiresAt: number }, Value>(
  bench: Bench,
  channel: Channel,
  { person, forgeries, ...driver }: ChannelBench<Request, Value>,
  ask: (life: number) => Promise<Asked<Request, Value>>,
): readonly ConformanceCase[] {
  const scan = person.scan?.bind(person);
  const begin = async (life = LIFE_MS) => {
    const asked = await ask(life);
    return { ...asked, pending: pendingOf(await driver.begin(asked.request)) };
  };
  const named = (name: string): string => `${channel}: ${name}`;
  /** A case for drivers that have a certain part. */
  function able<Part>(part: Part | undefined, otherwise: string, name: string, run: (part: Part) => Promise<void>) {
    return part === undefined
      ? { name: named(name), skip: otherwise, run: async () => undefined }
      : { name: named(name), run: () => run(part) };
  }

  return [
    {
      name: named('begins with a prompt of its medium that ends no later than asked'),
      async run() {
        const { request, pending, checkPrompt, secrets } = await begin();
        const { prompt } = pending;
        const kind = KINDS[bench.manifest.media[0] ?? 'key'];
        must(prompt.kind === kind, `expected a prompt ${kind}, got ${prompt.kind}`);
        if (prompt.kind === 'redirect') {
          must(!readable(prompt.url, secrets), 'the address itself carries what is asked');
        } else if (prompt.kind === 'qr') {
          must(prompt.digits === request.digits, 'page and phone would show different digits');
          must(prompt.expiresAt <= request.expiresAt, 'the code outlives the request');
          must(!readable(prompt.content, secrets), 'the code itself carries what is asked');
        } else checkPrompt(prompt);
      },
    },
    {
      name: named('brings exactly what was asked for'),
      async run() {
        const { pending, check } = await begin();
        await check(await driver.resume(pending.state, await person.confirm(pending)));
      },
    },
    {
      name: named('keeps an exchange through a restart of its process'),
      async run() {
        const { pending, check } = await begin();
        await bench.restart();
        const state = JSON.parse(JSON.stringify(pending.state)) as Json;
        await check(await driver.resume(state, await person.confirm(pending)));
      },
    },
    {
      name: named('keeps two exchanges apart'),
      async run() {
        const [first, second] = [await begin(), await begin()];
        await second.check(await driver.resume(second.pending.state, await person.confirm(second.pending)));
        pendingOf(await driver.resume(first.pending.state, { from: 'poll' }));
      },
    },
    {
      name: named('says cancelled when the person cancels'),
      async run() {
        const { pending } = await begin();
        refusedAs('cancelled', await driver.resume(pending.state, await person.cancel(pending)));
      },
    },
    {
      name: named('waits on when there is no news, and survives a page that says nonsense'),
      async run() {
        const { pending } = await begin();
        const next = pendingOf(await driver.resume(pending.state, { from: 'poll' }));
        const payload = { nonsense: [1, { deep: null }], keys: [{ id: 'nobody asked', wrapped: 'AAAA' }] };
        const step = await driver.resume(next.state, { from: 'page', payload });
        must(step.step !== 'done', 'took nonsense for what was asked');
      },
    },
    able(
      bench.manifest.media.includes('mobile') ? scan : undefined,
      'this driver shows no code',
      'shows that the code has been scanned',
      async (look) => {
        const { pending } = await begin();
        const step = pendingOf(await driver.resume(pending.state, await look(pending)));
        must(step.prompt.kind === 'qr' && step.prompt.status === 'scanned', 'the prompt does not say scanned');
      },
    ),
    able(scan, 'the hub itself ends the prompt of a key', 'says expired after the end', async () => {
      const { pending } = await begin(5_000);
      await bench.pass(6_000);
      refusedAs('expired', await driver.resume(pending.state, { from: 'poll' }));
    }),
    able(
      scan && forgeries && { scan, forgeries },
      'this driver has no callback door',
      'believes no callback that is forged, altered, stale, replayed or about another exchange',
      async (door) => {
        const { pending, check } = await begin();
        const genuine = await door.scan(pending);
        const scanned = pendingOf(await driver.resume(pending.state, genuine));
        for (const { wrong, event } of [...door.forgeries(pending, genuine), { wrong: 'replayed', event: genuine }]) {
          const step = pendingOf(await driver.resume(scanned.state, event));
          must(step.ignored !== undefined, `believed an event that is ${wrong}`);
          must(isDeepStrictEqual(step.state, scanned.state), `changed the exchange for an event that is ${wrong}`);
        }
        await check(await driver.resume(scanned.state, await person.confirm(pending)));
      },
    ),
    able(
      bench.outage,
      'there is no service behind this driver',
      'says unavailable while its service is away and loses no exchange',
      async (switchOff) => {
        const { pending, check } = await begin();
        await switchOff(true);
        refusedAs('unavailable', await driver.begin((await ask(LIFE_MS)).request));
        const waiting = pendingOf(await driver.resume(pending.state, { from: 'poll' }));
        await switchOff(false);
        await check(await driver.resume(waiting.state, await person.confirm(pending)));
      },
    ),
  ];
}
