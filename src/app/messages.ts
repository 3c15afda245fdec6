import { encodeDecryptOpened } from '#broker/encode-decrypt-opened.ts';
import { encodeDocumentSigned } from '#broker/encode-document-signed.ts';
import { encodeLoginVerified } from '#broker/encode-login-verified.ts';
import { createDispatcher, type Dispatcher, type Encode, type Outcome } from '#delivery/dispatcher.ts';
import type { Envelopes } from '#envelope/envelopes.ts';
import type { Logins } from '#identity/logins.ts';
import { HubError } from '#kernel/errors.ts';
import { newId } from '#kernel/ids.ts';
import type { Openings } from '#opening/openings.ts';
import type { Signatures } from '#signature/signatures.ts';
import type { OutboxTable } from '#store/schema.ts';
import type { Core } from './core.ts';

/** What the hub says to trading systems: each kind of event with the edge that spells it and the room that hears how it went. */
export function createMessages(
  { store, gm, cipher, clock, random, log, egress, relyingParties }: Core,
  rooms: {
    readonly logins: Logins;
    readonly envelopes: Envelopes;
    readonly openings: Openings;
    readonly signatures: Signatures;
  },
): Dispatcher {
  const { logins, envelopes, openings, signatures } = rooms;
  const encoders: Readonly<Record<OutboxTable['kind'], Encode>> = {
    'login.verified': encodeLoginVerified({ gm, store, relyingParties, clock }),
    'decrypt.opened': encodeDecryptOpened({
      ...{ gm, store, relyingParties, clock },
      held: envelopes.held,
      fileUrl: async ({ unitId, capsuleId }) => {
        const link = await openings.contentLink(unitId, capsuleId);
        if (!link.ok) throw new HubError(link.refusal.code, 'content of a capsule');
        return link.value.url;
      },
    }),
    'document.signed': encodeDocumentSigned({
      ...{ gm, store, relyingParties, clock, random },
      signedDocument: (body) => signatures.signedDocument(body),
    }),
  };
  const outcomes: Readonly<Record<OutboxTable['kind'], Outcome>> = {
    'login.verified': logins.outcome,
    'decrypt.opened': envelopes.outcome,
    'document.signed': signatures.outcome,
  };
  return createDispatcher({
    ...{ store, cipher, clock, random, log, egress },
    encode: (event) => encoders[event.kind](event),
    outcome: (tx, event, outcome) => outcomes[event.kind](tx, event, outcome),
    owner: newId('req', random),
  });
}
