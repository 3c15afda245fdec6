import type { KeyInfo } from '#agent/protocol.ts';
import type { CertificateView } from '#hosted/api.ts';
import type { AgentSession } from './dialects/dialect.ts';
import type { Card } from './model.ts';

type Judge = (certificates: readonly { key: string; sign: string }[]) => Promise<readonly CertificateView[] | null>;

/**
 * Lists the plugged keys as cards: `show` is called at once with what the agent says, again with the certificates, and last with what the hub
 * says of them. null: the agent is gone. Cards known from before keep their view, so that nothing flickers.
 */
export async function readKeys(
  session: AgentSession,
  known: readonly Card[],
  judge: Judge,
  show: (cards: readonly Card[]) => void,
): Promise<readonly Card[] | null> {
  const listed = await session.keys();
  if (!listed.ok) return null;
  const first = await Promise.all(listed.value.map((info) => withCertificate(session, info, known)));
  show(first);
  const readable = first.filter((card) => card.reading !== 'unreadable');
  if (readable.length === 0) return first;
  const views = await judge(readable.map((card) => ({ key: card.handle, sign: card.id })));
  if (views === null) return first;
  return first.map((card) => ({
    ...card,
    view: views.find((view) => view.key === card.handle) ?? card.view,
    reading: card.reading === 'unreadable' ? 'unreadable' : 'read',
  }));
}

async function withCertificate(session: AgentSession, info: KeyInfo, known: readonly Card[]): Promise<Card> {
  const said = await session.certificates(info.key);
  const before = said.ok ? known.find((card) => card.id === said.value.sign) : undefined;
  return {
    id: said.ok ? said.value.sign : `unread:${info.key}`,
    handle: info.key,
    label: info.label,
    pinEntry: info.pinEntry,
    pinRemaining: info.pinRemaining,
    loggedIn: info.loggedIn,
    reading: said.ok ? (before === undefined ? 'reading' : 'read') : 'unreadable',
    view: before?.view ?? null,
    verdict: before?.verdict ?? null,
  };
}
