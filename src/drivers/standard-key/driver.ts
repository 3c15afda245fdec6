import { isObject, type Json, type JsonObject } from '#kernel/json.ts';
import type { Driver, Evidence, ResumeEvent, Step } from '../contract.ts';

/**
 * A key at this PC (GM/T 0016 device, GM/T 0020 operations) reached by the hub's own agent. The work is done by the page's dialect and the
 * agent; this half only says what is to be signed and hands on what came back.
 */
export const standardKey: Driver = {
  manifest: {
    id: 'standard-key',
    title: '实体证书（UKey），经证书助手',
    contract: 1,
    media: ['key'],
    channels: ['auth'],
    dialect: 'standard-key',
  },
  open: () => ({
    auth: {
      begin: async ({ text }) => prompt(text),
      resume: async (state, event) => resume(textOf(state), event),
    },
  }),
};

function resume(text: string, event: ResumeEvent): Step<Evidence> {
  switch (event.from) {
    case 'page':
      return fromPage(text, event.payload);
    case 'vendor':
      return { ...prompt(text), ignored: 'this driver has no vendor service' };
    case 'poll':
      return prompt(text);
  }
}

/** `{certificate, signature}` is what the agent's `sign` answers; `{error}` is its error code (agent/protocol.ts). */
function fromPage(text: string, { certificate, signature, error }: JsonObject): Step<Evidence> {
  if (error === 'PIN_LOCKED') return { step: 'refused', reason: 'locked', detail: error };
  if (error === 'PIN_CANCELLED') return { step: 'refused', reason: 'cancelled', detail: error };
  if (typeof error === 'string') return prompt(text); // a wrong PIN or a pulled key: the person goes on
  if (typeof certificate !== 'string' || typeof signature !== 'string') {
    return { step: 'refused', reason: 'rejected', detail: 'certificate or signature missing' };
  }
  return { step: 'done', value: { certificate, signature, text } };
}

const prompt = (text: string): Extract<Step<Evidence>, { step: 'pending' }> => ({
  step: 'pending',
  prompt: { kind: 'agent', operation: 'sign', text },
  state: { text },
});

const textOf = (state: Json): string => (isObject(state) && typeof state['text'] === 'string' ? state['text'] : '');
