import type { AgentFailure } from '../hosted/dialects/dialect.ts';
import { type Done, done, failed, ofAgent } from './done.ts';
import type { Fleet, Key } from './fleet.ts';
import type { PinState, Question, Sheet } from './sheet.ts';
import { words } from './words.ts';

export interface KeyUse {
  readonly fleet: Fleet;
  readonly sheet: Sheet;
}

/**
 * From the question to an open key: the person sees what it is for, confirms, and gives the PIN where it is due. Wrong PINs are asked again with the tries
 * left; never one by itself, because each may be the key's last.
 */
export async function openKey({ fleet, sheet }: KeyUse, question: Question): Promise<Done<null>> {
  const { key } = question;
  let pin = firstPin(key);
  for (;;) {
    const reply = await sheet.ask(question, pin);
    if (reply.act === 'cancel') return failed('CANCELLED');
    if (pin.at === 'known') return done(null);
    const said = key.info.pinEntry === 'page' ? await byPage(key, reply.pin) : await byAgent(fleet, sheet, question);
    if (said === null) return done(null);
    const next = afterFailure(said);
    if (next === null) return ofAgent(said);
    pin = next;
  }
}

const firstPin = ({ info }: Key): PinState => {
  if (info.loggedIn) return { at: 'known' };
  return info.pinRemaining === 1 ? { at: 'hint', text: words.pinLast } : { at: 'ask' };
};

async function byPage(key: Key, pin: string): Promise<AgentFailure | null> {
  const said = await key.session.login(key.info.key, pin);
  return said.ok ? null : said.failure;
}

/** The agent draws its own field inside the sheet; whoever ends it first, the person or the agent, has ended it. */
async function byAgent(fleet: Fleet, sheet: Sheet, question: Question): Promise<AgentFailure | null> {
  const { key } = question;
  const window = fleet.pinWindow(key);
  const said = await key.session.pinDialog(key.info.key);
  if (!said.ok) {
    window.drop();
    return said.failure;
  }
  const cancelled = sheet.window(question, said.value).then((): AgentFailure => {
    window.drop();
    return { code: 'PIN_CANCELLED', remaining: null };
  });
  return Promise.race([window.end, cancelled]);
}

/** What to ask again; null: nothing more can be tried. */
function afterFailure({ code, remaining }: AgentFailure): PinState | null {
  switch (code) {
    case 'PIN_INCORRECT':
      if (remaining === 0) return null;
      return { at: 'hint', text: remaining === 1 ? words.pinLast : words.pinWrong(remaining ?? 0) };
    case 'PIN_CANCELLED':
    case 'PIN_REQUIRED':
      return { at: 'hint', text: words.pinStopped };
    case 'BAD_REQUEST':
      return { at: 'hint', text: words.pinLength };
    case 'NOT_AUTHORIZED':
    case 'GRANT_INVALID':
    case 'OPERATION_NOT_GRANTED':
    case 'TEXT_REFUSED':
    case 'KEY_NOT_FOUND':
    case 'KEY_REMOVED':
    case 'PIN_LOCKED':
    case 'PIN_ENTRY_WRONG':
    case 'UNWRAP_FAILED':
    case 'INTERNAL':
    case 'CLOSED':
    case 'TIMEOUT':
    case 'NOT_SUPPORTED':
      return null;
  }
}
