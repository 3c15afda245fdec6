import type { Gm } from '#crypto/gm.ts';
import { hex, utf8 } from '#kernel/bytes.ts';
import type { Logger } from '#kernel/log.ts';
import type { Random } from '#kernel/random.ts';
import { type ActsDeps, type Answer, createActs, no, Refusal } from './acts.ts';
import { type Admission, judgeGrant } from './admission.ts';
import { agentError } from './errors.ts';
import type { PinnedHub } from './pairings.ts';
import type { AgentEvent, AgentReply, AgentRequest, Operation, SignedGrant } from './protocol.ts';
import { MAX_SMALL_FRAME, readRequest } from './requests.ts';
import type { SlotChange } from './slots.ts';
import type { Token } from './token.ts';

export interface SessionDeps extends ActsDeps {
  readonly gm: Gm;
  readonly random: Random;
  readonly log: Logger;
  readonly version: string;
}

/** The page at the other end of one connection. */
export interface Peer {
  readonly origin: string;
  readonly hub: PinnedHub;
  send(message: AgentReply | AgentEvent): void;
  /** Ends the connection: the page is not behaving, or its time is up. `code`: 1008 without one. */
  hangUp(code?: 1008 | 1009): void;
}

export interface Session {
  receive(frame: string): void;
  close(): void;
}

/** A page that has no grant after this long has no business here; this also bounds the age of a nonce. */
const ADMISSION_MS = 60_000;
/** No interaction lasts longer. */
const SESSION_MS = 60 * 60_000;
const MAX_REFUSED_GRANTS = 5;
const MAX_WAITING = 32;

/** What is done with the key itself, and wants its PIN. */
const KEYED: readonly Operation[] = ['sign-login', 'unwrap', 'release', 'rewrap', 'rehearse', 'sign-document'];

/** One of these operations must have been granted. */
const needs: Record<Exclude<AgentRequest['method'], 'authorize'>, readonly Operation[]> = {
  enumerate: ['enumerate'],
  pinStatus: ['enumerate'],
  certificates: ['certificates'],
  login: KEYED,
  pinDialog: KEYED,
  sign: ['sign-login'],
  unwrap: ['unwrap', 'release', 'rehearse'],
  rewrap: ['rewrap'],
  signDocument: ['sign-document'],
};

/** One connection: greets, is admitted by a grant, then does what was granted and nothing else. Requests are answered in their order. */
export function createSession(deps: SessionDeps, peer: Peer): Session {
  const { gm, clock, slots, log } = deps;
  const nonce = hex(deps.random.bytes(32));
  let admission: Admission | undefined;
  let refusedGrants = 0;
  let waiting = 0;
  let closed = false;
  let queue: Promise<void> = Promise.resolve();

  const send = (message: AgentReply | AgentEvent): void => {
    if (!closed) peer.send(message);
  };
  /** A page learns a handle of its own connection, never an identity by which two hubs could recognise a person. */
  const handleOf = (token: Token): string => hex(gm.hmacSm3(utf8(nonce), utf8(token.id))).slice(0, 24);
  const acts = createActs(deps, handleOf, send);
  /** Every key that was there while this connection stood: one of them missing is "removed", any other "not found". */
  const seen = new Set(slots.list().map(({ token }) => handleOf(token)));

  const authorize = (signed: SignedGrant): Answer => {
    const connection = { nonce, origin: peer.origin, now: clock.now() };
    const judged = admission === undefined ? judgeGrant(gm, peer.hub, connection, signed) : undefined;
    if (judged === undefined) {
      refusedGrants += 1;
      log.warn({ origin: peer.origin }, 'a grant was refused');
      return no('GRANT_INVALID');
    }
    clearTimeout(unadmitted);
    admission = judged;
    return { ok: true };
  };

  const perform = async (request: AgentRequest): Promise<Answer> => {
    if (request.method === 'authorize') return authorize(request.params);
    const admitted = admission;
    if (admitted === undefined) return no('NOT_AUTHORIZED');
    if (!needs[request.method].some((one) => admitted.operations.has(one))) return no('OPERATION_NOT_GRANTED');
    if (request.method === 'enumerate') return acts.enumerate();
    const { key } = request.params;
    const slot = slots.list().find(({ token }) => handleOf(token) === key);
    if (slot === undefined) return no(seen.has(key) ? 'KEY_REMOVED' : 'KEY_NOT_FOUND');
    return acts.perform(slot.token, request, admitted);
  };

  const answer = async (frame: string): Promise<void> => {
    const read = readRequest(frame);
    if (!read.ok) return send({ id: read.id, ok: false, error: agentError('BAD_REQUEST') });
    const { id, method } = read.request;
    try {
      const result = await perform(read.request);
      send(result instanceof Refusal ? { id, ok: false, error: result.error } : { id, ok: true, result });
      if (refusedGrants >= MAX_REFUSED_GRANTS) peer.hangUp();
    } catch (error) {
      log.error({ err: error, method }, 'a request failed');
      send({ id, ok: false, error: agentError('INTERNAL') });
    }
  };

  const changed = ({ event, token }: SlotChange): void => {
    const key = handleOf(token);
    seen.add(key);
    if (event === 'unplugged') acts.forget(token);
    if (admission?.operations.has('enumerate') === true) send({ event, key });
  };
  const unsubscribe = slots.subscribe(changed);
  const unadmitted = setTimeout(() => peer.hangUp(), ADMISSION_MS);
  const overdue = setTimeout(() => peer.hangUp(), SESSION_MS);
  unadmitted.unref();
  overdue.unref();
  send({ event: 'hello', protocol: 1, agent: 'ca-interop-hub-agent', version: deps.version, nonce });

  return {
    receive(frame) {
      // Nobody makes this program hold much memory before the hub has granted what needs it.
      if (Buffer.byteLength(frame) > MAX_SMALL_FRAME && admission?.operations.has('sign-document') !== true)
        return peer.hangUp(1009);
      waiting += 1;
      if (waiting > MAX_WAITING) return peer.hangUp();
      queue = queue
        .then(() => (closed ? undefined : answer(frame)))
        .finally(() => {
          waiting -= 1;
        });
    },
    close() {
      closed = true;
      clearTimeout(unadmitted);
      clearTimeout(overdue);
      unsubscribe();
      acts.close();
    },
  };
}
