import type { CertificateView } from '#hosted/api.ts';
import type { AgentSession, Deed, HeldKey } from './dialects/dialect.ts';
import type { Card } from './model.ts';

/** A key's certificates as the agent shows them, base64 DER; `key` is the agent's handle. */
export interface Readable {
  readonly key: string;
  readonly sign: string;
  readonly encrypt: string;
}
/** What the hub says of them; `opens` where the page has files. */
export type Judged = CertificateView & { readonly opens?: readonly string[] };
/** The hub reads no more in one call; behind several programs there may be more. */
export const AT_ONCE = 16;

type Judge = (certificates: readonly Readable[]) => Promise<readonly Judged[] | null>;

/**
 * Lists the plugged keys as cards: `show` is called at once with what the agent says, again with the certificates, and last with what the hub
 * says of them. `deed`: what this page wants of a key. null: the agent is gone. Cards known from before keep their view, so that nothing flickers.
 */
export async function readKeys(
  session: AgentSession,
  deed: Deed,
  known: readonly Card[],
  judge: Judge,
  show: (cards: readonly Card[]) => void,
): Promise<readonly Card[] | null> {
  const listed = await session.keys();
  if (!listed.ok) return null;
  const read = await Promise.all(listed.value.map((info) => withCertificate(session, deed, info, known)));
  const first = read.map(({ card }) => card);
  show(first);
  const readable = read.flatMap(({ readable: one }) => (one === null ? [] : [one]));
  if (readable.length === 0) return first;
  const views: Judged[] = [];
  for (let at = 0; at < readable.length; at += AT_ONCE) {
    const some = await judge(readable.slice(at, at + AT_ONCE));
    if (some === null) return first;
    views.push(...some);
  }
  return first.map((card) => withVerdict(card, views.find((view) => view.key === card.handle) ?? null));
}

function withVerdict(card: Card, judged: Judged | null): Card {
  const reading = card.reading === 'unreadable' ? 'unreadable' : 'read';
  if (judged === null) return { ...card, reading };
  return { ...card, view: judged, opens: judged.opens ?? null, reading };
}

async function withCertificate(
  session: AgentSession,
  deed: Deed,
  info: HeldKey,
  known: readonly Card[],
): Promise<{ readonly card: Card; readonly readable: Readable | null }> {
  const said = await session.certificates(info.key);
  const before = said.ok ? known.find((card) => card.id === said.value.sign) : undefined;
  const card: Card = {
    id: said.ok ? said.value.sign : `unread:${info.key}`,
    handle: info.key,
    label: info.label,
    pinEntry: info.pinEntry,
    pinRemaining: info.pinRemaining,
    loggedIn: info.loggedIn,
    able: info.can.includes(deed),
    reading: said.ok ? (before === undefined ? 'reading' : 'read') : 'unreadable',
    view: before?.view ?? null,
    opens: before?.opens ?? null,
    verdict: before?.verdict ?? null,
  };
  return {
    card,
    readable: said.ok ? { key: info.key, sign: said.value.sign, encrypt: said.value.encrypt } : null,
  };
}
