import { createJournal } from '#audit/journal.ts';
import type { AdminContext } from '#cli/admin.ts';
import { createEgress } from '#delivery/egress.ts';
import { createAuthorities } from '#drivers/repository.ts';
import { systemRandom } from '#kernel/random.ts';
import { createRelyingParties } from '#relying-party/relying-parties.ts';
import type { Mode } from '#relying-party/url-policy.ts';
import { createFieldCipher } from '#store/field-cipher.ts';
import { createKeyring } from '#store/keys.ts';
import { openStore } from '#store/store.ts';
import { type Desk, gm, openDesk } from '#test/subscriber/support.ts';
import { quietLog } from '#test/support/store.ts';

/** An administrator at a keyboard: what was typed, and what came back. */
export interface Terminal {
  readonly context: AdminContext;
  readonly desk: Desk;
  readonly files: Map<string, Uint8Array>;
  type(command: Command, line: string): Promise<{ exit: number; out: string; err: string }>;
  /** With --json: the parsed answer. */
  json(command: Command, line: string): Promise<Record<string, never> & { ok: boolean }>;
  close(): Promise<void>;
}

type Command = (args: readonly string[], context: AdminContext) => Promise<number>;

export async function openTerminal(mode: Mode = 'development'): Promise<Terminal> {
  const store = await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog });
  const desk = await openDesk(store);
  const random = systemRandom;
  const cipher = createFieldCipher(gm, createKeyring(gm, [{ id: 'k9', key: random.bytes(32) }]), random);
  const egress = createEgress({ log: quietLog });
  const files = new Map<string, Uint8Array>();
  const said = { out: [] as string[], err: [] as string[] };
  const context: AdminContext = {
    mode,
    publicUrl: 'https://hub.ca.example',
    store,
    gm,
    clock: desk.clock,
    random,
    journal: createJournal({ gm, clock: desk.clock }),
    relyingParties: createRelyingParties({ store, cipher, clock: desk.clock, random, mode }),
    authorities: createAuthorities({ store, cipher, gm, clock: desk.clock }),
    subscribers: desk.subscribers,
    seals: desk.seals,
    egress,
    readFile(name) {
      const bytes = files.get(name);
      if (bytes === undefined) throw new Error('ENOENT');
      return bytes;
    },
    out: (line) => void said.out.push(line),
    err: (line) => void said.err.push(line),
  };
  const type: Terminal['type'] = async (command, line) => {
    said.out.length = 0;
    said.err.length = 0;
    const exit = await command(
      line.split(' ').filter((word) => word !== ''),
      context,
    );
    return { exit, out: said.out.join('\n'), err: said.err.join('\n') };
  };
  return {
    context,
    desk,
    files,
    type,
    json: async (command, line) => JSON.parse((await type(command, `${line} --json`)).out),
    async close() {
      egress.close();
      await desk.close();
      await store.close();
    },
  };
}
