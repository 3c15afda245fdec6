import type { Called } from '../hosted/api.ts';
import type { AgentFailure } from '../hosted/dialects/dialect.ts';
import type { CaHubErrorCode } from '../sdk/ca-hub.d.ts';
import { type Failure, failure } from '../sdk/errors.ts';

/** What came of a call, or of a step of one. */
export type Done<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

export const done = <T>(value: T): Done<T> => ({ ok: true, value });
export const failed = (code: CaHubErrorCode, more: Parameters<typeof failure>[1] = {}): Done<never> => ({
  ok: false,
  failure: failure(code, more),
});

/** The hub's refusals that the page's programmer must tell apart; the rest is HUB_REFUSED with the hub's own code and sentence. */
const OF_HUB: Readonly<Record<string, CaHubErrorCode>> = {
  CONTROL_NOT_ALLOWED: 'NOT_GRANTED',
  DECRYPT_FAILED: 'DECRYPT_FAILED',
  BODY_TOO_LARGE: 'TOO_LARGE',
  TASK_EXPIRED: 'SESSION_ENDED',
  TASK_ENDED: 'SESSION_ENDED',
  CANCELLED_BY_PERSON: 'SESSION_ENDED',
  LINK_INVALID: 'SESSION_ENDED',
  LINK_SUPERSEDED: 'SESSION_ENDED',
  OTHER_BROWSER: 'SESSION_ENDED',
};

export function ofHub<T>(called: Called<T>): Done<T> {
  if (called.ok) return done(called.value);
  if (called.kind === 'lost') return failed('HUB_UNREACHABLE');
  const { code, message, supportCode } = called.error;
  return failed(OF_HUB[code] ?? 'HUB_REFUSED', { message, hubCode: code, supportCode });
}

const OF_AGENT: Readonly<Record<AgentFailure['code'], CaHubErrorCode>> = {
  NOT_AUTHORIZED: 'AGENT_FAILED',
  GRANT_INVALID: 'AGENT_FAILED',
  OPERATION_NOT_GRANTED: 'NOT_GRANTED',
  TEXT_REFUSED: 'SIGN_REFUSED',
  KEY_NOT_FOUND: 'KEY_NOT_FOUND',
  KEY_REMOVED: 'KEY_REMOVED',
  PIN_INCORRECT: 'PIN_LOCKED',
  PIN_LOCKED: 'PIN_LOCKED',
  PIN_REQUIRED: 'CANCELLED',
  PIN_CANCELLED: 'CANCELLED',
  PIN_ENTRY_WRONG: 'AGENT_FAILED',
  UNWRAP_FAILED: 'DECRYPT_FAILED',
  BAD_REQUEST: 'AGENT_FAILED',
  INTERNAL: 'AGENT_FAILED',
  CLOSED: 'AGENT_NOT_FOUND',
  TIMEOUT: 'AGENT_FAILED',
  NOT_SUPPORTED: 'SIGN_REFUSED',
};

export const ofAgent = ({ code, remaining }: AgentFailure): Done<never> =>
  failed(OF_AGENT[code], { remaining: OF_AGENT[code] === 'PIN_LOCKED' ? 0 : remaining });
