import type { ControlPageApi, ControlSessionView } from '#hosted/control-api.ts';
import type { Api } from '../hosted/api.ts';
import { fromBase64, toBase64 } from '../sdk/bytes.ts';
import type { VerifyResult } from '../sdk/ca-hub.d.ts';
import type { CallName, Calls } from '../sdk/messages.ts';
import { type Done, done, failed, ofAgent, ofHub } from './done.ts';
import type { Fleet, Key } from './fleet.ts';
import { openContent } from './open-content.ts';
import type { Question, Sheet } from './sheet.ts';
import { openKey } from './use-key.ts';
import { agentTroubles } from './words.ts';

export interface CallsDeps {
  readonly api: Api<ControlPageApi>;
  readonly session: ControlSessionView;
  readonly fleet: Fleet;
  readonly sheet: Sheet;
}

type Answers = { [N in CallName]: (ask: Calls[N]['ask']) => Promise<Done<Calls[N]['answer']>> };

/** How much of a text the person is shown of what he signs. */
const EXCERPT = 600;

/** What each call of the trading system's page does. */
export function createCalls({ api, session, fleet, sheet }: CallsDeps): Answers {
  const { interaction } = session;
  const may = (operation: ControlSessionView['operations'][number]): boolean => session.operations.includes(operation);

  /** Every agent connected that can be; where none is, the person is shown the way and asked, not the page's programmer. */
  async function reach(): Promise<Done<null>> {
    await fleet.connect(false);
    for (;;) {
      const status = fleet.status();
      if (status === 'connected') return done(null);
      const trouble = agentTroubles[status];
      if (trouble === undefined) return failed('AGENT_NOT_FOUND');
      const reply = await sheet.trouble(trouble.title, trouble.text, trouble.act);
      if (reply === 'cancel') {
        if (status === 'denied' || status === 'framed') return failed('AGENT_DENIED');
        if (status === 'not-paired') return failed('AGENT_NOT_PAIRED');
        return status === 'ask' || status === 'asking' ? failed('CANCELLED') : failed('AGENT_NOT_FOUND');
      }
      await fleet.connect(true);
    }
  }

  async function shelf(): Promise<Done<readonly Key[]>> {
    const reached = await reach();
    if (!reached.ok) return reached;
    const keys = await fleet.keys();
    return keys === null ? failed('HUB_UNREACHABLE') : done(keys);
  }

  async function find(certId: string): Promise<Done<Key>> {
    const keys = await shelf();
    if (!keys.ok) return keys;
    const key = keys.value.find(({ view }) => view.certId === certId);
    return key === undefined ? failed('KEY_NOT_FOUND') : done(key);
  }

  const question = (kind: Question['kind'], key: Key, about: Partial<Question> = {}): Question => ({
    ...{ kind, key, excerpt: null, size: null, sm3: null },
    ...about,
  });

  /** The key opened and used once; where the agent's ten minutes ran out in between, the person is asked again. */
  async function used<T>(about: Question, act: (key: Key) => Promise<Done<T> | 'pin-again'>): Promise<Done<T>> {
    let asked = about;
    for (;;) {
      const opened = await openKey({ fleet, sheet }, asked);
      if (!opened.ok) return opened;
      sheet.working(asked);
      const made = await act(asked.key);
      if (made !== 'pin-again') return made;
      asked = { ...asked, key: { ...asked.key, info: { ...asked.key.info, loggedIn: false } } };
    }
  }

  async function sign({ certId, content, text, detached }: Calls['sign']['ask']): Promise<Done<string>> {
    if (!may('sign')) return failed('NOT_GRANTED');
    const found = await find(certId);
    if (!found.ok) return found;
    const certificate = found.value.sign;
    const parts = { interaction, certificate, content };
    const prepared = ofHub(await api.call('prepare', parts));
    if (!prepared.ok) return prepared;
    const bytes = fromBase64(content) ?? new Uint8Array();
    const about = { excerpt: text ? excerptOf(bytes) : null, size: bytes.length, sm3: prepared.value.sm3 };
    return used(question('sign', found.value, about), async (key) => {
      // Made anew: the person may have read for longer than a signing time stays new.
      const fresh = ofHub(await api.call('prepare', parts));
      if (!fresh.ok) return fresh;
      const { toSign, signingTime } = fresh.value;
      const said = await key.session.signDocument(key.info.key, toSign);
      if (!said.ok) return said.failure.code === 'PIN_REQUIRED' ? 'pin-again' : ofAgent(said.failure);
      const { signature } = said.value;
      const made = ofHub(await api.call('assemble', { ...parts, signingTime, signature, detached }));
      return made.ok ? done(made.value.message) : made;
    });
  }

  async function decrypt({ certId, envelope }: Calls['decrypt']['ask']): Promise<Done<string>> {
    if (!may('decrypt')) return failed('NOT_GRANTED');
    const found = await find(certId);
    if (!found.ok) return found;
    const certificate = found.value.encrypt;
    const located = ofHub(await api.call('locate', { interaction, envelope, certificate }));
    if (!located.ok) return located;
    const { wraps, iv, ciphertext } = located.value;
    const [vector, sealed] = [fromBase64(iv), fromBase64(ciphertext)];
    if (vector === null || sealed === null) return failed('DECRYPT_FAILED');
    return used(question('decrypt', found.value, { size: sealed.length }), async (key) => {
      for (const wrap of wraps) {
        const said = await key.session.unwrap(key.info.key, wrap);
        if (!said.ok && said.failure.code === 'PIN_REQUIRED') return 'pin-again';
        if (!said.ok && said.failure.code !== 'UNWRAP_FAILED') return ofAgent(said.failure);
        const contentKey = said.ok ? fromBase64(said.value.key) : null;
        const content = contentKey === null ? null : openContent(contentKey, vector, sealed);
        contentKey?.fill(0);
        if (content !== null) return done(toBase64(content));
      }
      return failed('DECRYPT_FAILED');
    });
  }

  async function encrypt({ recipients, content }: Calls['encrypt']['ask']): Promise<Done<string>> {
    if (!may('encrypt')) return failed('NOT_GRANTED');
    const certificates: string[] = [];
    for (const recipient of recipients) {
      if (!/^[0-9a-f]{64}$/.test(recipient)) {
        certificates.push(recipient);
        continue;
      }
      const found = await find(recipient);
      if (!found.ok) return found;
      certificates.push(found.value.encrypt);
    }
    const made = ofHub(await api.call('encrypt', { interaction, content, certificates }));
    return made.ok ? done(made.value.envelope) : made;
  }

  return {
    version: async () => done(fleet.version() || 'no agent'),
    list: async () => {
      const keys = await shelf();
      if (!keys.ok) return keys;
      return done(
        keys.value.map(({ view: { key: _, error, ...facts }, info }) => {
          const locked = info.pinRemaining === 0 ? '这把 UKey 已锁定，请联系签发证书的 CA 机构解锁。' : '';
          const reason = error?.message ?? locked;
          return { ...facts, usable: reason === '', reason };
        }),
      );
    },
    export: async ({ certId, which }) => {
      const found = await find(certId);
      if (!found.ok) return found;
      return found.value[which] === '' ? failed('KEY_NOT_FOUND') : done(found.value[which]);
    },
    retries: async ({ certId }) => {
      const found = await find(certId);
      return found.ok ? done(found.value.info.pinRemaining) : found;
    },
    login: async ({ certId }) => {
      if (!may('sign') && !may('decrypt')) return failed('NOT_GRANTED');
      const found = await find(certId);
      if (!found.ok) return found;
      if (found.value.info.loggedIn) return done(null);
      return openKey({ fleet, sheet }, question('login', found.value));
    },
    logout: async () => {
      fleet.close();
      return done(null);
    },
    sign,
    decrypt,
    encrypt,
    verify: async ({ content, signature, certificate }) => {
      if (!may('verify')) return failed('NOT_GRANTED');
      const told = ofHub(
        await api.call('verify', {
          ...{ interaction, signature },
          ...(content !== null && { content }),
          ...(certificate !== null && { certificate }),
        }),
      );
      return told.ok ? done(told.value.report as VerifyResult) : told;
    },
    close: async () => {
      fleet.close();
      await api.call('close', { interaction });
      return done(null);
    },
  };
}

function excerptOf(bytes: Uint8Array): string {
  const letters = [...new TextDecoder().decode(bytes)];
  return letters.length > EXCERPT ? `${letters.slice(0, EXCERPT).join('')}…` : letters.join('');
}
