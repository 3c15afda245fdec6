/**
 * What every vendor's driver must do, whatever it is written in: a list of named cases over one bench. Run by the tests for the drivers in the
 * box and by a vendor for his own. A case that a driver's declared abilities leave out is skipped with its reason, never silently.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Gm } from '#crypto/gm.ts';
import type { Json } from '#kernel/json.ts';
import { checkEvidence, must, type Pending, pendingOf, refusedAs } from './conformance-checks.ts';
import type { AuthRequest, DriverManifest, Evidence, ResumeEvent, Step } from './contract.ts';

export interface Bench {
  readonly gm: Gm;
  readonly manifest: DriverManifest;
  /** A request never used before, ending `life` ms from now. */
  request(life: number): AuthRequest;
  begin(request: AuthRequest): Promise<Step<Evidence>>;
  resume(state: Json, event: ResumeEvent): Promise<Step<Evidence>>;
  /** Ends the driver's process; the next call starts a new one. */
  restart(): Promise<void>;
  /** Lets time pass for the driver and its vendor, milliseconds. */
  pass(ms: number): Promise<void>;
  /** What the person does, and the event through which the hub hears of it. */
  readonly person: {
    confirm(pending: Pending): Promise<ResumeEvent>;
    cancel(pending: Pending): Promise<ResumeEvent>;
    /** Absent: this medium shows no QR code. */
    scan?(pending: Pending): Promise<ResumeEvent>;
  };
  /** Events made by somebody who does not have the vendor's secret, each with what is wrong with it. Absent: no callback door. */
  readonly forgeries?: (pending: Pending, genuine: ResumeEvent) => readonly { wrong: string; event: ResumeEvent }[];
  /** Absent: there is no vendor service behind this driver. */
  readonly outage?: (off: boolean) => Promise<void>;
}

export interface ConformanceCase {
  readonly name: string;
  /** Why this case does not apply; then `run` does nothing. */
  readonly skip?: string;
  run(): Promise<void>;
}

const LIFE_MS = 120_000;

export function conformance(bench: Bench): readonly ConformanceCase[] {
  const { person, forgeries, outage } = bench;
  const scan = person.scan?.bind(person);
  const begin = async (life = LIFE_MS) => {
    const request = bench.request(life);
    return { request, pending: pendingOf(await bench.begin(request)) };
  };

  return [
    {
      name: 'begins with a prompt of its medium that ends no later than asked',
      async run() {
        const { request, pending } = await begin();
        const kind = bench.manifest.media.includes('mobile') ? 'qr' : 'agent';
        must(pending.prompt.kind === kind, `expected a prompt ${kind}, got ${pending.prompt.kind}`);
        if (pending.prompt.kind === 'agent') {
          must(pending.prompt.operation === 'sign', 'a login asks for a signature');
          must(pending.prompt.text === request.text, 'the text to sign was changed');
        }
        if (pending.prompt.kind !== 'qr') return;
        must(pending.prompt.digits === request.digits, 'page and phone would show different digits');
        must(pending.prompt.expiresAt <= request.expiresAt, 'the code outlives the request');
        must(!pending.prompt.content.includes(request.text), 'the code itself carries the text to sign');
      },
    },
    {
      name: 'brings evidence over exactly the text asked for',
      async run() {
        const { request, pending } = await begin();
        checkEvidence(bench.gm, request, await bench.resume(pending.state, await person.confirm(pending)));
      },
    },
    {
      name: 'keeps an exchange through a restart of its process',
      async run() {
        const { request, pending } = await begin();
        await bench.restart();
        const state = JSON.parse(JSON.stringify(pending.state)) as Json;
        checkEvidence(bench.gm, request, await bench.resume(state, await person.confirm(pending)));
      },
    },
    {
      name: 'keeps two exchanges apart',
      async run() {
        const [first, second] = [await begin(), await begin()];
        const done = await bench.resume(second.pending.state, await person.confirm(second.pending));
        checkEvidence(bench.gm, second.request, done);
        pendingOf(await bench.resume(first.pending.state, { from: 'poll' }));
      },
    },
    {
      name: 'says cancelled when the person cancels',
      async run() {
        const { pending } = await begin();
        refusedAs('cancelled', await bench.resume(pending.state, await person.cancel(pending)));
      },
    },
    {
      name: 'waits on when there is no news, and survives a page that says nonsense',
      async run() {
        const { pending } = await begin();
        const next = pendingOf(await bench.resume(pending.state, { from: 'poll' }));
        const step = await bench.resume(next.state, { from: 'page', payload: { nonsense: [1, { deep: null }] } });
        must(step.step !== 'done', 'took nonsense for evidence');
      },
    },
    able(scan, 'this driver shows no code', 'shows that the code has been scanned', async (look) => {
      const { pending } = await begin();
      const step = pendingOf(await bench.resume(pending.state, await look(pending)));
      must(step.prompt.kind === 'qr' && step.prompt.status === 'scanned', 'the prompt does not say scanned');
    }),
    able(scan, 'the hub itself ends the prompt of a key', 'says expired after the end', async () => {
      const { pending } = await begin(5_000);
      await bench.pass(6_000);
      refusedAs('expired', await bench.resume(pending.state, { from: 'poll' }));
    }),
    able(
      scan && forgeries && { scan, forgeries },
      'this driver has no callback door',
      'believes no callback that is forged, altered, stale, replayed or about another exchange',
      async (door) => {
        const { pending } = await begin();
        const genuine = await door.scan(pending);
        const scanned = pendingOf(await bench.resume(pending.state, genuine));
        for (const { wrong, event } of [...door.forgeries(pending, genuine), { wrong: 'replayed', event: genuine }]) {
          const step = pendingOf(await bench.resume(scanned.state, event));
          must(step.ignored !== undefined, `took a callback that is ${wrong} for good`);
          must(isDeepStrictEqual(step.state, scanned.state), `changed its state for a callback that is ${wrong}`);
        }
      },
    ),
    able(
      outage,
      'there is no service behind this driver',
      'says unavailable while its service is away and loses no exchange',
      async (switchOff) => {
        const { request, pending } = await begin();
        await switchOff(true);
        refusedAs('unavailable', await bench.begin(bench.request(LIFE_MS)));
        const waiting = pendingOf(await bench.resume(pending.state, { from: 'poll' }));
        await switchOff(false);
        checkEvidence(bench.gm, request, await bench.resume(waiting.state, await person.confirm(pending)));
      },
    ),
  ];
}

/** A case for drivers that have a certain part. */
function able<Part>(
  part: Part | undefined,
  otherwise: string,
  name: string,
  run: (part: Part) => Promise<void>,
): ConformanceCase {
  return part === undefined ? { name, skip: otherwise, run: async () => undefined } : { name, run: () => run(part) };
}
