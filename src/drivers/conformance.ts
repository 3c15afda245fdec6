/**
 * What every vendor's driver must do, whatever it is written in: a list of named cases over one bench. Run by the tests for the drivers in the
 * box and by a vendor for his own. A case that a driver's declared abilities leave out is skipped with its reason, never silently.
 */
import type { Gm } from '#crypto/gm.ts';
import type { Json } from '#kernel/json.ts';
import { type AskedKeys, checkEvidence, checkKeys, checkSeal, must, type Pending } from './conformance-checks.ts';
import { encryptCases } from './conformance-encrypt.ts';
import { exchangeCases } from './conformance-exchange.ts';
import type {
  AuthRequest,
  Channel,
  CryptoRequest,
  DriverManifest,
  EncryptAnswer,
  EncryptRequest,
  Evidence,
  Prompt,
  ResumeEvent,
  SealEvidence,
  SealRequest,
  Step,
  UnwrappedKeys,
} from './contract.ts';

export interface Bench {
  readonly gm: Gm;
  readonly manifest: DriverManifest;
  readonly auth: ChannelBench<AuthRequest, Evidence> & {
    /** A request never used before, ending `life` ms from now. */
    request(life: number): AuthRequest;
  };
  /** Absent: the driver declares no channel for it. */
  readonly crypto?: ChannelBench<CryptoRequest, UnwrappedKeys> & {
    /** Two wraps that the person's key opens and one of somebody else's. */
    request(life: number): Promise<AskedKeys>;
  };
  /** Absent: the driver declares no channel for it. */
  readonly seal?: ChannelBench<SealRequest, SealEvidence> & {
    /** Asks for the key of the bench's person. */
    request(life: number): Promise<SealRequest>;
  };
  /** Absent: this vendor has no encrypt service. */
  readonly encrypt?: EncryptBench;
  /** Ends the driver's process; the next call starts a new one. */
  restart(): Promise<void>;
  /** Lets time pass for the driver and its vendor, milliseconds. */
  pass(ms: number): Promise<void>;
  /** Absent: there is no vendor service behind this driver. */
  readonly outage?: (off: boolean) => Promise<void>;
}

export interface ChannelBench<Request, Value> {
  begin(request: Request): Promise<Step<Value>>;
  resume(state: Json, event: ResumeEvent): Promise<Step<Value>>;
  /** What the person does, and the event through which the hub hears of it. */
  readonly person: {
    confirm(pending: Pending): Promise<ResumeEvent>;
    cancel(pending: Pending): Promise<ResumeEvent>;
    /** The person has opened what is asked, and has not answered. Absent: nobody but him hears of that. */
    scan?(pending: Pending): Promise<ResumeEvent>;
  };
  /** Events made by somebody who does not have the vendor's secret, each with what is wrong with it. Absent: no callback door. */
  readonly forgeries?: (pending: Pending, genuine: ResumeEvent) => readonly { wrong: string; event: ResumeEvent }[];
}

export interface EncryptBench {
  run(request: EncryptRequest): Promise<EncryptAnswer>;
  /** A recipient of this vendor's, base64 DER, and what opens an envelope (DER, base64) to it; undefined: it does not open. */
  readonly recipient: string;
  open(envelope: string): Promise<Uint8Array | undefined>;
  /** A certificate that is another vendor's. */
  readonly stranger: string;
}

export interface ConformanceCase {
  readonly name: string;
  /** Why this case does not apply; then `run` does nothing. */
  readonly skip?: string;
  run(): Promise<void>;
}

export function conformance(bench: Bench): readonly ConformanceCase[] {
  const { gm, manifest, auth, crypto, seal, encrypt } = bench;
  const has = (channel: Channel): boolean => manifest.channels.includes(channel);
  return [
    {
      name: 'declares what the bench proves',
      async run() {
        must(has('auth'), 'the manifest does not declare the channel auth');
        must(has('crypto') === (crypto !== undefined), 'the manifest and the bench differ about the channel crypto');
        must(has('seal') === (seal !== undefined), 'the manifest and the bench differ about the channel seal');
        must(encrypt === undefined || manifest.encrypts === true, 'the manifest does not declare the encrypt service');
      },
    },
    ...exchangeCases(bench, 'auth', auth, async (life) => {
      const request = auth.request(life);
      return {
        request,
        check: async (step) => checkEvidence(gm, request, step),
        checkPrompt: (prompt) => checkSigning(prompt, request),
        secrets: [request.text],
      };
    }),
    ...(crypto === undefined
      ? [{ name: 'crypto', skip: 'this driver opens no keys', run: async () => undefined }]
      : exchangeCases(bench, 'crypto', crypto, async (life) => {
          const asked = await crypto.request(life);
          const { request } = asked;
          return {
            request,
            check: (step) => checkKeys(gm, asked, step),
            checkPrompt: (prompt) => checkOpening(prompt, request),
            secrets: [request.text, ...request.wraps.map(({ wrapped }) => wrapped)],
          };
        })),
    ...(seal === undefined
      ? [{ name: 'seal', skip: 'this driver signs no documents', run: async () => undefined }]
      : exchangeCases(bench, 'seal', seal, async (life) => {
          const request = await seal.request(life);
          return {
            request,
            check: async (step) => checkSeal(gm, request, step),
            checkPrompt: (prompt) => checkSealing(prompt, request),
            secrets: [request.text, request.toSign, request.digest],
          };
        })),
    ...encryptCases(encrypt),
  ];
}

function checkSigning(prompt: Prompt, request: AuthRequest): void {
  must(prompt.kind === 'agent' && prompt.operation === 'sign', 'a login asks for a signature');
  must(prompt.text === request.text, 'the text to sign was changed');
}

function checkSealing(prompt: Prompt, request: SealRequest): void {
  must(prompt.kind === 'agent' && prompt.operation === 'signDocument', 'a document asks for its own signature');
  must(prompt.toSign === request.toSign, 'what stands for the document was changed');
  must(prompt.certificate === request.certificate, 'another certificate than the one asked for');
}

function checkOpening(prompt: Prompt, request: CryptoRequest): void {
  must(prompt.kind === 'agent' && prompt.operation === 'unwrap', 'a decryption asks for keys');
  must(JSON.stringify(prompt.wraps) === JSON.stringify(request.wraps), 'the wraps were changed');
  must(prompt.certificate === request.certificate, 'another certificate than the one asked for');
  must(prompt.to === request.replyKey, 'the keys would go to another key than the one asked for');
}
