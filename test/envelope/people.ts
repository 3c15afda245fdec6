import type { DecryptRequest, EncryptRequest } from '#envelope/requests.ts';
import type { DecryptSnapshot } from '#envelope/view.ts';
import { type Company, companies } from '#fixtures/pki/identities.ts';
import { type Bytes, base64, fromBase64 } from '#kernel/bytes.ts';
import type { Result } from '#kernel/result.ts';
import { parseCertificate } from '#pki/certificate.ts';
import { gm, type HeldKey, type LoginWorld, newSecret, newTask, until, unwrap } from '#test/identity/world.ts';

/** Serial of the encryption certificate, as the trading system knows it. */
export const encryptionSerial = (key: HeldKey): string => parseCertificate(gm, key.pair.encCertificate)?.serial ?? '';

export const encryptRequest = (
  key: HeldKey,
  content: string,
  change: Partial<EncryptRequest> = {},
  holder: Company = companies.liaoning,
): EncryptRequest => ({
  taskId: newTask(),
  idNumber: holder.idNumber,
  unitCode: holder.unitCode,
  encryptionSerial: encryptionSerial(key),
  content,
  standBy: null,
  hub: {},
  ...change,
});

/** Closes a text to a key at the world's unit. */
export async function closed(world: LoginWorld, key: HeldKey, content: string, change: Partial<EncryptRequest> = {}) {
  const made = unwrap(await world.envelopes.encrypt(world.unit, encryptRequest(key, content, change)));
  return Buffer.from(made.ciphertext);
}

export async function startDecrypt(
  world: LoginWorld,
  ciphertext: Bytes | string,
  change: Partial<DecryptRequest> = {},
): Promise<{ interaction: string; token: string; taskId: string }> {
  const text = typeof ciphertext === 'string' ? ciphertext : base64(ciphertext);
  const taskId = change.taskId ?? newTask();
  const request = {
    taskId,
    ciphertext: text,
    standBy: null,
    returnUrl: null,
    fileName: null,
    content: { taskId, text },
  };
  const started = unwrap(await world.envelopes.startDecrypt(world.unit, world.platform, { ...request, ...change }));
  return { interaction: started.interaction, token: started.pageUrl.split('/').at(-1) ?? '', taskId };
}

/** One browser on decryption pages, with keys as its holder's agent would use them. */
export class Opener {
  readonly secret = newSecret();
  readonly #world: LoginWorld;
  constructor(world: LoginWorld) {
    this.#world = world;
  }

  visit(interaction: string) {
    return { interaction, secret: this.secret };
  }

  async claim(token: string): Promise<DecryptSnapshot> {
    return unwrap(await this.#world.envelopes.claim({ token }, this.secret)).view;
  }

  async view(interaction: string): Promise<DecryptSnapshot> {
    return unwrap(await this.#world.envelopes.view(this.visit(interaction)));
  }

  async match(interaction: string, ...keys: HeldKey[]) {
    const shown = keys.map(({ pair }, at) => ({
      key: String(at),
      sign: base64(pair.signCertificate),
      encrypt: base64(pair.encCertificate),
    }));
    return unwrap(await this.#world.envelopes.certificates(this.visit(interaction), shown));
  }

  /** What the agent unwraps of everything this key may open. */
  async unwrapped(interaction: string, key: HeldKey) {
    const [matched] = await this.match(interaction, key);
    const wraps = [...(matched?.opens ?? []), ...(matched?.tries ?? [])];
    const keys: { item: string; wrap: string; key: string; layout: string }[] = [];
    for (const { item, wrap } of wraps) {
      const opened = await gm.sm2.decrypt(key.pair.encKey, fromBase64(wrap.wrapped) ?? Buffer.alloc(0));
      if (opened.ok) keys.push({ item: item.id, wrap: wrap.id, key: base64(opened.plaintext), layout: opened.layout });
    }
    return keys;
  }

  async open(interaction: string, key: HeldKey): Promise<Result<DecryptSnapshot>> {
    return this.#world.envelopes.keys(this.visit(interaction), await this.unwrapped(interaction, key));
  }

  /** Waits until the page has nothing left to do. */
  end(interaction: string): Promise<DecryptSnapshot> {
    return until(async () => {
      const view = await this.view(interaction);
      return ['claimed', 'proved'].includes(view.state) ? undefined : view;
    });
  }

  /** Claim, open, wait. */
  async decrypt(link: { interaction: string; token: string }, key: HeldKey): Promise<DecryptSnapshot> {
    await this.claim(link.token);
    unwrap(await this.open(link.interaction, key));
    return this.end(link.interaction);
  }
}

/** The `decrypt` message of a task. */
export const message7 = (world: LoginWorld, taskId: string) =>
  world.received.filter((message) => message['taskId'] === taskId && 'decData' in message);

/** Bodies of the journal's rows of one kind that speak of an interaction. */
export async function journalOf(
  world: LoginWorld,
  kind: string,
  interaction?: string,
): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  for await (const row of world.journal.rows(world.store.read))
    if (row.kind === kind && (interaction === undefined || row.interactionId === interaction))
      found.push(JSON.parse(row.body) as Record<string, unknown>);
  return found;
}
