import { z } from 'zod';
import { isObject, type Json, type JsonObject } from '#kernel/json.ts';
import {
  type CryptoRequest,
  type Evidence,
  keysAskedFor,
  type OpenDriver,
  type Prompt,
  type ResumeEvent,
  type SealEvidence,
  type SealRequest,
  type Step,
  type UnwrappedKeys,
} from '../contract.ts';

/**
 * The server half of every driver whose keys are worked by the page: dialect and local service do the work, this half says what is to be signed or opened and
 * hands on what came back.
 */
export const atThePage = {
  auth: {
    begin: async ({ text }) => asking(signing(text), { text }),
    resume: async (state, event) => {
      const text = textOf(state);
      return resume(asking(signing(text), { text }), event, (payload) => evidenceIn(payload, text));
    },
  },
  crypto: {
    begin: async ({ wraps, certificate, replyKey }) => {
      const wanted = { wraps, certificate, replyKey };
      return asking(opening(wanted), wanted as unknown as Json);
    },
    resume: async (state, event) => {
      const wanted = wantedSchema.parse(state);
      return resume(asking(opening(wanted), state), event, (payload) => keysIn(payload, wanted));
    },
  },
  seal: {
    begin: async ({ toSign, certificate }) => asking(sealing({ toSign, certificate }), { toSign, certificate }),
    resume: async (state, event) => {
      const ordered = orderedSchema.parse(state);
      return resume(asking(sealing(ordered), state), event, (payload) => sealIn(payload, ordered));
    },
  },
} as const satisfies OpenDriver;

type Pending = Extract<Step<never>, { step: 'pending' }>;

/** What the page brings: `read` of a page that reports no error; undefined where it makes no sense. */
function resume<V>(waiting: Pending, event: ResumeEvent, read: (payload: JsonObject) => V | undefined): Step<V> {
  switch (event.from) {
    case 'page': {
      const { error } = event.payload;
      if (error === 'PIN_LOCKED') return { step: 'refused', reason: 'locked', detail: error };
      if (error === 'PIN_CANCELLED') return { step: 'refused', reason: 'cancelled', detail: error };
      if (typeof error === 'string') return waiting; // a wrong PIN or a pulled key: the person goes on
      const value = read(event.payload);
      return value === undefined ? nonsense : { step: 'done', value };
    }
    case 'vendor':
      return { ...waiting, ignored: 'this driver has no vendor service' };
    case 'poll':
      return waiting;
  }
}

const nonsense = { step: 'refused', reason: 'rejected', detail: 'the page brought nothing of use' } as const;

const asking = (prompt: Prompt, state: Json): Pending => ({ step: 'pending', prompt, state });

const signing = (text: string): Prompt => ({ kind: 'agent', operation: 'sign', text });

/** `{certificate, signature}` is what the agent's `sign` answers; `{error}` is its error code (agent/protocol.ts). */
const evidenceIn = ({ certificate, signature }: JsonObject, text: string): Evidence | undefined =>
  typeof certificate === 'string' && typeof signature === 'string' ? { certificate, signature, text } : undefined;

const textOf = (state: Json): string => (isObject(state) && typeof state['text'] === 'string' ? state['text'] : '');

const orderedSchema = z.object({ toSign: z.string(), certificate: z.string() });
type Ordered = Pick<SealRequest, 'toSign' | 'certificate'>;

const sealing = ({ toSign, certificate }: Ordered): Prompt => ({
  kind: 'agent',
  operation: 'signDocument',
  toSign,
  certificate,
});

/** What the agent's `signDocument` answers, by the key that was asked for and no other. */
const sealIn = ({ certificate, signature }: JsonObject, wanted: Ordered): SealEvidence | undefined =>
  certificate === wanted.certificate && typeof signature === 'string' ? { certificate, signature } : undefined;

const wantedSchema = z.object({
  wraps: z.array(z.object({ id: z.string(), wrapped: z.string() })),
  certificate: z.string(),
  replyKey: z.string(),
});
type Wanted = Pick<CryptoRequest, 'wraps' | 'certificate' | 'replyKey'>;

const opening = ({ wraps, certificate, replyKey }: Wanted): Prompt => ({
  kind: 'agent',
  operation: 'unwrap',
  wraps,
  certificate,
  to: replyKey,
});

const keysSchema = z.object({
  keys: z.array(z.object({ id: z.string(), wrapped: z.string(), layout: z.string().exactOptional() })).min(1),
});

/** `{keys: [{id, wrapped, layout}]}`, the agent's `unwrap` with `to` for each; no others than those asked for, none twice. */
function keysIn(payload: JsonObject, { wraps }: Wanted): UnwrappedKeys | undefined {
  const parsed = keysSchema.safeParse(payload);
  if (!parsed.success) return undefined;
  const asked = wraps.map(({ id }) => id);
  return keysAskedFor(parsed.data.keys, asked);
}
